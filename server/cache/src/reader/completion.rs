//! Lists by type and beginning, for completion, and by part of a name, for workspace symbols.

use std::collections::HashSet;

use rusqlite::params;

use super::{hit::select, search};
use crate::{CacheError, ObjectHit, Reader, limits::SEARCH_MAX};

/// Sorts behind every name that begins with what stands before it.
pub const LAST: char = '\u{10FFFF}';

impl Reader {
    /// Objects of these types whose short name begins with `prefix` (any case), by name.
    pub fn names_of_type(
        &self,
        types: &[&str],
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<ObjectHit>, CacheError> {
        let from = prefix.to_lowercase();
        let to = format!("{from}{LAST}");
        let limit = limit.min(SEARCH_MAX);
        self.query(|c| {
            let mut hits = Vec::new();
            for object_type in types {
                hits.extend(select(
                    c,
                    "WHERE o.object_type = ?1 AND o.folded >= ?2 AND o.folded < ?3 ORDER BY o.folded LIMIT ?4",
                    params![object_type, from, to, limit as i64],
                )?);
            }
            hits.sort_by(|a, b| (&a.name, &a.full_name, a.id).cmp(&(&b.name, &b.full_name, b.id)));
            hits.truncate(limit);
            Ok(hits)
        })
    }

    /// Objects whose name has `query` in it, best first, then those whose name has its letters in their order
    /// (`stgcust` finds `stg_customers`); an empty one lists the first by name.
    pub fn symbols(&self, query: &str, limit: usize) -> Result<Vec<ObjectHit>, CacheError> {
        let limit = limit.min(SEARCH_MAX);
        let words = search::words(query);
        self.query(|c| {
            if words.is_empty() {
                return select(c, "ORDER BY o.folded LIMIT ?1", [limit as i64]);
            }
            let mut seen = HashSet::new();
            let mut hits = search::by_name(c, &words, limit, &mut seen)?;
            if let ([word], true) = (words.as_slice(), hits.len() < limit) {
                hits.extend(search::by_letters(c, word, limit - hits.len(), &mut seen)?);
            }
            hits.truncate(limit);
            Ok(hits)
        })
    }
}
