//! Transactions in each other's way: what fails with 40001 or 40P01 runs once more, and nobody else
//! hears of it.

use metasync_store::{Batch, DocumentationBody, Store};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::{
    backend::Place,
    linked::{everything, expected, relation, there, user},
    model::Replica,
    nodes::two,
    support::{ORG, RUN, connect, models, object_id, organization, put},
};

/// Fails so many times, as an engine does that can't serialize two transactions; a sequence is not
/// rolled back, so that it counts attempts.
fn failing(table: &str, times: u32, code: &str) -> String {
    format!(
        "CREATE SEQUENCE attempts;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF nextval('metadata.attempts') <= {times} THEN
             RAISE EXCEPTION 'in the way of another' USING ERRCODE = '{code}';
           END IF;
           RETURN NEW;
         END $$;
         CREATE TRIGGER failing BEFORE UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION fail()"
    )
}

async fn one() -> (Place, Store) {
    let place = Place::new().await;
    let store = place.open().await;
    store.declare(&[organization()]).await.unwrap();
    (place, store)
}

#[tokio::test]
async fn a_transaction_that_can_not_be_serialized_runs_again_and_counts_once() {
    for code in ["40001", "40P01"] {
        let (place, store) = one().await;
        let connection = connect(&store, "shop").await;
        let mut raw = place.raw().await;
        raw.execute(AssertSqlSafe(failing("streams", 5, code)))
            .await
            .unwrap();
        assert_eq!(put(&store, connection, 0..3, 2).await, 6);
        let mut client = Replica::default();
        client.pull(&store, 10).await;
        assert_eq!((client.copy.files.len(), client.copy.objects.len()), (3, 3));
        let core = &client.streams[0];
        assert_eq!((core.head, core.rows), (6, 6), "no number was given twice");
    }
}

#[tokio::test]
async fn who_is_in_the_way_for_ever_is_an_error_and_leaves_nothing() {
    let (place, store) = one().await;
    let connection = connect(&store, "shop").await;
    let mut raw = place.raw().await;
    raw.execute(AssertSqlSafe(failing("streams", 1_000_000, "40001")))
        .await
        .unwrap();
    let batch = models(connection, 0..3, 2);
    let error = store.batch_commit(ORG, connection, RUN, batch).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let mut client = Replica::default();
    client.pull(&store, 10).await;
    assert!(client.copy.files.is_empty() && client.copy.objects.is_empty());
}

#[tokio::test]
async fn a_deadlock_is_survived() {
    let (place, store) = one().await;
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..2, 2).await;
    let object = object_id(connection, 0);
    let text = DocumentationBody::default();
    store.put_documentation(ORG, object, text).await.unwrap();
    // somebody else takes the two streams the wrong way round
    let mut raw = place.raw().await;
    let lock = |channel: &str| {
        AssertSqlSafe(format!(
            "SELECT number FROM streams WHERE connection_id = '{connection}' AND channel = '{channel}' FOR UPDATE"
        ))
    };
    let begin = format!("BEGIN; SELECT set_config('metasync.org_id', '{ORG}', true)");
    raw.execute(AssertSqlSafe(begin)).await.unwrap();
    raw.execute(lock("documentation")).await.unwrap();
    let deleting = tokio::spawn({
        let store = store.clone();
        async move {
            let batch = Batch {
                deleted_objects: vec![object],
                ..Batch::default()
            };
            store.batch_commit(ORG, connection, RUN, batch).await
        }
    });
    // until the deletion waits for the documentation's stream
    let mut watching = place.raw().await;
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut watching)
        .await
        .unwrap();
        if waiting > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    // one of the two is ended by the database; if it is this one, the other goes on
    if raw.execute(lock("core")).await.is_ok() {
        raw.execute("COMMIT").await.unwrap();
    } else {
        raw.execute("ROLLBACK").await.unwrap();
    }
    let done = deleting.await.unwrap().unwrap();
    assert_eq!(done.changed, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_that_name_each_other_and_are_written_at_once_get_all_their_edges() {
    let (_place, a, b) = two().await;
    let (shop, billing) = (connect(&a, "shop").await, connect(&a, "billing").await);
    for round in 0..12 {
        let made = Batch {
            objects: (0..4).map(|n| relation(shop, "shop", round * 4 + n, 2)).collect(),
            deleted_objects: match round {
                0 => Vec::new(),
                round => vec![relation(shop, "shop", round * 4 - 1, 0).0.id],
            },
            ..Batch::default()
        };
        let used = Batch {
            objects: (0..4)
                .map(|n| user(billing, "shop", round * 4 + n, 1 + n % 2))
                .collect(),
            ..Batch::default()
        };
        let (one, other) = tokio::join!(
            tokio::spawn({
                let a = a.clone();
                async move { a.batch_commit(ORG, shop, RUN, made).await }
            }),
            tokio::spawn({
                let b = b.clone();
                async move { b.batch_commit(ORG, billing, RUN, used).await }
            }),
        );
        one.unwrap().unwrap();
        other.unwrap().unwrap();
        let copy = everything(&a).await;
        assert_eq!(there(&copy), expected(&copy), "round {round}");
    }
    assert_eq!(everything(&b).await.pairs.0.len(), 4 * 12 - 11);
}
