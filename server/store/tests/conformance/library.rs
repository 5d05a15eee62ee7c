//! The shared library (seed 001): rows, what a sync writes, conflicts, contents, the right to sync.

use std::time::Duration;

use metasync_protocol::library::LibraryFile;
use metasync_store::{
    CONFLICT, DELETED, LibraryChange, LibraryConflict, LibraryEvent, LibraryFilter, LibraryRow, LibraryWrite,
    MODIFIED, NEW, Published, SYNCED, Store, StoredContent,
};
use uuid::Uuid;

use crate::support::{ORG, open};

const OTHER: Uuid = Uuid::from_u128(9);

pub fn file(n: u128, name: &str) -> LibraryFile {
    LibraryFile {
        id: Uuid::from_u128(n),
        name: name.into(),
        sha256: format!("{n:064x}"),
        size: 3,
        media_type: "text/plain".into(),
        label: Some("a \"label\", 漢字".into()),
        collections: vec!["to read".into()],
        objects: vec!["shop.orders".into()],
        ..LibraryFile::default()
    }
}

fn label(text: &str) -> LibraryChange {
    LibraryChange {
        label: Some(Some(text.into())),
        ..LibraryChange::default()
    }
}

/// A row that is common with the share.
async fn synced(store: &Store, n: u128) -> LibraryRow {
    let file = LibraryFile {
        version: 4,
        ..file(n, "a.txt")
    };
    let row = LibraryRow {
        base: Some(file.clone()),
        file,
        status: SYNCED.into(),
        revision: 1,
    };
    let write = LibraryWrite {
        seen: None,
        row: row.clone(),
        conflict: None,
    };
    assert!(store.library_write(ORG, &[write]).await.unwrap().is_empty());
    row
}

async fn status(store: &Store, n: u128) -> String {
    store
        .library_row(ORG, Uuid::from_u128(n))
        .await
        .unwrap()
        .unwrap()
        .status
}

