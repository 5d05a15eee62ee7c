//! What a sync tells of itself: lines, and how far it is, per file and per byte; a few times a second.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metasync_protocol::library::{LibraryProgress, LibrarySummary, events};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::audience::{Address, Audience};

/// Shortest time between two events of progress within a step.
const EVERY: Duration = Duration::from_millis(250);

/// The share of the whole that is done when a step begins, by step; data files are most of it.
const STEPS: [f64; 10] = [0.0, 0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 85.0, 90.0, 98.0];

/// Whom a sync tells.
#[derive(Clone)]
pub(super) struct Teller {
    audience: Audience,
    address: Address,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    progress: LibraryProgress,
    told_at: Option<Instant>,
}

impl Teller {
    pub(super) fn begin(audience: Audience, org: Uuid, user: &str, client: Option<String>) -> Teller {
        let address = Address {
            org,
            user: user.to_owned(),
            client,
        };
        audience.begin(&address);
        Teller {
            audience,
            address,
            state: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, name: &'static str, data: &impl Serialize) {
        let data = serde_json::to_string(data).unwrap_or_default();
        self.audience.tell(&self.address, name, &data);
    }

    /// A line for people.
    pub(super) fn log(&self, message: impl Into<String>) {
        self.tell(events::LOG, &json!({"message": message.into()}));
    }

    /// A step of the seed's nine begins.
    pub(super) fn step(&self, step: u8, message: &str) {
        let progress = {
            let mut state = self.state();
            let begun = STEPS.get(usize::from(step)).copied().unwrap_or_default();
            let progress = &mut state.progress;
            progress.step = step;
            progress.message = message.to_owned();
            progress.percentage = progress.percentage.max(begun);
            let progress = progress.clone();
            state.told_at = Some(Instant::now());
            progress
        };
        self.log(message);
        self.tell(events::PROGRESS, &progress);
    }

    /// So many more data files and bytes are to do.
    pub(super) fn more(&self, files: u64, bytes: u64) {
        let mut state = self.state();
        state.progress.files_total += files;
        state.progress.bytes_total += bytes;
    }

    /// A data file is taken in hand.
    pub(super) fn file(&self, name: &str) {
        self.change(|progress| progress.current_file = Some(name.to_owned()));
    }

    /// A data file is done.
    pub(super) fn file_done(&self) {
        self.change(|progress| progress.files_done = (progress.files_done + 1).min(progress.files_total));
    }

    /// Bytes of a data file passed.
    pub(super) fn bytes(&self, bytes: u64) {
        self.change(|progress| progress.bytes_done = (progress.bytes_done + bytes).min(progress.bytes_total));
    }

    fn change(&self, change: impl FnOnce(&mut LibraryProgress)) {
        let progress = {
            let mut state = self.state();
            change(&mut state.progress);
            let progress = &mut state.progress;
            let ratio = |done: u64, all: u64| if all == 0 { 1.0 } else { done as f64 / all as f64 };
            // a file counts as much as its bytes: small ones cost their requests
            let share = (ratio(progress.files_done, progress.files_total)
                + ratio(progress.bytes_done, progress.bytes_total))
                / 2.0;
            if progress.step == 6 {
                let at = STEPS[6] + (STEPS[7] - STEPS[6]) * share;
                progress.percentage = progress.percentage.max(at);
            }
            let ended = progress.files_done == progress.files_total;
            let progress = progress.clone();
            if !ended && state.told_at.is_some_and(|at| at.elapsed() < EVERY) {
                return;
            }
            state.told_at = Some(Instant::now());
            progress
        };
        self.tell(events::PROGRESS, &progress);
    }

    /// It ended well.
    pub(super) fn complete(&self, summary: &LibrarySummary) {
        let progress = {
            let mut state = self.state();
            state.progress.percentage = 100.0;
            state.progress.current_file = None;
            state.progress.clone()
        };
        self.tell(events::PROGRESS, &progress);
        let data = serde_json::to_string(summary).unwrap_or_default();
        self.audience.end(&self.address, events::COMPLETE, &data);
    }

    /// It failed.
    pub(super) fn failed(&self, code: &str, message: &str) {
        let data = json!({"code": code, "message": message, "error": message}).to_string();
        self.audience.end(&self.address, events::ERROR, &data);
    }
}
