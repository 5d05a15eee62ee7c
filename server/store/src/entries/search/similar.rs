//! Words that stand in for one that no entry bears: it is part of them, or they look like it.

use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{MOST_SIMILAR, matching::Form};
use crate::{
    database::{AssertSqlSafe, Tx, query},
    error::Result,
    mistyped::Mistyped,
};

/// Words of the vocabulary that are compared at most: a language has fewer.
const MOST_COMPARED: usize = 500_000;

/// Words with one beginning that are looked up one by one.
const MOST_BEGINNINGS: usize = 100;

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
    let wanted: Vec<Wanted<'_>> = words.iter().map(|word| Wanted::of(word)).collect();
    let mut compared = 0;
    let mut rows = query("SELECT word FROM entry_vocabulary WHERE org_id = $1")
        .bind(org)
        .fetch(tx);
    while let Some(row) = rows.try_next().await? {
        let known: &str = row.try_get("word")?;
        for (word, near) in wanted.iter().zip(&mut near) {
            if let Some(distance) = word.distance(known) {
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

/// A word that is looked for.
struct Wanted<'w> {
    word: &'w str,
    /// If it may be a part of others, or be mistyped; numbers and short words are what they are.
    mistyped: Option<Mistyped<'w>>,
}

impl<'w> Wanted<'w> {
    fn of(word: &'w str) -> Wanted<'w> {
        let mistyped = Mistyped::of(word).filter(|_| word.chars().all(char::is_alphabetic));
        Wanted { word, mistyped }
    }

    /// How far a known word is from it; `None`: too far.
    fn distance(&self, known: &str) -> Option<usize> {
        if known.starts_with(self.word) {
            return Some(0);
        }
        let mistyped = self.mistyped.as_ref()?;
        if known.contains(self.word) {
            return Some(1);
        }
        if !mistyped.has_length_of(known) {
            return None;
        }
        mistyped.distance(known).map(|distance| distance + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(word: &str, known: &str) -> Option<usize> {
        Wanted::of(word).distance(known)
    }

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
