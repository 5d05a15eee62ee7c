//! What a word may have been meant as: its letters, but for a few.

/// Shorter words look like too many others, in letters.
const SHORTEST: usize = 3;

/// Bytes of a letter in UTF-8 at most.
const LETTER_BYTES: usize = 4;

/// A word that may be mistyped.
pub(crate) struct Mistyped<'w> {
    word: &'w str,
    /// How many letters may be wrong, missing, too many or swapped.
    tolerance: usize,
}

impl<'w> Mistyped<'w> {
    /// `None`: the word is too short to tell.
    pub(crate) fn of(word: &'w str) -> Option<Mistyped<'w>> {
        let tolerance = match word.chars().count() {
            0..SHORTEST => return None,
            SHORTEST..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        Some(Mistyped { word, tolerance })
    }

    /// Whether a word is as long as one that was meant can be; much cheaper than [`Mistyped::distance`].
    pub(crate) fn has_length_of(&self, meant: &str) -> bool {
        meant.len().abs_diff(self.word.len()) <= self.tolerance * LETTER_BYTES
    }

    /// How many letters are between it and a word, in lower case as it; `None`: too many.
    pub(crate) fn distance(&self, meant: &str) -> Option<usize> {
        let distance = strsim::osa_distance(self.word, meant);
        (distance <= self.tolerance).then_some(distance)
    }
}
