//! The cache's figures, called by `cargo xtask bench`: applying a first sync against a plain rusqlite
//! insert of the same rows in the same run, and the time of a hover's facts, of a lookup and of a
//! search. Arguments: objects (default 100,000), columns per object (10). Prints one JSON document.

mod forms;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use metasync_cache::{Cache, Direction, Lookup, Reader};
use metasync_protocol::{
    Compact, FileRow, ObjectBundle, ObjectRow, PackageMetadata, RowHash, SyncMetadata, SyncPackage, ids,
};
use uuid::Uuid;

/// Objects per page, as the hub's default.
const PAGE: usize = 1_000;
/// Questions asked for each figure.
const QUESTIONS: usize = 5_000;
/// Runs of each load; the median counts.
const RUNS: usize = 3;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let objects: usize = arguments.next().map_or(Ok(100_000), |a| a.parse())?;
    let columns: usize = arguments.next().map_or(Ok(10), |a| a.parse())?;
    let folder = tempfile::tempdir()?;
    let pages: Vec<SyncPackage> = (0..objects)
        .step_by(PAGE)
        .map(|from| page(from, objects, columns))
        .collect();

    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    let mut path = folder.path().join("none");
    for run in 0..RUNS {
        path = folder.path().join(format!("cache-{run}.db"));
        let begun = Instant::now();
        apply(&path, &pages)?;
        ours.push(begun.elapsed());
        let begun = Instant::now();
        plain_insert(&folder.path().join(format!("plain-{run}.db")), &pages)?;
        plain.push(begun.elapsed());
    }
    let forms = forms::measure(folder.path(), &pages)?;
    let (ours, plain) = (median(&mut ours), median(&mut plain));

    let reader = Reader::open(&path)?;
    let at = |n: usize| (n * 7_919) % objects;
    let facts = measure(|n| {
        drop(reader.facts(id(at(n)))?);
        Ok(())
    })?;
    let hover = measure(|n| {
        let hits = reader.find(&Lookup::Ref {
            package: None,
            name: name(at(n)),
        })?;
        if let Some(hit) = hits.first() {
            reader.facts(hit.id)?;
        }
        Ok(())
    })?;
    let tree = measure(|n| {
        drop(reader.lineage(id(at(n)), Direction::Upstream, 3, None)?);
        Ok(())
    })?;
    // The first hundred are used by a thousand others each.
    let hubs = measure(|n| {
        drop(reader.facts(id(n % 100))?);
        Ok(())
    })?;
    let column = measure(|n| {
        drop(reader.column_lineage(id(n % 100), &column_name(n % 100, 3))?);
        Ok(())
    })?;
    let search = measure_n(50, |n| {
        drop(reader.search(&format!("l_{:03}", at(n) % 1000), 50)?);
        Ok(())
    })?;
    let words = measure_n(50, |_| {
        drop(reader.search("nothing has this", 50)?);
        Ok(())
    })?;

    let answer = serde_json::json!({
        "objects": objects,
        "columns": objects * columns,
        "apply_ms": ours.as_millis() as u64,
        "plain_insert_ms": plain.as_millis() as u64,
        "apply_to_plain": ours.as_secs_f64() / plain.as_secs_f64(),
        "cache_bytes": std::fs::metadata(&path)?.len(),
        "forms": forms,
        "facts_us": facts,
        "lookup_and_facts_us": hover,
        "facts_of_hubs_us": hubs,
        "column_lineage_of_hubs_us": column,
        "lineage_us": tree,
        "search_us": search,
        "search_descriptions_us": words,
    });
    #[allow(clippy::print_stdout, reason = "this is what the program is for")]
    {
        println!("{answer:#}");
    }
    Ok(())
}

fn apply(path: &Path, pages: &[SyncPackage]) -> Outcome<()> {
    let mut cache = Cache::open(path)?.cache;
    let mut cursor = None;
    for page in pages {
        cache.apply(page, None, cursor.as_deref())?;
        cursor = Some(page.sync_metadata.cursor.clone());
    }
    Ok(())
}

/// What anybody would write first: the wire's rows into tables of their own, by text id, one
/// transaction a page.
fn plain_insert(path: &Path, pages: &[SyncPackage]) -> Outcome<()> {
    let mut connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE files (id TEXT, connection_id TEXT, relative_path TEXT, language TEXT, content_hash TEXT, size INTEGER);
         CREATE TABLE objects (id TEXT, connection_id TEXT, file_id TEXT, name TEXT, full_name TEXT, object_type TEXT,
                               description TEXT, metadata TEXT, line_start INTEGER, line_end INTEGER);
         CREATE TABLE columns (id TEXT, object_id TEXT, name TEXT, ordinal INTEGER, data_type TEXT, description TEXT);
         CREATE TABLE dependencies (id TEXT, source_object_id TEXT, target_object_id TEXT, target_name TEXT, dependency_type TEXT);
         CREATE TABLE columns_lineage (id TEXT, source_object_id TEXT, source_column TEXT, target_object_id TEXT,
                                       target_column TEXT, transformation TEXT)",
    )?;
    for page in pages {
        let tx = connection.transaction()?;
        let mut insert = tx.prepare_cached("INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for f in &page.metadata.files {
            insert.execute(rusqlite::params![
                f.id.to_string(),
                f.connection_id.to_string(),
                f.relative_path,
                f.language,
                f.content_hash,
                f.size as i64
            ])?;
        }
        drop(insert);
        let mut insert =
            tx.prepare_cached("INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        for o in &page.metadata.objects {
            insert.execute(rusqlite::params![
                o.id.to_string(),
                o.connection_id.to_string(),
                o.file_id.map(|f| f.to_string()),
                o.name,
                o.full_name,
                o.object_type,
                o.description,
                o.metadata.to_string(),
                o.line_start,
                o.line_end
            ])?;
        }
        drop(insert);
        let mut insert = tx.prepare_cached("INSERT INTO columns VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for c in &page.metadata.columns {
            insert.execute(rusqlite::params![
                c.id.to_string(),
                c.object_id.to_string(),
                c.name,
                c.ordinal,
                c.data_type,
                c.description
            ])?;
        }
        drop(insert);
        let mut insert = tx.prepare_cached("INSERT INTO dependencies VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for d in &page.metadata.dependencies {
            insert.execute(rusqlite::params![
                d.id.to_string(),
                d.source_object_id.to_string(),
                d.target_object_id.map(|t| t.to_string()),
                d.target_name,
                d.dependency_type
            ])?;
        }
        drop(insert);
        let mut insert = tx.prepare_cached("INSERT INTO columns_lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for l in &page.metadata.columns_lineage {
            insert.execute(rusqlite::params![
                l.id.to_string(),
                l.source_object_id.map(|s| s.to_string()),
                l.source_column,
                l.target_object_id.to_string(),
                l.target_column,
                l.transformation
            ])?;
        }
        drop(insert);
        tx.commit()?;
    }
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn measure(question: impl FnMut(usize) -> Outcome<()>) -> Outcome<serde_json::Value> {
    measure_n(QUESTIONS, question)
}

