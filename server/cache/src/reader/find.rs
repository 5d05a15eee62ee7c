//! Names to objects.

use rusqlite::Connection;
use uuid::Uuid;

use super::hit::{rank, select};
use crate::{CacheError, Lookup, ObjectHit, Reader, limits::CANDIDATES_MAX};

impl Reader {
    /// Objects with this short name or full name, whatever the case, best first.
    pub fn objects_named(&self, name: &str, limit: usize) -> Result<Vec<ObjectHit>, CacheError> {
        let mut hits = self.query(|c| named(c, name))?;
        hits.truncate(limit);
        Ok(hits)
    }

    /// The object with this id.
    pub fn object(&self, id: Uuid) -> Result<Option<ObjectHit>, CacheError> {
        self.query(|c| Ok(select(c, "WHERE i.id = ?1", [id.as_bytes()])?.pop()))
    }

    /// What a text refers to, best first; empty where nothing is known.
    pub fn find(&self, lookup: &Lookup) -> Result<Vec<ObjectHit>, CacheError> {
        self.query(|c| match lookup {
            Lookup::Ref { package, name } => {
                let mut hits = by_name(c, name)?;
                hits.retain(|hit| matches!(hit.object_type.as_str(), "model" | "seed" | "snapshot"));
                in_package(&mut hits, package.as_deref(), name);
                Ok(hits)
            }
            Lookup::Macro { package, name } => {
                let mut hits = by_name(c, name)?;
                hits.retain(|hit| hit.object_type == "macro");
                in_package(&mut hits, package.as_deref(), name);
                Ok(hits)
            }
            Lookup::Source { source, table } => {
                let mut hits = by_name(c, table)?;
                let parts = [source.to_lowercase(), table.to_lowercase()];
                hits.retain(|hit| hit.object_type == "source" && matching_parts(&hit.full_name, &parts) == 2);
                rank(&mut hits, |hit| hit.name != *table);
                Ok(hits)
            }
            Lookup::Table { parts } => table(c, parts),
            Lookup::Path { relative_path } => select(
                c,
                &format!("WHERE f.relative_path = ?1 ORDER BY f.branch IS NOT NULL, o.line_start, o.folded LIMIT {CANDIDATES_MAX}"),
                [relative_path],
            ),
            Lookup::Name(name) => named(c, name),
        })
    }
}

/// By short name, whatever the case.
fn by_name(connection: &Connection, name: &str) -> rusqlite::Result<Vec<ObjectHit>> {
    select(
        connection,
        &format!("WHERE o.folded = ?1 LIMIT {CANDIDATES_MAX}"),
        [name.to_lowercase()],
    )
}

fn named(connection: &Connection, name: &str) -> rusqlite::Result<Vec<ObjectHit>> {
    let mut hits = by_name(connection, name)?;
    let full = select(
        connection,
        &format!("WHERE o.full_name = ?1 COLLATE NOCASE LIMIT {CANDIDATES_MAX}"),
        [name],
    )?;
    for hit in full {
        if hits.iter().all(|known| known.id != hit.id) {
            hits.push(hit);
        }
    }
    if hits.is_empty() && name.contains('.') {
        // `schema.table`, of something whose full name has more parts before it.
        let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
        hits = table(connection, &parts)?;
        hits.retain(|hit| matching_parts(&hit.full_name, &folded(&parts)) == parts.len());
    }
    rank(&mut hits, |hit| hit.name != name && hit.full_name != name);
    Ok(hits)
}

/// Whether SQL can read from objects of this type.
pub(super) fn is_relation(object_type: &str) -> bool {
    !matches!(
        object_type,
        "macro" | "test" | "exposure" | "metric" | "content" | "catalog_item"
    )
}

/// A table in SQL. Those whose full name ends with all parts win; where there is none, what has the
/// table's name: the schema in the warehouse need not be known here.
pub(super) fn table(connection: &Connection, parts: &[String]) -> rusqlite::Result<Vec<ObjectHit>> {
    let Some(name) = parts.last() else {
        return Ok(Vec::new());
    };
    let mut hits = by_name(connection, name)?;
    hits.retain(|hit| is_relation(&hit.object_type));
    let parts = folded(parts);
    let best = hits
        .iter()
        .map(|hit| matching_parts(&hit.full_name, &parts))
        .max();
    if best == Some(parts.len()) {
        hits.retain(|hit| matching_parts(&hit.full_name, &parts) == parts.len());
    }
    rank(&mut hits, |hit| {
        (
            parts.len() - matching_parts(&hit.full_name, &parts),
            hit.name != *name,
        )
    });
    Ok(hits)
}

/// A package, where one is named: full names of dbt objects carry it (`package.name`). Where no hit
/// carries it, all stay.
fn in_package(hits: &mut Vec<ObjectHit>, package: Option<&str>, name: &str) {
    if let Some(package) = package {
        let carries = |hit: &ObjectHit| {
            hit.full_name
                .split('.')
                .rev()
                .skip(1)
                .any(|part| part.eq_ignore_ascii_case(package))
        };
        if hits.iter().any(carries) {
            hits.retain(carries);
        }
    }
    rank(hits, |hit| hit.name != name);
}

fn folded(parts: &[String]) -> Vec<String> {
    parts.iter().map(|part| part.to_lowercase()).collect()
}

/// How many of the (lower-case) parts, counted from the end, the dotted name ends with.
fn matching_parts(full_name: &str, parts: &[String]) -> usize {
    let full_name = full_name.to_lowercase();
    full_name
        .rsplit('.')
        .zip(parts.iter().rev())
        .take_while(|(have, want)| have == want)
        .count()
}
