//! From SQLite's values to the catalogue's rows.

use metasync_protocol::{
    Compact, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow, PairOf, RowHash,
};
use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use serde_json::Value;
use uuid::Uuid;

use crate::ConnectionFacts;

/// A UUID from a blob of 16 bytes.
pub fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(index)?))
}

/// A UUID that may be absent.
pub fn optional_uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<[u8; 16]>>(index)?.map(Uuid::from_bytes))
}

/// A hash from a blob of 16 bytes.
pub fn hash(row: &Row<'_>, index: usize) -> rusqlite::Result<RowHash> {
    let bytes: [u8; 16] = row.get(index)?;
    Ok(RowHash(u128::from_be_bytes(bytes)))
}

/// JSON from text.
pub fn json(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    let text = row.get_ref(index)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(e)))
}

/// JSON from text that may be absent (`null`).
pub fn optional_json(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    match row.get_ref(index)? {
        rusqlite::types::ValueRef::Null => Ok(Value::Null),
        _ => json(row, index),
    }
}

/// Columns of [`object`], from `objects o`, its `ids i`, `connections c`, `ids fi` and
/// `object_metadata m`; see [`OBJECT_JOINS`].
pub const OBJECT_COLUMNS: &str = "i.id, c.id, fi.id, o.name, o.full_name, o.object_type, o.description, m.metadata, \
     o.line_start, o.line_end, o.branch, o.row_hash";

/// The joins that [`OBJECT_COLUMNS`] needs.
pub const OBJECT_JOINS: &str = "objects o JOIN ids i ON i.key = o.key JOIN connections c ON c.key = o.connection \
     LEFT JOIN ids fi ON fi.key = o.file LEFT JOIN object_metadata m ON m.object = o.key";

/// Objects with where they are: what [`placed`] reads.
pub fn select_placed(condition: &str) -> String {
    format!(
        "SELECT {OBJECT_COLUMNS}, f.relative_path, c.name, c.full_name, c.kind, c.revision
         FROM {OBJECT_JOINS} LEFT JOIN files f ON f.key = o.file WHERE {condition}"
    )
}

/// An object, the relative path of its file, and its connection.
pub fn placed(row: &Row<'_>) -> rusqlite::Result<(ObjectRow, Option<String>, ConnectionFacts)> {
    let object = object(row)?;
    let connection = ConnectionFacts {
        id: object.connection_id,
        name: row.get(13)?,
        full_name: row.get(14)?,
        kind: row.get(15)?,
        revision: row.get(16)?,
    };
    Ok((object, row.get(12)?, connection))
}

/// An object.
pub fn object(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    Ok(ObjectRow {
        id: uuid(row, 0)?,
        connection_id: uuid(row, 1)?,
        file_id: optional_uuid(row, 2)?,
        name: row.get(3)?,
        full_name: row.get(4)?,
        object_type: row.get(5)?,
        description: row.get(6)?,
        metadata: optional_json(row, 7)?,
        line_start: row.get(8)?,
        line_end: row.get(9)?,
        branch: row.get(10)?,
        row_hash: hash(row, 11)?,
    })
}

/// All files, by id.
pub fn files(
    connection: &Connection,
    each: &mut dyn FnMut(FileRow) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT i.id, c.id, f.relative_path, f.language, f.content_hash, f.size, f.branch, f.row_hash
         FROM files f JOIN ids i ON i.key = f.key JOIN connections c ON c.key = f.connection ORDER BY i.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(FileRow {
            id: uuid(row, 0)?,
            connection_id: uuid(row, 1)?,
            relative_path: row.get(2)?,
            language: row.get(3)?,
            content_hash: row.get(4)?,
            size: row.get::<_, i64>(5)? as u64,
            branch: row.get(6)?,
            row_hash: hash(row, 7)?,
        })?;
    }
    Ok(())
}

/// All objects with what they own, by id.
pub fn objects(
    connection: &Connection,
    each: &mut dyn FnMut(ObjectRow, Compact) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!(
        "SELECT {OBJECT_COLUMNS}, o.key FROM {OBJECT_JOINS} ORDER BY i.id"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(object(row)?, owned(connection, row.get(12)?)?)?;
    }
    Ok(())
}

