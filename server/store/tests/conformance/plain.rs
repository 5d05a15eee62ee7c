//! Plain clients of the seed: last_sync_timestamp, limit and offset (sync-protocol.md, "No cursor").

use metasync_protocol::SyncPackage;
use metasync_store::{DocumentationBody, PageAnswer, PageFrom, PageRequest, Store, StoreError};

use crate::{
    model::{PlainClient, Replica, check_page},
    support::{BOB, ORG, connect, delete, object_id, open, page, put, request, soon},
};

fn plain(at: Option<&str>, limit: u32, offset: u64) -> PageRequest {
    PageRequest {
        limit,
        ..request(PageFrom::Timestamp {
            at: at.map(Into::into),
            offset,
        })
    }
}

async fn ask(store: &Store, at: Option<&str>, limit: u32, offset: u64) -> SyncPackage {
    let page = page(store.page(&plain(at, limit, offset)).await.unwrap());
    check_page(&page, limit);
    page
}

fn told(page: &SyncPackage) -> (usize, usize, usize) {
    (
        page.metadata.files.len(),
        page.metadata.objects.len(),
        page.metadata.deleted.len(),
    )
}

#[tokio::test]
async fn a_timestamp_echoed_resumes_exactly() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..10, 1).await;
    delete(&store, connection, 8..10).await;
    let first = ask(&store, None, 1_000, 0).await;
    assert_eq!(told(&first), (8, 8, 0), "no tombstones in a first package");
    assert!(!first.sync_metadata.has_more && !first.sync_metadata.incremental);
    let stamp = first.sync_metadata.timestamp;

    let nothing = ask(&store, Some(&stamp), 1_000, 0).await;
    assert_eq!(told(&nothing), (0, 0, 0));
    assert!(nothing.sync_metadata.incremental);
    assert_eq!(nothing.sync_metadata.timestamp, stamp, "one state, one point");

    put(&store, connection, 2..4, 2).await;
    delete(&store, connection, 5..6).await;
    let changed = ask(&store, Some(&stamp), 1_000, 0).await;
    assert_eq!(told(&changed), (2, 2, 2));
    assert!(changed.sync_metadata.timestamp > stamp);
    assert_eq!(
        told(&ask(&store, Some(&stamp), 1_000, 0).await),
        (2, 2, 2),
        "and again"
    );
    let stamp = changed.sync_metadata.timestamp;
    assert_eq!(told(&ask(&store, Some(&stamp), 1_000, 0).await), (0, 0, 0));
    // the same instant in other words
    let other = stamp.replace('Z', "000+00:00");
    assert_eq!(told(&ask(&store, Some(&other), 1_000, 0).await), (0, 0, 0));
}

#[tokio::test]
async fn any_other_time_brings_at_least_what_changed() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..5, 1).await;
    ask(&store, None, 1_000, 0).await;
    delete(&store, connection, 4..5).await;
    let now = jiff::Timestamp::now();
    let own_clock = ask(&store, Some(&now.to_string()), 1_000, 0).await;
    assert_eq!(
        told(&own_clock),
        (4, 4, 2),
        "within a quarter of an hour: all of it, deletions too"
    );
    let old = ask(&store, Some("2001-01-01T00:00:00Z"), 1_000, 0).await;
    assert_eq!(told(&old), (4, 4, 2));
    // a point that is old enough
    let ahead = now + jiff::SignedDuration::from_mins(20);
    assert_eq!(
        told(&ask(&store, Some(&ahead.to_string()), 1_000, 0).await),
        (0, 0, 0)
    );
    put(&store, connection, 1..2, 2).await;
    assert_eq!(
        told(&ask(&store, Some(&ahead.to_string()), 1_000, 0).await),
        (1, 1, 0)
    );

    for no_time in ["", "yesterday", "2026-01-01", "1700000000"] {
        let refused = store.page(&plain(Some(no_time), 10, 0)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{no_time:?}");
    }
}

#[tokio::test]
async fn after_compaction_an_old_timestamp_names_what_to_drop() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..5, 1).await;
    let stamp = ask(&store, None, 1_000, 0).await.sync_metadata.timestamp;
    delete(&store, connection, 4..5).await;
    store.compact_tombstones(soon()).await.unwrap();
    let page = ask(&store, Some(&stamp), 1_000, 0).await;
    assert_eq!(page.sync_metadata.reset_connections, [connection]);
    assert_eq!(told(&page), (4, 4, 0));
    let old = ask(&store, Some("2001-01-01T00:00:00Z"), 1_000, 0).await;
    assert_eq!(old.sync_metadata.reset_connections, [connection]);
}

