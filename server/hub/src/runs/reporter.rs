//! Progress of a run: at most four times a second, at least once a second, never backwards
//! (runs.md, 5).

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use metasync_protocol::repositories::Progress;
use metasync_store::Run;

use super::{Runs, jobs};

/// Progress that did not move is told again after this.
const REPEAT: Duration = Duration::from_millis(750);

/// Where work stands, and when that was last told.
pub(super) struct Reporter {
    run: Run,
    estimate: Option<String>,
    state: Mutex<State>,
}

struct State {
    progress: Progress,
    told: Progress,
    told_at: Option<Instant>,
    commits: Option<u64>,
}

impl Reporter {
    pub(super) fn new(run: &Run, estimate: Option<String>) -> Reporter {
        Reporter {
            run: run.clone(),
            estimate,
            state: Mutex::new(State {
                // A next attempt begins anew; the percentage alone does not go back.
                progress: Progress {
                    percentage: run.progress.percentage,
                    ..Progress::default()
                },
                told: run.progress.clone(),
                told_at: None,
                commits: None,
            }),
        }
    }

    /// So many more files are to do: those of another branch.
    pub(super) fn more_files(&self, files: usize) {
        self.change(|p| p.files_total += files as u64);
    }

    /// Commits that were fetched, over all attempts.
    pub(super) fn commits(&self, count: u64) {
        self.locked().commits = Some(count);
    }

    /// One more file was read.
    pub(super) fn file(&self, path: &str) {
        self.change(|p| {
            p.files_processed = (p.files_processed + 1).min(p.files_total);
            p.current_file = Some(path.to_owned());
        });
    }

    /// So many more items were seen.
    pub(super) fn items(&self, count: u64) {
        self.change(|p| {
            p.files_processed += count;
            p.files_total = p.files_total.max(p.files_processed);
        });
    }

    /// The share of the whole work that is done, 0 to 99: the end alone is 100.
    pub(super) fn percentage(&self, percentage: f64) {
        let mut state = self.locked();
        state.progress.percentage = state.progress.percentage.max(percentage.clamp(0.0, 99.0));
    }

    /// All is done.
    pub(super) fn complete(&self) {
        self.change(|p| {
            p.percentage = 100.0;
            p.files_processed = p.files_total;
            p.current_file = None;
        });
    }

    pub(super) fn files_processed(&self) -> u64 {
        self.locked().progress.files_processed
    }

    /// Stores and rings, where there is something to tell. `false`: the run does not take progress any
    /// more.
    pub(super) async fn tell(&self, runs: &Runs, now: bool) -> bool {
        let (progress, commits) = {
            let mut state = self.locked();
            let due = state.told_at.is_none_or(|at| at.elapsed() >= REPEAT);
            if !now && !due && state.told == state.progress {
                return true;
            }
            state.told = state.progress.clone();
            state.told_at = Some(Instant::now());
            (state.progress.clone(), state.commits)
        };
        let run = Run {
            progress,
            checkpoint: commits.map(|n| serde_json::json!({ jobs::COMMITS_PULLED: n })),
            state: "running".into(),
            ..self.run.clone()
        };
        match runs.store.run_progress(run.id, run.fence, &run.progress).await {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                tracing::warn!(run = %run.id, %error, "progress can't be stored");
                return true;
            }
        }
        let body = serde_json::to_value(jobs::job(&run, self.estimate.clone())).unwrap_or_default();
        if let Err(error) = runs.store.run_event(run.id, "progress", &body).await {
            tracing::warn!(run = %run.id, %error, "progress can't be told");
        }
        runs.bells.runs.ring(run.id);
        true
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.locked().progress);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
