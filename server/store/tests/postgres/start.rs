//! Connecting: many at once, to the wrong place, with a database of a newer hub, and what a restart
//! leaves as it was.

use metasync_store::{PageFrom, Store, StoreError};
use sqlx::Executor as _;

use crate::{
    backend::Place,
    support::{ORG, connect, get, organization, put},
};

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_at_once_make_one_schema_one_epoch_and_one_configuration() {
    let place = Place::new().await;
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let url = place.url.clone();
        nodes.spawn(async move {
            let store = Store::connect(&url).await.unwrap();
            store.declare(&[organization()]).await.unwrap();
            store
        });
    }
    let stores = nodes.join_all().await;
    let first = stores[0].epoch();
    assert!(stores.iter().all(|store| store.epoch() == first));
    let cursor = get(&stores[1], PageFrom::Start).await.sync_metadata.cursor;
    assert!(
        !get(&stores[2], PageFrom::Cursor(cursor))
            .await
            .sync_metadata
            .has_more
    );
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn cursors_timestamps_and_the_epoch_outlive_restarts() {
    let place = Place::new().await;
    let store = place.open().await;
    store.declare(&[organization()]).await.unwrap();
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..5, 1).await;
    let sync = get(&store, PageFrom::Start).await.sync_metadata;
    let (epoch, etag) = (
        store.epoch(),
        store.etag(ORG, "alice", None, true, "json").await.unwrap(),
    );
    drop(store);
    for _ in 0..2 {
        let store = place.open().await;
        store.declare(&[organization()]).await.unwrap();
        assert_eq!(store.epoch(), epoch, "only the operator changes it");
        assert_eq!(store.etag(ORG, "alice", None, true, "json").await.unwrap(), etag);
        let page = get(&store, PageFrom::Cursor(sync.cursor.clone())).await;
        assert!(page.metadata.objects.is_empty() && !page.sync_metadata.has_more);
        store.close().await;
    }
}

#[tokio::test]
async fn a_wrong_address_is_a_clear_error_without_the_password() {
    let place = Place::new().await;
    let wrong = |change: fn(&mut url::Url)| {
        let mut url = url::Url::parse(&place.url).unwrap();
        change(&mut url);
        String::from(url)
    };
    let addresses = [
        "postgres://hub:s3cret@127.0.0.1:1/metasync".to_owned(),
        "postgres://hub:s3cret@127.0.0.1:port/metasync".to_owned(),
        wrong(|url| url.set_password(Some("s3cret")).unwrap()),
        wrong(|url| url.set_path("nowhere")),
    ];
    for address in addresses {
        let Err(error) = Store::connect(&address).await else {
            panic!("connected to {address}")
        };
        assert!(matches!(error, StoreError::Open(_)), "{error:?}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_hub_is_left_alone() {
    let place = Place::new().await;
    place.open().await.close().await;
    let mut raw = place.raw().await;
    raw.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, '', 0)",
    )
    .await
    .unwrap();
    let Err(error) = Store::connect(&place.url).await else {
        panic!("connected")
    };
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn the_session_table_has_the_seeds_columns_and_types() {
    let place = Place::new().await;
    place.open().await.close().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, udt_name::text FROM information_schema.columns
         WHERE table_schema = 'metadata' AND table_name = 'ide_sync_sessions' ORDER BY ordinal_position",
    )
    .fetch_all(&mut place.raw().await)
    .await
    .unwrap();
    for (name, kind) in [
        ("id", "uuid"),
        ("organization_id", "uuid"),
        ("workspace_identifier", "text"),
        ("workspace_hash", "text"),
        ("ide_version", "text"),
        ("sync_mode", "text"),
        ("connection_ids", "_uuid"),
        ("last_sync_at", "timestamptz"),
        ("sync_status", "text"),
        ("total_objects_synced", "int4"),
        ("error_message", "text"),
        ("created_at", "timestamptz"),
        ("updated_at", "timestamptz"),
    ] {
        assert!(
            columns.contains(&(name.into(), kind.into())),
            "{name} {kind}: {columns:?}"
        );
    }
}
