//! When repositories are indexed without being asked: at start, and then again and again.

use std::{sync::Arc, time::Duration};

use metasync_protocol::repositories::SyncRequest;
use metasync_store::{Enqueued, StoreError};
use rand::Rng as _;
use tokio_util::sync::CancellationToken;

use super::Runs;
use crate::config::Repositories;

/// How far an interval is stretched at most, so that hubs do not all fetch at once (runs.md, 8).
const JITTER: f64 = 0.1;

/// The user in whose name the schedule works.
const SCHEDULE_USER: &str = "schedule";

/// Queues runs as configured, until `shutdown`. A tick whose predecessor still works is left out, and
/// after a sleep of the machine there is one tick, not many.
pub(crate) async fn schedule(runs: Arc<Runs>, config: Repositories, shutdown: CancellationToken) {
    if config.on_startup {
        queue_all(&runs, "startup").await;
    }
    if config.interval_minutes <= 0.0 {
        return;
    }
    loop {
        let stretched = config.interval_minutes * 60.0 * (1.0 + rand::rng().random_range(0.0..JITTER));
        let Ok(pause) = Duration::try_from_secs_f64(stretched) else {
            return;
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => queue_all(&runs, "schedule").await,
        }
    }
}

async fn queue_all(runs: &Runs, cause: &str) {
    if let Err(error) = try_queue_all(runs, cause).await {
        tracing::warn!(%error, cause, "connections can't be queued");
    }
}

async fn try_queue_all(runs: &Runs, cause: &str) -> Result<(), StoreError> {
    for organization in runs.store.organizations().await? {
        for connection in runs.store.connections(organization.id).await? {
            if !super::can_index(&connection.connection.kind) {
                continue;
            }
            let request = SyncRequest::default();
            let queued = runs
                .start_sync(organization.id, &connection, SCHEDULE_USER, &request, cause)
                .await?;
            if let Enqueued::Active(run) = queued {
                tracing::debug!(run = %run.id, cause, "still working; left out");
            }
        }
    }
    Ok(())
}
