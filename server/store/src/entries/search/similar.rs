//! Words that stand in for one that no entry bears: it is part of them, or they look like it.

use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{MOST_SIMILAR, matching::Form};
use crate::{
    database::{AssertSqlSafe, Tx, query},
    error::Result,
};

/// Shorter words look like too many others.
const SHORTEST: usize = 3;

/// Words of the vocabulary that are compared at most: a language has fewer.
const MOST_COMPARED: usize = 500_000;

/// Words with one beginning that are looked up one by one.
const MOST_BEGINNINGS: usize = 100;

/// How many letters may be wrong, missing, too many or swapped.
fn tolerance(letters: usize) -> usize {
    match letters {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    }
}

/// The words that begin with this one, if it is of letters alone and they are few: each is looked up as it is, which
/// takes as long as the answer is, where all entries of a beginning would have to be gathered first.
pub(super) async fn beginnings(tx: &mut Tx, org: Uuid, word: &str) -> Result<Option<Vec<Form>>> {
    if !word.chars().all(char::is_alphabetic) {
        return Ok(None);
    }
    let rows = query(AssertSqlSafe(format!(
        "SELECT word FROM entry_vocabulary WHERE org_id = $1 AND word >= $2 AND word < $3 ORDER BY word LIMIT {}",
        MOST_BEGINNINGS + 1
    )))
    .bind(org)
    .bind(word)
    .bind(format!("{word}{}", char::MAX))
    .fetch_all(tx)
    .await?;
    if rows.len() > MOST_BEGINNINGS {
        return Ok(None);
    }
    let mut forms = vec![Form::Whole(word.to_owned())];
    for row in &rows {
        let known: String = row.try_get("word")?;
        if known != word {
            forms.push(Form::Whole(known));
        }
    }
    Ok(Some(forms))
}

/// For each of these words the forms that may stand for it: those that hold it or look like it, the nearest first;
/// the word itself as it begins others where nothing does.
pub(super) async fn forms(tx: &mut Tx, org: Uuid, words: &[String]) -> Result<Vec<Vec<Form>>> {
    let mut near: Vec<Vec<(usize, String)>> = vec![Vec::new(); words.len()];
    let mut compared = 0;
    let mut rows = query("SELECT word FROM entry_vocabulary WHERE org_id = $1")
        .bind(org)
        .fetch(tx);
    while let Some(row) = rows.try_next().await? {
        let known: &str = row.try_get("word")?;
        for (word, near) in words.iter().zip(&mut near) {
            if let Some(distance) = distance(word, known) {
                near.push((distance, known.to_owned()));
            }
        }
        compared += 1;
        if compared >= MOST_COMPARED {
            break;
        }
    }
    let forms = words.iter().zip(near).map(|(word, mut near)| {
        near.sort();
        // What begins with it, or is it, needs nobody to stand in.
        let mut forms = vec![Form::Begins(word.clone())];
        if near.first().is_none_or(|(distance, _)| *distance > 0) {
            forms.extend(
                near.into_iter()
                    .take(MOST_SIMILAR)
                    .map(|(_, word)| Form::Whole(word)),
            );
        }
        forms
    });
    Ok(forms.collect())
}

/// How far a known word is from one that is looked for; `None`: too far.
fn distance(word: &str, known: &str) -> Option<usize> {
    if known.starts_with(word) {
        return Some(0);
    }
    let letters = word.chars().count();
    if letters < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    if known.contains(word) {
        return Some(1);
    }
    let most = tolerance(letters);
    // Lengths in bytes are near enough to leave most out.
    if known.len() + most * 4 < word.len() || known.len() > word.len() + most * 4 {
        return None;
    }
    let distance = strsim::osa_distance(word, known);
    (distance <= most).then_some(distance + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_part_of_a_word_or_mistyped_is_near() {
        assert_eq!(distance("boh", "bohemian"), Some(0));
        assert_eq!(distance("hemian", "bohemian"), Some(1));
        assert_eq!(distance("bohemain", "bohemian"), Some(2));
        assert_eq!(distance("quen", "queen"), Some(2));
        assert_eq!(distance("a", "ab"), Some(0));
        assert_eq!(distance("x", "ab"), None);
        assert_eq!(distance("rhapsody", "despacito"), None);
        assert_eq!(distance("1234", "abcd"), None);
    }
}
