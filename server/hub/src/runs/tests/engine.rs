//! Claims, leases, cancellation, panics, progress.

use super::*;

#[tokio::test]
async fn a_queued_and_a_running_run_can_be_cancelled() {
    let world = World::new().await;
    for n in 0..400 {
        world.write(&format!("t{n}.sql"), table(&format!("t{n}")));
    }
    let started = world
        .runs
        .start_sync(world.org, &world.connection, "a", &OPTIONS, "api");
    let Enqueued::New(run) = started.await.unwrap() else {
        panic!("a run is active");
    };
    world.runs.cancel(world.org, run.id).await.unwrap().unwrap();
    let ended = world.ended(run.id).await;
    assert_eq!(ended.state, "cancelled");
    assert_eq!(world.status().await, "pending");
    assert!(world.runs.cancel(Uuid::now_v7(), run.id).await.unwrap().is_none());
    assert_eq!(world.sync().await.files_added, 400);
}

#[tokio::test]
async fn a_second_trigger_finds_the_first() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let start = || {
        world
            .runs
            .start_sync(world.org, &world.connection, "a", &OPTIONS, "api")
    };
    let (one, two) = (start().await.unwrap(), start().await.unwrap());
    let (Enqueued::New(one), Enqueued::Active(two)) = (one, two) else {
        panic!("two runs of one target");
    };
    assert_eq!(one.id, two.id);
    assert_eq!(world.ended(one.id).await.state, "completed");
}

#[tokio::test]
async fn an_unknown_kind_is_left_alone_and_lost_leases_are_taken_up() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let other = world.enqueue("telepathy").await;
    world.shutdown.cancel();
    let run = world.enqueue(REPOSITORY).await;
    world.working.await.unwrap();
    // A worker that died: its lease ends at once.
    let claimed = world
        .store
        .run_claim("dead", &[REPOSITORY], Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claimed.id, run.id);
    let shutdown = CancellationToken::new();
    let working = tokio::spawn(Arc::clone(&world.runs).work(shutdown.clone()));
    let ended = world
        .runs
        .ended(world.org, run.id, PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((ended.state.as_str(), ended.attempt), ("completed", 2));
    assert_eq!(
        world.store.run(world.org, other.id).await.unwrap().unwrap().state,
        "queued"
    );
    shutdown.cancel();
    working.await.unwrap();
}

#[tokio::test]
async fn a_panic_fails_that_run_only() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let run = world.enqueue(super::super::execute::PANICKING).await;
    let panicking = world
        .store
        .run_claim("us", &[super::super::execute::PANICKING], PATIENCE)
        .await
        .unwrap()
        .unwrap();
    super::super::execute::execute(Arc::clone(&world.runs), panicking).await;
    let ended = world.ended(run.id).await;
    assert_eq!(
        (ended.state.as_str(), ended.code.as_deref()),
        ("failed", Some("panic"))
    );
    assert_eq!(world.sync().await.files_added, 1);
}

#[tokio::test]
async fn the_end_of_a_run_is_told_once_and_progress_never_goes_back() {
    let world = World::new().await;
    for n in 0..50 {
        world.write(&format!("t{n}.sql"), table(&format!("t{n}")));
    }
    let run = world.sync_with(SyncRequest::default()).await;
    let events = world.store.run_events_after(run.org, run.id, 0).await.unwrap();
    assert!(events.iter().all(|(_, name, _)| name == "progress"), "{events:?}");
    let steps: Vec<f64> = events
        .iter()
        .map(|(_, _, d)| d["progress"]["percentage"].as_f64().unwrap())
        .collect();
    assert!(steps.is_sorted() && steps.last() == Some(&100.0), "{steps:?}");
}
