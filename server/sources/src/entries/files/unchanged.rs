//! Whether a file is the one that was read before.

use std::{
    fs::Metadata,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::super::limits::RACY_WINDOW;

/// What a file's time stamps say of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Mark {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    inode: u64,
    /// Whether it was old enough that a later change would show.
    pub(in super::super) is_settled: bool,
}

impl Mark {
    /// Whether both are of the same content, as far as can be told.
    pub(in super::super) fn is_same(&self, other: &Mark) -> bool {
        (self.size, self.modified, self.inode) == (other.size, other.modified, other.inode)
    }
}

pub(in super::super) fn mark(metadata: &Metadata) -> Mark {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let since = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let is_settled = SystemTime::now()
        .duration_since(modified)
        .is_ok_and(|age| age > RACY_WINDOW);
    Mark {
        size: metadata.len(),
        modified: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        inode: inode(metadata),
        is_settled,
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}
