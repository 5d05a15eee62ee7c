//! Select items of a sketch: their names, their expressions, the columns that they mention.

use super::Span;
use super::follow::Sketch;
use crate::jinja::mask::mentions_placeholder;
use crate::sql::lex::TokenKind;
use crate::sql::sketch::{Item, is_reserved};

impl Sketch<'_> {
    /// The name of the column that an item makes.
    pub(super) fn output(&self, item: &Item) -> Option<String> {
        let name = match &item.alias {
            Some(alias) => Some(alias.name.clone()),
            None => self
                .is_column(item.first, item.end)
                .then(|| self.tokens.get(item.end - 1).map(|t| t.name(self.sql)))?,
        };
        name.filter(|name| !mentions_placeholder(name))
    }

    /// The tokens of an item without its alias.
    pub(super) fn expression(&self, item: &Item) -> (usize, usize) {
        match item.alias {
            None => (item.first, item.end),
            Some(_) => {
                let end = item.end.saturating_sub(1);
                let has_as =
                    end > item.first && self.tokens.get(end - 1).is_some_and(|t| t.is(self.sql, "as"));
                (item.first, if has_as { end - 1 } else { end })
            }
        }
    }

    /// Whether tokens are `a.b.c` and nothing else.
    pub(super) fn is_column(&self, first: usize, end: usize) -> bool {
        end > first
            && (first..end).all(|at| {
                let token = &self.tokens[at];
                if (at - first).is_multiple_of(2) {
                    token.is_name() && !is_reserved(token, self.sql)
                } else {
                    token.kind == TokenKind::Mark(b'.')
                }
            })
            && !(end - first).is_multiple_of(2)
    }

    /// `*` and `t.*`: the owner that it names, if any.
    pub(super) fn star(&self, item: &Item) -> Option<Option<String>> {
        let first = self.tokens.get(item.first)?;
        if first.kind == TokenKind::Mark(b'*') {
            return Some(None);
        }
        let last = (item.first..item.end).find(|at| self.tokens[*at].kind == TokenKind::Mark(b'*'))?;
        let is_owner = last >= item.first + 2
            && self.tokens[last - 1].kind == TokenKind::Mark(b'.')
            && self.is_column(item.first, last - 1);
        is_owner.then(|| Some(self.tokens[last - 2].name(self.sql)))
    }

    /// The columns that tokens mention, by their parts.
    pub(super) fn references(&self, first: usize, end: usize) -> Vec<Vec<String>> {
        let mut found: Vec<Vec<String>> = Vec::new();
        let mut at = first;
        while at < end {
            let token = &self.tokens[at];
            if !token.is_name() || is_reserved(token, self.sql) {
                at += 1;
                continue;
            }
            let mut parts = vec![token.name(self.sql)];
            at += 1;
            while at + 1 < end
                && self.tokens[at].kind == TokenKind::Mark(b'.')
                && self.tokens[at + 1].is_name()
            {
                parts.push(self.tokens[at + 1].name(self.sql));
                at += 2;
            }
            let is_function = self
                .tokens
                .get(at)
                .is_some_and(|token| token.kind == TokenKind::Mark(b'('));
            if !is_function && !found.contains(&parts) {
                found.push(parts);
            }
        }
        found
    }

    /// The text of tokens as written, on one line.
    pub(super) fn text(&self, first: usize, end: usize) -> String {
        let start = self.tokens.get(first).map_or(0, |token| token.start);
        let stop = end
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(start, |token| token.end);
        let written = self.written.get(start..stop).unwrap_or("");
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The token that `offset` lies in.
    pub(super) fn token_at(&self, offset: usize) -> Option<usize> {
        let at = self.tokens.partition_point(|token| token.end <= offset);
        self.tokens
            .get(at)
            .filter(|token| token.start <= offset)
            .map(|_| at)
    }

    pub(super) fn span(&self, at: usize) -> Span {
        self.tokens
            .get(at)
            .map_or_else(Span::default, |token| Span::new(token.start, token.end))
    }
}
