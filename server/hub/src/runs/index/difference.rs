//! What differs between the facts found and the catalogue, and whether it is too much to believe.

use std::collections::{HashMap, HashSet};

use metasync_protocol::{Compact, ObjectRow};
use metasync_store::LiveObject;
use uuid::Uuid;

/// From this many objects on, losing more than half of them is suspicious (contract.md, "Seed 004").
const SUSPICIOUS_FROM: usize = 10;

/// Why a live object stays as it is, whatever was found.
pub(super) struct Keep<'a> {
    /// Files that failed and whose last good facts stay.
    pub(super) files: HashSet<Uuid>,
    /// Files whose objects may have lost facts that a failed file gave them (descriptions in a broken
    /// `schema.yml`): `None` where no such file failed.
    pub(super) unchanged_files: Option<HashSet<Uuid>>,
    /// Whether nothing is known of a file, so that the absence of its objects tells nothing.
    pub(super) unknown: &'a (dyn Fn(Option<Uuid>) -> bool + Send + Sync),
}

/// What is to be stored.
#[derive(Default)]
pub(super) struct Difference {
    pub(super) objects: Vec<(ObjectRow, Compact)>,
    pub(super) deleted: Vec<Uuid>,
    /// Live objects before, and after.
    pub(super) before: usize,
    pub(super) after: usize,
}

impl Difference {
    pub(super) fn of(found: Vec<(ObjectRow, Compact)>, live: &[LiveObject], keep: &Keep<'_>) -> Difference {
        let known: HashMap<Uuid, &LiveObject> = live.iter().map(|o| (o.id, o)).collect();
        let in_failed_file = |file: Option<Uuid>| file.is_some_and(|f| keep.files.contains(&f));
        let mut found_ids = HashSet::with_capacity(found.len());
        let mut objects = Vec::new();
        for (row, owned) in found {
            found_ids.insert(row.id);
            let stays = match known.get(&row.id) {
                None => false,
                Some(old) => {
                    let impoverished = keep
                        .unchanged_files
                        .as_ref()
                        .is_some_and(|files| row.file_id.is_none_or(|f| files.contains(&f)));
                    // What failed keeps its facts, unless another file has better ones.
                    let failed = in_failed_file(old.file_id) && old.file_id == row.file_id;
                    old.row_hash == row.row_hash || failed || impoverished
                }
            };
            if !stays {
                objects.push((row, owned));
            }
        }
        let mut deleted: Vec<Uuid> = live
            .iter()
            .filter(|o| !found_ids.contains(&o.id))
            .filter(|o| !in_failed_file(o.file_id) && !(keep.unknown)(o.file_id))
            .map(|o| o.id)
            .collect();
        deleted.sort_unstable();
        let added = objects
            .iter()
            .filter(|(row, _)| !known.contains_key(&row.id))
            .count();
        Difference {
            before: live.len(),
            after: live.len() + added - deleted.len(),
            objects,
            deleted,
        }
    }

    /// Counts all live objects, where only some of them were compared.
    pub(super) fn rebase(&mut self, all: u64) {
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        self.after = (all + self.after).saturating_sub(self.before);
        self.before = all;
    }

    /// Whether so much would go that someone has to confirm it (sync-protocol.md, "A failed fetch is
    /// never a deletion").
    pub(super) fn is_suspicious(&self) -> bool {
        let gone = self.deleted.len();
        gone > 0 && (gone == self.before || (self.before >= SUSPICIOUS_FROM && gone * 2 > self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losing(gone: usize, before: usize) -> bool {
        let live: Vec<LiveObject> = (0..before)
            .map(|n| LiveObject {
                id: Uuid::from_u128(n as u128),
                file_id: None,
                row_hash: metasync_protocol::RowHash(1),
            })
            .collect();
        let keep = Keep {
            files: HashSet::new(),
            unchanged_files: None,
            unknown: &|_| false,
        };
        let mut difference = Difference::of(Vec::new(), &live, &keep);
        difference.deleted.truncate(gone);
        difference.is_suspicious()
    }

    #[test]
    fn more_than_half_of_ten_or_all_is_suspicious() {
        for (gone, before, suspicious) in [
            (0, 0, false),
            (0, 20, false),
            (5, 10, false),
            (6, 10, true),
            (8, 9, false),
            (9, 9, true),
            (1, 1, true),
        ] {
            assert_eq!(losing(gone, before), suspicious, "{gone} of {before}");
        }
    }
}
