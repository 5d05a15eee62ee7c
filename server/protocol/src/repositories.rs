//! Repository syncs (seed 004): the body that triggers one, and the job that answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Body of `POST /api/repositories/{id}/sync`; all of it optional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SyncRequest {
    /// Cancel a running job of this repository first; let a held-back run through.
    pub force: bool,
    /// Read and parse every file again.
    pub full_reindex: bool,
    /// Only changed files (the default).
    pub incremental: bool,
    /// Fetch first, and fail if that fails.
    pub pull_remote: bool,
    /// Name of a remote; `origin` is the connection's url.
    pub remote: Option<String>,
    /// One branch.
    pub branch: Option<String>,
    /// Several branches; `current` is the connection's default one.
    pub branches: Option<Vec<String>>,
    /// gitignore patterns.
    pub ignore_patterns: Vec<String>,
    /// Called at each change of state.
    pub progress_webhook: Option<String>,
}

impl Default for SyncRequest {
    fn default() -> SyncRequest {
        SyncRequest {
            force: false,
            full_reindex: false,
            incremental: true,
            pull_remote: false,
            remote: None,
            branch: None,
            branches: None,
            ignore_patterns: Vec::new(),
            progress_webhook: None,
        }
    }
}

/// A job as the seed shows it: one run of the run engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// The run.
    pub job_id: Uuid,
    /// `queued`, `running`, `completed`, `failed`, `cancelled`, ….
    pub status: String,
    /// The connection.
    pub repository_id: Uuid,
    /// When it was asked for.
    pub created_at: String,
    /// From this repository's own history; `null` where there is none.
    pub estimated_completion: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// What was asked for.
    pub options: SyncRequest,
    /// Known once the fetch ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_commit_count: Option<u64>,
    /// Only at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why it failed, as a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Job {
    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        matches!(
            self.status.as_str(),
            "completed" | "failed" | "cancelled" | "dead"
        )
    }
}

/// Progress of a job; it never goes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// 0 to 100.
    pub percentage: f64,
    /// Files done.
    pub files_processed: u64,
    /// Files to do.
    pub files_total: u64,
    /// The file being read.
    pub current_file: Option<String>,
}

/// What a job did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JobResult {
    /// New files.
    pub files_added: u64,
    /// Files with other content.
    pub files_modified: u64,
    /// Files gone.
    pub files_deleted: u64,
    /// Files left as they are.
    pub files_unchanged: u64,
    /// Files that could not be read or parsed.
    pub files_failed: u64,
    /// Commits fetched.
    pub commits_pulled: u64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Live objects afterwards.
    pub objects: u64,
    /// With `held_back`: what would have been deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_delete: Option<u64>,
    /// One per file that failed, and per problem in a file.
    pub errors: Vec<FileError>,
    /// What was done although something was missing.
    pub warnings: Vec<String>,
}

/// An error in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileError {
    /// Relative path.
    pub path: String,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// `parsing`, `encoding`, `too_large`, `unreadable`, `binary`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub message: String,
}
