//! Replacements in a text, and the questions that rules ask about its tokens.

use super::Text;
use crate::sql::lex::{Token, TokenKind};

/// Replacements of ranges of bytes; of two that touch the same bytes the first counts.
#[derive(Default)]
pub(super) struct Edits(Vec<(usize, usize, String)>);

/// Stands before what is put in without blanks around it.
const JOINED: char = '\u{1}';

impl Edits {
    /// Puts `with` in the place of the bytes from `start` to `end`.
    pub(super) fn replace(&mut self, start: usize, end: usize, with: impl Into<String>) {
        if start <= end && !self.0.iter().any(|(s, e, _)| start < *e && *s < end) {
            self.0.push((start, end, with.into()));
        }
    }

    /// As `replace`, as part of the word around it.
    pub(super) fn join(&mut self, start: usize, end: usize, with: &str) {
        self.replace(start, end, format!("{JOINED}{with}"));
    }

    /// The text with all replacements; `None` when there are none.
    pub(super) fn apply(mut self, text: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|edit| (edit.0, edit.1));
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (start, end, with) in &self.0 {
            out.push_str(text.get(at..*start)?);
            match with.strip_prefix(JOINED) {
                Some(with) => out.push_str(with),
                None => {
                    out.push(' ');
                    out.push_str(with);
                    out.push(' ');
                }
            }
            at = *end;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

impl<'a> Text<'a> {
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.sql, word))
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.is_any(self.sql, words))
    }

    pub(super) fn mark(&self, at: usize, mark: u8) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind == TokenKind::Mark(mark))
    }

    pub(super) fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_name)
    }

    /// Whether words follow each other from `at` on.
    pub(super) fn are(&self, at: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(nth, word)| self.is(at + nth, word))
    }

    /// The token that closes the bracket at `open`.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::Mark(b'(' | b'[' | b'{') => depth += 1,
                TokenKind::Mark(b')' | b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The first token from `from` on, outside brackets and before an unmatched closing one, that `wanted` takes.
    pub(super) fn find(&self, from: usize, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(from) {
            if depth == 0 && wanted(at) {
                return Some(at);
            }
            match token.kind {
                TokenKind::Mark(b'(' | b'[' | b'{') => depth += 1,
                TokenKind::Mark(b')' | b']' | b'}') => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// Where the part that begins at `from` ends: the unmatched closing bracket behind it, or the end.
    pub(super) fn part_end(&self, from: usize) -> usize {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(from) {
            match token.kind {
                TokenKind::Mark(b'(' | b'[' | b'{') => depth += 1,
                TokenKind::Mark(b')' | b']' | b'}') => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return at,
                },
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The tokens from `from` to before `end` cut at commas outside brackets.
    pub(super) fn list(&self, from: usize, end: usize) -> Vec<(usize, usize)> {
        let mut items = Vec::new();
        let (mut depth, mut start) = (0usize, from);
        for at in from..end {
            match self.tokens.get(at).map(|token| token.kind) {
                Some(TokenKind::Mark(b'(' | b'[' | b'{')) => depth += 1,
                Some(TokenKind::Mark(b')' | b']' | b'}')) => depth = depth.saturating_sub(1),
                Some(TokenKind::Mark(b',')) if depth == 0 => {
                    items.push((start, at));
                    start = at + 1;
                }
                _ => {}
            }
        }
        if start < end {
            items.push((start, end));
        }
        items
    }

    /// The token after the dotted name that begins at `at`.
    pub(super) fn after_name(&self, mut at: usize) -> usize {
        at += 1;
        while self.mark(at, b'.') {
            at += 2;
        }
        at
    }

    /// The text of the tokens from `from` to before `end`.
    pub(super) fn words(&self, from: usize, end: usize) -> &'a str {
        let (Some(first), Some(last)) = (
            self.tokens.get(from),
            end.checked_sub(1).and_then(|at| self.tokens.get(at)),
        ) else {
            return "";
        };
        self.sql.get(first.start..last.end).unwrap_or("")
    }

    pub(super) fn start(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.sql.len(), |token| token.start)
    }

    pub(super) fn end(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.sql.len(), |token| token.end)
    }

    /// Takes out the tokens from `from` to before `end`.
    pub(super) fn drop(&self, edits: &mut Edits, from: usize, end: usize) {
        self.put(edits, from, end, "");
    }

    /// Puts `with` in the place of the tokens from `from` to before `end`.
    pub(super) fn put(&self, edits: &mut Edits, from: usize, end: usize, with: impl Into<String>) {
        if from < end
            && let (Some(first), Some(last)) = (self.tokens.get(from), self.tokens.get(end - 1))
        {
            edits.replace(first.start, last.end, with);
        }
    }

    /// Puts `with` before the token `at`, or at the end.
    pub(super) fn insert(&self, edits: &mut Edits, at: usize, with: impl Into<String>) {
        let place = self.start(at);
        edits.replace(place, place, with);
    }

    /// Whether a query begins at `at`.
    pub(super) fn begins_query(&self, at: usize) -> bool {
        self.is_any(at, &["select", "with", "values", "from", "table"]) || self.mark(at, b'(')
    }
}
