//! The run engine's table (runs.md).

use std::{collections::HashSet, time::Duration};

use metasync_protocol::repositories::Progress;
use metasync_store::{Beat, Enqueued, MAX_ATTEMPTS, NewRun, Outcome, Run, Store, StoreError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    backend::Place,
    support::{ALICE, ORG, connect, models, open, soon},
};

const LEASE: Duration = Duration::from_secs(30);
/// A lease that is over at once, as after `kill -9`.
const NO_LEASE: Duration = Duration::ZERO;
const KIND: &str = "repository";

fn new(target: &str) -> NewRun {
    NewRun {
        org: ORG,
        kind: KIND.into(),
        target: target.into(),
        user: ALICE.into(),
        options: json!({"force": false}),
        cause: "api".into(),
    }
}

async fn enqueue(store: &Store, target: &str) -> Run {
    match store.run_enqueue(&new(target)).await.unwrap() {
        Enqueued::New(run) => run,
        Enqueued::Active(run) => panic!("active already: {run:?}"),
    }
}

async fn claim(store: &Store, worker: &str, lease: Duration) -> Option<Run> {
    store.run_claim(worker, &[KIND], lease).await.unwrap()
}

async fn state(store: &Store, run: Uuid) -> String {
    store.run(ORG, run).await.unwrap().unwrap().state
}

fn outcome(state: &str) -> Outcome {
    Outcome {
        state: state.into(),
        result: json!({"files_added": 1}),
        ..Outcome::default()
    }
}

#[tokio::test]
async fn one_target_has_one_active_run_and_others_are_not_affected() {
    let store = open().await;
    let first = enqueue(&store, "a").await;
    assert_eq!(
        store.run_enqueue(&new("a")).await.unwrap(),
        Enqueued::Active(first.clone())
    );
    enqueue(&store, "b").await;
    let other = NewRun {
        org: Uuid::from_u128(9),
        ..new("a")
    };
    assert!(matches!(
        store.run_enqueue(&other).await.unwrap(),
        Enqueued::New(_)
    ));
    assert_eq!(
        store.active_run(ORG, KIND, "a").await.unwrap(),
        Some(first.clone())
    );

    let run = claim(&store, "w", LEASE).await.unwrap();
    assert_eq!(
        (run.id, run.state.as_str(), run.attempt, run.fence),
        (first.id, "running", 1, 1)
    );
    assert!(
        matches!(store.run_enqueue(&new("a")).await.unwrap(), Enqueued::Active(r) if r.state == "running")
    );
    assert!(
        store
            .run_finish(run.id, run.fence, &outcome("completed"))
            .await
            .unwrap()
    );
    assert_eq!(store.active_run(ORG, KIND, "a").await.unwrap(), None);
    let again = enqueue(&store, "a").await;
    let newest_first: Vec<Uuid> = store
        .runs(ORG, Some(KIND), Some("a"), 10)
        .await
        .unwrap()
        .iter()
        .map(|r| r.id)
        .collect();
    assert_eq!(newest_first, [again.id, first.id]);
}

