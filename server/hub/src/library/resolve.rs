//! Settling a conflict: mine, the share's, or both.

use metasync_protocol::library::{ConflictResolved, LibraryFile, ResolveConflict, Strategy};
use metasync_store::{
    DELETED, LibraryConflict, LibraryRow, LibraryWrite, MODIFIED, NEW, SYNCED, Store, StoreError,
};
use uuid::Uuid;

use super::merge;

/// Attempts, should the row change just now.
const ATTEMPTS: u32 = 5;

/// What came of it.
pub(crate) enum Resolved {
    /// The rows as they are now, or would be.
    Done(ConflictResolved),
    /// There is no conflict of that file.
    NoConflict,
}

/// Settles a conflict in the name of a user, or shows what would come of it.
pub(crate) async fn resolve(
    store: &Store,
    org: Uuid,
    user: &str,
    request: &ResolveConflict,
) -> Result<Resolved, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some((conflict, row)) = store.library_conflict(org, request.file_id).await? else {
            return Ok(Resolved::NoConflict);
        };
        let (write, twin) = outcome(&conflict, &row, request.strategy, user);
        let settled = request.preview || store.library_resolve(org, &write, twin.as_ref()).await?;
        if settled {
            let twin = twin.map(|twin| twin.file);
            let files = std::iter::once(write.row.file).chain(twin).collect();
            return Ok(Resolved::Done(ConflictResolved {
                preview: request.preview,
                files,
            }));
        }
    }
    Err(StoreError::Conflict(
        "the file is being changed; try again".into(),
    ))
}

fn outcome(
    conflict: &LibraryConflict,
    row: &LibraryRow,
    strategy: Strategy,
    user: &str,
) -> (LibraryWrite, Option<LibraryRow>) {
    let remote = &conflict.remote;
    let one_is_deleted = row.file.deleted != remote.deleted;
    let now = jiff::Timestamp::now().to_string();
    let mut file = match strategy {
        Strategy::LocalWins => {
            let mut file = row.file.clone();
            if let Some(base) = conflict.base.as_ref().filter(|_| !one_is_deleted) {
                merge::combine(base, &mut file, remote);
            }
            file
        }
        Strategy::RemoteWins => match conflict.base.as_ref().filter(|_| !one_is_deleted) {
            Some(base) => {
                let mut file = row.file.clone();
                merge::take_fields(base, &mut file, remote);
                file
            }
            None => remote.clone(),
        },
        Strategy::KeepBoth => remote.clone(),
    };
    let status = match (merge::same(&file, remote), file.deleted) {
        (true, _) => SYNCED,
        (false, true) => DELETED,
        (false, false) => MODIFIED,
    };
    file.version = remote.version;
    if status != SYNCED {
        file.updated_at.clone_from(&now);
    }
    // What is deleted here leaves nothing to keep beside the share's.
    let both = strategy == Strategy::KeepBoth && !row.file.deleted;
    let twin = both.then(|| LibraryRow {
        file: LibraryFile {
            id: Uuid::new_v4(),
            name: name_of_twin(&row.file.name, user),
            version: 0,
            created_at: now.clone(),
            updated_at: now,
            ..row.file.clone()
        },
        status: NEW.into(),
        revision: 1,
        base: None,
    });
    let write = LibraryWrite {
        seen: Some(row.revision),
        row: LibraryRow {
            file,
            status: status.into(),
            revision: row.revision + 1,
            base: Some(remote.clone()),
        },
        conflict: None,
    };
    (write, twin)
}

/// `paper.tei.xml` of alice: `paper (alice's copy).tei.xml`.
fn name_of_twin(name: &str, user: &str) -> String {
    let whose: String = user
        .chars()
        .filter(|c| !c.is_control() && !"/\\".contains(*c))
        .take(60)
        .collect();
    // what begins with a dot has no extension
    let dot = name
        .char_indices()
        .skip(1)
        .find(|(_, c)| *c == '.')
        .map(|(at, _)| at);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    format!("{stem} ({whose}'s copy){extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_named_after_who_keeps_them() {
        for (name, twin) in [
            ("paper.tei.xml", "paper (alice's copy).tei.xml"),
            ("README", "README (alice's copy)"),
            (".hidden", ".hidden (alice's copy)"),
            ("漢字.pdf", "漢字 (alice's copy).pdf"),
        ] {
            assert_eq!(name_of_twin(name, "alice"), twin);
        }
    }
}
