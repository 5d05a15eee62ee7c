//! Key lists: what the `offset` pages of a plain client read. Fixed at offset 0 and kept for ten
//! minutes, so that rows which change between two pages shift nothing.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use metasync_protocol::StreamState;
use uuid::Uuid;

use super::{PageRequest, read::Kind};

/// How long a list is kept after it was last used.
const KEPT_FOR: Duration = Duration::from_secs(600);
/// Lists at a time; the one that was used longest ago makes room.
const MAX_LISTS: usize = 256;
/// Keys in all of them.
const MAX_KEYS: usize = 4_000_000;

/// Whose list it is, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListOwner {
    org: Uuid,
    user: String,
    client: String,
    connections: Option<Vec<Uuid>>,
    documentation: bool,
    at: Option<Timestamp>,
}

impl ListOwner {
    pub(super) fn of(request: &PageRequest, at: Option<Timestamp>) -> ListOwner {
        let mut connections = request.connections.clone();
        if let Some(ids) = &mut connections {
            ids.sort_unstable();
            ids.dedup();
        }
        ListOwner {
            org: request.org,
            user: request.user.clone(),
            client: request.client.clone(),
            connections,
            documentation: request.include_documentation,
            at,
        }
    }
}

/// A row of a list. `slot` is its place in what `offset` counts; a page that is full of bytes or rows
/// before it has `limit` objects leaves slots empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) slot: u64,
    pub(super) kind: Kind,
    pub(super) id: Uuid,
    /// Number of its stream, and place there.
    pub(super) stream: u64,
    pub(super) seq: u64,
}

/// A stream as it was when the list was made.
#[derive(Clone, Debug)]
pub(super) struct ListStream {
    pub(super) number: u64,
    pub(super) init: u64,
    pub(super) state: StreamState,
}

/// A list; never changed.
#[derive(Debug)]
pub(super) struct KeyList {
    /// By slot.
    pub(super) entries: Vec<Entry>,
    pub(super) streams: Vec<ListStream>,
    pub(super) connections: Vec<Uuid>,
    /// The sync point that all of its pages name.
    pub(super) point: u64,
    pub(super) epoch: Uuid,
}

impl KeyList {
    /// Where the entries of a slot and after begin.
    pub(super) fn index_of(&self, slot: u64) -> usize {
        self.entries.partition_point(|e| e.slot < slot)
    }
}

struct Kept {
    owner: ListOwner,
    list: Arc<KeyList>,
    used: Instant,
    /// The offset that was asked for last, and the one that follows it.
    last: u64,
    next: u64,
}

/// All lists, the one made last at the end.
#[derive(Default)]
pub(crate) struct KeyLists(VecDeque<Kept>);

impl KeyLists {
    /// Keeps a new list, of which the page at offset 0 is being given.
    pub(super) fn keep(&mut self, owner: ListOwner, list: Arc<KeyList>, limit: u64, now: Instant) {
        self.forget(now);
        self.0.push_back(Kept {
            owner,
            list,
            used: now,
            last: 0,
            next: limit,
        });
        while self.0.len() > MAX_LISTS || (self.0.len() > 1 && self.keys() > MAX_KEYS) {
            let oldest = (0..self.0.len() - 1).min_by_key(|i| self.0[*i].used);
            self.0.remove(oldest.unwrap_or(0));
        }
    }

    /// The list that a page at `offset` is read from: the owner's latest. Only where that one is
    /// elsewhere and another of the owner's is just there, two programs are taken to be at work that
    /// can't be told apart, and it is that other one.
    pub(super) fn find(
        &mut self,
        owner: &ListOwner,
        offset: u64,
        limit: u64,
        now: Instant,
    ) -> Option<Arc<KeyList>> {
        self.forget(now);
        let there = self
            .0
            .iter()
            .rposition(|k| k.owner == *owner && (k.next == offset || k.last == offset));
        let index = there.or_else(|| self.0.iter().rposition(|k| k.owner == *owner))?;
        let kept = self.0.get_mut(index)?;
        kept.used = now;
        kept.last = offset;
        kept.next = offset.saturating_add(limit);
        Some(Arc::clone(&kept.list))
    }

    fn forget(&mut self, now: Instant) {
        self.0
            .retain(|k| now.saturating_duration_since(k.used) < KEPT_FOR);
    }

    fn keys(&self) -> usize {
        self.0.iter().map(|k| k.list.entries.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(user: &str) -> ListOwner {
        ListOwner {
            org: Uuid::nil(),
            user: user.into(),
            client: String::new(),
            connections: None,
            documentation: false,
            at: None,
        }
    }

    fn list(point: u64) -> Arc<KeyList> {
        Arc::new(KeyList {
            entries: Vec::new(),
            streams: Vec::new(),
            connections: Vec::new(),
            point,
            epoch: Uuid::nil(),
        })
    }

    #[test]
    fn a_list_is_its_owners_and_ends_after_ten_minutes_without_use() {
        let (mut lists, start) = (KeyLists::default(), Instant::now());
        lists.keep(owner("alice"), list(1), 10, start);
        assert!(lists.find(&owner("bob"), 10, 10, start).is_none());
        let later = start + KEPT_FOR / 2;
        assert!(lists.find(&owner("alice"), 10, 10, later).is_some());
        assert!(lists.find(&owner("alice"), 20, 10, start + KEPT_FOR).is_some());
        assert!(
            lists
                .find(&owner("alice"), 30, 10, start + KEPT_FOR * 2)
                .is_none()
        );
    }

    #[test]
    fn of_two_begun_lists_the_one_that_is_there_is_read() {
        let (mut lists, now) = (KeyLists::default(), Instant::now());
        let point =
            |lists: &mut KeyLists, offset| lists.find(&owner("alice"), offset, 10, now).map(|l| l.point);
        lists.keep(owner("alice"), list(1), 10, now);
        assert_eq!(point(&mut lists, 10), Some(1));
        lists.keep(owner("alice"), list(2), 10, now);
        assert_eq!(point(&mut lists, 20), Some(1), "the first goes on where it is");
        assert_eq!(point(&mut lists, 10), Some(2));
        assert_eq!(point(&mut lists, 10), Some(2), "asked for twice");
    }

    #[test]
    fn there_is_an_end_to_how_many_are_kept() {
        let (mut lists, now) = (KeyLists::default(), Instant::now());
        for n in 0..MAX_LISTS as u64 + 5 {
            lists.keep(owner(&n.to_string()), list(n), 10, now);
        }
        assert_eq!(lists.0.len(), MAX_LISTS);
        assert!(lists.find(&owner("0"), 10, 10, now).is_none());
    }
}
