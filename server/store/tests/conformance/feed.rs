//! Pages with a cursor (sync-protocol.md, "Page rules", "Cursor", "Nothing changed").

use metasync_protocol::{Channel, Compact};
use metasync_store::{
    Batch, DocumentationBody, MIN_MAX_BYTES, PageAnswer, PageFrom, PageRequest, Store, StreamPhase,
};
use uuid::Uuid;

use crate::{
    model::{Replica, check_page},
    support::{
        ALICE, BOB, ORG, RUN, connect, delete, get, models, object, object_id, open, page, put, request, soon,
    },
};

async fn document(store: &Store, object: Uuid, text: &str) -> u64 {
    let body = DocumentationBody {
        executive_summary: Some(text.into()),
        ..DocumentationBody::default()
    };
    store
        .put_documentation(ORG, object, body)
        .await
        .unwrap()
        .unwrap()
        .1
}

#[tokio::test]
async fn the_first_page_of_an_empty_hub_is_a_checkpoint() {
    let store = open().await;
    let page = get(&store, PageFrom::Start).await;
    assert!(!page.sync_metadata.has_more);
    assert!(page.sync_metadata.streams.is_empty());
    assert_eq!(page.sync_metadata.epoch, store.epoch());
}

#[tokio::test]
async fn rows_arrive_with_all_they_own_and_the_checkpoint_has_checksums() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..10, 3).await;
    document(&store, object_id(connection, 2), "two").await;
    let page = get(&store, PageFrom::Start).await;
    check_page(&page, 1_000);
    assert_eq!((page.metadata.files.len(), page.metadata.objects.len()), (10, 10));
    assert_eq!(
        (page.metadata.columns.len(), page.metadata.columns_lineage.len()),
        (30, 30)
    );
    assert_eq!(page.metadata.dependencies.len(), 10);
    assert_eq!(page.documentation.len(), 1);
    assert_eq!(page.metadata.objects[4], object(connection, 4, 3).0);
    let sync = &page.sync_metadata;
    assert_eq!(
        (sync.connection_ids.as_slice(), sync.incremental),
        (&[connection][..], false)
    );
    let streams: Vec<_> = sync
        .streams
        .iter()
        .map(|s| (s.channel, s.head, s.rows, s.checksum.is_some()))
        .collect();
    assert_eq!(
        streams,
        [
            (Channel::Core, 20, 20, true),
            (Channel::Documentation, 1, 1, true)
        ]
    );
}

#[tokio::test]
async fn a_page_closes_at_its_limits_but_never_inside_a_bundle_nor_empty() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..30, 4).await;
    // one bundle beyond every limit: 25,000 columns
    let (mut row, _) = object(connection, 99, 0);
    let owned = Compact {
        columns: (0..25_000).map(|n| (format!("column_{n}"), None, None)).collect(),
        ..Compact::default()
    };
    row.row_hash = metasync_protocol::bundle::compact_hash(&row, &owned);
    let batch = Batch {
        objects: vec![(row, owned)],
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();

    let (mut from, mut pages, mut huge) = (PageFrom::Start, 0, 0);
    loop {
        let answer = store
            .page(&PageRequest {
                limit: 7,
                max_bytes: 1,
                ..request(from)
            })
            .await
            .unwrap();
        let page = page(answer);
        check_page(&page, 7);
        pages += 1;
        let bytes = serde_json::to_string(&page).unwrap().len() as u64;
        if page.metadata.columns.len() > 20_000 {
            huge += 1;
            assert_eq!(page.metadata.objects.len(), 1, "it goes alone");
        } else {
            assert!(bytes <= MIN_MAX_BYTES, "{bytes} bytes");
        }
        if !page.sync_metadata.has_more {
            break;
        }
        from = PageFrom::Cursor(page.sync_metadata.cursor);
    }
    assert!(pages >= 5, "{pages}");
    assert_eq!(huge, 1);
}

#[tokio::test]
async fn max_bytes_is_kept() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..400, 4).await;
    let mut client = Replica::default();
    let mut pages = 0;
    loop {
        let request = PageRequest {
            max_bytes: MIN_MAX_BYTES,
            ..client.request(10_000)
        };
        let got = page(store.page(&request).await.unwrap());
        assert!(serde_json::to_string(&got).unwrap().len() as u64 <= MIN_MAX_BYTES);
        pages += 1;
        client.cursor = Some(got.sync_metadata.cursor);
        if !got.sync_metadata.has_more {
            break;
        }
    }
    assert!(pages > 5, "{pages}");
}

