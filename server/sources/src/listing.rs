//! What is there, and what is not known to be gone.

use std::collections::HashSet;

use metasync_protocol::repositories::FileError;
use serde_json::Value;

/// What to list.
#[derive(Clone, Copy)]
pub struct ListRequest<'a> {
    /// A branch that was refreshed; `None` for sources without branches.
    pub branch: Option<&'a str>,
    /// [`Listing::state`] of the run whose facts are in the catalogue.
    pub previous: Option<&'a Value>,
    /// gitignore patterns of files to leave out.
    pub ignore_patterns: &'a [String],
    /// Whether a path is one that the hub understands.
    pub wanted: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

/// A file that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path from the root, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content in hex, where it is known without reading.
    pub content_hash: Option<String>,
    /// What the adapter needs to find it again (git: the blob's id).
    pub(crate) handle: String,
}

/// The files of a branch or folder, by path.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Sorted by path.
    pub entries: Vec<Entry>,
    /// Paths that changed since [`ListRequest::previous`]; `None` where that can't be told.
    pub changed: Option<HashSet<String>>,
    /// Files that are there and can't be read: they keep their last good facts.
    pub errors: Vec<FileError>,
    /// Folders whose content is not known: absence below them is no deletion. An empty text stands
    /// for everything.
    pub unknown: Vec<String>,
    /// To be given back as [`ListRequest::previous`] once the facts are stored.
    pub state: Value,
}

/// What changed since [`ListRequest::previous`], found without listing the rest.
#[derive(Clone, Debug, Default)]
pub struct ChangedFiles {
    /// Files that are new or have another content, sorted by path.
    pub entries: Vec<Entry>,
    /// Paths where there was a file, and is none now.
    pub gone: Vec<String>,
    /// Changed files that can't be read.
    pub errors: Vec<FileError>,
    /// As [`Listing::state`].
    pub state: Value,
}

impl Listing {
    /// Whether the absence of `path` from [`Listing::entries`] means that it is gone.
    pub fn tells_absence_of(&self, path: &str) -> bool {
        let below = |folder: &String| {
            folder.is_empty()
                || path
                    .strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        !self.errors.iter().any(|e| e.path == path) && !self.unknown.iter().any(below)
    }
}

/// A file error without a line.
pub(crate) fn file_error(path: &str, kind: &str, message: impl Into<String>) -> FileError {
    FileError {
        path: path.to_owned(),
        line: None,
        kind: kind.to_owned(),
        message: message.into(),
    }
}

pub(crate) fn too_large(path: &str, size: u64) -> FileError {
    let limit = crate::limits::MAX_FILE_BYTES / (1024 * 1024);
    file_error(
        path,
        "too_large",
        format!("the file has {size} bytes; files over {limit} MB are not read"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_below_an_unknown_folder_tells_nothing() {
        let listing = Listing {
            errors: vec![file_error("a/bad.sql", "encoding", "x")],
            unknown: vec!["secret".into()],
            ..Listing::default()
        };
        assert!(listing.tells_absence_of("a/other.sql"));
        assert!(listing.tells_absence_of("secretly/x.sql"));
        assert!(!listing.tells_absence_of("a/bad.sql"));
        assert!(!listing.tells_absence_of("secret/deep/x.sql"));
        let nothing_known = Listing {
            unknown: vec![String::new()],
            ..Listing::default()
        };
        assert!(!nothing_known.tells_absence_of("x.sql"));
    }
}
