//! What the index keeps beside the catalogue: footprints, words, webhooks of runs, schedules.

use std::time::Duration;

use metasync_store::{
    Batch, Enqueued, FileFootprint, FileWords, Footprints, NameSide, NewRun, Outcome, Store, WebhookEnd,
    words_of,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALICE, ORG, RUN, connect, file, object, open};

const HOUR: Duration = Duration::from_secs(3600);
const HOOK: &str = "https://hooks.example/x";

fn footprint(provides: &[&str], needs: &[&str]) -> FileFootprint {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    FileFootprint {
        provides: names(provides),
        needs: names(needs),
        exports: json!([["t", true, []]]),
    }
}

async fn remember(store: &Store, connection: Uuid, branch: &str, files: Vec<(Uuid, Option<FileFootprint>)>) {
    let batch = Batch {
        footprints: Footprints {
            branch: branch.into(),
            files,
        },
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
}

#[tokio::test]
async fn files_are_found_by_the_names_that_they_give_and_need() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
    let long = "x".repeat(3_000);
    remember(
        &store,
        connection,
        "",
        vec![
            (a, Some(footprint(&["orders"], &[]))),
            (b, Some(footprint(&["revenue"], &["orders", &long]))),
        ],
    )
    .await;
    remember(
        &store,
        connection,
        "dev",
        vec![(c, Some(footprint(&["orders"], &[])))],
    )
    .await;
    let find = async |branch: &str, side, name: &str| {
        store
            .files_by_name(ORG, connection, branch, side, &[name.to_owned()].into())
            .await
            .unwrap()
    };
    assert_eq!(find("", NameSide::Provides, "orders").await, [a]);
    assert_eq!(find("dev", NameSide::Provides, "orders").await, [c]);
    assert_eq!(find("", NameSide::Needs, "orders").await, [b]);
    assert_eq!(find("", NameSide::Needs, &long).await, [b]);
    assert_eq!(
        store.footprints(ORG, &[a, b]).await.unwrap()[&a],
        footprint(&["orders"], &[])
    );

    remember(
        &store,
        connection,
        "",
        vec![(a, Some(footprint(&["sales"], &[]))), (b, None)],
    )
    .await;
    assert!(find("", NameSide::Provides, "orders").await.is_empty());
    assert!(find("", NameSide::Needs, "orders").await.is_empty());
    assert_eq!(find("", NameSide::Provides, "sales").await, [a]);
    assert!(!store.footprints(ORG, &[b]).await.unwrap().contains_key(&b));
    store.forget_footprints(ORG, connection, "").await.unwrap();
    assert!(find("", NameSide::Provides, "sales").await.is_empty());
    assert_eq!(find("dev", NameSide::Provides, "orders").await, [c]);
}

