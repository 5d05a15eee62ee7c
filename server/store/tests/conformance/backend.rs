//! SQLite under the suite.

use std::path::PathBuf;

use metasync_store::Store;

/// A place in which a database lies, to be opened again and again.
pub struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub async fn new() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.directory.path().join("data")).await.unwrap()
    }

    /// The directory that holds all of it, where it can be copied and put back.
    pub fn files(&self) -> Option<PathBuf> {
        Some(self.directory.path().join("data"))
    }
}

/// Where a test that opens a store only once keeps it: in memory.
pub struct Once;

pub async fn once() -> (Store, Once) {
    (Store::open_in_memory().await.unwrap(), Once)
}