#[tokio::test]
async fn a_first_sync_is_spared_old_tombstones_and_told_of_new_ones() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..10, 1).await;
    delete(&store, connection, 0..3).await;
    let mut client = Replica::default();
    assert!(client.step(&store, 2, false).await);
    // one it has, one it never saw; both after its first pass began
    let had = client.copy.objects.values().next().unwrap().object.id;
    let batch = Batch {
        deleted_objects: vec![had, object_id(connection, 9)],
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    let mut tombstones = 0;
    loop {
        let got = page(store.page(&client.request(2)).await.unwrap());
        tombstones += got.metadata.deleted.len();
        client.copy.apply(&got);
        client.cursor = Some(got.sync_metadata.cursor);
        if !got.sync_metadata.has_more {
            break;
        }
    }
    assert_eq!(tombstones, 2, "those of before its first page are left out");
    let mut fresh = Replica::default();
    fresh.pull(&store, 100).await;
    assert_eq!(client.copy.dump(), fresh.copy.dump());
}

#[tokio::test]
async fn a_slow_first_sync_is_not_thrown_back_by_compaction() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..20, 1).await;
    delete(&store, connection, 15..20).await;
    let mut client = Replica::default();
    assert!(client.step(&store, 2, false).await);
    assert!(store.compact_tombstones(soon()).await.unwrap() > 0);
    // pos is below the floor, yet the tombstones were of before its pass: no reset
    let next = page(store.page(&client.request(2)).await.unwrap());
    assert!(next.sync_metadata.reset_connections.is_empty());
    client.pull(&store, 2).await;

    put(&store, connection, 15..16, 2).await;
    delete(&store, connection, 15..16).await;
    store.compact_tombstones(soon()).await.unwrap();
    let next = page(store.page(&client.request(100)).await.unwrap());
    assert_eq!(
        next.sync_metadata.reset_connections,
        [connection],
        "now something is lost to it"
    );
    client.pull(&store, 100).await;
    assert_eq!(client.copy.files.len(), 15);
}

#[tokio::test]
async fn filters_widen_and_narrow_and_connections_come_and_go() {
    let store = open().await;
    let (a, b) = (connect(&store, "a").await, connect(&store, "b").await);
    put(&store, a, 0..5, 1).await;
    put(&store, b, 0..5, 1).await;
    let mut client = Replica {
        connections: Some(vec![a]),
        ..Replica::default()
    };
    client.pull(&store, 100).await;
    assert_eq!(client.copy.objects.len(), 5);
    client.connections = None;
    client.pull(&store, 100).await;
    assert_eq!(
        client.copy.objects.len(),
        10,
        "old rows of the new connection come too"
    );
    client.connections = Some(vec![b, Uuid::from_u128(77)]);
    let narrowed = page(store.page(&client.request(100)).await.unwrap());
    assert_eq!(narrowed.sync_metadata.removed_connections, [a]);
    assert_eq!(
        narrowed.sync_metadata.connection_ids,
        [b],
        "an invented one is left out"
    );
    client.pull(&store, 100).await;
    assert_eq!(client.copy.objects.len(), 5);

    store.remove_connection(ORG, b).await.unwrap();
    let gone = page(store.page(&client.request(100)).await.unwrap());
    assert_eq!(gone.sync_metadata.removed_connections, [b]);
    // the same connection again, with a stream as long as before: not mistaken for the old one
    assert_eq!(connect(&store, "b").await, b);
    put(&store, b, 5..10, 1).await;
    let again = page(store.page(&client.request(100)).await.unwrap());
    assert_eq!(again.sync_metadata.reset_connections, [b]);
    assert_eq!(again.metadata.objects.len(), 5);
    client.pull(&store, 100).await;
    assert!(client.copy.objects.contains_key(&object_id(b, 7)));
    assert!(!client.copy.objects.contains_key(&object_id(b, 1)));
}

#[tokio::test]
async fn documentation_can_be_turned_off_and_on() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..3, 1).await;
    assert_eq!(document(&store, object_id(connection, 1), "first").await, 1);
    let mut client = Replica {
        documentation: true,
        ..Replica::default()
    };
    client.pull(&store, 100).await;
    client.documentation = false;
    client.pull(&store, 100).await;
    assert!(client.copy.documentation.is_empty());
    client.documentation = true;
    client.pull(&store, 100).await;
    assert_eq!(client.copy.documentation.len(), 1);

    assert_eq!(
        document(&store, object_id(connection, 1), "first").await,
        1,
        "the same changes nothing"
    );
    assert_eq!(document(&store, object_id(connection, 1), "second").await, 2);
    client.pull(&store, 100).await;
    let batch = Batch {
        deleted_objects: vec![object_id(connection, 1)],
        ..Batch::default()
    };
    let done = store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    assert_eq!(done.heads, [(Channel::Core, 7), (Channel::Documentation, 3)]);
    client.pull(&store, 100).await;
    assert!(
        client.copy.documentation.is_empty(),
        "it goes when its object goes"
    );
    let none = store
        .put_documentation(ORG, object_id(connection, 1), DocumentationBody::default())
        .await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn a_stream_says_while_a_run_is_still_writing() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let partial = Batch {
        state: StreamPhase::Partial,
        ..models(connection, 0..2, 1)
    };
    store.batch_commit(ORG, connection, RUN, partial).await.unwrap();
    let before = store.etag(ORG, ALICE, None, false, "json").await.unwrap();
    assert_eq!(
        get(&store, PageFrom::Start).await.sync_metadata.streams[0].state,
        "partial"
    );
    store
        .batch_commit(ORG, connection, RUN, Batch::default())
        .await
        .unwrap();
    assert_eq!(
        get(&store, PageFrom::Start).await.sync_metadata.streams[0].state,
        "complete"
    );
    assert_ne!(before, store.etag(ORG, ALICE, None, false, "json").await.unwrap());
}

