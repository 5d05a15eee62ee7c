//! How far an analysis is, told to its caller, who may stop it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The caller's ear: it hears how many of how many steps are done, and answers whether to go on.
pub(crate) type Progress<'a> = dyn Fn(usize, usize) -> bool + Sync + 'a;

/// Counts the steps of one analysis.
pub(crate) struct Watch<'a> {
    progress: &'a Progress<'a>,
    done: AtomicUsize,
    total: AtomicUsize,
    stopped: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(progress: &'a Progress<'a>) -> Self {
        Self {
            progress,
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// More steps are to come, `done` of which are done already; `false`: stop.
    pub(crate) fn expect(&self, done: usize, more: usize) -> bool {
        self.total.fetch_add(more, Ordering::Relaxed);
        self.done.fetch_add(done, Ordering::Relaxed);
        self.tell(self.done.load(Ordering::Relaxed))
    }

    /// One more step is done; `false`: stop.
    pub(crate) fn step(&self) -> bool {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.tell(done)
    }

    fn tell(&self, done: usize) -> bool {
        if !self.is_stopped() && !(self.progress)(done, self.total.load(Ordering::Relaxed)) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        !self.is_stopped()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
