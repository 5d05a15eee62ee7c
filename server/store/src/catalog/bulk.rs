//! Writing many rows at once, the way that each database is good at: several hundred rows of values
//! in one statement on SQLite, one array for each column on PostgreSQL. Never row by row.

use metasync_protocol::{FileRow, ObjectRow};
use uuid::Uuid;

use super::upsert::Deletion;
use crate::{
    database::{AssertSqlSafe, Column, Tx, Value, query},
    error::Result,
    estimate,
    rows::{count, json_text},
};

/// Rows of one INSERT on SQLite: 19 parameters each stay below its 32,766.
const ROWS_PER_STATEMENT: usize = 500;

/// A file at its place in the stream.
pub(super) struct FileRecord<'a> {
    pub(super) seq: u64,
    pub(super) row: &'a FileRow,
    pub(super) bytes: u64,
}

/// An object at its place in the stream, with what it owns as JSON.
pub(super) struct ObjectRecord<'a> {
    pub(super) seq: u64,
    pub(super) row: &'a ObjectRow,
    pub(super) owned: String,
    pub(super) size: estimate::Size,
}

/// A column, its type on PostgreSQL, and its values in the order of the rows.
type Columns = Vec<(&'static str, &'static str, Column)>;

/// Inserts files, or replaces them.
pub(super) async fn put_files(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    records: &[FileRecord<'_>],
    deletion: Option<Deletion>,
) -> Result<()> {
    let text = |of: fn(&FileRow) -> &String| {
        Column::Texts(records.iter().map(|r| Some(of(r.row).clone())).collect())
    };
    let number =
        |of: fn(&FileRecord<'_>) -> u64| Column::Ints(records.iter().map(|r| Some(count(of(r)))).collect());
    let hashes = records.iter().map(|r| r.row.row_hash.to_bytes().to_vec());
    let columns = vec![
        (
            "id",
            "uuid",
            Column::Ids(records.iter().map(|r| Some(r.row.id)).collect()),
        ),
        ("seq", "bigint", number(|r| r.seq)),
        ("bytes", "bigint", number(|r| r.bytes)),
        ("row_hash", "bytea", Column::Bytes(hashes.collect())),
        ("relative_path", "text", text(|r| &r.relative_path)),
        ("language", "text", text(|r| &r.language)),
        ("content_hash", "text", text(|r| &r.content_hash)),
        ("size", "bigint", number(|r| r.row.size)),
        (
            "branch",
            "text",
            Column::Texts(records.iter().map(|r| r.row.branch.clone()).collect()),
        ),
    ];
    put(tx, "files", org, connection, columns, records.len(), deletion).await
}

/// Inserts objects, or replaces them.
pub(super) async fn put_objects(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    records: &[ObjectRecord<'_>],
    deletion: Option<Deletion>,
) -> Result<()> {
    let text = |of: fn(&ObjectRecord<'_>) -> Option<String>| Column::Texts(records.iter().map(of).collect());
    let number = |of: fn(&ObjectRecord<'_>) -> Option<i64>| Column::Ints(records.iter().map(of).collect());
    let hashes = records.iter().map(|r| r.row.row_hash.to_bytes().to_vec());
    let columns = vec![
        (
            "id",
            "uuid",
            Column::Ids(records.iter().map(|r| Some(r.row.id)).collect()),
        ),
        ("seq", "bigint", number(|r| Some(count(r.seq)))),
        ("bytes", "bigint", number(|r| Some(count(r.size.bytes)))),
        ("row_count", "bigint", number(|r| Some(count(r.size.rows)))),
        ("row_hash", "bytea", Column::Bytes(hashes.collect())),
        (
            "file_id",
            "uuid",
            Column::Ids(records.iter().map(|r| r.row.file_id).collect()),
        ),
        ("branch", "text", text(|r| r.row.branch.clone())),
        ("name", "text", text(|r| Some(r.row.name.clone()))),
        ("full_name", "text", text(|r| Some(r.row.full_name.clone()))),
        ("object_type", "text", text(|r| Some(r.row.object_type.clone()))),
        ("description", "text", text(|r| r.row.description.clone())),
        (
            "line_start",
            "bigint",
            number(|r| r.row.line_start.map(i64::from)),
        ),
        ("line_end", "bigint", number(|r| r.row.line_end.map(i64::from))),
        ("metadata", "text", text(|r| Some(json_text(&r.row.metadata)))),
        ("owned", "text", text(|r| Some(r.owned.clone()))),
    ];
    put(tx, "objects", org, connection, columns, records.len(), deletion).await
}

async fn put(
    tx: &mut Tx,
    table: &str,
    org: Uuid,
    connection: Uuid,
    columns: Columns,
    rows: usize,
    deletion: Option<Deletion>,
) -> Result<()> {
    if rows == 0 {
        return Ok(());
    }
    let shared: [Value; 4] = [
        org.into(),
        connection.into(),
        deletion.map(|d| d.at).into(),
        deletion.map(|d| d.run).into(),
    ];
    if tx.is_postgres() {
        put_arrays(tx, table, shared, columns).await
    } else {
        put_values(tx, table, shared, columns, rows).await
    }
}

/// The statement around the rows; first in each row stands what all of them share.
fn statement(table: &str, columns: &[(&'static str, &'static str, Column)], rows: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    let replaced: Vec<String> = names
        .iter()
        .filter(|name| **name != "id")
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "INSERT INTO {table} (org_id, connection_id, deleted_at, deleted_by_run, {}) {rows}
         ON CONFLICT (org_id, id) DO UPDATE SET deleted_at = excluded.deleted_at,
         deleted_by_run = excluded.deleted_by_run, {}",
        names.join(", "),
        replaced.join(", ")
    )
}

async fn put_arrays(tx: &mut Tx, table: &str, shared: [Value; 4], columns: Columns) -> Result<()> {
    let arrays: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(n, (_, kind, _))| format!("${}::{kind}[]", n + 5))
        .collect();
    let rows = format!(
        "SELECT $1, $2, $3, $4, r.* FROM UNNEST({}) AS r",
        arrays.join(", ")
    );
    let mut insert = query(AssertSqlSafe(statement(table, &columns, &rows)));
    for value in shared {
        insert = insert.bind(value);
    }
    for (_, _, column) in columns {
        insert = insert.bind(column);
    }
    insert.execute(tx).await?;
    Ok(())
}

async fn put_values(
    tx: &mut Tx,
    table: &str,
    shared: [Value; 4],
    mut columns: Columns,
    rows: usize,
) -> Result<()> {
    for first in (0..rows).step_by(ROWS_PER_STATEMENT) {
        let last = (first + ROWS_PER_STATEMENT).min(rows);
        // `?` counts from 1, so what the rows share comes after them
        let own = (last - first) * columns.len();
        let shared_ones: Vec<String> = (1..=shared.len()).map(|n| format!("${}", own + n)).collect();
        let row = format!("({}{})", shared_ones.join(", "), ", ?".repeat(columns.len()));
        let values = format!("VALUES {}", vec![row.as_str(); last - first].join(", "));
        let mut insert = query(AssertSqlSafe(statement(table, &columns, &values)));
        for row in first..last {
            for (_, _, column) in &mut columns {
                insert = insert.bind(column.take(row));
            }
        }
        for value in &shared {
            insert = insert.bind(value.clone());
        }
        insert.execute(tx).await?;
    }
    Ok(())
}
