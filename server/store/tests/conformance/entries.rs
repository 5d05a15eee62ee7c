//! Entries of external sources and their runs (seed 003).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metasync_protocol::{Compact, ObjectRow, RowHash, bundle, connections::NewConnection, ids};
use metasync_store::{
    CatalogFields, ContentFields, Entry, EntryBatch, EntryFields, EntryQuery, EntrySource, EntryTable,
    EntryWalk, NewError, NewRun, NewSyncRun, Outcome, PageFrom, Run, Started, Store, StoreError, SyncRun,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALICE, ORG, get, open, soon};

const KIND: &str = "source";
const LEASE: Duration = Duration::from_secs(30);

/// A source with a run that works on it.
pub struct World {
    pub source: EntrySource,
    pub run: Run,
    pub number: u64,
}

/// A connection for a file.
pub async fn source(store: &Store, name: &str) -> EntrySource {
    let new = NewConnection {
        kind: "csv".into(),
        name: name.into(),
        full_name: format!("csv:/imports/{name}"),
        url: format!("/imports/{name}"),
        branch: None,
        dialect: None,
        settings: None,
    };
    let connection = store.add_connection(ORG, &new).await.unwrap().connection.id;
    EntrySource {
        connection,
        source_type: "csv".into(),
        source_identifier: format!("/imports/{name}"),
        table: EntryTable::Content,
    }
}

async fn start(store: &Store, source: &EntrySource) -> Started {
    let run = NewRun {
        org: ORG,
        kind: KIND.into(),
        target: source.connection.to_string(),
        user: ALICE.into(),
        options: json!({"sealed": "x"}),
        cause: "api".into(),
    };
    let told = NewSyncRun {
        connection: source.connection,
        source_type: source.source_type.clone(),
        source_identifier: source.source_identifier.clone(),
        metadata: json!({"options": {}}),
    };
    store.sync_run_start(&run, &told).await.unwrap()
}

async fn claim(store: &Store) -> Run {
    store.run_claim("w", &[KIND], LEASE).await.unwrap().unwrap()
}

/// A run of a source that a worker has.
pub async fn begin(store: &Store, source: &EntrySource) -> World {
    let Started::New(started) = start(store, source).await else {
        panic!("a run is active")
    };
    World {
        source: source.clone(),
        run: claim(store).await,
        number: started.number,
    }
}

pub async fn finish(store: &Store, run: &Run, state: &str, retry: bool) {
    let outcome = Outcome {
        state: state.into(),
        error: (state != "completed").then(|| "away".into()),
        retry_at: retry.then(soon),
        ..Outcome::default()
    };
    assert!(store.run_finish(run.id, run.fence, &outcome).await.unwrap());
}

async fn shown(store: &Store, number: u64) -> SyncRun {
    store.sync_run(ORG, number).await.unwrap().unwrap()
}

/// A song of this number and genre.
pub fn song(source: &EntrySource, n: usize, genre: &str) -> Entry {
    let title = format!("Canción {n}");
    let mut object = ObjectRow {
        id: ids::object(source.connection, None, "content", &n.to_string()),
        connection_id: source.connection,
        file_id: None,
        name: title.clone(),
        full_name: n.to_string(),
        object_type: "content".into(),
        description: None,
        metadata: json!({"genre": genre}),
        line_start: None,
        line_end: None,
        branch: None,
        row_hash: RowHash::default(),
    };
    object.row_hash = bundle::compact_hash(&object, &Compact::default());
    Entry {
        object,
        fields: EntryFields::Content(ContentFields {
            content_type: Some("music".into()),
            title,
            artist: Some("José".into()),
            genre: Some(genre.into()),
            external_id: Some(n.to_string()),
        }),
        metadata: Value::Null,
    }
}

