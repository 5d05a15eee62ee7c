//! Lineage of one column.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::{CacheError, ColumnEnd, ColumnLineage, Reader, limits::COLUMN_EDGES_MAX, rows};

impl Reader {
    /// Where a column comes from and where it goes; its name in any case.
    pub fn column_lineage(&self, object: Uuid, column: &str) -> Result<ColumnLineage, CacheError> {
        self.query(|c| match rows::key_of(c, object)? {
            Some(key) => Ok(ColumnLineage {
                sources: sources(c, key, Some(column))?,
                targets: targets(c, key, Some(column))?,
            }),
            None => Ok(ColumnLineage::default()),
        })
    }
}

/// Whether an edge's column is the one asked for; a star stands for every column.
pub fn concerns(edge: &str, asked: &str) -> bool {
    edge == "*" || edge == asked || edge.to_lowercase() == asked.to_lowercase()
}

/// What flows into a column of an object, or into any.
pub fn sources(connection: &Connection, key: i64, column: Option<&str>) -> rusqlite::Result<Vec<ColumnEnd>> {
    let mut statement = connection.prepare_cached(
        "SELECT i.id, o.name, o.full_name, o.object_type, e.source_name, e.source_column, e.transformation, e.target_column
         FROM (SELECT * FROM lineage WHERE target = ?1
               UNION ALL SELECT target, 0, source, source_name, source_column, target_column, transformation
               FROM pair_lineage WHERE target = ?1) e
         LEFT JOIN ids i ON i.key = e.source LEFT JOIN objects o ON o.key = e.source",
    )?;
    collect(statement.query([key])?, column)
}

/// What a column of an object flows into, or any column.
pub fn targets(connection: &Connection, key: i64, column: Option<&str>) -> rusqlite::Result<Vec<ColumnEnd>> {
    let mut statement = connection.prepare_cached(
        "SELECT i.id, o.name, o.full_name, o.object_type, NULL, e.target_column, e.transformation, e.source_column
         FROM (SELECT target, source_column, target_column, transformation FROM lineage WHERE source = ?1
               UNION ALL SELECT target, source_column, target_column, transformation
               FROM pair_lineage WHERE source = ?1) e
         JOIN ids i ON i.key = e.target JOIN objects o ON o.key = e.target",
    )?;
    collect(statement.query([key])?, column)
}

fn collect(mut found: rusqlite::Rows<'_>, column: Option<&str>) -> rusqlite::Result<Vec<ColumnEnd>> {
    let mut ends = Vec::new();
    while let Some(row) = found.next()? {
        let own = row.get_ref(7)?.as_str()?;
        if column.is_none_or(|asked| concerns(own, asked)) {
            ends.push(end(row)?);
            if ends.len() == COLUMN_EDGES_MAX {
                break;
            }
        }
    }
    ends.sort_by(|a, b| (&a.full_name, &a.column, a.object).cmp(&(&b.full_name, &b.column, b.object)));
    ends.dedup();
    Ok(ends)
}

fn end(row: &Row<'_>) -> rusqlite::Result<ColumnEnd> {
    let written: Option<String> = row.get(4)?;
    let name: Option<String> = row.get(1)?;
    let full_name: Option<String> = row.get(2)?;
    let known = name.is_some();
    let unnamed = || written.clone().unwrap_or_else(|| "(unknown)".to_owned());
    Ok(ColumnEnd {
        object: if known { rows::optional_uuid(row, 0)? } else { None },
        object_name: name.unwrap_or_else(unnamed),
        full_name: full_name.unwrap_or_else(unnamed),
        object_type: row.get(3)?,
        column: row.get(5)?,
        transformation: row.get(6)?,
    })
}
