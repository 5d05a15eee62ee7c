//! The shared library (seed 001): rows of files with what a sync must know of them, conflicts, contents,
//! and where the sync stands. Merging is the hub's matter; here a row changes only as long as it is
//! still the one that was looked at.

mod conflicts;
mod contents;
mod events;
mod files;
mod state;
mod write;

use metasync_protocol::library::LibraryFile;
use uuid::Uuid;

pub use contents::{CHUNK_BYTES, StoredContent};
pub use events::LibraryEvent;
pub use files::{LibraryChange, LibraryFilter};
pub use state::LibraryState;
pub use write::{LibraryWrite, Published};

/// `status` of a row that is as on the share.
pub const SYNCED: &str = "synced";
/// `status` of a row that the share never had.
pub const NEW: &str = "new";
/// `status` of a row that was changed here.
pub const MODIFIED: &str = "modified";
/// `status` of a row that was deleted here.
pub const DELETED: &str = "deleted";
/// `status` of a row that waits for somebody's choice.
pub const CONFLICT: &str = "conflict";

/// A file of the library, and what a sync must know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryRow {
    /// As it is here.
    pub file: LibraryFile,
    /// One of the words of this module.
    pub status: String,
    /// Counts the changes made here.
    pub revision: i64,
    /// As it was last common with the share; `None`: it never was.
    pub base: Option<LibraryFile>,
}

/// A conflict that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryConflict {
    /// The file.
    pub file_id: Uuid,
    /// What differs.
    pub fields: Vec<String>,
    /// Before either side changed it.
    pub base: Option<LibraryFile>,
    /// As it is on the share.
    pub remote: LibraryFile,
    /// RFC 3339, UTC.
    pub detected_at: String,
}
