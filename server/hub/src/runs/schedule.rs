//! When repositories are indexed without being asked: at start, and then again and again.

use std::{sync::Arc, time::Duration};

use metasync_protocol::repositories::SyncRequest;
use metasync_store::{Enqueued, StoreError, StoredConnection};
use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Runs;
use crate::config::Repositories;

/// How far an interval is stretched at most, so that hubs do not all fetch at once (runs.md, 8).
const JITTER: f64 = 0.1;

/// The user in whose name the schedule works.
const SCHEDULE_USER: &str = "schedule";

/// The shortest and the longest time between two looks at what is planned.
const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Queues runs as configured, until `shutdown`. When each is next stands in the store: a restart changes
/// nothing, after a downtime there is one run and not many, and of several hubs one starts it. Where the
/// one before still works, it is left out.
pub(crate) async fn schedule(runs: Arc<Runs>, config: Repositories, shutdown: CancellationToken) {
    if config.on_startup {
        queue_all(&runs, "startup").await;
    }
    let Ok(interval) = Duration::try_from_secs_f64(config.interval_minutes * 60.0) else {
        return;
    };
    if interval.is_zero() {
        return;
    }
    let pause = (interval / 10).clamp(LOOKS.0, LOOKS.1);
    loop {
        if let Err(error) = queue_due(&runs, interval).await {
            tracing::warn!(%error, "it can't be seen what is planned");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Queues what is due.
pub(super) async fn queue_due(runs: &Runs, interval: Duration) -> Result<(), StoreError> {
    for organization in runs.store.organizations().await? {
        for connection in runs.store.connections(organization.id).await? {
            if !super::can_index(&connection.connection.kind) {
                continue;
            }
            let target = connection.connection.id.to_string();
            let next = interval.mul_f64(1.0 + rand::rng().random_range(0.0..JITTER));
            let planned = (organization.id, super::REPOSITORY, target.as_str());
            if runs.store.schedule_due(planned, interval, next).await? {
                queue(runs, organization.id, &connection, "schedule").await?;
            }
        }
    }
    Ok(())
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
            queue(runs, organization.id, &connection, cause).await?;
        }
    }
    Ok(())
}

async fn queue(runs: &Runs, org: Uuid, connection: &StoredConnection, cause: &str) -> Result<(), StoreError> {
    let request = SyncRequest::default();
    let queued = runs.start_sync(org, connection, SCHEDULE_USER, &request, cause);
    if let Enqueued::Active(run) = queued.await? {
        tracing::debug!(run = %run.id, cause, "still working; left out");
    }
    Ok(())
}
