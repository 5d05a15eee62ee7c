//! When releases are synced without being asked (seed 000, "Configure Sync Schedule").

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use metasync_store::{Enqueued, StoreError};
use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{super::Runs, ALL, RELEASES};
use crate::config::releases::{INTERVAL_HOURS, truth};

/// Keys in `app_settings`, and the words of the environment.
const ENABLED: &str = "METADATA_SYNC_ENABLED";
const INTERVAL: &str = "METADATA_SYNC_INTERVAL_HOURS";

/// How far an interval is stretched at most (runs.md, 8).
const JITTER: f64 = 0.1;

/// The user in whose name the schedule works.
const SCHEDULE_USER: &str = "schedule";

/// The longest time between two looks at what is planned: another node may plan anew.
const LOOK: Duration = Duration::from_secs(30);

/// The schedule as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) enabled: bool,
    pub(crate) interval_hours: f64,
}

impl Schedule {
    fn interval(&self) -> Duration {
        Duration::try_from_secs_f64(self.interval_hours * 3_600.0).unwrap_or(LOOK)
    }

    fn next(&self) -> Duration {
        self.interval()
            .mul_f64(1.0 + rand::rng().random_range(0.0..JITTER))
    }
}

impl Runs {
    /// What `app_settings` says, else the environment or `hub.toml`.
    pub(crate) async fn release_schedule(&self) -> Result<Schedule, StoreError> {
        let settings = &self.releases.settings;
        let enabled = self.store.setting(ENABLED).await?.and_then(|word| truth(&word));
        let interval = self
            .store
            .setting(INTERVAL)
            .await?
            .and_then(|text| text.trim().parse().ok());
        Ok(Schedule {
            enabled: enabled.unwrap_or(settings.enabled),
            interval_hours: interval
                .filter(|hours| INTERVAL_HOURS.contains(hours))
                .unwrap_or(settings.interval_hours),
        })
    }

    /// Sets the schedule; it begins anew.
    pub(crate) async fn set_release_schedule(&self, schedule: Schedule) -> Result<(), StoreError> {
        let values = [
            (ENABLED, schedule.enabled.to_string()),
            (INTERVAL, format!("{:?}", schedule.interval_hours)),
        ];
        self.store.set_settings(&values).await?;
        if let Some(org) = self.scheduled_org() {
            let next = schedule.enabled.then(|| schedule.next());
            self.store.plan((org, RELEASES, ALL), next).await?;
        }
        self.releases.planned.notify_one();
        Ok(())
    }

    /// When the next scheduled sync begins; `None` while there is no schedule.
    pub(crate) async fn next_release_sync(&self) -> Result<Option<Timestamp>, StoreError> {
        let schedule = self.release_schedule().await?;
        let Some(org) = self.scheduled_org().filter(|_| schedule.enabled) else {
            return Ok(None);
        };
        if let Some(planned) = self.store.planned((org, RELEASES, ALL)).await? {
            return Ok(Some(planned));
        }
        self.store
            .plan((org, RELEASES, ALL), Some(schedule.next()))
            .await?;
        self.store.planned((org, RELEASES, ALL)).await
    }

    fn scheduled_org(&self) -> Option<Uuid> {
        self.releases.due().next().map(|(release, _)| release.org)
    }
}

/// Queues syncs of all releases as planned, until `shutdown`. When the next one is stands in the store: a restart
/// changes nothing, after a downtime there is one and not many, and of several hubs one starts it.
pub(in crate::runs) async fn schedule(runs: Arc<Runs>, shutdown: CancellationToken) {
    if runs.releases.list.is_empty() {
        return;
    }
    if runs.releases.settings.on_startup {
        queue(&runs, "startup").await;
    }
    loop {
        let pause = match look(&runs).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "it can't be seen when releases are synced next");
                LOOK
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = runs.releases.planned.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Queues what is due; how long until the next look.
async fn look(runs: &Runs) -> Result<Duration, StoreError> {
    let schedule = runs.release_schedule().await?;
    let Some(org) = runs.scheduled_org().filter(|_| schedule.enabled) else {
        return Ok(LOOK);
    };
    if runs
        .store
        .schedule_due((org, RELEASES, ALL), schedule.interval(), schedule.next())
        .await?
    {
        queue(runs, "scheduled").await;
    }
    let next = runs.store.planned((org, RELEASES, ALL)).await?;
    let left = next.map(|at| Timestamp::now().duration_until(at));
    let left = left
        .and_then(|left| Duration::try_from(left).ok())
        .unwrap_or_default();
    // A little later than planned, so that it is due then.
    Ok((left + Duration::from_millis(5)).min(LOOK))
}

async fn queue(runs: &Runs, cause: &str) {
    match runs.start_releases(SCHEDULE_USER, cause).await {
        Ok(Ok(Enqueued::New(_))) => {}
        Ok(Ok(Enqueued::Active(run))) => tracing::debug!(run = %run.id, cause, "still working; left out"),
        Ok(Err(why)) => tracing::warn!(?why, cause, "releases can't be synced"),
        Err(error) => tracing::warn!(%error, cause, "releases can't be queued"),
    }
}
