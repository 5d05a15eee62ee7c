//! Which files changed since the facts in the catalogue were made.

use std::collections::{BTreeMap, HashMap};

use metasync_sources::{Entry, Listing};
use metasync_store::LiveFile;

use super::memory::Memory;

/// The files of the catalogue by path.
pub(super) struct Known<'a> {
    live: HashMap<&'a str, &'a LiveFile>,
    memory: &'a Memory,
}

/// What a listing tells about changes, before anything is read.
pub(super) struct Changes<'a> {
    /// Entries that may have changed.
    pub(super) changed: Vec<&'a Entry>,
    /// Live files that are gone.
    pub(super) deleted: Vec<&'a LiveFile>,
}

impl<'a> Known<'a> {
    pub(super) fn new(live: &'a [LiveFile], memory: &'a Memory) -> Known<'a> {
        Known {
            live: live.iter().map(|f| (f.relative_path.as_str(), f)).collect(),
            memory,
        }
    }

    pub(super) fn file(&self, path: &str) -> Option<&'a LiveFile> {
        self.live.get(path).copied()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut paths: Vec<&str> = self.live.keys().copied().collect();
        paths.sort_unstable();
        paths.into_iter()
    }

    /// Hash of the content that was looked at last.
    fn seen_hash(&self, path: &str) -> Option<&str> {
        let failed = self.memory.failed.get(path).and_then(|f| f.hash.as_deref());
        failed.or_else(|| self.file(path).map(|f| f.content_hash.as_str()))
    }

    fn was_seen(&self, path: &str) -> bool {
        self.live.contains_key(path) || self.memory.failed.contains_key(path)
    }

    pub(super) fn changes(&self, listing: &'a Listing) -> Changes<'a> {
        let may_have_changed = |entry: &&Entry| match (&listing.changed, &entry.content_hash) {
            (Some(changed), _) => changed.contains(&entry.path) || !self.was_seen(&entry.path),
            (None, Some(hash)) => self.seen_hash(&entry.path) != Some(hash),
            (None, None) => true,
        };
        let there: BTreeMap<&str, ()> = listing.entries.iter().map(|e| (e.path.as_str(), ())).collect();
        let mut deleted: Vec<&LiveFile> = self
            .live
            .values()
            .copied()
            .filter(|f| !there.contains_key(f.relative_path.as_str()))
            .filter(|f| listing.tells_absence_of(&f.relative_path))
            .collect();
        deleted.sort_unstable_by(|a, b| a.relative_path.cmp(&b.relative_path));
        Changes {
            changed: listing.entries.iter().filter(may_have_changed).collect(),
            deleted,
        }
    }
}
