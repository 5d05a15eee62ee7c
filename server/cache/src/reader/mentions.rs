//! Names of relations in the texts of tests: a release's tests know the relations of other connections by their
//! names alone.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::find::{is_relation, table};
use crate::{Neighbour, limits::FACTS_NEIGHBOURS_MAX};

/// `dependency_type` of such a name.
const MENTION: &str = "mention";

/// Puts the relations that names mean in their places; a name that means nothing here may be any word, and goes.
pub fn resolve(connection: &Connection, neighbours: Vec<Neighbour>) -> rusqlite::Result<Vec<Neighbour>> {
    let mut found: Vec<Neighbour> = Vec::with_capacity(neighbours.len());
    for neighbour in neighbours {
        if neighbour.id.is_some() || neighbour.dependency_type != MENTION {
            found.push(neighbour);
            continue;
        }
        let parts: Vec<String> = neighbour.full_name.split('.').map(str::to_owned).collect();
        let inside = format!(".{}", neighbour.full_name.to_lowercase());
        let is_meant =
            |hit: &crate::ObjectHit| format!(".{}", hit.full_name.to_lowercase()).ends_with(&inside);
        let Some(hit) = table(connection, &parts)?.into_iter().find(is_meant) else {
            continue;
        };
        if found.iter().any(|known| known.id == Some(hit.id)) {
            continue;
        }
        found.push(Neighbour {
            id: Some(hit.id),
            name: hit.name,
            full_name: hit.full_name,
            object_type: Some(hit.object_type),
            elsewhere: hit.connection,
            ..neighbour
        });
    }
    Ok(found)
}

/// The tests that mention a relation by the end of its name, of this length or longer.
pub fn of_relation(connection: &Connection, key: i64) -> rusqlite::Result<Vec<Neighbour>> {
    let known: Option<(String, String)> = connection
        .prepare_cached("SELECT lower(full_name), object_type FROM objects WHERE key = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((full_name, _)) = known.filter(|(_, kind)| is_relation(kind)) else {
        return Ok(Vec::new());
    };
    let ends = full_name.match_indices('.').map(|(at, _)| at + 1).chain([0]);
    let names: Vec<&str> = ends.map(|at| &full_name[at..]).collect();
    let marks = vec!["?"; names.len()].join(", ");
    connection
        .prepare_cached(&format!(
            "SELECT i.id, o.name, o.full_name, o.object_type, c.name, min(d.target_name) FROM dependencies d
             JOIN objects o ON o.key = d.source JOIN ids i ON i.key = o.key JOIN connections c ON c.key = o.connection
             WHERE d.target_name IN ({marks}) AND d.dependency_type = '{MENTION}' AND d.target IS NULL
             GROUP BY d.source LIMIT {FACTS_NEIGHBOURS_MAX}"
        ))?
        .query_map(params_from_iter(names), |row| {
            Ok(Neighbour {
                id: crate::rows::optional_uuid(row, 0)?,
                name: row.get(1)?,
                full_name: row.get(2)?,
                object_type: row.get(3)?,
                dependency_type: MENTION.to_owned(),
                elsewhere: row.get(4)?,
            })
        })?
        .collect()
}
