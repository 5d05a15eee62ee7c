//! What a sync of a release did, as it stands in its run.

use serde::{Deserialize, Serialize};

/// Most entries of `errors`.
pub(super) const MAX_ERRORS: usize = 1_000;

/// Something in a file that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct FileDetail {
    /// From the repository's root.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: Option<u32>,
    /// For people.
    pub(crate) message: String,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ReleaseResult {
    pub(crate) git_commit_hash: Option<String>,
    pub(crate) tests_discovered: u64,
    pub(crate) tests_added: u64,
    pub(crate) tests_updated: u64,
    pub(crate) tests_removed: u64,
    pub(crate) files_failed: u64,
    /// Files that failed, and what of the staging configuration says nothing.
    pub(crate) errors: Vec<FileDetail>,
    /// Of a run of all: the releases that failed, each with its reason.
    pub(crate) failed: Vec<String>,
}

impl ReleaseResult {
    /// Adds details, as far as there is room.
    pub(super) fn add_errors(&mut self, errors: impl IntoIterator<Item = FileDetail>) {
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }
}
