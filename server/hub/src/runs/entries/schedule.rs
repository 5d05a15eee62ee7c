//! What is done about external sources without being asked: the daily check, schedules of sources, and
//! cleaning up, at start and then daily.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use metasync_store::{EntryTable, Started, StoreError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Refusal, SOURCE, is_source};
use crate::{config::Timetable, runs::Runs};

/// How often it is looked at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How often old rows are removed.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The user in whose name it is done.
const USER: &str = "schedule";

/// The schedule that takes up what failed.
const CHECK: &str = "source_check";

/// When and how.
#[derive(Clone, Debug)]
pub(crate) struct Upkeep {
    /// When what failed for a passing reason is tried again.
    pub(crate) check: Timetable,
    /// How long runs are kept; `None`: for ever.
    pub(crate) keep_runs: Option<SignedDuration>,
    /// How long entries are kept that no run saw.
    pub(crate) keep_entries: Option<SignedDuration>,
}

/// Looks after external sources until `shutdown`.
pub(crate) async fn keep_up(runs: Arc<Runs>, upkeep: Upkeep, shutdown: CancellationToken) {
    let mut cleaned: Option<tokio::time::Instant> = None;
    if let Err(error) = runs.index_words(&shutdown).await {
        tracing::warn!(%error, "older entries of sources can't be found by their words; the next start tries again");
    }
    loop {
        if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_UP_EVERY) {
            cleaned = Some(tokio::time::Instant::now());
            if let Err(error) = runs.clean_up_all(&upkeep).await {
                tracing::warn!(%error, "old runs and entries of sources can't be removed");
            }
        }
        if let Err(error) = runs.due(&upkeep, Timestamp::now()).await {
            tracing::warn!(%error, "it can't be seen which sources are due");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl Runs {
    /// Starts what is due.
    pub(in crate::runs) async fn due(&self, upkeep: &Upkeep, now: Timestamp) -> Result<(), StoreError> {
        for organization in self.store.organizations().await? {
            let org = organization.id;
            if let Some(next) = upkeep.check.next(now)
                && self.store.schedule_due_at((org, CHECK, "all"), next).await?
            {
                self.resume_sources(org, USER, "daily").await?;
            }
            for connection in self.store.connections(org).await? {
                let Some(schedule) = connection.settings.get("schedule") else {
                    continue;
                };
                if !is_source(&connection) {
                    continue;
                }
                let text = |name: &str| schedule.get(name).and_then(|v| v.as_str()).unwrap_or_default();
                let timetable = Timetable::new(text("cron"), text("timeZone"));
                let Some(next) = timetable.ok().and_then(|timetable| timetable.next(now)) else {
                    continue;
                };
                let target = connection.connection.id.to_string();
                if !self.store.schedule_due_at((org, SOURCE, &target), next).await? {
                    continue;
                }
                match self.repeat_source(org, &connection, USER, "schedule").await {
                    Ok(Started::New(_)) => {}
                    Ok(Started::Active(run)) => tracing::debug!(run = run.number, "still working; left out"),
                    Err(Refusal::Store(error)) => return Err(error),
                    Err(Refusal::Invalid(why)) => {
                        tracing::warn!(connection = %connection.connection.id, why, "a source can't be synced");
                    }
                }
            }
        }
        Ok(())
    }

    /// Entries that an older version stored have no words in the index yet.
    async fn index_words(&self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        for organization in self.store.organizations().await? {
            while self.store.entries_index_words(organization.id).await? {
                if shutdown.is_cancelled() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn clean_up_all(&self, upkeep: &Upkeep) -> Result<(), StoreError> {
        for organization in self.store.organizations().await? {
            let (runs, entries) = self
                .clean_up_sources(organization.id, upkeep.keep_runs, upkeep.keep_entries)
                .await?;
            if runs + entries > 0 {
                tracing::info!(runs, entries, "old runs and entries of sources removed");
            }
        }
        Ok(())
    }

    /// Removes runs that ended, and entries that were last seen, so long ago; gives how many of each.
    pub(crate) async fn clean_up_sources(
        &self,
        org: Uuid,
        keep_runs: Option<SignedDuration>,
        keep_entries: Option<SignedDuration>,
    ) -> Result<(u64, u64), StoreError> {
        let now = Timestamp::now();
        let mut removed = (0, 0);
        if let Some(before) = keep_runs.and_then(|age| now.checked_sub(age).ok()) {
            removed.0 = self.store.prune_sync_runs(org, before).await?;
        }
        if let Some(before) = keep_entries.and_then(|age| now.checked_sub(age).ok()) {
            for table in EntryTable::ALL {
                loop {
                    let (count, moved) = self.store.entries_clean_up(org, table, before).await?;
                    if let Some((connection, heads)) = moved {
                        self.bells.heads.ring(org, connection, &heads);
                    }
                    removed.1 += count;
                    if count == 0 {
                        break;
                    }
                }
            }
        }
        Ok(removed)
    }
}
