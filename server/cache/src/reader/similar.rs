//! Names that look like what was asked for: somebody mistyped it.

use std::collections::HashSet;

use rusqlite::Connection;
use uuid::Uuid;

use super::hit::{select, type_rank};
use crate::ObjectHit;

/// Shorter words look like too many others.
const SHORTEST: usize = 3;

/// How many letters may be wrong, missing, too many or swapped.
fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    }
}

/// Objects whose name, or a part of it between `_`, looks like a word: the nearest first.
pub fn by_similar_name(
    connection: &Connection,
    word: &str,
    limit: usize,
    seen: &mut HashSet<Uuid>,
) -> rusqlite::Result<Vec<ObjectHit>> {
    if word.chars().count() < SHORTEST {
        return Ok(Vec::new());
    }
    // The index alone holds name and type.
    let mut statement = connection.prepare_cached("SELECT key, folded, object_type FROM objects")?;
    let mut found = statement.query([])?;
    let mut near: Vec<(usize, u8, usize, i64)> = Vec::new();
    while let Some(row) = found.next()? {
        let folded = row.get_ref(1)?.as_str()?;
        if let Some(distance) = distance(word, folded) {
            near.push((
                distance,
                type_rank(row.get_ref(2)?.as_str()?),
                folded.len(),
                row.get(0)?,
            ));
        }
    }
    near.sort_unstable();
    let mut hits = Vec::new();
    for (.., key) in near.into_iter().take(limit) {
        let hit = select(connection, "WHERE o.key = ?1", [key])?;
        hits.extend(hit.into_iter().filter(|hit| seen.insert(hit.id)));
    }
    Ok(hits)
}

/// How far a name, or the nearest of its parts, is from a word; `None`: too far.
fn distance(word: &str, name: &str) -> Option<usize> {
    let most = tolerance(word);
    let parts = name.split('_').filter(|part| *part != name);
    let near = std::iter::once(name).chain(parts).filter(|part| {
        // Lengths in bytes are near enough to leave most out.
        part.len() >= SHORTEST && part.len().abs_diff(word.len()) <= most * 4
    });
    near.map(|part| strsim::osa_distance(word, part))
        .filter(|d| *d <= most)
        .min()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn what_is_mistyped_is_near_and_what_is_another_word_is_not() {
        assert_eq!(distance("ordres", "orders"), Some(1));
        assert_eq!(distance("custmer", "stg_customers"), Some(2));
        assert_eq!(distance("orders", "payments"), None);
        assert_eq!(distance("abc", "abd"), Some(1));
    }
}
