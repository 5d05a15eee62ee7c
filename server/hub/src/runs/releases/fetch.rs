//! Fetching for several releases: a fetch that began after somebody asked serves them, too, and one that failed for
//! all of them is not tried for each anew.

use std::collections::BTreeSet;

use jiff::Timestamp;
use metasync_sources::{
    SourceError,
    git::{BranchState, FetchedBranches, ReleaseRepository},
};
use tokio::sync::Mutex;

/// What the last fetch brought; who holds it fetches.
#[derive(Default)]
pub(super) struct Turn(Mutex<Last>);

#[derive(Default)]
struct Last {
    good: Option<Good>,
    /// When the last one began that failed, and why.
    failed: Option<(Timestamp, String)>,
}

struct Good {
    begun: Timestamp,
    asked: BTreeSet<String>,
    got: FetchedBranches,
}

/// What is asked for.
pub(super) struct Wanted<'w> {
    pub(super) branch: &'w str,
    /// Asked for with it, where a fetch is needed.
    pub(super) branches: Vec<String>,
    /// A fetch that began before is too old.
    pub(super) since: Timestamp,
    /// Whether one that began after it and failed is the answer.
    pub(super) takes_failures: bool,
}

/// Why there is nothing.
pub(super) enum NotFetched {
    /// The fetch failed.
    Now(SourceError),
    /// It failed when it was tried for another release.
    Before(String),
}

impl Turn {
    /// The state of a branch; `None`: it is not there.
    pub(super) async fn bring(
        &self,
        repository: &ReleaseRepository,
        wanted: Wanted<'_>,
    ) -> Result<Option<BranchState>, NotFetched> {
        let mut last = self.0.lock().await;
        let is_new = |good: &&Good| good.begun >= wanted.since && good.asked.contains(wanted.branch);
        if let Some(good) = last.good.as_ref().filter(is_new) {
            return Ok(good.got.states.get(wanted.branch).cloned());
        }
        if let Some((begun, why)) = &last.failed
            && wanted.takes_failures
            && *begun >= wanted.since
        {
            return Err(NotFetched::Before(why.clone()));
        }
        let mut asked: BTreeSet<String> = wanted.branches.into_iter().collect();
        asked.insert(wanted.branch.to_owned());
        let begun = Timestamp::now();
        let all: Vec<String> = asked.iter().cloned().collect();
        match repository.fetch(&all).await {
            Ok(got) => {
                let state = got.states.get(wanted.branch).cloned();
                last.good = Some(Good { begun, asked, got });
                last.failed = None;
                Ok(state)
            }
            Err(error) => {
                last.failed = Some((begun, error.to_string()));
                Err(NotFetched::Now(error))
            }
        }
    }
}
