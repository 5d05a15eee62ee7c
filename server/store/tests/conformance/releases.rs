//! Releases (seed 000): numbers of syncs, settings, tickets, plans, the tests as they are stored.

use std::time::Duration;

use metasync_store::{DeclaredOrganization, Enqueued, NewRun, Outcome, Run, Store};
use serde_json::json;
use uuid::Uuid;

use crate::support::{ALICE, ORG, connect, member, object_id, open, organization, put};

const OTHER: Uuid = Uuid::from_u128(0x2222_2222_2222_4222_8222_2222_2222_2222);
const HOUR: Duration = Duration::from_secs(3600);

async fn run(store: &Store, org: Uuid, target: &str) -> Run {
    let new = NewRun {
        org,
        kind: "release".into(),
        target: target.into(),
        user: ALICE.into(),
        options: json!({}),
        cause: "manual".into(),
    };
    match store.run_enqueue(&new).await.unwrap() {
        Enqueued::New(run) => run,
        Enqueued::Active(run) => panic!("active already: {run:?}"),
    }
}

#[tokio::test]
async fn syncs_are_numbered_once_over_all_organizations_and_listed_newest_first() {
    let store = open().await;
    let other = DeclaredOrganization {
        id: OTHER,
        name: "bee".into(),
        members: vec![member(ALICE, metasync_store::Role::Owner)],
        connections: Vec::new(),
    };
    store.declare(&[organization(), other]).await.unwrap();
    assert_eq!(store.release_syncs(10).await.unwrap(), []);
    let connection = Uuid::from_u128(7);
    let first = run(&store, ORG, "1").await;
    let second = run(&store, OTHER, "2").await;
    let number = async |run: &Run| {
        let named = store.number_release_sync(run.org, run.id, connection, "7.0");
        named.await.unwrap()
    };
    assert_eq!((number(&first).await, number(&second).await), (1, 2));
    assert_eq!((number(&second).await, number(&first).await), (2, 1), "once");
    let listed = store.release_syncs(10).await.unwrap();
    let ids: Vec<(u64, Uuid)> = listed.iter().map(|sync| (sync.id, sync.run.id)).collect();
    assert_eq!(ids, [(2, second.id), (1, first.id)]);
    assert_eq!(
        (listed[0].release.as_str(), listed[0].connection),
        ("7.0", connection)
    );
    assert_eq!(store.release_syncs(1).await.unwrap()[0].id, 2);
    assert_eq!(
        store.run_of_any(second.id).await.unwrap().map(|run| run.org),
        Some(OTHER)
    );
    assert_eq!(store.run_of_any(Uuid::nil()).await.unwrap(), None);

    // pruned with their runs; a number is never given out again
    let claimed = store.run_claim("w", &["release"], HOUR).await.unwrap().unwrap();
    let done = Outcome {
        state: "completed".into(),
        ..Outcome::default()
    };
    assert!(store.run_finish(claimed.id, claimed.fence, &done).await.unwrap());
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(store.prune_runs(later).await.unwrap(), 1);
    assert_eq!(store.release_syncs(10).await.unwrap().len(), 1);
    assert_eq!(number(&run(&store, ORG, "1").await).await, 3);
}

#[tokio::test]
async fn settings_are_kept_and_replaced() {
    let store = open().await;
    assert_eq!(store.setting("METADATA_SYNC_ENABLED").await.unwrap(), None);
    for enabled in ["true", "false"] {
        let both = [
            ("METADATA_SYNC_ENABLED", enabled.to_owned()),
            ("OTHER", "1".to_owned()),
        ];
        store.set_settings(&both).await.unwrap();
        assert_eq!(
            store.setting("METADATA_SYNC_ENABLED").await.unwrap().as_deref(),
            Some(enabled)
        );
    }
}

#[tokio::test]
async fn a_ticket_is_taken_once_and_only_while_it_is_good() {
    let store = open().await;
    let run = Uuid::from_u128(5);
    store.put_ticket("good", run, HOUR).await.unwrap();
    store.put_ticket("old", run, Duration::ZERO).await.unwrap();
    assert_eq!(store.take_ticket("old").await.unwrap(), None);
    assert_eq!(store.take_ticket("none").await.unwrap(), None);
    assert_eq!(store.take_ticket("good").await.unwrap(), Some(run));
    assert_eq!(store.take_ticket("good").await.unwrap(), None);
}

#[tokio::test]
async fn a_plan_is_set_moved_and_taken_back() {
    let store = open().await;
    let what = (ORG, "releases", "all");
    assert_eq!(store.planned(what).await.unwrap(), None);
    store.plan(what, Some(HOUR)).await.unwrap();
    let first = store.planned(what).await.unwrap().unwrap();
    assert!(!store.schedule_due(what, HOUR, HOUR).await.unwrap());
    store.plan(what, Some(HOUR * 2)).await.unwrap();
    assert!(store.planned(what).await.unwrap().unwrap() > first);
    store.plan(what, Some(Duration::ZERO)).await.unwrap();
    assert!(store.schedule_due(what, HOUR, HOUR).await.unwrap());
    store.plan(what, None).await.unwrap();
    assert_eq!(store.planned(what).await.unwrap(), None);
}

#[tokio::test]
async fn the_tests_of_a_release_are_read_back_with_what_is_known_of_them() {
    let store = open().await;
    let (one, other) = (connect(&store, "one").await, connect(&store, "two").await);
    put(&store, one, 0..3, 1).await;
    put(&store, other, 0..2, 1).await;
    let mut tests = store.live_tests(ORG, one).await.unwrap();
    tests.sort_by_key(|test| test.id);
    let mut ids: Vec<Uuid> = (0..3).map(|n| object_id(one, n)).collect();
    ids.sort();
    assert_eq!(tests.iter().map(|test| test.id).collect::<Vec<_>>(), ids);
    let live = store.live_objects(ORG, one, None).await.unwrap();
    let hash = |id| {
        live.iter()
            .find(|object| object.id == id)
            .map(|object| object.row_hash)
    };
    assert!(tests.iter().all(|test| hash(test.id) == Some(test.row_hash)));
    assert_eq!(store.live_tests(OTHER, one).await.unwrap(), []);
}
