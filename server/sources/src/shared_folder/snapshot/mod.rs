//! Snapshots: SQLite files that travel. Ours are written anew each time; those of others are opened as
//! what they are, files from elsewhere ([`untrusted`], security.md 18 and 19).

mod catalogue;
mod library;
mod untrusted;

pub use catalogue::{Catalogue, CatalogueWriter};
pub use library::{LibraryEntry, read_library, write_library};

/// Most bytes of a snapshot.
pub const MAX_SNAPSHOT_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Most rows of a snapshot.
pub const MAX_ROWS: usize = 2_000_000;

/// Why a snapshot of somebody else is not read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Unreadable {
    /// With a sentence about it.
    pub fn new(why: impl Into<String>) -> Unreadable {
        Unreadable(why.into())
    }
}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Unreadable {
        Unreadable(error.to_string())
    }
}