#[tokio::test]
async fn a_few_objects_are_read_with_what_they_own() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let objects: Vec<_> = (0..3).map(|n| object(connection, n, 4)).collect();
    let batch = Batch {
        files: (0..3).map(|n| file(connection, n, 1)).collect(),
        objects: objects.clone(),
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    let ids = [objects[1].0.id];
    assert_eq!(store.objects_by_id(ORG, &ids).await.unwrap(), objects[1..2]);
    let file_ids: Vec<Uuid> = objects[2..].iter().filter_map(|(o, _)| o.file_id).collect();
    assert_eq!(
        store.objects_of_files(ORG, &file_ids).await.unwrap(),
        objects[2..]
    );
    assert_eq!(store.files_by_id(ORG, &file_ids).await.unwrap().len(), 1);
    let gone = Batch {
        deleted_objects: vec![objects[2].0.id],
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, gone).await.unwrap();
    assert!(store.objects_of_files(ORG, &file_ids).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_search_finds_names_columns_and_content_and_what_is_mistyped() {
    let store = open().await;
    let connection = connect(&store, "shop").await;
    let (mut orders, owned) = object(connection, 1, 3);
    orders.name = "orders".into();
    orders.full_name = "shop.orders".into();
    orders.description = Some("What people bought.".into());
    let (mut other, other_owned) = object(connection, 2, 0);
    other.name = "all_orders_100%".into();
    other.full_name = "shop.all_orders_100%".into();
    let files: Vec<_> = (1..4).map(|n| file(connection, n, 1)).collect();
    let batch = Batch {
        words: FileWords {
            branch: String::new(),
            files: vec![
                (
                    files[0].id,
                    words_of("select customer_id, basket from raw.baskets"),
                ),
                (files[2].id, words_of("A note about giraffes and baskets")),
            ],
        },
        files,
        objects: vec![(orders, owned), (other, other_owned)],
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
    let find = async |text: &str| {
        let found = store.search_objects(ORG, connection, text, 10).await.unwrap();
        found
            .into_iter()
            .map(|o| (o.name, o.matched.join(" ")))
            .collect::<Vec<_>>()
    };
    let hit = |name: &str, matched: &str| (name.to_owned(), matched.to_owned());
    assert_eq!(
        find("ORDERS").await,
        [hit("orders", "name"), hit("all_orders_100%", "name")]
    );
    assert_eq!(find("ord").await[0], hit("orders", "name"));
    assert_eq!(find("100%").await, [hit("all_orders_100%", "name")]);
    assert_eq!(find("c_1").await, [hit("orders", "column")]);
    assert_eq!(find("bought").await, [hit("orders", "description")]);
    assert_eq!(find("orders basket").await, [hit("orders", "content name")]);
    assert_eq!(find("giraffe").await, [hit("m_3.sql", "content")]);
    assert_eq!(find("oders").await[0], hit("orders", "similar"));
    assert_eq!(find("girafes").await, [hit("m_3.sql", "similar")]);
    assert!(find("zzzzzzzz").await.is_empty());
    assert!(find("orders zzzzzzzz").await.is_empty());
}

fn new(target: &str) -> NewRun {
    NewRun {
        org: ORG,
        kind: "repository".into(),
        target: target.into(),
        user: ALICE.into(),
        options: json!({"progress_webhook": HOOK}),
        cause: "api".into(),
    }
}

#[tokio::test]
async fn each_state_of_a_run_is_told_once_and_in_order() {
    let store = open().await;
    let Enqueued::New(run) = store.run_enqueue(&new("a")).await.unwrap() else {
        panic!("active already")
    };
    let claimed = store
        .run_claim("w", &["repository"], HOUR)
        .await
        .unwrap()
        .unwrap();
    let retry = Outcome {
        state: "retry_wait".into(),
        retry_at: Some(jiff_now()),
        error: Some("away".into()),
        ..Outcome::default()
    };
    assert!(store.run_finish(run.id, claimed.fence, &retry).await.unwrap());
    let claimed = store
        .run_claim("w", &["repository"], HOUR)
        .await
        .unwrap()
        .unwrap();
    let done = Outcome {
        state: "completed".into(),
        result: json!({"files_added": 1}),
        ..Outcome::default()
    };
    assert!(store.run_finish(run.id, claimed.fence, &done).await.unwrap());

    let mut told = Vec::new();
    for attempt in 0..10 {
        for webhook in store.webhooks_claim(8, HOUR).await.unwrap() {
            assert_eq!((webhook.url.as_str(), webhook.run), (HOOK, run.id));
            let body: Value = serde_json::from_str(&webhook.body).unwrap();
            told.push((body["status"].as_str().unwrap().to_owned(), webhook.attempts));
            let end = match attempt {
                // the first one is not taken at first, and then waits for nobody
                0 => WebhookEnd::Retry(jiff_now(), "500".into()),
                _ => WebhookEnd::Delivered,
            };
            store.webhook_ended(webhook.id, &end).await.unwrap();
            if body["status"] == "completed" {
                assert_eq!(body["result"]["files_added"], 1);
                assert_eq!(body["repository_id"], "a");
            }
        }
    }
    let statuses: Vec<&str> = told.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(statuses, ["queued", "queued", "running", "completed"], "{told:?}");
}

#[tokio::test]
async fn a_call_that_nobody_ended_is_taken_again_and_a_cancelled_run_is_told() {
    let store = open().await;
    let Enqueued::New(run) = store.run_enqueue(&new("a")).await.unwrap() else {
        panic!("active already")
    };
    store.run_cancel(ORG, run.id).await.unwrap();
    let first = store.webhooks_claim(8, Duration::ZERO).await.unwrap();
    assert_eq!(first.len(), 1, "the second waits for the first");
    let again = store.webhooks_claim(8, HOUR).await.unwrap();
    assert_eq!(again, first);
    assert!(store.webhooks_claim(8, HOUR).await.unwrap().is_empty());
    store
        .webhook_ended(again[0].id, &WebhookEnd::GivenUp("410".into()))
        .await
        .unwrap();
    let second = store.webhooks_claim(8, HOUR).await.unwrap();
    assert!(second[0].body.contains("\"cancelled\""), "{second:?}");
}

#[tokio::test]
async fn what_comes_again_and_again_is_due_once_however_long_nobody_looked() {
    let store = open().await;
    let planned = (ORG, "repository", "shop");
    let due = async |next: Duration| store.schedule_due(planned, HOUR, next).await.unwrap();
    assert!(!due(Duration::ZERO).await, "at first it is planned");
    assert!(due(HOUR).await, "its time came, long ago");
    assert!(!due(HOUR).await, "once");
    let minute = Duration::from_secs(60);
    let shorter = store.schedule_due(planned, minute, Duration::ZERO).await.unwrap();
    assert!(!shorter, "planned by a longer interval: planned anew");
    assert!(store.schedule_due(planned, minute, minute).await.unwrap());
    assert!(
        !store
            .schedule_due((ORG, "repository", "other"), HOUR, HOUR)
            .await
            .unwrap()
    );
}

fn jiff_now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
