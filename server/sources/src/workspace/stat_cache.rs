//! Hashes of files whose time stamp and size did not change: within one process, never on disk.

use std::{
    collections::HashMap,
    fs::Metadata,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use crate::limits::RACY_WINDOW;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    changed: (i64, i64),
    size: u64,
}

/// Remembered hashes by path.
#[derive(Default)]
pub struct StatCache(Mutex<HashMap<String, (Stamp, String)>>);

impl StatCache {
    pub(super) fn get(&self, path: &str, metadata: &Metadata) -> Option<String> {
        let stamp = stamp(metadata)?;
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known
            .get(path)
            .filter(|(old, _)| *old == stamp)
            .map(|(_, hash)| hash.clone())
    }

    /// Remembers what was just read, and forgets all other paths. `listed` is when the walk looked at
    /// the files.
    pub(super) fn replace<'a>(
        &self,
        listed: SystemTime,
        files: impl Iterator<Item = (&'a str, &'a Metadata, &'a str)>,
    ) {
        let fresh = files
            .filter_map(|(path, metadata, hash)| {
                let stamp = stamp(metadata)?;
                let age = listed.duration_since(stamp.modified).unwrap_or(Duration::ZERO);
                (age > RACY_WINDOW).then(|| (path.to_owned(), (stamp, hash.to_owned())))
            })
            .collect();
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
    }
}

fn stamp(metadata: &Metadata) -> Option<Stamp> {
    #[cfg(unix)]
    let changed = {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.ctime(), metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let changed = (0, 0);
    Some(Stamp {
        modified: metadata.modified().ok()?,
        changed,
        size: metadata.len(),
    })
}
