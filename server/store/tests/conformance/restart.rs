//! What outlives a restart, and what a restored or damaged file does (contract.md, "Seed 002").

use std::{fs, path::Path};

use metasync_store::{PageAnswer, PageFrom, Store, StoreError};

use sqlx::{Connection as _, Executor as _};

use crate::{
    linked,
    support::{ORG, connect, get, organization, put, request},
};

async fn start(path: &Path) -> Store {
    let store = Store::open(path).await.unwrap();
    store.declare(&[organization()]).await.unwrap();
    store
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn cursors_etags_and_timestamps_outlive_restarts_kills_included() {
    let directory = tempfile::tempdir().unwrap();
    let store = start(directory.path()).await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..5, 1).await;
    let etag = store.etag(ORG, "alice", None, true, "json").await.unwrap();
    let sync = get(&store, PageFrom::Start).await.sync_metadata;
    let epoch = store.epoch();
    // not closed: as after a kill
    std::mem::forget(store);
    for _ in 0..3 {
        let store = start(directory.path()).await;
        assert_eq!(store.epoch(), epoch);
        assert_eq!(store.etag(ORG, "alice", None, true, "json").await.unwrap(), etag);
        for from in [
            PageFrom::Cursor(sync.cursor.clone()),
            PageFrom::Timestamp {
                at: Some(sync.timestamp.clone()),
                offset: 0,
            },
        ] {
            let page = get(&store, from).await;
            assert!(page.metadata.objects.is_empty() && !page.sync_metadata.has_more);
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_restored_copy_gets_a_new_epoch() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let backup = root.path().join("backup");
    start(&data).await.close().await;
    copy(&data, &backup);
    let store = start(&data).await;
    let (epoch, cursor) = (
        store.epoch(),
        get(&store, PageFrom::Start).await.sync_metadata.cursor,
    );
    store.close().await;

    // the database file alone
    fs::copy(backup.join("hub.db"), data.join("hub.db")).unwrap();
    let store = start(&data).await;
    assert_ne!(store.epoch(), epoch);
    let answer = store.page(&request(PageFrom::Cursor(cursor))).await.unwrap();
    assert_eq!(answer, PageAnswer::ResyncRequired { reason: "epoch" });
    let second = store.epoch();
    store.close().await;
    let store = start(&data).await;
    assert_eq!(store.epoch(), second, "noticed once");
    store.close().await;

    // the whole directory
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&backup, &data).unwrap();
    let store = start(&data).await;
    assert!(store.epoch() != epoch && store.epoch() != second);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("hub.db"),
        "no database at all, but long enough to be looked at".repeat(40),
    )
    .unwrap();
    let Err(error) = Store::open(directory.path()).await else {
        panic!("opened")
    };
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains("hub.db"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_place_that_can_not_be_written_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let Err(error) = Store::open(&file.join("data")).await else {
        panic!("opened")
    };
    assert!(
        matches!(&error, StoreError::Open(text) if text.contains("data")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_row_is_an_error_and_no_panic() {
    let directory = tempfile::tempdir().unwrap();
    let store = start(directory.path()).await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..5, 1).await;
    store.close().await;
    // overwrite pages in the middle of the file
    let path = directory.path().join("hub.db");
    let mut bytes = fs::read(&path).unwrap();
    let third = bytes.len() / 3;
    bytes[third..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    if let Ok(store) = Store::open(directory.path()).await {
        let answer = store.page(&request(PageFrom::Start)).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let store = start(directory.path()).await;
    for entry in fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    store.close().await;
}

#[tokio::test]
async fn a_catalogue_of_before_there_were_edges_between_connections_gets_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = start(directory.path()).await;
    let (shop, billing) = (connect(&store, "shop").await, connect(&store, "billing").await);
    linked::put(&store, shop, vec![linked::relation(shop, "shop", 1, 2)]).await;
    linked::put(&store, billing, vec![linked::user(billing, "shop", 1, 0)]).await;
    let heads = store.heads(ORG).await.unwrap();
    store.close().await;
    // as the version before left it
    let url = format!("sqlite://{}/hub.db", directory.path().display());
    let mut raw = sqlx::SqliteConnection::connect(&url).await.unwrap();
    raw.execute(
        "DELETE FROM relation_names; DELETE FROM pair_edges; DELETE FROM meta WHERE key = 'relation_names';
         DELETE FROM streams WHERE other_connection_id IS NOT NULL",
    )
    .await
    .unwrap();
    raw.close().await.unwrap();
    for _ in 0..2 {
        let store = start(directory.path()).await;
        let copy = linked::everything(&store).await;
        assert_eq!(linked::there(&copy), linked::expected(&copy));
        assert_eq!((copy.pairs.0.len(), copy.pairs.1.len()), (1, 2));
        assert_eq!(store.heads(ORG).await.unwrap(), heads, "nothing else comes again");
        store.close().await;
    }
}
