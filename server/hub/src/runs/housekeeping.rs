//! What the runner looks after every now and then: stuck runs, old runs, old tombstones.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use metasync_store::Run;
use uuid::Uuid;

use super::Runs;

/// How often it is looked for stuck runs.
const STUCK_EVERY: Duration = Duration::from_secs(60);

/// How often old rows are removed.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// A run that works longer than this is stuck (runs.md, 7).
const STUCK_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// A run that does not get on for this long is stuck (runs.md, 7).
const STILL_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// How long runs and tombstones are kept (runs.md, 9; sync-protocol.md, "Page rules").
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Default)]
pub(super) struct Housekeeping {
    looked: Option<Instant>,
    cleaned: Option<Instant>,
    told: HashSet<Uuid>,
}

impl Housekeeping {
    pub(super) async fn look(&mut self, runs: &Runs) {
        let due = |last: Option<Instant>, every| last.is_none_or(|at| at.elapsed() >= every);
        if due(self.looked, STUCK_EVERY) {
            self.looked = Some(Instant::now());
            self.find_stuck(runs).await;
        }
        // Not at the very start, when everybody waits for the first answers.
        let cleaned = *self.cleaned.get_or_insert_with(Instant::now);
        if due(Some(cleaned), CLEAN_UP_EVERY) {
            self.cleaned = Some(Instant::now());
            clean_up(runs).await;
        }
    }

    async fn find_stuck(&mut self, runs: &Runs) {
        let active = match runs.store.active_runs().await {
            Ok(active) => active,
            Err(error) => {
                tracing::warn!(%error, "it can't be seen whether runs are stuck");
                return;
            }
        };
        let now = Timestamp::now();
        let stuck: Vec<&Run> = active.iter().filter(|run| is_stuck(run, now)).collect();
        runs.metrics.stuck(stuck.len());
        for run in &stuck {
            if self.told.insert(run.id) {
                tracing::error!(run = %run.id, kind = run.kind, target = run.target, "a run is stuck");
            }
        }
        self.told.retain(|id| stuck.iter().any(|run| run.id == *id));
    }
}

fn is_stuck(run: &Run, now: Timestamp) -> bool {
    let older = |at: &Option<String>, than| {
        at.as_deref()
            .and_then(|at| at.parse::<Timestamp>().ok())
            .is_some_and(|at| now.duration_since(at) > than)
    };
    matches!(run.state.as_str(), "running" | "cancelling")
        && (older(&run.started_at, STUCK_AFTER) || older(&run.progress_at, STILL_AFTER))
}

async fn clean_up(runs: &Runs) {
    let Ok(before) = Timestamp::now().checked_sub(KEPT) else {
        return;
    };
    match runs.store.prune_runs(before).await {
        Ok(count) => tracing::info!(count, "old runs removed"),
        Err(error) => tracing::warn!(%error, "old runs can't be removed"),
    }
    match runs.store.compact_tombstones(before).await {
        Ok(count) => tracing::info!(count, "old tombstones removed"),
        Err(error) => tracing::warn!(%error, "old tombstones can't be removed"),
    }
}
