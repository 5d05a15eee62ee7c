//! Several hub nodes on one database: streams without gaps, each run once, bells that ring across.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use metasync_protocol::Channel;
use metasync_store::{Beat, DocumentationBody, Enqueued, ForeignChange, NewRun, Outcome, Store, StoreError};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

use crate::{
    backend::Place,
    model::Replica,
    support::{ALICE, ORG, connect, delete, models, object_id, organization, put},
};

/// Longer than anything here takes; nothing is said about how long it takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn two() -> (Place, Store, Store) {
    let place = Place::new().await;
    let (a, b) = tokio::join!(place.open(), place.open());
    let declared = [organization()];
    let (one, two) = tokio::join!(a.declare(&declared), b.declare(&declared));
    one.unwrap();
    two.unwrap();
    (place, a, b)
}

fn run(target: &str) -> NewRun {
    NewRun {
        org: ORG,
        kind: "repository".into(),
        target: target.into(),
        user: ALICE.into(),
        options: json!({}),
        cause: "api".into(),
    }
}

/// Waits for a change that is wanted; others pass by.
async fn hears(
    changes: &mut metasync_store::ForeignChanges,
    wanted: impl Fn(&ForeignChange) -> bool,
) -> ForeignChange {
    let heard = async {
        loop {
            let change = changes.recv().await.unwrap();
            if wanted(&change) {
                return change;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, heard).await {
        Ok(change) => change,
        Err(_) => panic!("nothing was heard"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_never_misses_a_row_whatever_the_writers_do() {
    let (place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    let ended = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6_u64 {
        let store = if writer % 2 == 0 { a.clone() } else { b.clone() };
        writers.spawn(async move {
            for round in 0..8 {
                let from = writer * 10;
                put(&store, connection, from..from + 7, round).await;
                delete(&store, connection, from + 2..from + 4).await;
                let body = DocumentationBody {
                    executive_summary: Some(format!("{writer} {round}")),
                    ..DocumentationBody::default()
                };
                let object = object_id(connection, from);
                store.put_documentation(ORG, object, body).await.unwrap();
            }
        });
    }
    // A writer of no hub's, which holds the stream for a while before it commits: numbers that were
    // given out before its commit and shown after it would be missed here.
    let slow = {
        let (url, ended) = (place.url.clone(), Arc::clone(&ended));
        tokio::spawn(async move {
            let mut raw = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
                .await
                .unwrap();
            while !ended.load(Ordering::Relaxed) {
                let hold = format!(
                    "BEGIN; SELECT set_config('metasync.org_id', '{ORG}', true);
                     SELECT number FROM metadata.streams WHERE channel = 'core' FOR UPDATE;
                     SELECT pg_sleep(0.03); COMMIT"
                );
                raw.execute(AssertSqlSafe(hold)).await.unwrap();
            }
        })
    };
    let mut client = Replica {
        documentation: true,
        ..Replica::default()
    };
    let mut turn = 0;
    while !writers.is_empty() {
        turn += 1;
        // pages of one pass come from both nodes
        client
            .step(if turn % 2 == 0 { &a } else { &b }, 5, turn % 7 == 0)
            .await;
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
    }
    ended.store(true, Ordering::Relaxed);
    slow.await.unwrap();
    client.pull(&a, 9).await;
    let mut fresh = client.fresh();
    fresh.pull(&b, 1_000).await;
    assert_eq!(client.copy.dump(), fresh.copy.dump());
    assert_eq!(client.streams, fresh.streams);
    assert_eq!((client.resyncs, client.refused), (0, 0));
    // no number was given out twice
    let mut raw = place.raw().await;
    raw.execute(AssertSqlSafe(format!(
        "SELECT set_config('metasync.org_id', '{ORG}', false)"
    )))
    .await
    .unwrap();
    let numbers: Vec<i64> = sqlx::query_scalar("SELECT seq FROM files UNION ALL SELECT seq FROM objects")
        .fetch_all(&mut raw)
        .await
        .unwrap();
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_is_claimed_by_one_node_only() {
    let (_place, a, b) = two().await;
    for n in 0..30 {
        let (one, two) = (run(&n.to_string()), run(&n.to_string()));
        let (one, two) = tokio::join!(a.run_enqueue(&one), b.run_enqueue(&two));
        let new = [one.unwrap(), two.unwrap()];
        assert_eq!(new.iter().filter(|e| matches!(e, Enqueued::New(_))).count(), 1);
    }
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let store = if worker % 2 == 0 { a.clone() } else { b.clone() };
        workers.spawn(async move {
            let (mut mine, name) = (Vec::new(), format!("w{worker}"));
            while let Some(run) = store.run_claim(&name, &["repository"], PATIENCE).await.unwrap() {
                assert_eq!((run.attempt, run.fence), (1, 1));
                mine.push(run.id);
            }
            mine
        });
    }
    let claimed: Vec<Uuid> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 30);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 30);
}

#[tokio::test]
async fn the_run_of_a_killed_node_goes_on_elsewhere_and_the_old_one_writes_nothing_more() {
    let (_place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    a.run_enqueue(&run("shop")).await.unwrap();
    let first = a
        .run_claim("a", &["repository"], Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    a.run_checkpoint(first.id, first.fence, &json!({"page": 3}))
        .await
        .unwrap();
    // its lease is over, as 30 seconds after kill -9
    let second = b
        .run_claim("b", &["repository"], PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (second.id, second.attempt, second.checkpoint.clone()),
        (first.id, 2, Some(json!({"page": 3})))
    );
    let late = a
        .batch_commit(ORG, connection, &first, models(connection, 0..3, 1))
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost(id)) if id == first.id));
    assert_eq!(
        a.run_heartbeat(first.id, first.fence, PATIENCE).await.unwrap(),
        Beat::Lost
    );
    let batch = models(connection, 0..3, 1);
    assert_eq!(
        b.batch_commit(ORG, connection, &second, batch)
            .await
            .unwrap()
            .changed,
        6
    );
    let done = Outcome {
        state: "completed".into(),
        ..Outcome::default()
    };
    assert!(!a.run_finish(first.id, first.fence, &done).await.unwrap());
    assert!(b.run_finish(second.id, second.fence, &done).await.unwrap());
    assert_eq!(a.run(ORG, first.id).await.unwrap().unwrap().state, "completed");
}

#[tokio::test]
async fn a_batch_that_is_being_written_keeps_its_run_from_being_taken() {
    let (place, a, b) = two().await;
    a.run_enqueue(&run("shop")).await.unwrap();
    let first = a
        .run_claim("a", &["repository"], Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let mut raw = place.raw().await;
    let hold = format!(
        "BEGIN; SELECT set_config('metasync.org_id', '{ORG}', true); SELECT id FROM runs WHERE id = '{}' FOR SHARE",
        first.id
    );
    raw.execute(AssertSqlSafe(hold)).await.unwrap();
    assert_eq!(b.run_claim("b", &["repository"], PATIENCE).await.unwrap(), None);
    raw.execute("COMMIT").await.unwrap();
    assert!(
        b.run_claim("b", &["repository"], PATIENCE)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn what_one_node_does_the_other_hears() {
    let (_place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    let mut changes = b.foreign_changes();
    put(&a, connection, 0..2, 1).await;
    let heard = hears(&mut changes, |c| {
        matches!(c, ForeignChange::Heads { heads, .. } if heads.contains(&(connection, Channel::Core, 4)))
    })
    .await;
    assert!(matches!(heard, ForeignChange::Heads { org, .. } if org == ORG));
    let Enqueued::New(queued) = a.run_enqueue(&run("shop")).await.unwrap() else {
        panic!("active already")
    };
    hears(&mut changes, |c| *c == ForeignChange::Work).await;
    a.run_cancel(ORG, queued.id).await.unwrap();
    hears(&mut changes, |c| *c == ForeignChange::Run(queued.id)).await;
    a.remove_connection(ORG, connection).await.unwrap();
    let removed = ForeignChange::Removed { org: ORG, connection };
    hears(&mut changes, |c| *c == removed).await;
}

#[tokio::test]
async fn what_was_told_while_nobody_could_hear_is_found_afterwards() {
    let (place, a, b) = two().await;
    let connection = connect(&a, "shop").await;
    let mut changes = b.foreign_changes();
    put(&a, connection, 0..1, 1).await;
    hears(&mut changes, |c| matches!(c, ForeignChange::Heads { .. })).await;
    // the connections that listen end, again and again while it is written
    let mut raw = place.raw().await;
    for version in 2..6 {
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%LISTEN%'",
        )
        .await
        .unwrap();
        put(&a, connection, 0..1, version).await;
    }
    hears(&mut changes, |c| {
        matches!(c, ForeignChange::Heads { heads, .. } if heads.contains(&(connection, Channel::Core, 10)))
    })
    .await;
}