#[tokio::test]
async fn offset_pages_are_of_one_list_whatever_changes_meanwhile() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..10, 1).await;
    let first = ask(&store, None, 3, 0).await;
    assert_eq!(first.metadata.objects.len(), 3);
    put(&store, connection, 0..2, 2).await;
    put(&store, connection, 20..25, 1).await;
    delete(&store, connection, 9..10).await;
    let mut seen: Vec<String> = first.metadata.objects.iter().map(|o| o.name.clone()).collect();
    for offset in [3, 6, 9] {
        let page = ask(&store, None, 3, offset).await;
        assert_eq!(page.sync_metadata.timestamp, first.sync_metadata.timestamp);
        assert_eq!(page.sync_metadata.has_more, offset < 9);
        assert!(page.sync_metadata.streams.iter().all(|s| s.checksum.is_none()));
        seen.extend(page.metadata.objects.iter().map(|o| o.name.clone()));
        if offset == 9 {
            assert_eq!(page.metadata.deleted.objects, [object_id(connection, 9)]);
        }
    }
    seen.sort();
    let expected: Vec<String> = (0..9).map(|n| format!("m_{n}")).collect();
    assert_eq!(seen, expected, "each once, but the one that went");
    let beyond = ask(&store, None, 3, 12).await;
    assert_eq!((told(&beyond), beyond.sync_metadata.has_more), ((0, 0, 0), false));
}

#[tokio::test]
async fn an_offset_without_its_list_is_gone() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..10, 1).await;
    let gone = PageAnswer::ResyncRequired { reason: "expired" };
    assert_eq!(store.page(&plain(None, 3, 3)).await.unwrap(), gone);
    ask(&store, None, 3, 0).await;
    ask(&store, None, 3, 3).await;
    for other in [
        PageRequest {
            user: BOB.into(),
            ..plain(None, 3, 3)
        },
        PageRequest {
            client: "another window".into(),
            ..plain(None, 3, 3)
        },
        PageRequest {
            connections: Some(vec![connection]),
            ..plain(None, 3, 3)
        },
        PageRequest {
            include_documentation: false,
            ..plain(None, 3, 3)
        },
        plain(Some("2001-01-01T00:00:00Z"), 3, 3),
    ] {
        assert_eq!(store.page(&other).await.unwrap(), gone);
    }
    store.new_epoch().await.unwrap();
    assert_eq!(store.page(&plain(None, 3, 3)).await.unwrap(), gone);
}

#[tokio::test]
async fn every_page_but_the_last_is_full_of_objects_and_their_files_come_first() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..50, 4).await;
    for n in 0..50 {
        let body = DocumentationBody {
            model: Some("m".into()),
            ..DocumentationBody::default()
        };
        store
            .put_documentation(ORG, object_id(connection, n), body)
            .await
            .unwrap();
    }
    let (mut files, mut documented) = (Vec::new(), 0);
    for offset in (0..50).step_by(10) {
        let page = ask(&store, None, 10, offset).await;
        assert_eq!(page.metadata.objects.len(), 10);
        files.extend(page.metadata.files.iter().map(|f| f.id));
        assert!(
            page.metadata
                .objects
                .iter()
                .all(|o| files.contains(&o.file_id.unwrap()))
        );
        documented += page.documentation.len();
        assert_eq!(page.sync_metadata.has_more, offset < 40);
    }
    assert_eq!((files.len(), documented), (50, 50));
}

#[tokio::test]
async fn a_plain_client_may_go_on_with_the_cursor_of_any_page() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..20, 2).await;
    for pages in 1..4 {
        let mut plain = PlainClient::default();
        for _ in 0..pages {
            plain.step(&store, 4, false).await;
        }
        let last = ask_last(&store, &plain).await;
        let mut client = Replica {
            copy: plain.copy,
            cursor: Some(last),
            ..Replica::default()
        };
        client.pull(&store, 7).await;
        let mut fresh = Replica::default();
        fresh.pull(&store, 100).await;
        assert_eq!(client.copy.dump(), fresh.copy.dump());
    }
}

/// The cursor of the page that a client got last, asked for once more.
async fn ask_last(store: &Store, client: &PlainClient) -> String {
    let (_, limit, next) = client.going.clone().unwrap();
    let again = client.request(limit, next - u64::from(limit));
    // at offset 0 a repeat would be a new list of the same state: just as good
    page(store.page(&again).await.unwrap()).sync_metadata.cursor
}
