//! Expressions of single dialects.

use super::Text;
use super::edits::Edits;
use crate::sql::lex::TokenKind;

/// `a ** b`, `a // b`, and `SET a += b`.
pub(super) fn operators(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        let assigns = text.is(0, "update") && text.mark(at + 1, b'=') && text.end(at) == text.start(at + 1);
        if assigns
            && [b'+', b'-', b'*', b'/', b'%']
                .iter()
                .any(|mark| text.mark(at, *mark))
        {
            text.drop(edits, at, at + 1);
        }
        for mark in [b'*', b'/'] {
            if text.mark(at, mark) && text.mark(at + 1, mark) && text.end(at) == text.start(at + 1) {
                text.drop(edits, at + 1, at + 2);
            }
        }
    }
}

/// DuckDB's `[f(x) FOR x IN list IF condition]`.
pub(super) fn comprehension(text: Text<'_>, edits: &mut Edits) {
    for open in 0..text.tokens.len() {
        if !text.mark(open, b'[') {
            continue;
        }
        let Some(word) = text.find(open + 1, |at| text.is(at, "for")) else {
            continue;
        };
        let Some(close) = text.close(open) else { continue };
        if !text.is(word + 2, "in") {
            continue;
        }
        let condition = text
            .find(word + 3, |at| text.is(at, "if"))
            .filter(|at| *at < close);
        let (made, name) = (text.words(open + 1, word), text.words(word + 1, word + 2));
        let list = text.words(word + 3, condition.unwrap_or(close));
        let condition = condition.map_or("true", |at| text.words(at + 1, close));
        let call = format!("list_transform({list}, {name} -> coalesce({made}, {condition}))");
        text.put(edits, open, close + 1, call);
    }
}

/// DuckDB's `FILTER (condition)`.
pub(super) fn filter(text: Text<'_>, edits: &mut Edits) {
    for at in 1..text.tokens.len() {
        if text.is(at, "filter")
            && text.mark(at - 1, b')')
            && text.mark(at + 1, b'(')
            && !text.is(at + 2, "where")
        {
            text.insert(edits, at + 2, "WHERE");
        }
    }
}

/// ClickHouse's `tuple.1`.
pub(super) fn tuple_field(text: Text<'_>, edits: &mut Edits) {
    for at in 1..text.tokens.len() {
        let number = text.tokens.get(at + 1).is_some_and(|token| {
            token.kind == TokenKind::Number && token.text(text.sql).bytes().all(|byte| byte.is_ascii_digit())
        });
        let owner = text.is_name(at - 1) || text.mark(at - 1, b')');
        if owner && number && text.mark(at, b'.') && text.end(at - 1) == text.start(at) {
            text.drop(edits, at, at + 2);
        }
    }
}
