//! What runs write and read.

use metasync_protocol::{Channel, FileRow};
use metasync_store::{Batch, StoreError, StreamPhase};
use serde_json::json;
use uuid::Uuid;

use crate::{
    backend::Place,
    support::{ORG, RUN, connect, delete, file, get, models, object, object_id, open, put},
};

#[tokio::test]
async fn what_did_not_change_keeps_its_place() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    assert_eq!(put(&store, connection, 0..10, 1).await, 20);
    assert_eq!(put(&store, connection, 0..10, 1).await, 0);
    assert_eq!(
        store.heads(ORG).await.unwrap(),
        [
            (connection, Channel::Core, 20),
            (connection, Channel::Documentation, 0)
        ]
    );
    assert_eq!(put(&store, connection, 0..2, 2).await, 4);
    assert_eq!(delete(&store, connection, 0..1).await, 2);
    assert_eq!(delete(&store, connection, 0..1).await, 0, "gone already");
    assert_eq!(delete(&store, connection, 70..80).await, 0, "never there");
    assert_eq!(put(&store, connection, 0..1, 2).await, 2, "back from deletion");
    assert_eq!(
        store.connections(ORG).await.unwrap()[0].connection.object_count,
        10
    );
}

#[tokio::test]
async fn live_rows_are_listed_by_branch() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..4, 1).await;
    delete(&store, connection, 3..4).await;
    let mut other = FileRow {
        id: metasync_protocol::ids::file(connection, Some("dev"), "a.sql"),
        branch: Some("dev".into()),
        ..file(connection, 50, 1)
    };
    other.seal();
    let batch = Batch {
        files: vec![other.clone()],
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    let files = store.live_files(ORG, connection, None).await.unwrap();
    let expected: Vec<FileRow> = (0..3).map(|n| file(connection, n, 1)).collect();
    assert_eq!(files.len(), 3);
    for (found, row) in files.iter().zip(&expected) {
        assert_eq!(
            (
                found.id,
                &found.relative_path,
                &found.content_hash,
                found.size,
                found.row_hash
            ),
            (
                row.id,
                &row.relative_path,
                &row.content_hash,
                row.size,
                row.row_hash
            )
        );
    }
    let dev = store.live_files(ORG, connection, Some("dev")).await.unwrap();
    assert_eq!(dev.iter().map(|f| f.id).collect::<Vec<_>>(), [other.id]);
    let objects = store.live_objects(ORG, connection, None).await.unwrap();
    assert_eq!(
        objects.iter().map(|o| o.id).collect::<Vec<_>>(),
        (0..3).map(|n| object_id(connection, n)).collect::<Vec<_>>()
    );
    assert!(
        store
            .live_objects(ORG, connection, Some("dev"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_large_batch_takes_several_transactions_and_its_state_goes_with_the_last() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let batch = Batch {
        index_state: Some(("main".into(), json!({"tree": "abc"}))),
        ..models(connection, 0..6_000, 1)
    };
    let done = store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    assert_eq!(
        (done.changed, done.heads.as_slice()),
        (12_000, &[(Channel::Core, 12_000)][..])
    );
    assert_eq!(
        store.index_state(ORG, connection, "main").await.unwrap(),
        Some(json!({"tree": "abc"}))
    );
    assert_eq!(store.index_state(ORG, connection, "dev").await.unwrap(), None);
    assert_eq!(delete(&store, connection, 0..6_000).await, 12_000);
    let page = get(&store, metasync_store::PageFrom::Start).await;
    assert_eq!(page.sync_metadata.streams[0].rows, 0);
    assert_eq!(
        page.sync_metadata.streams[0].checksum,
        Some(metasync_protocol::RowHash::default())
    );
}

#[tokio::test]
async fn of_one_id_twice_the_last_counts_and_a_row_beats_its_deletion() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let batch = Batch {
        files: vec![file(connection, 1, 1), file(connection, 1, 2)],
        objects: vec![object(connection, 1, 1), object(connection, 1, 3)],
        deleted_files: vec![file(connection, 1, 1).id],
        deleted_objects: vec![object_id(connection, 1), object_id(connection, 1)],
        ..Batch::default()
    };
    assert_eq!(
        store
            .batch_commit(ORG, connection, RUN, batch)
            .await
            .unwrap()
            .changed,
        2
    );
    assert_eq!(store.live_files(ORG, connection, None).await.unwrap()[0].size, 2);
    assert_eq!(
        store.live_objects(ORG, connection, None).await.unwrap()[0].row_hash,
        object(connection, 1, 3).0.row_hash
    );
}

#[tokio::test]
async fn nothing_is_written_to_what_is_not_ones_own() {
    let store = open().await;
    let (a, b) = (connect(&store, "a").await, connect(&store, "b").await);
    let foreign = store.batch_commit(ORG, a, RUN, models(b, 0..1, 1)).await;
    assert!(matches!(foreign, Err(StoreError::Invalid(_))));
    let stranger = store
        .batch_commit(Uuid::from_u128(9), a, RUN, models(a, 0..1, 1))
        .await;
    assert!(matches!(stranger, Err(StoreError::NotFound(_))));
    put(&store, b, 0..1, 1).await;
    let stolen = Batch {
        deleted_objects: vec![object_id(b, 0)],
        ..Batch::default()
    };
    assert!(matches!(
        store.batch_commit(ORG, a, RUN, stolen).await,
        Err(StoreError::Invalid(_))
    ));
    assert_eq!(store.live_objects(ORG, b, None).await.unwrap().len(), 1);
    store.remove_connection(ORG, a).await.unwrap();
    let late = store.batch_commit(ORG, a, RUN, models(a, 0..1, 1)).await;
    assert!(matches!(late, Err(StoreError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_whole_transactions_while_runs_write() {
    let place = Place::new().await;
    let store = place.open().await;
    store.declare(&[crate::support::organization()]).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for name in ["a", "b", "c"] {
        let store = store.clone();
        let connection = connect(&store, name).await;
        writers.spawn(async move {
            for version in 0..12 {
                put(&store, connection, 0..20, version).await;
                delete(&store, connection, version..version + 3).await;
            }
        });
    }
    // every checkpoint on the way is checked against its own checksums
    let mut client = crate::model::Replica::default();
    let mut pages = 0;
    while !writers.is_empty() || pages < 5 {
        client.step(&store, 6, false).await;
        pages += 1;
        while writers.try_join_next().is_some_and(|done| done.is_ok()) {}
    }
    client.pull(&store, 6).await;
    let mut fresh = crate::model::Replica::default();
    fresh.pull(&store, 1_000).await;
    assert_eq!(client.copy.dump(), fresh.copy.dump());
}

#[tokio::test]
async fn an_empty_batch_only_sets_the_state() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let batch = Batch {
        state: StreamPhase::Partial,
        ..Batch::default()
    };
    assert_eq!(
        store
            .batch_commit(ORG, connection, RUN, batch)
            .await
            .unwrap()
            .changed,
        0
    );
    let page = get(&store, metasync_store::PageFrom::Start).await;
    assert_eq!(
        (
            page.sync_metadata.streams[0].head,
            page.sync_metadata.streams[0].state.as_str()
        ),
        (0, "partial")
    );
}
