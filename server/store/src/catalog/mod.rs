//! The catalogue as runs write it: files and objects with what they own.

mod bulk;
mod commit;
mod footprints;
mod live;
mod part;
mod search;
mod texts;
mod upsert;
mod words;

use metasync_protocol::{Channel, Compact, FileRow, ObjectRow, RowHash};
use serde_json::Value;
use uuid::Uuid;

pub use footprints::{FileFootprint, Footprints, NameSide};
pub use search::FoundObject;
pub use words::{FileWords, words_of};

pub(crate) use commit::{remember, write_known_objects, write_objects};

use crate::runs::Run;

/// A live file, as far as a run needs it to find what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveFile {
    /// The file.
    pub id: Uuid,
    /// Path from the root.
    pub relative_path: String,
    /// SHA-256 of the content, lower-case hex.
    pub content_hash: String,
    /// Bytes.
    pub size: u64,
    /// Hash of the row.
    pub row_hash: RowHash,
}

/// A live object, as far as a run needs it to find what is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveObject {
    /// The object.
    pub id: Uuid,
    /// The file that defines it.
    pub file_id: Option<Uuid>,
    /// Hash of the bundle.
    pub row_hash: RowHash,
}

/// Whether a connection's streams are whole after a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamPhase {
    /// More batches of this run follow.
    Partial,
    /// This was the last.
    #[default]
    Complete,
}

/// Changes of one connection. Rows are sealed by the caller ([`FileRow::seal`], `compact_hash`).
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// New or changed files; those whose hash is stored already are skipped.
    pub files: Vec<FileRow>,
    /// New or changed objects with what they own; likewise.
    pub objects: Vec<(ObjectRow, Compact)>,
    /// Files that are gone.
    pub deleted_files: Vec<Uuid>,
    /// Objects that are gone, with all they own and their documentation.
    pub deleted_objects: Vec<Uuid>,
    /// What the adapter remembers of a branch; stored with the last rows.
    pub index_state: Option<(String, Value)>,
    /// What the index remembers of files; stored with the last rows.
    pub footprints: Footprints,
    /// Words of files, for search.
    pub words: FileWords,
    /// What the source calls its state, if these are the rows of its default branch; stored with the
    /// last rows. `None`: as it was.
    pub revision: Option<String>,
    /// Whether more follow.
    pub state: StreamPhase,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Rows that got a new place in a stream; 0: nothing changed.
    pub changed: u64,
    /// Heads of the streams of the connection that were written.
    pub heads: Vec<(Channel, u64)>,
}

/// The run that writes. With its fence (`(id, fence)`, `&Run`) nothing is stored once the run is
/// another worker's, cancelled or over; with its id alone that is not asked.
#[derive(Clone, Copy, Debug)]
pub struct RunRef {
    /// The run that tombstones name.
    pub id: Uuid,
    /// The claim under which it writes.
    pub fence: Option<i64>,
}

impl From<Uuid> for RunRef {
    fn from(id: Uuid) -> RunRef {
        RunRef { id, fence: None }
    }
}

impl From<(Uuid, i64)> for RunRef {
    fn from((id, fence): (Uuid, i64)) -> RunRef {
        RunRef {
            id,
            fence: Some(fence),
        }
    }
}

impl From<&Run> for RunRef {
    fn from(run: &Run) -> RunRef {
        RunRef::from((run.id, run.fence))
    }
}
