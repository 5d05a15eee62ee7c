//! Search through names, columns and descriptions.
//!
//! Exact names, beginnings, parts of names, columns, words of descriptions: each class is looked up
//! only while the ones before it leave room, so that the usual search reads a small index only.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    completion::LAST,
    hit::{rank, select, type_rank},
    similar::by_similar_name,
};
use crate::{
    CacheError, ObjectHit, Reader,
    limits::{LETTERS_MIN, SEARCH_MAX, SEARCH_SCAN_MAX, SEARCH_TEXT_MAX},
    meta,
};

impl Reader {
    /// Objects that `text` finds, best first: all of its words must be in the name, in one column's
    /// name, or begin words of the description. Case does not matter. A word that finds nothing
    /// stands for names that look like it.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<ObjectHit>, CacheError> {
        let words = words(text);
        let limit = limit.min(SEARCH_MAX);
        if words.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.query(|c| {
            let mut seen = HashSet::new();
            let mut hits = by_name(c, &words, limit, &mut seen)?;
            if hits.len() < limit {
                hits.extend(by_column(c, &words, limit - hits.len(), &mut seen)?);
            }
            if hits.len() < limit {
                hits.extend(by_text(c, &words, limit - hits.len(), &mut seen)?);
            }
            if let (true, [word]) = (hits.is_empty(), words.as_slice()) {
                hits = by_similar_name(c, word, limit, &mut seen)?;
            }
            hits.truncate(limit);
            Ok(hits)
        })
    }
}

/// The words of a query, in lower case.
pub fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(SEARCH_TEXT_MAX).collect();
    text.to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// By short name: exact, beginning, part.
pub fn by_name(
    connection: &Connection,
    words: &[String],
    limit: usize,
    seen: &mut HashSet<Uuid>,
) -> rusqlite::Result<Vec<ObjectHit>> {
    let Some(first) = words.first() else {
        return Ok(Vec::new());
    };
    let mut hits = Vec::new();
    if words.len() == 1 {
        let mut exact = select(
            connection,
            "WHERE o.folded = ?1 LIMIT ?2",
            params![first, limit as i64],
        )?;
        rank(&mut exact, |_| ());
        extend(&mut hits, exact, seen);
        let mut beginning = select(
            connection,
            "WHERE o.folded > ?1 AND o.folded < ?2 ORDER BY o.folded LIMIT ?3",
            params![first, format!("{first}{LAST}"), limit as i64],
        )?;
        rank(&mut beginning, |_| ());
        extend(&mut hits, beginning, seen);
    }
    if hits.len() >= limit {
        return Ok(hits);
    }
    // Reads the index alone: names and types, in the order of names.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, folded, object_type FROM objects WHERE instr(folded, ?1) > 0 LIMIT {SEARCH_SCAN_MAX}"
    ))?;
    let mut found = statement.query([first])?;
    let mut parts: Vec<(u8, usize, i64)> = Vec::new();
    while let Some(row) = found.next()? {
        let folded = row.get_ref(1)?.as_str()?;
        if words.iter().all(|word| folded.contains(word.as_str())) {
            parts.push((type_rank(row.get_ref(2)?.as_str()?), folded.len(), row.get(0)?));
        }
    }
    parts.sort_unstable();
    for (_, _, key) in parts {
        if hits.len() >= limit {
            break;
        }
        extend(&mut hits, select(connection, "WHERE o.key = ?1", [key])?, seen);
    }
    Ok(hits)
}

/// By the letters of a word in their order, the tightest first.
pub fn by_letters(
    connection: &Connection,
    word: &str,
    limit: usize,
    seen: &mut HashSet<Uuid>,
) -> rusqlite::Result<Vec<ObjectHit>> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < LETTERS_MIN {
        return Ok(Vec::new());
    }
    let mut pattern = String::from("%");
    for letter in &letters {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(*letter);
        pattern.push('%');
    }
    // the index alone holds name and type
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, folded, object_type FROM objects WHERE folded LIKE ?1 ESCAPE '\\' LIMIT {SEARCH_SCAN_MAX}"
    ))?;
    let mut found = statement.query([pattern])?;
    let mut parts: Vec<(usize, u8, usize, i64)> = Vec::new();
    while let Some(row) = found.next()? {
        let folded = row.get_ref(1)?.as_str()?;
        let rank = type_rank(row.get_ref(2)?.as_str()?);
        parts.push((spread(folded, &letters), rank, folded.len(), row.get(0)?));
    }
    parts.sort_unstable();
    let mut hits = Vec::new();
    for (.., key) in parts {
        if hits.len() >= limit {
            break;
        }
        extend(&mut hits, select(connection, "WHERE o.key = ?1", [key])?, seen);
    }
    Ok(hits)
}

