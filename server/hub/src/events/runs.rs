//! Wakes the runner when work came in, and those who watch a run when it moved.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// The bells of the run engine.
#[derive(Default)]
pub struct RunBell {
    work: Notify,
    watched: Mutex<HashMap<Uuid, watch::Sender<u64>>>,
}

impl RunBell {
    /// A run was queued, or ended and made room.
    pub fn ring_work(&self) {
        self.work.notify_one();
    }

    /// Waits until work came in.
    pub async fn work(&self) {
        self.work.notified().await;
    }

    /// A run moved: progress, a log line, its end.
    pub fn ring(&self, run: Uuid) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = watched.get(&run) {
            if bell.receiver_count() == 0 {
                watched.remove(&run);
            } else {
                bell.send_modify(|n| *n += 1);
            }
        }
    }

    /// Hears the moves of a run.
    pub fn watch(&self, run: Uuid) -> watch::Receiver<u64> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, bell| bell.receiver_count() > 0);
        watched.entry(run).or_default().subscribe()
    }
}
