//! One row with its stream's counters: the same whichever form brought it.

use std::borrow::Cow;

use metasync_protocol::{Channel, DocumentationRow, FileRow, ObjectRow, RowHash};
use rusqlite::{Connection, params};
use serde_json::Value;
use uuid::Uuid;

use super::{
    counters::{Counters, StreamKey},
    intern::Interned,
    remove::{owned, take},
};

/// A file as either form has it.
pub struct FileFields<'a> {
    pub id: Uuid,
    pub connection: Uuid,
    pub relative_path: &'a str,
    pub language: &'a str,
    pub content_hash: Cow<'a, str>,
    pub size: u64,
    pub branch: Option<&'a str>,
    pub row_hash: RowHash,
}

impl<'a> From<&'a FileRow> for FileFields<'a> {
    fn from(row: &'a FileRow) -> FileFields<'a> {
        FileFields {
            id: row.id,
            connection: row.connection_id,
            relative_path: &row.relative_path,
            language: &row.language,
            content_hash: row.content_hash.as_str().into(),
            size: row.size,
            branch: row.branch.as_deref(),
            row_hash: row.row_hash,
        }
    }
}

/// An object as either form has it.
pub struct ObjectFields<'a> {
    pub id: Uuid,
    pub connection: Uuid,
    pub file: Option<Uuid>,
    pub name: &'a str,
    pub full_name: &'a str,
    pub object_type: &'a str,
    pub description: Option<&'a str>,
    /// JSON text; absent for `null`.
    pub metadata: Option<Cow<'a, str>>,
    pub line_start: Option<u32>,
    pub line_end: Option<u32>,
    pub branch: Option<&'a str>,
    pub row_hash: RowHash,
}

impl<'a> From<&'a ObjectRow> for ObjectFields<'a> {
    fn from(row: &'a ObjectRow) -> ObjectFields<'a> {
        ObjectFields {
            id: row.id,
            connection: row.connection_id,
            file: row.file_id,
            name: &row.name,
            full_name: &row.full_name,
            object_type: &row.object_type,
            description: row.description.as_deref(),
            metadata: (row.metadata != Value::Null).then(|| row.metadata.to_string().into()),
            line_start: row.line_start,
            line_end: row.line_end,
            branch: row.branch.as_deref(),
            row_hash: row.row_hash,
        }
    }
}

/// Writes a file.
pub fn file(
    tx: &Connection,
    row: &FileFields<'_>,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    let (key, fresh) = interned.id(row.id)?;
    let connection = interned.connection(row.connection)?;
    if !fresh {
        take(tx, "files", key, Channel::Core, counters)?;
    }
    tx.prepare_cached("INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            key,
            connection,
            row.relative_path,
            row.language,
            row.content_hash,
            row.size as i64,
            row.branch,
            row.row_hash.to_bytes()
        ])?;
    counters.add(StreamKey::own(connection, Channel::Core), row.row_hash);
    Ok(())
}

/// Writes an object's own row, without what it owned before; its key.
pub fn object(
    tx: &Connection,
    row: &ObjectFields<'_>,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<i64> {
    let (key, fresh) = interned.id(row.id)?;
    let connection = interned.connection(row.connection)?;
    let file = interned.optional_id(row.file)?;
    if !fresh && take(tx, "objects", key, Channel::Core, counters)? {
        owned(tx, key)?;
        tx.prepare_cached("DELETE FROM object_metadata WHERE object = ?1")?
            .execute([key])?;
    }
    tx.prepare_cached("INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
        .execute(params![
            key,
            connection,
            file,
            row.name,
            row.name.to_lowercase(),
            row.full_name,
            row.object_type,
            row.description,
            row.line_start,
            row.line_end,
            row.branch,
            row.row_hash.to_bytes()
        ])?;
    if let Some(metadata) = &row.metadata {
        tx.prepare_cached("INSERT INTO object_metadata VALUES (?1, ?2)")?
            .execute(params![key, metadata])?;
    }
    counters.add(StreamKey::own(connection, Channel::Core), row.row_hash);
    Ok(key)
}

/// Writes documentation.
pub fn documentation(
    tx: &Connection,
    row: &DocumentationRow,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    let (key, fresh) = interned.id(row.id)?;
    let (object, _) = interned.id(row.object_id)?;
    let connection = interned.connection(row.connection_id)?;
    if !fresh {
        take(tx, "documentation", key, Channel::Documentation, counters)?;
    }
    tx.prepare_cached(
        "INSERT INTO documentation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        key,
        connection,
        object,
        row.executive_summary,
        row.business_narrative,
        row.transformation_cards.to_string(),
        row.code_explanations.to_string(),
        row.business_rules.to_string(),
        row.impact_analysis,
        row.generated_at,
        row.model,
        row.row_hash.to_bytes()
    ])?;
    counters.add(StreamKey::own(connection, Channel::Documentation), row.row_hash);
    Ok(())
}