#[tokio::test]
async fn a_cursor_is_good_for_its_user_and_organization_only() {
    let store = open().await;
    connect(&store, "shop").await;
    let cursor = get(&store, PageFrom::Start).await.sync_metadata.cursor;
    let mine = request(PageFrom::Cursor(cursor.clone()));
    assert!(matches!(store.page(&mine).await.unwrap(), PageAnswer::Page(_)));
    for bad in [
        PageRequest {
            user: BOB.into(),
            ..mine.clone()
        },
        PageRequest {
            org: Uuid::from_u128(9),
            ..mine.clone()
        },
        request(PageFrom::Cursor(String::new())),
        request(PageFrom::Cursor("v1.".into())),
        request(PageFrom::Cursor(cursor.replace("v1.", "v2."))),
        request(PageFrom::Cursor(format!("{cursor}A"))),
        request(PageFrom::Cursor(cursor[..cursor.len() - 2].into())),
    ] {
        assert_eq!(
            store.page(&bad).await.unwrap(),
            PageAnswer::InvalidCursor,
            "{:?}",
            bad.from
        );
    }
}

#[tokio::test]
async fn a_new_epoch_asks_for_a_new_copy() {
    let store = open().await;
    let cursor = get(&store, PageFrom::Start).await.sync_metadata.cursor;
    let (before, etag) = (
        store.epoch(),
        store.etag(ORG, ALICE, None, true, "json").await.unwrap(),
    );
    store.new_epoch().await.unwrap();
    assert_ne!(store.epoch(), before);
    assert_ne!(store.etag(ORG, ALICE, None, true, "json").await.unwrap(), etag);
    let answer = store.page(&request(PageFrom::Cursor(cursor))).await.unwrap();
    assert_eq!(answer, PageAnswer::ResyncRequired { reason: "epoch" });
}

#[tokio::test]
async fn the_etag_knows_what_a_client_would_see_and_a_pass_half_way_is_no_304() {
    let store = open().await;
    let (a, b) = (connect(&store, "a").await, connect(&store, "b").await);
    put(&store, a, 0..5, 1).await;
    let tag = async |user: &str, filter: Option<&[Uuid]>, docs, format: &str| {
        store.etag(ORG, user, filter, docs, format).await.unwrap()
    };
    let all = [
        tag(ALICE, None, false, "json").await,
        tag(BOB, None, false, "json").await,
        tag(ALICE, Some(&[a]), false, "json").await,
        tag(ALICE, Some(&[]), false, "json").await,
        tag(ALICE, None, true, "json").await,
        tag(ALICE, None, false, "msgpack").await,
    ];
    for (i, one) in all.iter().enumerate() {
        assert!(one.starts_with("W/\"") && !all[i + 1..].contains(one));
    }
    put(&store, b, 0..1, 1).await;
    assert_ne!(all[0], tag(ALICE, None, false, "json").await);
    assert_eq!(
        all[2],
        tag(ALICE, Some(&[a]), false, "json").await,
        "another connection's change"
    );
    document(&store, object_id(a, 1), "x").await;
    assert_eq!(
        all[2],
        tag(ALICE, Some(&[a]), false, "json").await,
        "documentation it does not get"
    );

    let mut client = Replica::default();
    assert!(client.step(&store, 1, false).await);
    let etag = tag(ALICE, None, false, "json").await;
    assert!(!store.no_change(&client.request(1), &etag, "json").await.unwrap());
    client.pull(&store, 100).await;
    assert!(store.no_change(&client.request(1), &etag, "json").await.unwrap());
    assert!(
        !store
            .no_change(&client.request(1), &etag, "msgpack")
            .await
            .unwrap()
    );
    client.connections = Some(vec![a]);
    let etag = tag(ALICE, Some(&[a]), false, "json").await;
    assert!(
        !store.no_change(&client.request(1), &etag, "json").await.unwrap(),
        "it has to be told of b"
    );
    put(&store, a, 0..1, 2).await;
    assert!(!store.no_change(&client.request(1), &etag, "json").await.unwrap());
}
