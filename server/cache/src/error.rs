//! What can go wrong with the cache.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

/// Why the cache could not do it. In every case the old data are as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// There is no cache yet.
    #[error("there is no metadata cache at {}; run `metasync sync` first", path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file is damaged; [`crate::Cache::renew`] builds it anew.
    #[error("the metadata cache at {} is damaged ({why}); the next sync builds it anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// The file is another application's or another version's.
    #[error("{} is no cache of this version ({why}); the next sync builds it anew", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// No room on the disk.
    #[error("the disk is full: the metadata cache at {} was left as it was; free some space and sync again", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error("the metadata cache at {} can't be written ({why}); check the rights of the file and its folder, or set METASYNC_CACHE_DIR", path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another window writes, and did not end in time.
    #[error("another window is writing the metadata cache at {}; try again in a moment", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The hub speaks of rows that this version does not know.
    #[error(
        "the hub sends rows of version {got}, this metasync knows version {known}; update the older of the two"
    )]
    OtherSchema {
        /// In the page.
        got: u32,
        /// Ours.
        known: u32,
    },
    /// Anything else.
    #[error("the metadata cache at {} failed: {why}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        why: String,
    },
}

impl CacheError {
    /// Whether building the file anew puts it right.
    pub fn is_damage(&self) -> bool {
        matches!(self, CacheError::Damaged { .. } | CacheError::OtherVersion { .. })
    }

    pub(crate) fn io(path: &Path, error: &io::Error) -> CacheError {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => CacheError::Missing { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => CacheError::DiskFull { path },
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory => CacheError::ReadOnly {
                path,
                why: error.to_string(),
            },
            _ => CacheError::Failed {
                path,
                why: error.to_string(),
            },
        }
    }

    // By value, as `map_err` gives it.
    #[expect(clippy::needless_pass_by_value)]
    pub(crate) fn sql(path: &Path, error: rusqlite::Error) -> CacheError {
        use rusqlite::Error as E;
        let path = path.to_owned();
        let why = error.to_string();
        match &error {
            E::SqliteFailure(code, _) => match code.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => CacheError::Damaged { path, why },
                ErrorCode::DiskFull => CacheError::DiskFull { path },
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied => CacheError::ReadOnly { path, why },
                ErrorCode::CannotOpen => CacheError::ReadOnly { path, why },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => CacheError::Locked { path },
                _ => CacheError::Failed { path, why },
            },
            // What stands in the file is not what this crate wrote.
            E::FromSqlConversionFailure(..)
            | E::InvalidColumnType(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..) => CacheError::Damaged { path, why },
            _ => CacheError::Failed { path, why },
        }
    }
}
