//! Objects as lists show them, and how they are ranked.

use rusqlite::{Connection, Params, Row};

use crate::{ObjectHit, rows};

/// What every list selects; conditions on `objects o` (or its joins) follow.
pub const SELECT: &str = "SELECT i.id, o.name, o.full_name, o.object_type, o.description, c.id, c.name, \
     f.relative_path, o.line_start, o.line_end, o.branch \
     FROM objects o JOIN ids i ON i.key = o.key JOIN connections c ON c.key = o.connection \
     LEFT JOIN files f ON f.key = o.file";

/// Runs [`SELECT`] with the rest of a query.
pub fn select(
    connection: &Connection,
    rest: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<ObjectHit>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} {rest}"))?;
    let hits = statement.query_map(parameters, hit)?;
    hits.collect()
}

fn hit(row: &Row<'_>) -> rusqlite::Result<ObjectHit> {
    Ok(ObjectHit {
        id: rows::uuid(row, 0)?,
        name: row.get(1)?,
        full_name: row.get(2)?,
        object_type: row.get(3)?,
        description: row.get(4)?,
        connection_id: rows::uuid(row, 5)?,
        connection: row.get(6)?,
        path: row.get(7)?,
        line_start: row.get(8)?,
        line_end: row.get(9)?,
        branch: row.get(10)?,
    })
}

/// What people mean first when they name something: smaller is better.
pub fn type_rank(object_type: &str) -> u8 {
    match object_type {
        "model" => 0,
        "snapshot" => 1,
        "seed" => 2,
        "source" => 3,
        "table" => 4,
        "view" => 5,
        "macro" => 7,
        "test" => 9,
        _ => 6,
    }
}

/// Sorts best first: by `class`, the default branch before others, then type, then the shorter name;
/// the last keys make the order the same every time.
pub fn rank<C: Ord>(hits: &mut [ObjectHit], class: impl Fn(&ObjectHit) -> C) {
    hits.sort_by_cached_key(|hit| {
        (
            class(hit),
            hit.branch.is_some(),
            type_rank(&hit.object_type),
            hit.name.len(),
            hit.full_name.clone(),
            hit.id,
        )
    });
}
