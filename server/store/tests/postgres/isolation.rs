//! Row-level security alone, with the application's filter switched off: raw statements by the hub's
//! own role, which is no superuser (security.md, 7). And no way past the schema.

use metasync_protocol::{connections::NewConnection, sessions::RegisterSession};
use metasync_store::{DeclaredOrganization, DocumentationBody, NewRun, PageFrom, Role, Store};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::{
    backend::Place,
    entries, library, linked,
    support::{ALICE, BOB, ORG, connect, delete, get, member, object_id, organization, put},
};

const OTHER: Uuid = Uuid::from_u128(0x2222_2222_2222_4222_8222_2222_2222_2222);

/// Two organizations with a row in every table.
async fn world() -> (Place, Store) {
    let place = Place::new().await;
    let store = place.open().await;
    let other = DeclaredOrganization {
        id: OTHER,
        name: "bee".into(),
        members: vec![member(BOB, Role::Owner)],
        connections: Vec::new(),
    };
    store.declare(&[organization(), other]).await.unwrap();
    let connection = connect(&store, "shop").await;
    put(&store, connection, 0..4, 3).await;
    delete(&store, connection, 3..4).await;
    let billing = connect(&store, "billing").await;
    linked::put(
        &store,
        connection,
        vec![linked::relation(connection, "shop", 1, 1)],
    )
    .await;
    linked::put(&store, billing, vec![linked::user(billing, "shop", 1, 1)]).await;
    let documentation = DocumentationBody {
        executive_summary: Some("secret".into()),
        ..DocumentationBody::default()
    };
    let object = object_id(connection, 0);
    store.put_documentation(ORG, object, documentation).await.unwrap();
    let batch = metasync_store::Batch {
        index_state: Some(("main".into(), json!({"tree": "abc"}))),
        footprints: metasync_store::Footprints {
            branch: String::new(),
            files: vec![(
                Uuid::from_u128(9),
                Some(metasync_store::FileFootprint {
                    provides: ["secret".to_owned()].into(),
                    ..metasync_store::FileFootprint::default()
                }),
            )],
        },
        words: metasync_store::FileWords {
            branch: String::new(),
            files: vec![(Uuid::from_u128(9), metasync_store::words_of("secret"))],
        },
        ..metasync_store::Batch::default()
    };
    store
        .batch_commit(ORG, connection, Uuid::from_u128(1), batch)
        .await
        .unwrap();
    get(&store, PageFrom::Start).await;
    get(&store, PageFrom::Timestamp { at: None, offset: 0 }).await;
    let pages = metasync_store::PageRequest {
        limit: 1,
        ..crate::support::request(PageFrom::Timestamp { at: None, offset: 0 })
    };
    store.page(&pages).await.unwrap();
    let run = NewRun {
        org: ORG,
        kind: "repository".into(),
        target: "shop".into(),
        user: ALICE.into(),
        options: json!({"progress_webhook": "https://hooks.example/secret"}),
        cause: "api".into(),
    };
    let metasync_store::Enqueued::New(run) = store.run_enqueue(&run).await.unwrap() else {
        panic!("active already")
    };
    store
        .run_event(run.id, "log", &json!({"message": "secret"}))
        .await
        .unwrap();
    store
        .number_release_sync(ORG, run.id, connection, "secret")
        .await
        .unwrap();
    let hour = std::time::Duration::from_secs(3600);
    let planned = store.schedule_due((ORG, "repository", "shop"), hour, hour).await;
    assert!(!planned.unwrap());
    let session = RegisterSession {
        workspace_identifier: "acme/shop".into(),
        workspace_hash: None,
        ide_version: None,
        sync_mode: None,
        connection_ids: None,
        client_id: None,
    };
    store.upsert_session(ORG, ALICE, &session).await.unwrap();
    plant_entries(&store).await;
    library::plant(&store).await;
    (place, store)
}

