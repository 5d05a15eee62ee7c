//! The job engine (runs.md): one table and one runner behind every API that starts work. What a run
//! does is a module of its own ([`index`]); whoever starts one rings a bell and comes back later.
//!
//! Runs know no HTTP. Every write of a runner carries its fence, so that a runner that lost its lease
//! writes nothing any more.

mod background;
mod context;
pub(crate) mod entries;
mod estimate;
mod execute;
mod housekeeping;
mod index;
mod jobs;
pub(crate) mod releases;
mod reporter;
mod retry;
mod runner;
mod schedule;
#[cfg(test)]
mod tests;
mod webhooks;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use metasync_protocol::repositories::SyncRequest;
use metasync_sources::{Reach, Sources, Webhooks};
use metasync_store::{Enqueued, NewRun, Run, Store, StoreError, StoredConnection};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{events::Bells, metrics::Metrics, published::Published};
use entries::EntryPolicy;
use releases::Releases;

pub(crate) use estimate::of as estimate;
pub(crate) use index::ORIGIN;
pub(crate) use jobs::job;
pub(crate) use schedule::schedule;

/// The kind of the runs that index a repository or folder (seed 004).
pub(crate) const REPOSITORY: &str = "repository";

/// Whether connections of a type can be indexed.
pub(crate) fn can_index(kind: &str) -> bool {
    metasync_sources::registry::INDEXED_KINDS.contains(&kind) || kind == crate::published::KIND
}

/// Status of a connection while a run is queued or working.
pub(crate) const SYNCING: &str = "syncing";

/// How often somebody who waits for a run's end looks without being rung.
const WAIT_POLL: Duration = Duration::from_millis(250);

/// What runs may do.
pub(crate) struct Policy {
    /// Connections that were added over HTTP may name local paths.
    pub(crate) allow_local_paths: bool,
    /// Webhooks may reach loopback and private addresses.
    pub(crate) allow_private_networks: bool,
    /// Signs webhooks.
    pub(crate) webhook_secret: Vec<u8>,
    /// For external sources.
    pub(crate) entries: EntryPolicy,
}

/// The engine, as those who start and watch runs see it.
pub struct Runs {
    store: Store,
    sources: Sources,
    bells: Arc<Bells>,
    metrics: Arc<Metrics>,
    /// Whether connections that were added over HTTP may name local paths.
    allow_local_paths: bool,
    webhooks: Webhooks,
    webhook_secret: Vec<u8>,
    entries: EntryPolicy,
    /// Releases, whose tests are synced (seed 000).
    pub(crate) releases: Releases,
    /// The published catalogue that is read, in an editor's own hub.
    published: Option<Published>,
    /// Held by runs that read and analyse.
    workers: Semaphore,
    /// Rung when somebody is to be told of a run's state.
    outgoing: Notify,
    /// Of runs that this process works on.
    cancels: Mutex<HashMap<Uuid, CancellationToken>>,
}

impl Runs {
    pub(crate) fn new(
        store: Store,
        sources: Sources,
        bells: Arc<Bells>,
        metrics: Arc<Metrics>,
        policy: Policy,
    ) -> Runs {
        Runs {
            store,
            sources,
            bells,
            metrics,
            allow_local_paths: policy.allow_local_paths,
            webhooks: Webhooks::new(Reach {
                allow_private: policy.allow_private_networks,
            }),
            webhook_secret: policy.webhook_secret,
            entries: policy.entries,
            releases: Releases::default(),
            published: None,
            workers: Semaphore::new(runner::workers()),
            outgoing: Notify::new(),
            cancels: Mutex::default(),
        }
    }

    /// With releases, which syncs may be asked for.
    pub(crate) fn with_releases(mut self, releases: Releases) -> Runs {
        self.releases = releases;
        self
    }

    /// With a published catalogue.
    pub(crate) fn with_published(mut self, published: Option<Published>) -> Runs {
        self.published = published;
        self
    }

    /// Syncs releases as planned, until `shutdown`.
    pub(crate) async fn schedule_releases(self: Arc<Self>, shutdown: CancellationToken) {
        releases::schedule(self, shutdown).await;
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
            self.outgoing.notify_one();
        }
        Ok(enqueued)
    }

    /// A line for those who watch a run.
    async fn log(&self, run: Uuid, message: String) {
        let data = serde_json::json!({ "message": message });
        if let Err(error) = self.store.run_event(run, "log", &data).await {
            tracing::warn!(%run, %error, "what a run does can't be told");
        }
        self.bells.runs.ring(run);
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
            self.outgoing.notify_one();
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