pub async fn put(store: &Store, world: &World, at: Timestamp, songs: &[(usize, &str)]) -> (u64, u64, u64) {
    let batch = EntryBatch {
        entries: songs
            .iter()
            .map(|(n, genre)| song(&world.source, *n, genre))
            .collect(),
        checkpoint: json!({"done": songs.len()}),
        ..EntryBatch::default()
    };
    let done = store
        .entries_commit(&world.run, &world.source, at, &batch)
        .await
        .unwrap();
    (done.added, done.updated, done.unchanged)
}

pub async fn titles(store: &Store, query: EntryQuery) -> Vec<String> {
    let query = EntryQuery { limit: 100, ..query };
    let found = store
        .entries_find(ORG, EntryTable::Content, &query)
        .await
        .unwrap();
    assert_eq!(found.total, found.rows.len() as u64);
    found
        .rows
        .iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect()
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

#[tokio::test]
async fn entries_are_stored_once_and_leave_when_they_are_gone() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let world = begin(&store, &source).await;
    let songs: Vec<_> = (0..10).map(|n| (n, "Pop")).collect();
    assert_eq!(put(&store, &world, at(0), &songs).await, (10, 0, 0));
    // the same again in the same run, whatever it says
    assert_eq!(put(&store, &world, at(0), &[(1, "Rock")]).await, (0, 0, 1));
    let stored = store.run(ORG, world.run.id).await.unwrap().unwrap();
    assert_eq!(
        stored.checkpoint,
        Some(json!({"done": 1})),
        "in the same transaction"
    );
    let run = shown(&store, world.number).await;
    assert_eq!((run.items_processed, run.items_skipped), (10, 1));
    finish(&store, &world.run, "completed", false).await;
    let first = get(&store, PageFrom::Start).await;
    assert_eq!(first.metadata.objects.len(), 10);

    // another run: one changed, one gone, one twice
    let world = begin(&store, &source).await;
    let mut songs: Vec<_> = (0..9).map(|n| (n, if n == 3 { "Rock" } else { "Pop" })).collect();
    songs.push((0, "Pop"));
    assert_eq!(put(&store, &world, at(60), &songs).await, (0, 1, 9));
    let standing = store
        .entries_standing(ORG, source.connection, EntryTable::Content, at(60))
        .await
        .unwrap();
    assert_eq!((standing.available, standing.unseen), (10, 1));
    let (gone, heads) = store
        .entries_sweep(&world.run, &source, at(60), &mut EntryWalk::default())
        .await
        .unwrap();
    assert_eq!((gone, heads.is_empty()), (1, false));
    assert_eq!(
        store
            .entries_sweep(&world.run, &source, at(60), &mut EntryWalk::default())
            .await
            .unwrap()
            .0,
        0
    );
    finish(&store, &world.run, "completed", false).await;
    let cursor = first.sync_metadata.cursor.clone();
    let page = get(&store, PageFrom::Cursor(cursor)).await;
    assert_eq!(
        page.metadata.objects.len(),
        1,
        "what did not change stays where it was"
    );
    assert_eq!(page.metadata.deleted.objects, [song(&source, 9, "Pop").id()]);
    assert_eq!(
        titles(
            &store,
            EntryQuery {
                available: Some(false),
                ..EntryQuery::default()
            }
        )
        .await,
        ["Canción 9"]
    );

    // it comes back, with its id
    let world = begin(&store, &source).await;
    assert_eq!(put(&store, &world, at(120), &[(9, "Pop")]).await, (0, 1, 0));
    assert_eq!(get(&store, PageFrom::Start).await.metadata.objects.len(), 10);
    assert_eq!(
        store
            .entries_unchanged(&world.run, &source, at(180))
            .await
            .unwrap(),
        10
    );
}

