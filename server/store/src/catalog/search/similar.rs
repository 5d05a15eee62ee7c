//! Words that look like one that nothing bears: somebody mistyped it.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{MOST_SIMILAR, Word};
use crate::{
    database::{Tx, query},
    error::Result,
    mistyped::Mistyped,
};

/// Words that are compared at most.
const MOST_COMPARED: usize = 2_000_000;

/// Shorter parts of names stand for nothing, in bytes.
const SHORTEST_PART: usize = 3;

/// Words that look like one, with how far they are from it and how often they stand somewhere.
type Near = HashMap<String, (usize, usize)>;

/// Adds to each word those that look like it, the nearest and most frequent first.
pub(super) async fn add(tx: &mut Tx, (org, connection): (Uuid, Uuid), words: &mut [Word]) -> Result<()> {
    let mut near: Vec<Near> = vec![Near::new(); words.len()];
    let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    let meant: Vec<_> = texts.iter().map(|text| Mistyped::of(text)).collect();
    let mut compared = 0;
    for statement in [
        "SELECT name AS words FROM objects WHERE org_id = $1 AND connection_id = $2 AND deleted_at IS NULL",
        "SELECT words FROM index_words WHERE org_id = $1 AND connection_id = $2",
    ] {
        let mut rows = query(statement).bind(org).bind(connection).fetch(tx);
        while let Some(row) = rows.try_next().await? {
            let text: &str = row.try_get("words")?;
            for candidate in text.split_whitespace() {
                compared += 1;
                for (word, near) in meant.iter().zip(&mut near) {
                    if let Some(word) = word {
                        look(word, candidate, near);
                    }
                }
            }
            if compared > MOST_COMPARED {
                break;
            }
        }
    }
    for (word, near) in words.iter_mut().zip(near) {
        // What the connection holds itself needs nobody to stand in.
        if near.get(&word.text).is_some_and(|(distance, _)| *distance == 0) {
            continue;
        }
        let mut near: Vec<(String, (usize, usize))> = near.into_iter().collect();
        near.sort_by(|(a, (da, na)), (b, (db, nb))| (da, nb, a).cmp(&(db, na, b)));
        word.similar = near
            .into_iter()
            .take(MOST_SIMILAR)
            .map(|(word, _)| word)
            .collect();
    }
    Ok(())
}

/// Notes a candidate, or a part of it, that looks like the word.
fn look(word: &Mistyped<'_>, candidate: &str, near: &mut Near) {
    let parts = candidate.split('_').filter(|part| *part != candidate);
    for part in std::iter::once(candidate).chain(parts) {
        if part.len() < SHORTEST_PART || !word.has_length_of(part) {
            continue;
        }
        if let Some((_, count)) = near.get_mut(part) {
            *count += 1;
            continue;
        }
        let part = part.to_lowercase();
        if let Some(distance) = word.distance(&part) {
            near.entry(part).or_insert((distance, 0)).1 += 1;
        }
    }
}