/// A row in each table of external sources.
async fn plant_entries(store: &Store) {
    for table in metasync_store::EntryTable::ALL {
        let mut source = entries::source(store, table.as_str()).await;
        source.table = table;
        let working = entries::begin(store, &source).await;
        let batch = metasync_store::EntryBatch {
            entries: vec![entries::song(&source, 1, "secret")],
            errors: vec![metasync_store::NewError {
                message: "secret".into(),
                ..metasync_store::NewError::default()
            }],
            ..metasync_store::EntryBatch::default()
        };
        let now = jiff::Timestamp::now();
        store
            .entries_commit(&working.run, &source, now, &batch)
            .await
            .unwrap();
    }
}

/// All tables of organizations, found in the schema itself, so that a new one can't be forgotten.
async fn tables(raw: &mut PgConnection) -> Vec<(String, &'static str)> {
    let own = [
        "meta",
        "app_settings",
        "stream_tickets",
        "migration_lock",
        "_sqlx_migrations",
    ];
    let names: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'metadata' ORDER BY 1")
            .fetch_all(raw)
            .await
            .unwrap();
    names
        .into_iter()
        .filter(|name| !own.contains(&name.as_str()))
        .map(|name| {
            let key = match name.as_str() {
                "organizations" => "id",
                "ide_sync_sessions" => "organization_id",
                _ => "org_id",
            };
            (name, key)
        })
        .collect()
}

async fn set(raw: &mut PgConnection, setting: &str, value: &str) {
    sqlx::query("SELECT set_config($1, $2, false)")
        .bind(setting)
        .bind(value)
        .execute(raw)
        .await
        .unwrap();
}

async fn count(raw: &mut PgConnection, from: &str) -> i64 {
    let statement = AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
    sqlx::query_scalar(statement).fetch_one(raw).await.unwrap()
}

const VIEWS: [&str; 3] = ["columns", "dependencies", "columns_lineage"];

