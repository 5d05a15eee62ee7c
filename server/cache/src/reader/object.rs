//! Everything about one object.

use metasync_protocol::{ColumnRow, ids};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::mentions;
use crate::{
    CacheError, Neighbour, ObjectFacts, Reader,
    limits::{FACTS_COLUMNS_MAX, FACTS_NEIGHBOURS_MAX},
    meta, rows,
};

impl Reader {
    /// Everything that a hover needs; `None` if the object is not known.
    pub fn facts(&self, id: Uuid) -> Result<Option<ObjectFacts>, CacheError> {
        self.query(|c| {
            let Some(key) = rows::key_of(c, id)? else {
                return Ok(None);
            };
            facts(c, key)
        })
    }

    /// Columns of an object by ordinal, up to a limit.
    pub fn columns_of(&self, id: Uuid) -> Result<Vec<ColumnRow>, CacheError> {
        self.query(|c| match rows::key_of(c, id)? {
            Some(key) => columns(c, key, id),
            None => Ok(Vec::new()),
        })
    }
}

fn facts(connection: &Connection, key: i64) -> rusqlite::Result<Option<ObjectFacts>> {
    let found = connection
        .prepare_cached(&rows::select_placed("o.key = ?1"))?
        .query_row([key], rows::placed)
        .optional()?;
    let Some((object, path, origin)) = found else {
        return Ok(None);
    };
    let columns = columns(connection, key, object.id)?;
    let columns_total = if columns.len() < FACTS_COLUMNS_MAX {
        columns.len() as u64
    } else {
        count(connection, "SELECT count(*) FROM columns WHERE object = ?1", key)?
    };
    let downstream = downstream(connection, key, FACTS_NEIGHBOURS_MAX)?;
    let downstream_total = if downstream.len() < FACTS_NEIGHBOURS_MAX {
        downstream.len() as u64
    } else {
        count(
            connection,
            "SELECT count(DISTINCT source) FROM (SELECT source FROM dependencies WHERE target = ?1
             UNION ALL SELECT source FROM pair_dependencies WHERE target = ?1)",
            key,
        )?
    };
    let documentation = connection
        .prepare_cached(&format!("{} WHERE d.object = ?1", rows::DOCUMENTATION))?
        .query_row([key], rows::documentation_row)
        .optional()?;
    Ok(Some(ObjectFacts {
        path,
        columns,
        columns_total,
        upstream: upstream(connection, key, FACTS_NEIGHBOURS_MAX)?,
        downstream,
        downstream_total,
        documentation,
        connection: origin,
        synced_at: meta::get(connection, meta::names::LAST_SYNC_AT)?,
        object,
    }))
}

fn count(connection: &Connection, sql: &str, key: i64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(sql)?
        .query_row([key], |row| row.get::<_, i64>(0).map(|n| n as u64))
}

/// Columns by ordinal, with derived ids.
pub fn columns(connection: &Connection, key: i64, id: Uuid) -> rusqlite::Result<Vec<ColumnRow>> {
    connection
        .prepare_cached(&format!(
            "SELECT n.name, c.ordinal, c.data_type, c.description FROM columns c JOIN names n ON n.key = c.name
             WHERE c.object = ?1 ORDER BY c.ordinal LIMIT {FACTS_COLUMNS_MAX}"
        ))?
        .query_map([key], |row| {
            let name: String = row.get(0)?;
            Ok(ColumnRow {
                id: ids::column(id, &name),
                object_id: id,
                ordinal: row.get(1)?,
                data_type: row.get(2)?,
                description: row.get(3)?,
                name,
            })
        })?
        .collect()
}

/// The connection `c` of a neighbour `o`, where it is not that of the object itself.
const ELSEWHERE: &str = "CASE WHEN o.connection <> (SELECT connection FROM objects WHERE key = ?1)
     THEN coalesce(c.full_name, c.name, 'another repository') END";

/// Known neighbours have a row in `objects o` and an id in `ids i`.
fn neighbour(row: &Row<'_>) -> rusqlite::Result<Neighbour> {
    let written: Option<String> = row.get(4)?;
    let name: Option<String> = row.get(1)?;
    let full_name: Option<String> = row.get(2)?;
    let known = name.is_some();
    let unnamed = || written.clone().unwrap_or_else(|| "(unknown)".to_owned());
    Ok(Neighbour {
        id: if known { rows::optional_uuid(row, 0)? } else { None },
        name: name.unwrap_or_else(unnamed),
        full_name: full_name.unwrap_or_else(unnamed),
        object_type: row.get(3)?,
        dependency_type: row.get(5)?,
        elsewhere: row.get(6)?,
    })
}

/// What an object is built from: known ones first, each in the order of its file. A name that another
/// connection explains stands there once, as what it is. No more than `limit`.
pub fn upstream(connection: &Connection, key: i64, limit: usize) -> rusqlite::Result<Vec<Neighbour>> {
    let known = connection
        .prepare_cached(&format!(
            "SELECT i.id, o.name, o.full_name, o.object_type, d.target_name, d.dependency_type, {ELSEWHERE}
             FROM (SELECT target, target_name, dependency_type, position FROM dependencies n WHERE source = ?1
                   AND (target IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pair_dependencies p
                        WHERE p.source = ?1 AND p.target_name = n.target_name))
                   UNION ALL
                   SELECT target, target_name, dependency_type, 1 << 40 FROM pair_dependencies WHERE source = ?1) d
             LEFT JOIN ids i ON i.key = d.target LEFT JOIN objects o ON o.key = d.target
             LEFT JOIN connections c ON c.key = o.connection
             ORDER BY o.key IS NULL, d.position, o.full_name LIMIT ?2"
        ))?
        .query_map([key, limit as i64], neighbour)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    mentions::resolve(connection, known)
}

/// What uses an object, no more than `limit`. Not sorted in SQL: of thousands of users a hover shows the first few.
pub fn downstream(connection: &Connection, key: i64, limit: usize) -> rusqlite::Result<Vec<Neighbour>> {
    let mut list: Vec<Neighbour> = connection
        .prepare_cached(&format!(
            "SELECT i.id, o.name, o.full_name, o.object_type, NULL, min(d.dependency_type), {ELSEWHERE}
             FROM (SELECT source, dependency_type FROM dependencies WHERE target = ?1
                   UNION ALL SELECT source, dependency_type FROM pair_dependencies WHERE target = ?1
                   LIMIT ?2) d
             JOIN ids i ON i.key = d.source JOIN objects o ON o.key = d.source
             JOIN connections c ON c.key = o.connection GROUP BY d.source"
        ))?
        .query_map([key, limit as i64], neighbour)?
        .collect::<rusqlite::Result<_>>()?;
    let room = limit.saturating_sub(list.len());
    let mentioning = mentions::of_relation(connection, key)?;
    let mentioning = mentioning
        .into_iter()
        .filter(|test| list.iter().all(|known| known.id != test.id));
    let mentioning: Vec<Neighbour> = mentioning.take(room).collect();
    list.extend(mentioning);
    list.sort_by(|a, b| (&a.name, &a.full_name, a.id).cmp(&(&b.name, &b.full_name, b.id)));
    Ok(list)
}
