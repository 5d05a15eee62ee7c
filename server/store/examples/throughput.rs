//! Rows per second into the store and out of it, on both databases in one run:
//! `cargo run --release -p metasync-store --example throughput [OBJECTS]`. PostgreSQL is measured where
//! `METASYNC_TEST_POSTGRES` names an empty database. A row is a file, an object, a column, a
//! dependency or an edge of lineage; medians of several rounds.

// a program for a terminal, which ends at the first thing that goes wrong
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use metasync_protocol::{
    Compact, FileRow, ObjectRow, RowHash, bundle::compact_hash, connections::NewConnection, ids,
};
use metasync_store::{Batch, DeclaredOrganization, Member, PageAnswer, PageFrom, PageRequest, Role, Store};
use uuid::Uuid;

const ORG: Uuid = Uuid::from_u128(0x3333_3333_3333_4333_8333_3333_3333_3333);
const ROUNDS: usize = 5;
const COLUMNS: usize = 10;

#[tokio::main]
async fn main() {
    let objects: u64 = std::env::args().nth(1).map_or(20_000, |n| n.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    measure("SQLite", Store::open(directory.path()).await.unwrap(), objects).await;
    match std::env::var("METASYNC_TEST_POSTGRES") {
        Ok(url) => measure("PostgreSQL", Store::connect(&url).await.unwrap(), objects).await,
        Err(_) => println!("PostgreSQL: METASYNC_TEST_POSTGRES is not set"),
    }
}

async fn measure(name: &str, store: Store, objects: u64) {
    let organization = DeclaredOrganization {
        id: ORG,
        name: "bench".into(),
        members: vec![Member {
            user: "u".into(),
            role: Role::Owner,
        }],
        connections: Vec::new(),
    };
    store.declare(&[organization]).await.unwrap();
    let (mut new, mut again, mut pages, mut none) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rows = 0;
    for round in 0..ROUNDS {
        let connection = connect(&store, &format!("round{round}")).await;
        let batch = batch(connection, objects);
        new.push(timed(store.batch_commit(ORG, connection, Uuid::nil(), batch.clone())).await);
        again.push(timed(store.batch_commit(ORG, connection, Uuid::nil(), batch)).await);
        let start = Instant::now();
        rows = pull(&store, connection).await;
        pages.push(start.elapsed());
        let start = Instant::now();
        store.etag(ORG, "u", None, true, "json").await.unwrap();
        none.push(start.elapsed());
        store.remove_connection(ORG, connection).await.unwrap();
    }
    let per_second = |times: &mut Vec<Duration>| rows as f64 / median(times).as_secs_f64();
    println!(
        "{name}: {rows} rows of {objects} objects; new {:.0} rows/s, unchanged {:.0} rows/s, pages {:.0} rows/s, \
         nothing changed {:.2} ms",
        per_second(&mut new),
        per_second(&mut again),
        per_second(&mut pages),
        median(&mut none).as_secs_f64() * 1e3
    );
    store.close().await;
}

async fn timed<T, E: std::fmt::Debug>(work: impl Future<Output = Result<T, E>>) -> Duration {
    let start = Instant::now();
    work.await.unwrap();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn pull(store: &Store, connection: Uuid) -> usize {
    let mut from = PageFrom::Start;
    let mut rows = 0;
    loop {
        let request = PageRequest {
            org: ORG,
            user: "u".into(),
            client: String::new(),
            connections: Some(vec![connection]),
            include_documentation: true,
            limit: 1_000,
            max_bytes: 8 << 20,
            from,
            form: metasync_store::PageForm::Rows,
        };
        let PageAnswer::Page(metasync_protocol::Page::Rows(page)) = store.page(&request).await.unwrap()
        else {
            return rows;
        };
        let m = &page.metadata;
        rows += m.files.len()
            + m.objects.len()
            + m.columns.len()
            + m.dependencies.len()
            + m.columns_lineage.len();
        if !page.sync_metadata.has_more {
            return rows;
        }
        from = PageFrom::Cursor(page.sync_metadata.cursor);
    }
}

async fn connect(store: &Store, name: &str) -> Uuid {
    let new = NewConnection {
        kind: "github".into(),
        name: name.into(),
        full_name: format!("bench/{name}"),
        url: "https://example.com".into(),
        branch: None,
        dialect: None,
        settings: None,
    };
    store.add_connection(ORG, &new).await.unwrap().connection.id
}

fn batch(connection: Uuid, objects: u64) -> Batch {
    let mut batch = Batch::default();
    for n in 0..objects {
        let path = format!("models/area_{}/model_{n}.sql", n % 50);
        let mut file = FileRow {
            id: ids::file(connection, None, &path),
            connection_id: connection,
            relative_path: path,
            language: "sql".into(),
            content_hash: format!("{n:064x}"),
            size: n,
            branch: None,
            row_hash: RowHash::default(),
        };
        file.seal();
        let upstream = Some(ids::object(
            connection,
            None,
            "model",
            &format!("shop.model_{}", n / 2),
        ));
        let mut owned = Compact {
            columns: (0..COLUMNS)
                .map(|c| {
                    (
                        format!("column_{c}"),
                        Some("varchar".into()),
                        Some("what it holds".into()),
                    )
                })
                .collect(),
            dependencies: vec![(upstream, None, "ref".into())],
            lineage: (0..COLUMNS)
                .map(|c| {
                    let column = format!("column_{c}");
                    (upstream, None, column.clone(), column, "direct".into())
                })
                .collect(),
        };
        owned.normalize();
        let mut object = ObjectRow {
            id: ids::object(connection, None, "model", &format!("shop.model_{n}")),
            connection_id: connection,
            file_id: Some(file.id),
            name: format!("model_{n}"),
            full_name: format!("shop.model_{n}"),
            object_type: "model".into(),
            description: Some("A model of the benchmark.".into()),
            metadata: serde_json::json!({"materialized": "table"}),
            line_start: Some(1),
            line_end: Some(40),
            branch: None,
            row_hash: RowHash::default(),
        };
        object.row_hash = compact_hash(&object, &owned);
        batch.files.push(file);
        batch.objects.push((object, owned));
    }
    batch
}
