//! The job engine (runs.md): one table and one runner behind every API that starts work. What a run
//! does is a module of its own ([`index`]); whoever starts one rings a bell and comes back later.
//!
//! Runs know no HTTP. Every write of a runner carries its fence, so that a runner that lost its lease
//! writes nothing any more.

mod context;
mod estimate;
mod execute;
mod housekeeping;
mod index;
mod jobs;
mod reporter;
mod runner;
mod schedule;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use metasync_protocol::repositories::SyncRequest;
use metasync_sources::Sources;
use metasync_store::{Enqueued, NewRun, Run, Store, StoreError, StoredConnection};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{events::Bells, metrics::Metrics};

pub(crate) use estimate::of as estimate;
pub(crate) use index::ORIGIN;
pub(crate) use jobs::job;
pub(crate) use schedule::schedule;

/// The kind of the runs that index a repository or folder (seed 004).
pub(crate) const REPOSITORY: &str = "repository";

/// Whether connections of a type can be indexed.
pub(crate) fn can_index(kind: &str) -> bool {
    metasync_sources::registry::INDEXED_KINDS.contains(&kind)
}

/// Status of a connection while a run is queued or working.
pub(crate) const SYNCING: &str = "syncing";

/// How often somebody who waits for a run's end looks without being rung.
const WAIT_POLL: Duration = Duration::from_millis(250);

/// The engine, as those who start and watch runs see it.
pub struct Runs {
    store: Store,
    sources: Sources,
    bells: Arc<Bells>,
    metrics: Arc<Metrics>,
    /// Whether connections that were added over HTTP may name local paths.
    allow_local_paths: bool,
    /// Of runs that this process works on.
    cancels: Mutex<HashMap<Uuid, CancellationToken>>,
}

impl Runs {
    pub(crate) fn new(
        store: Store,
        sources: Sources,
        bells: Arc<Bells>,
        metrics: Arc<Metrics>,
        allow_local_paths: bool,
    ) -> Runs {
        Runs {
            store,
            sources,
            bells,
            metrics,
            allow_local_paths,
            cancels: Mutex::default(),
        }
    }

    /// Queues a sync of a connection, unless one is active.
    pub(crate) async fn start_sync(
        &self,
        org: Uuid,
        connection: &StoredConnection,
        user: &str,
        options: &SyncRequest,
        cause: &str,
    ) -> Result<Enqueued, StoreError> {
        let id = connection.connection.id;
        let new = NewRun {
            org,
            kind: REPOSITORY.to_owned(),
            target: id.to_string(),
            user: user.to_owned(),
            options: serde_json::to_value(options).unwrap_or_default(),
            cause: cause.to_owned(),
        };
        let enqueued = self.store.run_enqueue(&new).await?;
        if let Enqueued::New(run) = &enqueued {
            tracing::info!(run = %run.id, connection = %id, cause, "sync queued");
            self.store
                .set_connection_status(org, id, SYNCING, None, None)
                .await?;
            self.bells.runs.ring_work();
        }
        Ok(enqueued)
    }

    /// Asks for the end of a run; `None`: there is no such run in the organization.
    pub(crate) async fn cancel(&self, org: Uuid, run: Uuid) -> Result<Option<Run>, StoreError> {
        let now = self.store.run_cancel(org, run).await?;
        if let Some(run) = &now {
            if let Some(cancel) = self.cancels().get(&run.id) {
                cancel.cancel();
            }
            if run.is_final() {
                execute::settle_connection(&self.store, run).await?;
            }
            self.bells.runs.ring(run.id);
        }
        Ok(now)
    }

    /// Waits until a run is over; the run as it is when the time is up.
    pub(crate) async fn ended(
        &self,
        org: Uuid,
        run: Uuid,
        patience: Duration,
    ) -> Result<Option<Run>, StoreError> {
        let mut moved = self.bells.runs.watch(run);
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let now = self.store.run(org, run).await?;
            if now.as_ref().is_none_or(Run::is_final) || tokio::time::Instant::now() >= deadline {
                return Ok(now);
            }
            let _ = tokio::time::timeout(WAIT_POLL, moved.changed()).await;
        }
    }

    /// Forgets what adapters kept for a connection that is gone.
    pub(crate) fn forget_source(&self, connection: Uuid) {
        if let Err(error) = self.sources.forget(connection) {
            tracing::warn!(%connection, %error, "what was fetched for a removed connection can't be deleted");
        }
    }

    fn cancels(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, CancellationToken>> {
        self.cancels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