/// What an object owns, in the order that it came.
pub fn owned(connection: &Connection, key: i64) -> rusqlite::Result<Compact> {
    let columns = connection
        .prepare_cached(
            "SELECT n.name, c.data_type, c.description FROM columns c JOIN names n ON n.key = c.name
             WHERE c.object = ?1 ORDER BY c.ordinal",
        )?
        .query_map([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let dependencies = connection
        .prepare_cached(
            "SELECT i.id, d.target_name, d.dependency_type FROM dependencies d LEFT JOIN ids i ON i.key = d.target
             WHERE d.source = ?1 ORDER BY d.position",
        )?
        .query_map([key], |row| Ok((optional_uuid(row, 0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let lineage = connection
        .prepare_cached(
            "SELECT i.id, l.source_name, l.source_column, l.target_column, l.transformation
             FROM lineage l LEFT JOIN ids i ON i.key = l.source WHERE l.target = ?1 ORDER BY l.position",
        )?
        .query_map([key], |row| {
            Ok((
                optional_uuid(row, 0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Compact {
        columns,
        dependencies,
        lineage,
    })
}

/// Columns of [`documentation_row`].
pub const DOCUMENTATION: &str = "SELECT i.id, c.id, oi.id, d.executive_summary, d.business_narrative,
       d.transformation_cards, d.code_explanations, d.business_rules, d.impact_analysis, d.generated_at, d.model, d.row_hash
     FROM documentation d JOIN ids i ON i.key = d.key JOIN ids oi ON oi.key = d.object
       JOIN connections c ON c.key = d.connection";

/// A documentation row.
pub fn documentation_row(row: &Row<'_>) -> rusqlite::Result<DocumentationRow> {
    Ok(DocumentationRow {
        id: uuid(row, 0)?,
        connection_id: uuid(row, 1)?,
        object_id: uuid(row, 2)?,
        executive_summary: row.get(3)?,
        business_narrative: row.get(4)?,
        transformation_cards: json(row, 5)?,
        code_explanations: json(row, 6)?,
        business_rules: json(row, 7)?,
        impact_analysis: row.get(8)?,
        generated_at: row.get(9)?,
        model: row.get(10)?,
        row_hash: hash(row, 11)?,
    })
}

/// All documentation, by id.
pub fn documentation(
    connection: &Connection,
    each: &mut dyn FnMut(DocumentationRow) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("{DOCUMENTATION} ORDER BY i.id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(documentation_row(row)?)?;
    }
    Ok(())
}

/// The key of an id, where it is known.
pub fn key_of(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM ids WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// Calls `each` with every dependency between connections, by id.
pub fn pair_dependencies(
    connection: &Connection,
    each: &mut dyn FnMut(DependencyRow) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT p.id, c.id, o.id, p.row_hash, s.id, t.id, p.target_name, p.dependency_type FROM pair_dependencies p
         JOIN connections c ON c.key = p.connection JOIN connections o ON o.key = p.other
         JOIN ids s ON s.key = p.source LEFT JOIN ids t ON t.key = p.target ORDER BY p.id",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        each(DependencyRow {
            id: uuid(row, 0)?,
            source_object_id: uuid(row, 4)?,
            target_object_id: optional_uuid(row, 5)?,
            target_name: row.get(6)?,
            dependency_type: row.get(7)?,
            pair: Some(pair_of(row)?),
        })?;
    }
    Ok(())
}

/// Calls `each` with every lineage edge between connections, by id.
pub fn pair_lineage(
    connection: &Connection,
    each: &mut dyn FnMut(LineageRow) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT p.id, c.id, o.id, p.row_hash, s.id, p.source_name, p.source_column, t.id, p.target_column,
         p.transformation FROM pair_lineage p
         JOIN connections c ON c.key = p.connection JOIN connections o ON o.key = p.other
         LEFT JOIN ids s ON s.key = p.source JOIN ids t ON t.key = p.target ORDER BY p.id",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        each(LineageRow {
            id: uuid(row, 0)?,
            source_object_id: optional_uuid(row, 4)?,
            source_name: row.get(5)?,
            source_column: row.get(6)?,
            target_object_id: uuid(row, 7)?,
            target_column: row.get(8)?,
            transformation: row.get(9)?,
            pair: Some(pair_of(row)?),
        })?;
    }
    Ok(())
}

fn pair_of(row: &Row<'_>) -> rusqlite::Result<PairOf> {
    Ok(PairOf {
        connection_id: uuid(row, 1)?,
        other_connection_id: uuid(row, 2)?,
        row_hash: hash(row, 3)?,
    })
}