#[tokio::test]
async fn catalogue_items_keep_their_numbers() {
    let store = open().await;
    let mut source = source(&store, "pricing.csv").await;
    source.table = EntryTable::Catalog;
    let world = begin(&store, &source).await;
    let entry = Entry {
        fields: EntryFields::Catalog(CatalogFields {
            category_id: "music".into(),
            capacity: "8GB".into(),
            capacity_gb: Some(8.0),
            price: Some(54_900.5),
            content_count: Some(1_400),
            content_unit: Some("canciones".into()),
            is_active: Some(true),
            is_popular: None,
        }),
        ..song(&source, 1, "x")
    };
    let batch = EntryBatch {
        entries: vec![entry],
        ..EntryBatch::default()
    };
    store
        .entries_commit(&world.run, &source, at(0), &batch)
        .await
        .unwrap();
    let wanted = EntryQuery {
        limit: 10,
        ..EntryQuery::default()
    };
    let found = store
        .entries_find(ORG, EntryTable::Catalog, &wanted)
        .await
        .unwrap();
    let row = Value::Object(found.rows[0].clone());
    let expected = json!({
        "category_id": "music", "capacity": "8GB", "capacity_gb": 8, "price": 54_900.5, "content_count": 1_400,
        "content_unit": "canciones", "is_active": true, "is_popular": null, "is_available": true,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
}

#[tokio::test]
async fn runs_are_shown_in_the_seeds_words_as_the_engine_moves_them() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let Started::New(first) = start(&store, &source).await else {
        panic!()
    };
    assert_eq!((first.status.as_str(), first.items_processed), ("pending", 0));
    let Started::Active(active) = start(&store, &source).await else {
        panic!()
    };
    assert_eq!(active.number, first.number);
    let run = claim(&store).await;
    assert_eq!(shown(&store, first.number).await.status, "in_progress");
    let error = NewError {
        kind: "network".into(),
        code: "http_503".into(),
        message: "x".repeat(5_000),
        is_retryable: true,
        ..NewError::default()
    };
    assert!(store.sync_error(&run, &error).await.unwrap());
    finish(&store, &run, "failed", true).await;
    assert_eq!(
        shown(&store, first.number).await.status,
        "pending",
        "it is tried again"
    );
    let stats = store.sync_stats(ORG).await.unwrap();
    assert_eq!((stats.total, stats.pending), (1, 1));

    // pending runs are taken up at once
    assert!(
        store.run_claim("w", &[KIND], LEASE).await.unwrap().is_none(),
        "not due"
    );
    assert_eq!(
        store.sync_runs_resume(ORG, KIND, ALICE, "resume").await.unwrap(),
        [first.number]
    );
    let run = claim(&store).await;
    store
        .run_checkpoint(run.id, run.fence, &json!({"page": 3}))
        .await
        .unwrap();
    finish(&store, &run, "dead", false).await;
    let failed = shown(&store, first.number).await;
    assert_eq!((failed.status.as_str(), failed.is_retryable), ("failed", true));
    assert!(failed.completed_at.is_some() && failed.error_message.is_some());
    let errors = store.sync_errors(ORG, first.number, 10).await.unwrap();
    assert_eq!((errors.len(), errors[0].error.code.as_str()), (1, "http_503"));
    assert!(errors[0].error.message.len() < 2_100);

    // a failed one under its number, from where it stood
    assert_eq!(
        store.sync_runs_resume(ORG, KIND, ALICE, "resume").await.unwrap(),
        [first.number]
    );
    assert_eq!(
        store.sync_runs_resume(ORG, KIND, ALICE, "resume").await.unwrap(),
        [first.number]
    );
    let again = claim(&store).await;
    assert_ne!(again.id, run.id);
    assert_eq!(again.checkpoint, Some(json!({"page": 3})));
    assert!(
        store.run_claim("w", &[KIND], LEASE).await.unwrap().is_none(),
        "once"
    );
    finish(&store, &again, "completed", false).await;
    let done = shown(&store, first.number).await;
    assert_eq!((done.status.as_str(), done.error_message), ("completed", None));

    // what is not retryable stays, and so does what the source got over since
    let world = begin(&store, &source).await;
    finish(&store, &world.run, "failed", false).await;
    assert_eq!(
        store.sync_runs_resume(ORG, KIND, ALICE, "resume").await.unwrap(),
        [0; 0]
    );
    let list = store.sync_runs(ORG, None, 10).await.unwrap();
    assert_eq!(list.len(), 2);
    assert!(list[0].number > list[1].number);
    assert_eq!(
        store.sync_runs(ORG, Some("completed"), 10).await.unwrap().len(),
        1
    );
    assert_eq!(store.sync_run(Uuid::nil(), first.number).await.unwrap(), None);
    assert_eq!(store.sync_run(ORG, u64::MAX).await.unwrap(), None);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_stores_nothing() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let world = begin(&store, &source).await;
    finish(&store, &world.run, "completed", false).await;
    let batch = EntryBatch {
        entries: vec![song(&source, 1, "Pop")],
        ..EntryBatch::default()
    };
    let refused = store.entries_commit(&world.run, &source, at(0), &batch).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost(_))));
    assert!(matches!(
        store
            .entries_sweep(&world.run, &source, at(0), &mut EntryWalk::default())
            .await,
        Err(StoreError::LeaseLost(_))
    ));
    assert!(!store.sync_error(&world.run, &NewError::default()).await.unwrap());
    assert!(!store.sync_run_begin(&world.run, &Value::Null).await.unwrap());
    assert_eq!(titles(&store, EntryQuery::default()).await, [""; 0]);
}

