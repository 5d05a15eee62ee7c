//! How well something fits what was asked for.

use super::{FILE, FoundObject, Word};

/// Better ones are greater.
pub(super) type Score = u32;

/// What a word is worth where it was found.
mod worth {
    use super::Score;
    pub(super) const WHOLE_NAME: Score = 100;
    pub(super) const NAME_BEGINS: Score = 70;
    pub(super) const PART_OF_NAME_BEGINS: Score = 60;
    pub(super) const IN_NAME: Score = 50;
    pub(super) const WHOLE_COLUMN: Score = 40;
    pub(super) const COLUMN_BEGINS: Score = 32;
    pub(super) const IN_COLUMN: Score = 26;
    pub(super) const DESCRIBED: Score = 20;
    pub(super) const WHOLE_WORD_IN_FILE: Score = 10;
    pub(super) const IN_FILE: Score = 6;
    /// Of these points one that only looks like what was asked for gets one in so many.
    pub(super) const SIMILAR: Score = 3;
    /// Files stand behind objects.
    pub(super) const FILE: Score = 2;
}

/// Something that may be what is looked for.
pub(super) struct Candidate {
    pub(super) found: FoundObject,
    /// Name, type, description.
    pub(super) columns: Vec<(String, Option<String>, Option<String>)>,
    /// Words of its file, between spaces.
    pub(super) content: String,
}

impl Candidate {
    /// Its score; `None`: a word is nowhere in it.
    pub(super) fn rank(mut self, words: &[Word]) -> Option<(Score, FoundObject)> {
        let (name, full_name) = (
            self.found.name.to_lowercase(),
            self.found.full_name.to_lowercase(),
        );
        let description = self
            .found
            .description
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        let mut score = 0;
        let mut matched: Vec<&'static str> = Vec::new();
        for word in words {
            let own = self.score(&word.text, &name, &full_name, &description, &mut matched);
            let similar = || {
                let forms = word.similar.iter();
                let scores =
                    forms.map(|form| self.score(form, &name, &full_name, &description, &mut Vec::new()));
                scores
                    .max()
                    .filter(|score| *score > 0)
                    .map(|score| score / worth::SIMILAR + 1)
            };
            if own > 0 {
                score += own;
            } else {
                score += similar()?;
                matched.push("similar");
            }
        }
        let wanted: Vec<&str> = words.iter().flat_map(Word::forms).collect();
        let columns = self.columns.iter().map(|(name, ..)| name);
        let columns = columns.filter(|name| wanted.iter().any(|word| name.to_lowercase().contains(word)));
        if !words.is_empty() {
            self.found.columns = columns.cloned().collect();
        }
        matched.sort_unstable();
        matched.dedup();
        self.found.matched = matched.into_iter().map(str::to_owned).collect();
        if self.found.object_type == FILE {
            score = score / worth::FILE + 1;
        }
        Some((score, self.found))
    }

    fn score(
        &self,
        word: &str,
        name: &str,
        full_name: &str,
        description: &str,
        matched: &mut Vec<&'static str>,
    ) -> Score {
        let mut best = 0;
        let mut hit = |score: Score, place: &'static str| {
            best = best.max(score);
            matched.push(place);
        };
        let begins_part = || {
            let parts = full_name.split(|c: char| !c.is_alphanumeric());
            parts
                .filter(|part| !part.is_empty())
                .any(|part| part.starts_with(word))
        };
        if name == word || full_name == word {
            hit(worth::WHOLE_NAME, "name");
        } else if name.starts_with(word) {
            hit(worth::NAME_BEGINS, "name");
        } else if begins_part() {
            hit(worth::PART_OF_NAME_BEGINS, "name");
        } else if full_name.contains(word) {
            hit(worth::IN_NAME, "name");
        }
        let in_column = |(name, _, about): &(String, Option<String>, Option<String>)| {
            let name = name.to_lowercase();
            if name == word {
                worth::WHOLE_COLUMN
            } else if name.starts_with(word) {
                worth::COLUMN_BEGINS
            } else if name.contains(word) {
                worth::IN_COLUMN
            } else if about
                .as_ref()
                .is_some_and(|about| about.to_lowercase().contains(word))
            {
                worth::DESCRIBED
            } else {
                0
            }
        };
        let column = self.columns.iter().map(in_column).max().unwrap_or(0);
        if column > 0 {
            hit(column, "column");
        }
        if description.contains(word) {
            hit(worth::DESCRIBED, "description");
        }
        if self.content.contains(&format!(" {word} ")) {
            hit(worth::WHOLE_WORD_IN_FILE, "content");
        } else if self.content.contains(word) {
            hit(worth::IN_FILE, "content");
        }
        best
    }
}
