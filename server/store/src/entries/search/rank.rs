//! How well an entry fits what was asked for.

use uuid::Uuid;

use super::{super::EntryTable, words};
use crate::{database::Row, error::Result, rows::id};

/// What a word is worth where it stands; better ones are greater.
mod worth {
    pub(super) const WHOLE_TITLE: u32 = 1_000;
    pub(super) const WHOLE_KEY: u32 = 100;
    pub(super) const TITLE_BEGINS: u32 = 70;
    pub(super) const WORD_OF_TITLE: u32 = 65;
    pub(super) const IN_TITLE: u32 = 50;
    pub(super) const WORD_ELSEWHERE: u32 = 40;
    pub(super) const ELSEWHERE: u32 = 30;
    /// It only looks like what was asked for.
    pub(super) const SIMILAR: u32 = 10;
}

/// An entry that may be what is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) id: Uuid,
    /// Title, or the capacity of an item of a catalogue.
    title: String,
    /// What the source knows it by.
    key: Option<String>,
    /// All other words.
    others: Vec<String>,
}

/// The columns of a candidate.
pub(super) fn columns(table: EntryTable) -> &'static str {
    match table {
        EntryTable::Content => {
            "e.id, e.title AS name, e.external_id AS own, e.artist AS first, e.genre AS second"
        }
        EntryTable::Catalog => {
            "e.id, e.capacity AS name, NULL AS own, e.category_id AS first, e.content_unit AS second"
        }
    }
}

impl Candidate {
    pub(super) fn read(row: &Row) -> Result<Candidate> {
        let text = |column: &'static str| row.try_get::<Option<String>, _>(column);
        let others = [text("first")?, text("second")?];
        Ok(Candidate {
            id: id(row, "id")?,
            title: text("name")?.unwrap_or_default(),
            key: text("own")?,
            others: others
                .iter()
                .flatten()
                .flat_map(|text| words::cut(text))
                .collect(),
        })
    }

    /// Its score, greater is better.
    fn score(&self, asked: &[String]) -> u32 {
        let title: Vec<String> = words::cut(&self.title).collect();
        let key: Vec<String> = self.key.iter().flat_map(|key| words::cut(key)).collect();
        let mut score = 0;
        if title == asked {
            score += worth::WHOLE_TITLE;
        }
        if !key.is_empty() && key == asked {
            score += worth::WHOLE_KEY;
        }
        for word in asked {
            let begins = |known: &String| known.starts_with(word.as_str());
            score += if title.contains(word) {
                worth::WORD_OF_TITLE + u32::from(title.first() == Some(word))
            } else if title.first().is_some_and(begins) {
                worth::TITLE_BEGINS - 10
            } else if title.iter().any(begins) {
                worth::IN_TITLE
            } else if self.others.contains(word) || key.contains(word) {
                worth::WORD_ELSEWHERE
            } else if self.others.iter().any(begins) || key.iter().any(begins) {
                worth::ELSEWHERE
            } else {
                worth::SIMILAR
            };
        }
        score
    }
}

/// The candidates, the best first, then by title.
pub(super) fn best_first(candidates: Vec<Candidate>, asked: &[String]) -> Vec<Uuid> {
    let mut scored: Vec<(u32, Candidate)> = candidates
        .into_iter()
        .map(|candidate| (candidate.score(asked), candidate))
        .collect();
    scored.sort_by(|(a, one), (b, other)| {
        let names = (&one.title, one.id).cmp(&(&other.title, other.id));
        b.cmp(a).then(names)
    });
    scored.into_iter().map(|(_, candidate)| candidate.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(n: u128, title: &str, key: &str, others: &[&str]) -> Candidate {
        Candidate {
            id: Uuid::from_u128(n),
            title: title.into(),
            key: (!key.is_empty()).then(|| key.into()),
            others: others.iter().map(|o| (*o).to_owned()).collect(),
        }
    }

    #[test]
    fn whole_titles_stand_before_words_before_beginnings_before_others() {
        let all = vec![
            candidate(1, "Something", "", &["one"]),
            candidate(2, "Onerous", "", &[]),
            candidate(3, "Number One", "", &[]),
            candidate(4, "One", "", &[]),
            candidate(5, "A onerous task", "", &[]),
            candidate(6, "Else", "one", &[]),
        ];
        let order = best_first(all, &["one".into()]);
        let order: Vec<u128> = order.iter().map(Uuid::as_u128).collect();
        assert_eq!(order, [4, 6, 3, 2, 5, 1]);
    }
}
