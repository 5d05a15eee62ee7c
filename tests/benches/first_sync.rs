//! The first sync of a large catalogue, from hub to cache, against a plain insert of the same rows.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use rusqlite::{Connection, params};

use rig::{
    hub::Hub,
    lsp::{Editor, Start},
    report::{Figure, Report},
    samples::{Samples, measure},
};

/// How many times the plain insert a sync may take.
const AIM: f64 = 3.0;
/// Models that are made before the clock of the plain insert runs again.
const MADE_AT_ONCE: usize = 2_000;

/// The plainest tables that hold the same rows: keys where rows have to be found again, no other index.
const PLAIN: &str = "
    pragma journal_mode = wal; pragma synchronous = normal;
    create table files (id blob primary key, connection_id blob, relative_path text, language text,
        content_hash text, size integer, row_hash blob);
    create table objects (id blob primary key, connection_id blob, file_id blob, name text, full_name text,
        object_type text, description text, metadata text, line_start integer, line_end integer, row_hash blob);
    create table columns (id blob, object_id blob, name text, ordinal integer, data_type text, description text);
    create table dependencies (id blob, source_object_id blob, target_object_id blob, dependency_type text);
    create table columns_lineage (id blob, source_object_id blob, source_column text, target_object_id blob,
        target_column text, transformation text);
";

fn main() -> Result<()> {
    let [_, objects] = rig::sizes();
    let samples = if rig::quick() { 3 } else { 5 };
    let mut plain = Samples::default();
    for _ in 0..samples {
        plain.push(plain_insert(objects)?);
    }
    let hub = Hub::with_objects(objects)?;
    let workspace = rig::workspace::create()?;
    let ours = measure(samples, || first_sync(&hub, workspace.path(), objects))?;
    Report {
        conditions: format!(
            "{}, {} of them, put into the hub through its store; {samples} samples each. Ours: an editor \
             starts with an empty cache, until `metasync.sync` answers: the hub reads and sends pages over \
             loopback, the language server stores them with their indexes and compares checksums. The plain \
             insert: the same rows, already in memory, with prepared statements in one transaction, keys on \
             files and objects, no other index and no search.",
            rig::catalogue::ABOUT,
            rig::shown(objects)
        ),
        figures: vec![
            Figure::new(
                format!(
                    "first sync, {} objects, {} columns",
                    rig::shown(objects),
                    rig::shown(objects * rig::catalogue::COLUMNS)
                ),
                "ms",
                ours.median(),
            )
            .against("plain rusqlite insert", plain.median())
            .ratio_at_most(AIM),
        ],
    }
    .print()
}

fn first_sync(hub: &Hub, workspace: &Path, objects: usize) -> Result<()> {
    let cache = tempfile::tempdir()?;
    let mut editor = Editor::start(&Start {
        workspace,
        cache: cache.path(),
        options: hub.options(),
    })?;
    editor.initialized()?;
    let answer = editor.command("metasync.sync")?;
    ensure!(answer["state"] == "up_to_date", "the sync answered {answer}");
    let status = editor.command("metasync.status")?;
    ensure!(status["objects"] == objects, "after the sync: {status}");
    Ok(())
}

/// Time of the inserts and the commit alone; the rows are made while the clock stands.
fn plain_insert(objects: usize) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let mut database = Connection::open(folder.path().join("plain.db"))?;
    database.execute_batch(PLAIN)?;
    let connection = rig::hub::connection();
    let mut spent = Duration::ZERO;
    let transaction = database.transaction()?;
    {
        let mut file = transaction.prepare("insert into files values (?,?,?,?,?,?,?)")?;
        let mut object = transaction.prepare("insert into objects values (?,?,?,?,?,?,?,?,?,?,?)")?;
        let mut column = transaction.prepare("insert into columns values (?,?,?,?,?,?)")?;
        let mut dependency = transaction.prepare("insert into dependencies values (?,?,?,?)")?;
        let mut lineage = transaction.prepare("insert into columns_lineage values (?,?,?,?,?,?)")?;
        for start in (0..objects).step_by(MADE_AT_ONCE) {
            let rows: Vec<_> = (start..(start + MADE_AT_ONCE).min(objects))
                .map(|number| {
                    let (file, object, owned) = rig::catalogue::model(connection, number);
                    let metadata = object.metadata.to_string();
                    let owned = owned.expand(object.id);
                    (file, object, metadata, owned)
                })
                .collect();
            let started = Instant::now();
            for (f, o, metadata, (columns, dependencies, edges)) in &rows {
                file.execute(params![
                    f.id.as_bytes(),
                    f.connection_id.as_bytes(),
                    f.relative_path,
                    f.language,
                    f.content_hash,
                    i64::try_from(f.size)?,
                    f.row_hash.to_string()
                ])?;
                object.execute(params![
                    o.id.as_bytes(),
                    o.connection_id.as_bytes(),
                    o.file_id.map(|id| *id.as_bytes()),
                    o.name,
                    o.full_name,
                    o.object_type,
                    o.description,
                    metadata,
                    o.line_start,
                    o.line_end,
                    o.row_hash.to_string()
                ])?;
                for c in columns {
                    column.execute(params![
                        c.id.as_bytes(),
                        c.object_id.as_bytes(),
                        c.name,
                        c.ordinal,
                        c.data_type,
                        c.description
                    ])?;
                }
                for d in dependencies {
                    dependency.execute(params![
                        d.id.as_bytes(),
                        d.source_object_id.as_bytes(),
                        d.target_object_id.map(|id| *id.as_bytes()),
                        d.dependency_type
                    ])?;
                }
                for l in edges {
                    lineage.execute(params![
                        l.id.as_bytes(),
                        l.source_object_id.map(|id| *id.as_bytes()),
                        l.source_column,
                        l.target_object_id.as_bytes(),
                        l.target_column,
                        l.transformation
                    ])?;
                }
            }
            spent += started.elapsed();
        }
    }
    let started = Instant::now();
    transaction.commit()?;
    Ok(spent + started.elapsed())
}