#[tokio::test]
async fn files_come_change_and_go_and_what_changed_is_counted() {
    let store = open().await;
    for (n, name) in [(1, "b.txt"), (2, "a.txt"), (3, "C.txt")] {
        let added = store.library_add(ORG, &file(n, name)).await.unwrap();
        assert_eq!((added.version, added.deleted), (0, false));
    }
    assert_eq!(store.library_unsynced(ORG).await.unwrap(), 3);
    let filter = LibraryFilter {
        limit: 2,
        ..LibraryFilter::default()
    };
    let page = store.library_list(ORG, &filter).await.unwrap();
    assert_eq!((page.files.len(), page.total), (2, 3));
    assert_eq!(page.files[0].objects, ["shop.orders"]);
    let next = store
        .library_list(
            ORG,
            &LibraryFilter {
                offset: 2,
                ..filter.clone()
            },
        )
        .await
        .unwrap();
    assert_eq!(next.files.len(), 1);
    let one = Uuid::from_u128(1);
    let changed = store
        .library_change(ORG, one, &label("other"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(changed.label.as_deref(), Some("other"));
    assert_eq!(status(&store, 1).await, NEW);
    let collections = LibraryChange {
        collections: Some(vec!["50 %".into()]),
        label: Some(None),
        ..LibraryChange::default()
    };
    store
        .library_change(ORG, one, &collections)
        .await
        .unwrap()
        .unwrap();
    for (text, collection, total) in [
        (Some("B.TXT"), None, 1),
        (Some("ORDERS"), None, 3),
        (None, Some("to read"), 2),
        (None, Some("50 %"), 1),
        (Some("a.txt"), Some("50 %"), 0),
    ] {
        let filter = LibraryFilter {
            text: text.map(str::to_owned),
            collection: collection.map(str::to_owned),
            ..filter.clone()
        };
        assert_eq!(
            store.library_list(ORG, &filter).await.unwrap().total,
            total,
            "{filter:?}"
        );
    }
    assert!(store.library_delete(ORG, one).await.unwrap());
    assert!(!store.library_delete(ORG, one).await.unwrap());
    assert_eq!(store.library_file(ORG, one).await.unwrap(), None);
    assert_eq!(store.library_change(ORG, one, &label("x")).await.unwrap(), None);
    assert_eq!(store.library_list(ORG, &filter).await.unwrap().total, 2);
    assert_eq!(status(&store, 1).await, DELETED);
}

#[tokio::test]
async fn another_organizations_files_are_none() {
    let store = open().await;
    store.library_add(ORG, &file(1, "a.txt")).await.unwrap();
    let one = Uuid::from_u128(1);
    assert_eq!(store.library_file(OTHER, one).await.unwrap(), None);
    assert_eq!(store.library_change(OTHER, one, &label("x")).await.unwrap(), None);
    assert!(!store.library_delete(OTHER, one).await.unwrap());
    assert_eq!(store.library_unsynced(OTHER).await.unwrap(), 0);
    assert!(store.library_rows(OTHER).await.unwrap().is_empty());
    assert_eq!(
        store
            .library_list(
                OTHER,
                &LibraryFilter {
                    limit: 9,
                    ..LibraryFilter::default()
                }
            )
            .await
            .unwrap()
            .total,
        0
    );
    // the same id in two organizations is two files
    store.library_add(OTHER, &file(1, "b.txt")).await.unwrap();
    assert_eq!(store.library_file(ORG, one).await.unwrap().unwrap().name, "a.txt");
}

#[tokio::test]
async fn a_sync_writes_over_what_it_looked_at_and_nothing_else() {
    let store = open().await;
    let row = synced(&store, 1).await;
    assert_eq!(store.library_unsynced(ORG).await.unwrap(), 0);
    store
        .library_change(ORG, row.file.id, &label("meanwhile"))
        .await
        .unwrap();
    assert_eq!(status(&store, 1).await, MODIFIED);
    let write = LibraryWrite {
        seen: Some(row.revision),
        row: row.clone(),
        conflict: None,
    };
    assert_eq!(store.library_write(ORG, &[write]).await.unwrap(), [row.file.id]);
    let now = store.library_row(ORG, row.file.id).await.unwrap().unwrap();
    assert_eq!(
        (now.file.label.as_deref(), now.base),
        (Some("meanwhile"), row.base.clone())
    );
    let again = LibraryWrite {
        seen: None,
        row,
        conflict: None,
    };
    assert_eq!(store.library_write(ORG, &[again]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_published_is_synced_and_comes_back_if_it_was_lost() {
    let store = open().await;
    let commit = Uuid::from_u128(77);
    for n in [1, 2, 3] {
        store.library_add(ORG, &file(n, "new.txt")).await.unwrap();
    }
    let old = synced(&store, 4).await;
    store
        .library_change(ORG, old.file.id, &label("new"))
        .await
        .unwrap();
    let rows = store.library_unsynced_rows(ORG).await.unwrap();
    let published: Vec<Published> = rows
        .iter()
        .map(|row| Published {
            file: LibraryFile {
                version: 5,
                ..row.file.clone()
            },
            revision: row.revision,
        })
        .collect();
    // changed and deleted between the publication and its end
    store
        .library_change(ORG, Uuid::from_u128(2), &label("later"))
        .await
        .unwrap();
    store.library_delete(ORG, Uuid::from_u128(3)).await.unwrap();
    store.library_published(ORG, commit, &published).await.unwrap();
    let found = [
        status(&store, 1).await,
        status(&store, 2).await,
        status(&store, 3).await,
        status(&store, 4).await,
    ];
    assert_eq!(found, [SYNCED, MODIFIED, DELETED, SYNCED]);
    assert_eq!(
        store
            .library_file(ORG, Uuid::from_u128(1))
            .await
            .unwrap()
            .unwrap()
            .version,
        5
    );
    assert_eq!(store.library_pending(ORG).await.unwrap(), [commit]);
    assert_eq!(store.library_settle(ORG, commit, true).await.unwrap(), 4);
    let found = [
        status(&store, 1).await,
        status(&store, 2).await,
        status(&store, 3).await,
        status(&store, 4).await,
    ];
    assert_eq!(found, [NEW, NEW, DELETED, MODIFIED]);
    let back = store.library_row(ORG, old.file.id).await.unwrap().unwrap();
    assert_eq!((back.base, back.file.label.as_deref()), (old.base, Some("new")));
    store.library_published(ORG, commit, &published).await.unwrap();
    assert_eq!(store.library_settle(ORG, commit, false).await.unwrap(), 4);
    assert!(store.library_pending(ORG).await.unwrap().is_empty());
    assert_eq!(status(&store, 1).await, SYNCED);
}

#[tokio::test]
async fn a_conflict_waits_and_is_settled_once() {
    let store = open().await;
    let row = synced(&store, 1).await;
    let remote = LibraryFile {
        label: Some("theirs".into()),
        ..row.file.clone()
    };
    let conflict = LibraryConflict {
        file_id: row.file.id,
        fields: vec!["label".into()],
        base: row.base.clone(),
        remote: remote.clone(),
        detected_at: "2026-01-01T00:00:00Z".into(),
    };
    let in_conflict = LibraryRow {
        status: CONFLICT.into(),
        ..row.clone()
    };
    let write = LibraryWrite {
        seen: Some(1),
        row: in_conflict.clone(),
        conflict: Some(conflict.clone()),
    };
    store
        .library_write(ORG, std::slice::from_ref(&write))
        .await
        .unwrap();
    let later = LibraryConflict {
        detected_at: "2027-01-01T00:00:00Z".into(),
        ..conflict.clone()
    };
    let again = LibraryWrite {
        conflict: Some(later),
        ..write
    };
    store.library_write(ORG, &[again]).await.unwrap();
    assert_eq!(
        store.library_conflicts(ORG).await.unwrap(),
        [(conflict, in_conflict)]
    );
    assert_eq!(
        store.library_unsynced(ORG).await.unwrap(),
        0,
        "it waits for somebody, not for a sync"
    );
    assert_eq!(store.library_conflict_count(ORG).await.unwrap(), 1);
    store
        .library_change(ORG, row.file.id, &label("mine"))
        .await
        .unwrap();
    assert_eq!(status(&store, 1).await, CONFLICT, "until somebody chose");
    let settled = |seen| LibraryWrite {
        seen: Some(seen),
        conflict: None,
        row: LibraryRow {
            file: remote.clone(),
            base: Some(remote.clone()),
            status: SYNCED.into(),
            revision: 3,
        },
    };
    let twin = LibraryRow {
        file: file(2, "twin.txt"),
        status: NEW.into(),
        revision: 1,
        base: None,
    };
    assert!(
        !store
            .library_resolve(ORG, &settled(1), Some(&twin))
            .await
            .unwrap(),
        "changed meanwhile"
    );
    assert_eq!(store.library_file(ORG, twin.file.id).await.unwrap(), None);
    assert!(!store.library_resolve(OTHER, &settled(2), None).await.unwrap());
    assert!(
        store
            .library_resolve(ORG, &settled(2), Some(&twin))
            .await
            .unwrap()
    );
    assert!(
        !store.library_resolve(ORG, &settled(3), None).await.unwrap(),
        "settled already"
    );
    assert!(store.library_conflict(ORG, row.file.id).await.unwrap().is_none());
    assert_eq!(store.library_unsynced(ORG).await.unwrap(), 1);
}

#[tokio::test]
async fn contents_are_there_as_a_whole_or_not_at_all() {
    let store = open().await;
    let (first, second, third) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let content = |chunks| StoredContent { chunks, size: 5 };
    for (chunks, pieces) in [
        (first, ["abc", "de"]),
        (second, ["abc", "de"]),
        (third, ["x", "y"]),
    ] {
        for (n, piece) in pieces.iter().enumerate() {
            store
                .library_put_chunk(ORG, chunks, n as u64, piece.as_bytes().to_vec())
                .await
                .unwrap();
        }
    }
    assert_eq!(store.library_content(ORG, "aa").await.unwrap(), None);
    store
        .library_keep_content(ORG, "aa", &content(first))
        .await
        .unwrap();
    store
        .library_keep_content(ORG, "aa", &content(second))
        .await
        .unwrap();
    assert_eq!(
        store.library_content(ORG, "aa").await.unwrap(),
        Some(content(first))
    );
    assert_eq!(store.library_content(OTHER, "aa").await.unwrap(), None);
    assert_eq!(
        store.library_chunk(ORG, first, 1).await.unwrap().as_deref(),
        Some(&b"de"[..])
    );
    assert_eq!(store.library_chunk(ORG, first, 2).await.unwrap(), None);
    assert_eq!(store.library_chunk(OTHER, first, 0).await.unwrap(), None);
    assert_eq!(
        store.library_chunk(ORG, second, 0).await.unwrap(),
        None,
        "the same content once"
    );
    assert_eq!(
        store.library_sweep_chunks(ORG, third).await.unwrap(),
        0,
        "what came later stays"
    );
    assert_eq!(store.library_sweep_chunks(ORG, Uuid::now_v7()).await.unwrap(), 2);
    assert!(store.library_chunk(ORG, first, 0).await.unwrap().is_some());
    assert_eq!(store.library_content_hashes(ORG).await.unwrap(), ["aa"]);
}

#[tokio::test]
async fn one_process_syncs_and_another_share_begins_anew() {
    let store = open().await;
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let state = store.library_state(ORG, "here").await.unwrap();
    assert_eq!(
        (state.version, state.is_complete, state.strength.as_str()),
        (0, true, "unknown")
    );
    let hour = Duration::from_secs(3600);
    assert!(store.library_lease(ORG, a, hour).await.unwrap());
    assert!(!store.library_lease(ORG, b, hour).await.unwrap());
    assert!(store.library_lease(ORG, a, hour).await.unwrap());
    assert!(store.library_state(ORG, "here").await.unwrap().is_syncing);
    store.library_release(ORG, Some(b)).await.unwrap();
    assert!(!store.library_lease(ORG, b, hour).await.unwrap());
    store.library_release(ORG, Some(a)).await.unwrap();
    assert!(store.library_lease(ORG, b, Duration::ZERO).await.unwrap());
    assert!(
        store.library_lease(ORG, a, hour).await.unwrap(),
        "it ended by itself"
    );
    store.library_release(ORG, None).await.unwrap();
    store
        .library_set_version(ORG, 7, Some(a), false, true)
        .await
        .unwrap();
    store.library_set_strength(ORG, "weak").await.unwrap();
    let now = store.library_state(ORG, "here").await.unwrap();
    assert_eq!((now.version, now.commit_id, now.is_complete), (7, Some(a), false));
    assert!(now.last_sync_at.is_some() && !now.is_syncing);
    let elsewhere = store.library_state(ORG, "there").await.unwrap();
    assert_eq!((elsewhere.version, elsewhere.hub_id), (0, state.hub_id));
}

/// A row in each table of the library.
#[allow(dead_code, reason = "row-level security is PostgreSQL's alone")]
fn event(node: u128, data: &str) -> LibraryEvent {
    LibraryEvent {
        node: Uuid::from_u128(node),
        user: "ada".into(),
        client: (data == "own").then(|| "one".into()),
        phase: "tell".into(),
        name: "log".into(),
        data: data.into(),
    }
}

#[tokio::test]
async fn what_a_sync_tells_reaches_other_processes_once_and_in_its_order() {
    let store = open().await;
    store.library_state(ORG, "somewhere").await.unwrap();
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert_eq!(store.library_heard(ORG, two, 0).await.unwrap(), (vec![], 0));
    store
        .library_tell(ORG, &[event(1, "own"), event(1, "2")])
        .await
        .unwrap();
    store.library_tell(ORG, &[event(2, "3")]).await.unwrap();
    let (heard, last) = store.library_heard(ORG, two, 0).await.unwrap();
    assert_eq!((heard, last), (vec![event(1, "own"), event(1, "2")], 3));
    let (heard, last) = store.library_heard(ORG, one, 1).await.unwrap();
    assert_eq!((heard, last), (vec![event(2, "3")], 3));
    assert_eq!(store.library_heard(ORG, one, 3).await.unwrap(), (vec![], 3));
    assert_eq!(store.library_heard(OTHER, one, 0).await.unwrap(), (vec![], 0));
}

/// Rows of every table of the library.
#[allow(dead_code, reason = "only the suite of PostgreSQL asks who sees them")]
pub async fn plant(store: &Store) {
    let row = synced(store, 99).await;
    let conflict = LibraryConflict {
        file_id: row.file.id,
        fields: vec!["label".into()],
        base: None,
        remote: row.file.clone(),
        detected_at: "2026-01-01T00:00:00Z".into(),
    };
    let write = LibraryWrite {
        seen: Some(1),
        row,
        conflict: Some(conflict),
    };
    store.library_write(ORG, &[write]).await.unwrap();
    let content = StoredContent {
        chunks: Uuid::now_v7(),
        size: 1,
    };
    store
        .library_put_chunk(ORG, content.chunks, 0, b"x".to_vec())
        .await
        .unwrap();
    store.library_keep_content(ORG, "ab", &content).await.unwrap();
    store.library_state(ORG, "somewhere").await.unwrap();
    store.library_tell(ORG, &[event(1, "secret")]).await.unwrap();
}
