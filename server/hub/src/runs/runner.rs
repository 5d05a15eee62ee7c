//! Claims runs and works on them side by side, until it is told to stop.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    REPOSITORY, Runs,
    entries::{PREVIEW, SOURCE},
    execute::execute,
    housekeeping::Housekeeping,
    releases::{RELEASE, RELEASES},
};

/// How long a claim holds without a heartbeat (runs.md, 1).
pub(super) const LEASE: Duration = Duration::from_secs(30);

/// How often it is looked for work that nobody rang for: another process's, or one whose lease ended
/// (runs.md, 1: at least every 15 s).
const POLL: Duration = Duration::from_secs(5);

/// How long runs may go on after the hub was told to end (runs.md, 10).
const GRACE: Duration = Duration::from_secs(20);

/// Runs that are worked on at once. Most of them wait for somebody else (a remote that does not answer);
/// what costs this machine's time is bounded by [`workers`].
const AT_ONCE: usize = 64;

/// Fewest runs that read and analyse at once: a long one never makes the others wait.
const MIN_WORKERS: usize = 4;

/// Kinds of runs that this hub works on.
const KINDS: &[&str] = &[REPOSITORY, SOURCE, PREVIEW, RELEASE, RELEASES];

/// Runs that read and analyse at once.
pub(super) fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.max(MIN_WORKERS)
}

impl Runs {
    /// Works until `shutdown`, then gives its leases back.
    pub(crate) async fn work(self: Arc<Self>, shutdown: CancellationToken) {
        let worker = format!("{}-{}", std::process::id(), Uuid::now_v7().simple());
        let mut working = JoinSet::new();
        let mut housekeeping = Housekeeping::default();
        while !shutdown.is_cancelled() {
            while working.len() < AT_ONCE && self.claim(&worker, &mut working).await {}
            housekeeping.look(&self).await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.bells.runs.work() => {}
                () = tokio::time::sleep(POLL) => {}
                Some(_) = working.join_next() => {}
            }
        }
        let finished = async { while working.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::warn!(runs = working.len(), "runs are still working and are given back");
            working.shutdown().await;
        }
        if let Err(error) = self.store.release_leases(&worker).await {
            tracing::warn!(%error, "leases could not be given back; they end by themselves");
        }
    }

    /// Whether a run was claimed.
    async fn claim(self: &Arc<Self>, worker: &str, working: &mut JoinSet<()>) -> bool {
        match self.store.run_claim(worker, KINDS, LEASE).await {
            Ok(Some(run)) => {
                working.spawn(execute(Arc::clone(self), run));
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "no run can be claimed; trying again later");
                false
            }
        }
    }
}
