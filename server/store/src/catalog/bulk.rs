//! Files and objects as many rows at once. Never row by row.

use metasync_protocol::{FileRow, ObjectRow};
use uuid::Uuid;

use super::upsert::Deletion;
use crate::{
    database::{Column, Columns, Conflict, Insert, Tx},
    error::Result,
    estimate,
    rows::{count, json_text},
};

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
    table: &'static str,
    org: Uuid,
    connection: Uuid,
    columns: Columns,
    rows: usize,
    deletion: Option<Deletion>,
) -> Result<()> {
    if rows == 0 {
        return Ok(());
    }
    let shared = vec![
        ("org_id", org.into()),
        ("connection_id", connection.into()),
        ("deleted_at", deletion.map(|d| d.at).into()),
        ("deleted_by_run", deletion.map(|d| d.run).into()),
    ];
    let insert = Insert {
        table,
        shared,
        columns,
        key: &["org_id", "id"],
        or: Conflict::Replace,
    };
    Ok(insert.run(tx, rows).await?)
}