fn measure_n(times: usize, mut question: impl FnMut(usize) -> Outcome<()>) -> Outcome<serde_json::Value> {
    let mut spent = Vec::with_capacity(times);
    for n in 0..times {
        let begun = Instant::now();
        question(n)?;
        spent.push(begun.elapsed());
    }
    spent.sort();
    Ok(serde_json::json!({
        "p50": spent[times / 2].as_secs_f64() * 1e6,
        "p99": spent[times * 99 / 100].as_secs_f64() * 1e6,
    }))
}

fn organization() -> Uuid {
    ids::organization("bench")
}

fn connection() -> Uuid {
    ids::connection(organization(), "acme/warehouse")
}

fn name(n: usize) -> String {
    format!("model_{n:06}")
}

fn id(n: usize) -> Uuid {
    ids::object(connection(), None, "model", &format!("warehouse.{}", name(n)))
}

/// 200 words make 2,000 column names: as a warehouse of this size has them.
fn column_name(n: usize, c: usize) -> String {
    const ENDS: [&str; 10] = [
        "id", "name", "at", "amount", "status", "code", "count", "date", "type", "flag",
    ];
    format!("word{}_{}", (n * 31 + c * 17) % 200, ENDS[c % ENDS.len()])
}

fn bundle(n: usize, columns: usize) -> ObjectBundle {
    let object = ObjectRow {
        id: id(n),
        connection_id: connection(),
        file_id: Some(ids::file(connection(), None, &format!("models/{}.sql", name(n)))),
        name: name(n),
        full_name: format!("warehouse.{}", name(n)),
        object_type: "model".to_owned(),
        description: Some(format!(
            "One row per thing number {n}, with all that is known about it."
        )),
        metadata: serde_json::json!({"materialized": "table", "tags": ["nightly"]}),
        line_start: Some(1),
        line_end: Some(60),
        branch: None,
        row_hash: RowHash::default(),
    };
    // Every object is built from up to three before it; some are used by very many.
    let sources: Vec<usize> = [n / 2, n / 10, n % 100].into_iter().filter(|s| *s < n).collect();
    let mut owned = Compact {
        columns: (0..columns)
            .map(|c| {
                let description = (c % 3 == 0).then(|| "What this column means, in a few words.".to_owned());
                (column_name(n, c), Some("varchar(255)".to_owned()), description)
            })
            .collect(),
        dependencies: sources
            .iter()
            .map(|s| (Some(id(*s)), None, "ref".to_owned()))
            .collect(),
        lineage: sources
            .first()
            .map(|s| {
                (0..columns)
                    .map(|c| {
                        let (from, to) = (column_name(*s, c), column_name(n, c));
                        (Some(id(*s)), None, from, to, "direct".to_owned())
                    })
                    .collect()
            })
            .unwrap_or_default(),
    };
    owned.normalize();
    let mut bundle = ObjectBundle::from_compact(object, owned);
    bundle.seal();
    bundle
}

fn page(from: usize, objects: usize, columns: usize) -> SyncPackage {
    let to = objects.min(from + PAGE);
    let mut metadata = PackageMetadata::default();
    for n in from..to {
        let path = format!("models/{}.sql", name(n));
        let mut file = FileRow {
            id: ids::file(connection(), None, &path),
            connection_id: connection(),
            relative_path: path,
            language: "sql".to_owned(),
            content_hash: format!("{n:064x}"),
            size: 2_000,
            branch: None,
            row_hash: RowHash::default(),
        };
        file.seal();
        metadata.files.push(file);
        let bundle = bundle(n, columns);
        metadata.objects.push(bundle.object);
        metadata.columns.extend(bundle.columns);
        metadata.dependencies.extend(bundle.dependencies);
        metadata.columns_lineage.extend(bundle.lineage);
    }
    SyncPackage {
        sync_metadata: SyncMetadata {
            organization_id: organization(),
            connection_ids: vec![connection()],
            object_count: metadata.objects.len() as u64,
            file_count: metadata.files.len() as u64,
            timestamp: "2026-01-01T00:00:00Z".to_owned(),
            incremental: from > 0,
            protocol: 2,
            cursor: format!("v1.{to}"),
            has_more: to < objects,
            epoch: Uuid::nil(),
            schema: 1,
            reset_connections: Vec::new(),
            removed_connections: Vec::new(),
            streams: Vec::new(),
        },
        metadata,
        documentation: Vec::new(),
    }
}