/// How many other letters stand between those of a word, taken as early as they come.
fn spread(name: &str, letters: &[char]) -> usize {
    let mut wanted = letters.iter();
    let mut next = wanted.next();
    let mut gaps = 0;
    for c in name.chars() {
        match next {
            Some(letter) if *letter == c => next = wanted.next(),
            Some(_) => gaps += 1,
            None => break,
        }
    }
    gaps
}

/// By a column's name. The names are few, and an index leads from each to its objects; before the
/// first sync has ended there is none, and columns are not searched.
fn by_column(
    connection: &Connection,
    words: &[String],
    limit: usize,
    seen: &mut HashSet<Uuid>,
) -> rusqlite::Result<Vec<ObjectHit>> {
    let mut hits = Vec::new();
    let (Some(first), Some(true)) = (words.first(), meta::get(connection, meta::names::INDEXED)?) else {
        return Ok(hits);
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, folded FROM names WHERE instr(folded, ?1) > 0 LIMIT {SEARCH_SCAN_MAX}"
    ))?;
    let mut found = statement.query([first])?;
    let mut names: Vec<((bool, bool, usize), i64)> = Vec::new();
    while let Some(row) = found.next()? {
        let folded = row.get_ref(1)?.as_str()?;
        if words.iter().all(|word| folded.contains(word.as_str())) {
            let class = (folded != first, !folded.starts_with(first.as_str()), folded.len());
            names.push((class, row.get(0)?));
        }
    }
    names.sort_unstable();
    for (_, name) in names {
        if hits.len() >= limit {
            break;
        }
        // Room for those that were found by name already.
        let room = (limit - hits.len() + seen.len()) as i64;
        let mut more = select(
            connection,
            "WHERE o.key IN (SELECT DISTINCT object FROM columns WHERE name = ?1 LIMIT ?2)",
            params![name, room],
        )?;
        rank(&mut more, |_| ());
        extend(&mut hits, more, seen);
    }
    Ok(hits)
}

/// By full name or description: reads the objects, but neither metadata nor columns.
fn by_text(
    connection: &Connection,
    words: &[String],
    limit: usize,
    seen: &mut HashSet<Uuid>,
) -> rusqlite::Result<Vec<ObjectHit>> {
    let mut statement = connection.prepare_cached("SELECT key, full_name, description FROM objects")?;
    let mut found = statement.query([])?;
    let (mut full, mut described) = (Vec::new(), Vec::new());
    while let Some(row) = found.next()? {
        let full_name = row.get_ref(1)?.as_str()?;
        if words.iter().all(|word| contains(full_name, word, false)) {
            full.push(row.get::<_, i64>(0)?);
        } else if let Some(text) = row.get_ref(2)?.as_str_or_null()?
            && words.iter().all(|word| contains(text, word, true))
        {
            described.push(row.get::<_, i64>(0)?);
        }
        if full.len() >= limit + seen.len() {
            break;
        }
    }
    let mut hits = Vec::new();
    for keys in [full, described] {
        let mut class = Vec::new();
        for key in keys.iter().take(SEARCH_SCAN_MAX) {
            if hits.len() + class.len() >= limit + seen.len() {
                break;
            }
            class.extend(select(connection, "WHERE o.key = ?1", [key])?);
        }
        rank(&mut class, |_| ());
        extend(&mut hits, class, seen);
    }
    Ok(hits)
}

fn extend(hits: &mut Vec<ObjectHit>, more: Vec<ObjectHit>, seen: &mut HashSet<Uuid>) {
    hits.extend(more.into_iter().filter(|hit| seen.insert(hit.id)));
}

/// Whether a text has a lower-case word in it, whatever its own case; with `at_start`, where a word
/// of the text begins.
fn contains(text: &str, word: &str, at_start: bool) -> bool {
    if !text.is_ascii() {
        return contains_folded(&text.to_lowercase(), word, at_start);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    if word.is_empty() || word.len() > text.len() {
        return false;
    }
    (0..=text.len() - word.len()).any(|at| {
        text[at].to_ascii_lowercase() == word[0]
            && text[at..at + word.len()].eq_ignore_ascii_case(word)
            && (!at_start || at == 0 || !text[at - 1].is_ascii_alphanumeric())
    })
}

fn contains_folded(text: &str, word: &str, at_start: bool) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !at_start
            || text[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_descriptions_are_found_by_their_beginning() {
        assert!(contains("One row per Customer.", "cust", true));
        assert!(!contains("One row per customer.", "tomer", true));
        assert!(contains("shop.dim_customers", "tomer", false));
        assert!(contains("Größe (Übersicht)", "übers", true));
        assert!(!contains("", "a", true));
    }
}
