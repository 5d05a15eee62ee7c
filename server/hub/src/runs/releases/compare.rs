//! What of a release's tests is new, another or gone.

use std::collections::{HashMap, HashSet};

use metasync_protocol::{Compact, ObjectRow, bundle};
use metasync_store::LiveTest;
use serde_json::Value;
use uuid::Uuid;

/// Member of a test's metadata: the commit with which it came into the release.
pub(super) const SINCE: &str = "since_commit";

/// Member of a test's metadata: the commit with which it last changed.
pub(super) const CHANGED: &str = "changed_commit";

/// What is to be stored.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) added: Vec<(ObjectRow, Compact)>,
    pub(super) updated: Vec<(ObjectRow, Compact)>,
    pub(super) removed: Vec<Uuid>,
}

/// Compares the tests of a commit with those that are stored. Tests of `unknown` files stay as they are.
pub(super) fn compare(
    stored: Vec<LiveTest>,
    found: Vec<(ObjectRow, Compact)>,
    unknown: &HashSet<Uuid>,
    commit: &str,
) -> Differences {
    let mut stored: HashMap<Uuid, LiveTest> = stored.into_iter().map(|test| (test.id, test)).collect();
    let mut differences = Differences::default();
    for (mut row, owned) in found {
        let Some(before) = stored.remove(&row.id) else {
            set(&mut row, SINCE, Some(commit.into()));
            seal(&mut row, &owned);
            differences.added.push((row, owned));
            continue;
        };
        set(
            &mut row,
            SINCE,
            before.metadata.get(SINCE).cloned().or(Some(commit.into())),
        );
        set(&mut row, CHANGED, before.metadata.get(CHANGED).cloned());
        seal(&mut row, &owned);
        if row.row_hash != before.row_hash {
            set(&mut row, CHANGED, Some(commit.into()));
            seal(&mut row, &owned);
            differences.updated.push((row, owned));
        }
    }
    let is_gone = |test: &LiveTest| test.file_id.is_none_or(|file| !unknown.contains(&file));
    differences.removed = stored.into_values().filter(is_gone).map(|test| test.id).collect();
    differences.removed.sort_unstable();
    differences
}

fn seal(row: &mut ObjectRow, owned: &Compact) {
    row.row_hash = bundle::compact_hash(row, owned);
}

/// Sets a member of the metadata, or takes it away.
pub(super) fn set(row: &mut ObjectRow, name: &str, value: Option<Value>) {
    if !row.metadata.is_object() {
        row.metadata = Value::Object(serde_json::Map::new());
    }
    if let Some(members) = row.metadata.as_object_mut() {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
    }
}
