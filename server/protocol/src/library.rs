//! The shared library (seed 001): its files, the summary of a sync, and conflicts with their choices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A file of the library (contract.md, "Seed 001", "Decided").
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryFile {
    /// Its id, the same on all hubs.
    pub id: Uuid,
    /// File name, any Unicode.
    pub name: String,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// What people call it.
    pub label: Option<String>,
    /// The collections that it is in.
    pub collections: Vec<String>,
    /// Ids or names of the objects that it belongs to.
    pub objects: Vec<String>,
    /// Number of the publication that it last changed with; 0 before any.
    pub version: u64,
    /// Deleted ones stay as rows, so that the deletion reaches everybody.
    pub deleted: bool,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// Answer of `GET /api/v1/files`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryList {
    /// The page, by name.
    pub files: Vec<LibraryFile>,
    /// How many fit, on all pages.
    pub total: u64,
}

/// Answer of `GET /api/v1/sync/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryStatus {
    /// Whether a sync would do something.
    pub needs_sync: bool,
    /// The publication that this hub has; 0 before any.
    pub local_version: u64,
    /// The publication that the share has; `null` while it can't be read.
    pub remote_version: Option<u64>,
    /// Entries that changed here since the last sync.
    pub unsynced_count: u64,
    /// RFC 3339, UTC.
    pub last_sync_time: Option<String>,
    /// Whether one is running.
    pub sync_in_progress: bool,
    /// Conflicts that wait.
    pub conflicts: u64,
    /// `strong`, `weak` or `unknown`: what the share's server promises.
    pub server_strength: String,
    /// Why the share can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Body of `POST /api/v1/sync`; all of it optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LibrarySyncRequest {
    /// Look at everything, even where nothing seems to have changed.
    pub force: bool,
    /// Who is told of the progress; left out: all of that user.
    pub client_id: Option<String>,
}

/// Answer of `POST /api/v1/sync`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LibrarySummary {
    /// Nothing had changed.
    pub skipped: bool,
    /// Data files sent.
    pub uploaded: u64,
    /// Data files fetched.
    pub downloaded: u64,
    /// Entries deleted here because they were deleted elsewhere.
    pub deleted_local: u64,
    /// Deletions told to the share.
    pub deleted_remote: u64,
    /// Entries that changed without a data file, in either direction.
    pub metadata_updated: u64,
    /// Conflicts that were found.
    pub conflicts: u64,
    /// What could not be done while the rest went on.
    pub errors: Vec<LibraryProblem>,
    /// The publication that this hub has now.
    pub new_version: u64,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// Something that went wrong with one file, or beside all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryProblem {
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<Uuid>,
    /// For people.
    pub message: String,
}

/// Answer of `GET /api/v1/sync/conflicts`, and of `metasync.conflicts`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictList {
    /// The oldest first.
    pub conflicts: Vec<Conflict>,
}

/// The same field, or the content, changed here and elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// The file.
    pub file_id: Uuid,
    /// What differs: `content`, `name`, `label`, `collections`, `objects`, `deleted`.
    pub fields: Vec<String>,
    /// Before either side changed it; `null` where it was new on both.
    pub base: Option<ConflictSide>,
    /// As it is here.
    pub local: Option<ConflictSide>,
    /// As it is on the share.
    pub remote: Option<ConflictSide>,
    /// RFC 3339, UTC.
    pub detected_at: String,
}

/// One side of a conflict: a row, and in editors its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictSide {
    /// The row.
    #[serde(flatten)]
    pub file: LibraryFile,
    /// The content, where it is text and was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl From<LibraryFile> for ConflictSide {
    fn from(file: LibraryFile) -> ConflictSide {
        ConflictSide { file, text: None }
    }
}

/// How a conflict is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// What is here counts.
    LocalWins,
    /// What is on the share counts.
    RemoteWins,
    /// The share's keeps the id; what is here becomes an entry of its own.
    KeepBoth,
}

/// Body of `POST /api/v1/sync/resolve-conflict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResolveConflict {
    /// The file.
    pub file_id: Uuid,
    /// `local_wins`, `remote_wins` or `keep_both`.
    pub strategy: Strategy,
    /// Show the outcome, and change nothing.
    #[serde(default)]
    pub preview: bool,
}

/// Answer of `POST /api/v1/sync/resolve-conflict`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictResolved {
    /// Whether nothing was changed.
    pub preview: bool,
    /// The entries as they are now, or would be.
    pub files: Vec<LibraryFile>,
}

/// Names of the events of `GET /api/v1/sse/subscribe`.
pub mod events {
    /// The stream is open; its data names the client.
    pub const CONNECTED: &str = "connected";
    /// How far the sync is.
    pub const PROGRESS: &str = "progress";
    /// A line for people.
    pub const LOG: &str = "log";
    /// It ended well; its data is the summary.
    pub const COMPLETE: &str = "complete";
    /// It failed.
    pub const ERROR: &str = "error";
}

/// Data of the event `progress`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryProgress {
    /// 1 to 9, as seed 001 numbers the steps of a sync.
    pub step: u8,
    /// What is done, for people.
    pub message: String,
    /// 0 to 100; never backwards.
    pub percentage: f64,
    /// Data files done.
    pub files_done: u64,
    /// Data files to do.
    pub files_total: u64,
    /// Bytes of them done.
    pub bytes_done: u64,
    /// Bytes of them to do.
    pub bytes_total: u64,
    /// The file in hand.
    pub current_file: Option<String>,
}