#[tokio::test]
async fn what_is_old_goes_and_what_works_stays() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let world = begin(&store, &source).await;
    let now = Timestamp::now();
    let old = now - SignedDuration::from_hours(100 * 24);
    put(&store, &world, old, &[(1, "Pop")]).await;
    put(&store, &world, now, &[(2, "Pop")]).await;
    let limit = now - SignedDuration::from_hours(90 * 24);
    let (removed, moved) = store
        .entries_clean_up(ORG, EntryTable::Content, limit)
        .await
        .unwrap();
    assert_eq!((removed, moved.unwrap().0), (1, source.connection));
    assert_eq!(
        store
            .entries_clean_up(ORG, EntryTable::Content, limit)
            .await
            .unwrap()
            .0,
        0
    );
    assert_eq!(titles(&store, EntryQuery::default()).await, ["Canción 2"]);
    assert_eq!(get(&store, PageFrom::Start).await.metadata.objects.len(), 1);
    assert_eq!(store.prune_sync_runs(ORG, soon()).await.unwrap(), 0, "it works");
    finish(&store, &world.run, "completed", false).await;
    assert_eq!(store.prune_sync_runs(ORG, limit).await.unwrap(), 0, "it is young");
    assert_eq!(store.prune_sync_runs(ORG, soon()).await.unwrap(), 1);
    // with its connection all of a source goes
    let other = Uuid::parse_str(&source.connection.to_string()).unwrap();
    store.remove_connection(ORG, other).await.unwrap();
    assert_eq!(titles(&store, EntryQuery::default()).await, [""; 0]);
}

#[tokio::test]
async fn certain_times_come_once_however_many_ask() {
    let store = open().await;
    let planned = (ORG, "source_check", "all");
    let past = Timestamp::now() - SignedDuration::from_secs(5);
    assert!(
        !store.schedule_due_at(planned, past).await.unwrap(),
        "it was only planned"
    );
    let next = soon();
    assert!(store.schedule_due_at(planned, next).await.unwrap());
    assert!(!store.schedule_due_at(planned, next).await.unwrap());
    // another configuration: planned anew, and not due
    let later = next + SignedDuration::from_secs(60);
    assert!(!store.schedule_due_at(planned, later).await.unwrap());
    store.plan(planned, None).await.unwrap();
    assert!(!store.schedule_due_at(planned, next).await.unwrap());
}