#[tokio::test]
async fn a_run_of_another_organization_is_as_unknown_as_an_invented_one() {
    let store = open().await;
    let run = enqueue(&store, "a").await;
    let other = Uuid::from_u128(9);
    assert_eq!(store.run(other, run.id).await.unwrap(), None);
    assert_eq!(store.run_cancel(other, run.id).await.unwrap(), None);
    assert_eq!(state(&store, run.id).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_claim_each_run_once() {
    let place = Place::new().await;
    let store = place.open().await;
    for n in 0..40 {
        enqueue(&store, &n.to_string()).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..16 {
        let store = store.clone();
        workers.spawn(async move {
            let mut mine = Vec::new();
            while let Some(run) = claim(&store, &format!("w{worker}"), LEASE).await {
                mine.push(run.id);
                assert!(
                    store
                        .run_finish(run.id, run.fence, &outcome("completed"))
                        .await
                        .unwrap()
                );
            }
            mine
        });
    }
    let claimed: Vec<Uuid> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 40);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 40);
    assert!(store.active_runs().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_triggers_make_one_run() {
    let place = Place::new().await;
    let store = place.open().await;
    let mut triggers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        triggers
            .spawn(async move { matches!(store.run_enqueue(&new("a")).await.unwrap(), Enqueued::New(_)) });
    }
    let made = triggers.join_all().await.into_iter().filter(|new| *new).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn after_a_lease_ends_another_worker_goes_on_and_the_first_writes_nothing_more() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    enqueue(&store, "a").await;
    let lost = claim(&store, "first", NO_LEASE).await.unwrap();
    assert!(
        store
            .run_checkpoint(lost.id, lost.fence, &json!({"done": 7}))
            .await
            .unwrap()
    );
    let taken = claim(&store, "second", LEASE).await.unwrap();
    assert_eq!((taken.id, taken.attempt, taken.fence), (lost.id, 2, 2));
    assert_eq!(taken.checkpoint, Some(json!({"done": 7})));
    assert_eq!(claim(&store, "third", LEASE).await, None, "its lease lives");

    assert_eq!(
        store.run_heartbeat(lost.id, lost.fence, LEASE).await.unwrap(),
        Beat::Lost
    );
    assert!(
        !store
            .run_progress(lost.id, lost.fence, &Progress::default())
            .await
            .unwrap()
    );
    assert!(
        !store
            .run_checkpoint(lost.id, lost.fence, &Value::Null)
            .await
            .unwrap()
    );
    assert!(
        !store
            .run_finish(lost.id, lost.fence, &outcome("failed"))
            .await
            .unwrap()
    );
    let refused = store
        .batch_commit(ORG, connection, &lost, models(connection, 0..3, 1))
        .await;
    assert!(matches!(refused, Err(StoreError::LeaseLost(id)) if id == lost.id));
    assert!(store.live_files(ORG, connection, None).await.unwrap().is_empty());

    assert_eq!(
        store.run_heartbeat(taken.id, taken.fence, LEASE).await.unwrap(),
        Beat::Go
    );
    store
        .batch_commit(ORG, connection, &taken, models(connection, 0..3, 1))
        .await
        .unwrap();
    assert!(
        store
            .run_finish(taken.id, taken.fence, &outcome("completed"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn the_final_state_is_written_once() {
    let store = open().await;
    enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    let odd = store.run_finish(run.id, run.fence, &outcome("running")).await;
    assert!(matches!(odd, Err(StoreError::Invalid(_))));
    assert!(
        store
            .run_finish(run.id, run.fence, &outcome("completed"))
            .await
            .unwrap()
    );
    assert!(
        !store
            .run_finish(run.id, run.fence, &outcome("failed"))
            .await
            .unwrap()
    );
    let cancelled = store.run_cancel(ORG, run.id).await.unwrap().unwrap();
    assert_eq!(cancelled.state, "completed");
    assert!(cancelled.is_final());
    assert_eq!(cancelled.result, Some(json!({"files_added": 1})));
    assert_eq!(
        store.run_heartbeat(run.id, run.fence, LEASE).await.unwrap(),
        Beat::Lost
    );
    assert_eq!(claim(&store, "w", LEASE).await, None);
}

#[tokio::test]
async fn cancelling() {
    let store = open().await;
    let queued = enqueue(&store, "a").await;
    assert_eq!(
        store.run_cancel(ORG, queued.id).await.unwrap().unwrap().state,
        "cancelled"
    );
    assert_eq!(claim(&store, "w", LEASE).await, None);

    enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    assert_eq!(
        store.run_cancel(ORG, run.id).await.unwrap().unwrap().state,
        "cancelling"
    );
    assert!(matches!(
        store.run_enqueue(&new("a")).await.unwrap(),
        Enqueued::Active(_)
    ));
    assert_eq!(
        store.run_heartbeat(run.id, run.fence, LEASE).await.unwrap(),
        Beat::Cancelling
    );
    assert!(
        !store
            .run_progress(run.id, run.fence, &Progress::default())
            .await
            .unwrap()
    );
    // it was just done, or would be retried: cancelled all the same
    let retry = Outcome {
        retry_at: Some(soon()),
        ..outcome("failed")
    };
    assert!(store.run_finish(run.id, run.fence, &retry).await.unwrap());
    assert_eq!(state(&store, run.id).await, "cancelled");

    let orphan = enqueue(&store, "b").await;
    claim(&store, "w", NO_LEASE).await.unwrap();
    store.run_cancel(ORG, orphan.id).await.unwrap();
    assert_eq!(
        claim(&store, "other", LEASE).await,
        None,
        "a cancelled run is not taken up again"
    );
    assert_eq!(state(&store, orphan.id).await, "cancelled");
}

#[tokio::test]
async fn a_retry_waits_until_it_is_due() {
    let store = open().await;
    enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    let later = Outcome {
        retry_at: Some(soon()),
        error: Some("timed out".into()),
        ..outcome("failed")
    };
    assert!(store.run_finish(run.id, run.fence, &later).await.unwrap());
    assert_eq!(state(&store, run.id).await, "retry_wait");
    assert_eq!(claim(&store, "w", LEASE).await, None);
    assert!(matches!(
        store.run_enqueue(&new("a")).await.unwrap(),
        Enqueued::Active(_)
    ));
    assert_eq!(
        store.run_cancel(ORG, run.id).await.unwrap().unwrap().state,
        "cancelled"
    );

    enqueue(&store, "b").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    let now = Outcome {
        retry_at: Some(jiff::Timestamp::now()),
        ..outcome("failed")
    };
    assert!(store.run_finish(run.id, run.fence, &now).await.unwrap());
    let again = claim(&store, "w", LEASE).await.unwrap();
    assert_eq!((again.id, again.attempt, again.error), (run.id, 2, None));
}

#[tokio::test]
async fn a_run_that_takes_its_worker_with_it_is_dead_in_the_end() {
    let store = open().await;
    let run = enqueue(&store, "a").await;
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(claim(&store, "w", NO_LEASE).await.unwrap().attempt, attempt);
    }
    assert_eq!(claim(&store, "w", LEASE).await, None);
    let dead = store.run(ORG, run.id).await.unwrap().unwrap();
    assert_eq!(
        (dead.state.as_str(), dead.code.as_deref()),
        ("dead", Some("worker_lost"))
    );
}

#[tokio::test]
async fn leases_given_back_cost_no_attempt() {
    let store = open().await;
    enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    assert_eq!(store.release_leases("somebody else").await.unwrap(), 0);
    assert_eq!(store.release_leases("w").await.unwrap(), 1);
    assert_eq!(
        store.run_heartbeat(run.id, run.fence, LEASE).await.unwrap(),
        Beat::Lost
    );
    let again = claim(&store, "next", LEASE).await.unwrap();
    assert_eq!((again.id, again.attempt), (run.id, 1));
    assert!(again.fence > run.fence);
}

#[tokio::test]
async fn progress_never_goes_back() {
    let store = open().await;
    enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    for (said, stored) in [(40.0, 40.0), (20.0, 40.0), (250.0, 100.0)] {
        let progress = Progress {
            percentage: said,
            files_processed: 3,
            ..Progress::default()
        };
        assert!(store.run_progress(run.id, run.fence, &progress).await.unwrap());
        let now = store.run(ORG, run.id).await.unwrap().unwrap().progress;
        assert_eq!((now.percentage, now.files_processed), (stored, 3));
    }
}

#[tokio::test]
async fn events_are_replayed_in_order_and_progress_takes_its_own_place() {
    let store = open().await;
    let run = enqueue(&store, "a").await.id;
    for (event, data) in [
        ("log", 1),
        ("progress", 2),
        ("progress", 3),
        ("log", 4),
        ("progress", 5),
        ("complete", 6),
    ] {
        store.run_event(run, event, &json!(data)).await.unwrap();
    }
    let all = store.run_events_after(ORG, run, 0).await.unwrap();
    let seen: Vec<(i64, &str, i64)> = all
        .iter()
        .map(|(id, event, data)| (*id, event.as_str(), data.as_i64().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "log", 1),
            (3, "progress", 3),
            (4, "log", 4),
            (5, "progress", 5),
            (6, "complete", 6)
        ]
    );
    assert_eq!(store.run_events_after(ORG, run, 4).await.unwrap().len(), 2);
}

#[tokio::test]
async fn pruning_takes_what_ended_and_never_what_runs() {
    let store = open().await;
    let done = enqueue(&store, "a").await;
    let run = claim(&store, "w", LEASE).await.unwrap();
    store.run_event(run.id, "complete", &Value::Null).await.unwrap();
    store
        .run_finish(run.id, run.fence, &outcome("completed"))
        .await
        .unwrap();
    let active = enqueue(&store, "b").await;
    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    assert_eq!(store.prune_runs(past).await.unwrap(), 0);
    assert_eq!(store.prune_runs(soon()).await.unwrap(), 1);
    assert_eq!(store.run(ORG, done.id).await.unwrap(), None);
    assert!(store.run_events_after(ORG, done.id, 0).await.unwrap().is_empty());
    assert_eq!(state(&store, active.id).await, "queued");
}
