//! What clients hold is good on every node of one database: cursors, lists, epochs; and texts as every
//! node stores them.

use std::collections::HashSet;

use metasync_store::{PageAnswer, PageFrom, Store};
use uuid::Uuid;

use crate::{
    backend::Place,
    model::Replica,
    nodes::two,
    support::{ORG, connect, file, get, models, organization, page, put, request},
};

#[tokio::test]
async fn cursors_keys_and_epochs_are_those_of_all_nodes() {
    let (_place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    put(&a, connection, 0..3, 1).await;
    assert_eq!(a.epoch(), b.epoch());
    for _ in 0..2 {
        // signed with a key that the other node has not seen
        a.rotate_cursor_keys().await.unwrap();
        let cursor = get(&a, PageFrom::Start).await.sync_metadata.cursor;
        let there = get(&b, PageFrom::Cursor(cursor)).await;
        assert!(there.metadata.objects.is_empty() && !there.sync_metadata.has_more);
    }
    let before = get(&b, PageFrom::Start).await.sync_metadata.cursor;
    let epoch = a.new_epoch().await.unwrap();
    let cursor = get(&a, PageFrom::Start).await.sync_metadata.cursor;
    let there = get(&b, PageFrom::Cursor(cursor)).await;
    assert_eq!((there.sync_metadata.epoch, b.epoch()), (epoch, epoch));
    let old = b.page(&request(PageFrom::Cursor(before))).await.unwrap();
    assert_eq!(old, PageAnswer::ResyncRequired { reason: "epoch" });
}

#[tokio::test]
async fn offset_pages_of_one_list_come_from_any_node() {
    let (_place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    put(&a, connection, 0..10, 1).await;
    let ask = async |store: &Store, offset| {
        let plain = metasync_store::PageRequest {
            limit: 3,
            ..request(PageFrom::Timestamp { at: None, offset })
        };
        page(store.page(&plain).await.unwrap())
    };
    let first = ask(&a, 0).await;
    put(&b, connection, 0..2, 2).await;
    let mut seen: Vec<Uuid> = first.metadata.objects.iter().map(|o| o.id).collect();
    for (store, offset) in [(&b, 3), (&a, 6), (&b, 9)] {
        let page = ask(store, offset).await;
        assert_eq!(page.sync_metadata.timestamp, first.sync_metadata.timestamp);
        assert_eq!(page.sync_metadata.has_more, offset < 9);
        seen.extend(page.metadata.objects.iter().map(|o| o.id));
    }
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 10);
    assert_eq!(seen.len(), 10);
    // a new list on one node is the one that the other goes on with
    let second = ask(&b, 0).await;
    assert_ne!(second.sync_metadata.timestamp, first.sync_metadata.timestamp);
    let next = ask(&a, 3).await;
    assert_eq!(next.sync_metadata.timestamp, second.sync_metadata.timestamp);
}

#[tokio::test]
async fn texts_that_the_database_can_not_hold_are_stored_without_what_it_can_not() {
    let place = Place::new().await;
    let store = place.open().await;
    store.declare(&[organization()]).await.unwrap();
    let connection = connect(&store, "shop").await;
    let mut batch = models(connection, 0..2, 3);
    batch.objects[0].0.description = Some("a\0b".into());
    batch.objects[0].1.columns[0].2 = Some("c\0d".into());
    batch.files.push(metasync_protocol::FileRow {
        relative_path: "bad\0name.sql".into(),
        ..file(connection, 7, 1)
    });
    store
        .batch_commit(ORG, connection, Uuid::from_u128(1), batch)
        .await
        .unwrap();
    // the model client hashes all that it gets
    let mut client = Replica::default();
    client.pull(&store, 100).await;
    assert_eq!(client.copy.objects.len(), 2);
    let found = client
        .copy
        .objects
        .values()
        .any(|o| o.object.description.as_deref() == Some("a\u{fffd}b"));
    assert!(found);
    assert_eq!(store.connection(ORG, "nul\0").await.unwrap(), None);
}