#[tokio::test]
async fn every_table_of_an_organization_shows_its_own_rows_only() {
    let (place, _store) = world().await;
    let mut raw = place.raw().await;
    let (superuser, bypasses): (bool, bool) =
        sqlx::query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            .fetch_one(&mut raw)
            .await
            .unwrap();
    assert!(!superuser && !bypasses, "the test would prove nothing");

    let tables = tables(&mut raw).await;
    assert!(tables.len() >= 14, "{tables:?}");
    for (table, key) in &tables {
        let (enabled, forced): (bool, bool) = sqlx::query_as(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::regclass",
        )
        .bind(format!("metadata.{table}"))
        .fetch_one(&mut raw)
        .await
        .unwrap();
        assert!(enabled && forced, "{table}: row-level security is not forced");
        let first: String = sqlx::query_scalar(
            "SELECT a.attname::text FROM pg_index i
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = $1::regclass AND i.indisprimary",
        )
        .bind(format!("metadata.{table}"))
        .fetch_one(&mut raw)
        .await
        .unwrap();
        assert!(
            first == *key || table == "ide_sync_sessions",
            "{table}: its key begins with {first}"
        );
    }
    for (org, sees) in [
        (None, false),
        (Some(ORG), true),
        (Some(OTHER), false),
        (Some(Uuid::nil()), false),
    ] {
        set(
            &mut raw,
            "metasync.org_id",
            &org.map(|o| o.to_string()).unwrap_or_default(),
        )
        .await;
        for (table, key) in &tables {
            let seen = count(&mut raw, &format!("{table} WHERE {key} = '{ORG}'")).await;
            assert_eq!(seen > 0, sees, "{table} as {org:?}");
            let strange = match org {
                Some(org) => count(&mut raw, &format!("{table} WHERE {key} <> '{org}'")).await,
                None => count(&mut raw, table).await,
            };
            assert_eq!(strange, 0, "{table} as {org:?}");
        }
        for view in VIEWS {
            assert_eq!(count(&mut raw, view).await > 0, sees, "{view} as {org:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_written_into_another_organization_and_keys_tell_nothing() {
    let (place, store) = world().await;
    let mut raw = place.raw().await;
    for (table, key) in tables(&mut raw).await {
        // the rows of the first one, as a template of what the second would like to write
        set(&mut raw, "metasync.org_id", &ORG.to_string()).await;
        let copy = format!("CREATE TEMPORARY TABLE stolen AS SELECT * FROM {table}");
        raw.execute(AssertSqlSafe(copy)).await.unwrap();
        let before = count(&mut raw, &table).await;
        set(&mut raw, "metasync.org_id", &OTHER.to_string()).await;
        let into = format!("INSERT INTO {table} SELECT * FROM stolen");
        let refused = raw.execute(AssertSqlSafe(into)).await.unwrap_err();
        let error = refused.as_database_error().unwrap();
        // not 23505, which would tell that the row is there
        assert_eq!(error.code().as_deref(), Some("42501"), "{table}: {error}");
        for statement in [
            format!("UPDATE {table} SET {key} = '{OTHER}' WHERE {key} = '{ORG}'"),
            format!("DELETE FROM {table} WHERE {key} = '{ORG}'"),
        ] {
            let done = raw.execute(AssertSqlSafe(statement)).await.unwrap();
            assert_eq!(done.rows_affected(), 0, "{table}");
        }
        // the same key in one's own organization is free: nothing tells that the other one has it
        if !["organizations", "ide_sync_sessions"].contains(&table.as_str()) {
            for statement in [
                format!("UPDATE stolen SET {key} = '{OTHER}'"),
                format!("INSERT INTO {table} SELECT * FROM stolen ON CONFLICT DO NOTHING"),
            ] {
                raw.execute(AssertSqlSafe(statement)).await.unwrap();
            }
        }
        raw.execute("DROP TABLE stolen").await.unwrap();
        set(&mut raw, "metasync.org_id", &ORG.to_string()).await;
        assert_eq!(count(&mut raw, &table).await, before, "{table}");
    }
    assert_eq!(store.role(ORG, ALICE).await.unwrap(), Some(Role::Owner));
}

#[tokio::test]
async fn each_way_across_organizations_opens_its_tables_only() {
    let (place, _store) = world().await;
    let mut raw = place.raw().await;
    let tables = tables(&mut raw).await;
    let ways: [(&str, &[&str]); 5] = [
        ("directory", &["organizations", "members"]),
        (
            "runner",
            &["runs", "run_events", "webhooks", "sync_runs", "release_syncs"],
        ),
        ("watcher", &["streams"]),
        ("", &[]),
        ("superuser", &[]),
    ];
    for (role, opens) in ways {
        set(&mut raw, "metasync.role", role).await;
        for (table, _) in &tables {
            let seen = count(&mut raw, table).await;
            assert_eq!(seen > 0, opens.contains(&table.as_str()), "{table} as {role:?}");
        }
    }
    set(&mut raw, "metasync.role", "watcher").await;
    let done = raw.execute("UPDATE streams SET head = 0").await.unwrap();
    assert_eq!(done.rows_affected(), 0, "the watcher only reads");
}

#[tokio::test]
async fn what_a_transaction_opened_is_closed_for_the_next_one() {
    let (place, store) = world().await;
    // one pool's connections serve everybody, one after the other
    for _ in 0..40 {
        store.connections(ORG).await.unwrap();
        store.organizations().await.unwrap();
        store.active_runs().await.unwrap();
    }
    let settings: Vec<String> = {
        let mut raw = place.raw().await;
        raw.execute("BEGIN; SELECT set_config('metasync.org_id', 'x', true); COMMIT")
            .await
            .unwrap();
        let row = sqlx::query("SELECT current_setting('metasync.org_id', true) AS now")
            .fetch_one(&mut raw)
            .await
            .unwrap();
        vec![row.get("now")]
    };
    assert_eq!(settings, [""], "an empty setting, which is nobody's");
    // the same name in another organization is another connection
    let new = NewConnection {
        kind: "github".into(),
        name: "shop".into(),
        full_name: "acme/shop".into(),
        url: "https://example.com/other.git".into(),
        branch: None,
        dialect: None,
        settings: None,
    };
    let theirs = store.add_connection(OTHER, &new).await.unwrap();
    let ours = store.connection(ORG, "shop").await.unwrap().unwrap();
    assert_ne!(theirs.connection.id, ours.connection.id);
    assert_eq!(
        store
            .connection(OTHER, &ours.connection.id.to_string())
            .await
            .unwrap(),
        None
    );
    assert!(
        store
            .live_files(OTHER, ours.connection.id, None)
            .await
            .unwrap()
            .is_empty()
    );
}
