//! Hive's `FROM t INSERT … SELECT a INSERT … SELECT b`: one statement for each INSERT.

use super::lex::{Token, TokenKind};

/// The statements that such a text stands for; `None` when it is no such text.
pub(super) fn inserts(sql: &str, tokens: &[Token]) -> Option<Vec<String>> {
    let with = tokens.first()?.is(sql, "with");
    let mut depth = 0usize;
    let (mut from, mut places) = (None, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Mark(b'(') => depth += 1,
            TokenKind::Mark(b')') => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is(sql, "from") && from.is_none() => from = Some(at),
            _ if token.is(sql, "insert") => {
                from?;
                places.push(at);
            }
            _ if token.is(sql, "select") && places.is_empty() => return None,
            _ => {}
        }
    }
    let from = from?;
    if !with && from != 0 {
        return None;
    }
    let piece = |first: usize, end: usize| {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        sql.get(tokens.get(first)?.start..tokens.get(last)?.end)
    };
    let relations = piece(from, *places.first()?)?;
    let ctes = piece(0, from).unwrap_or("");
    let mut statements = Vec::new();
    for (nth, place) in places.iter().enumerate() {
        let end = places.get(nth + 1).copied().unwrap_or(tokens.len());
        let tail = tail(sql, tokens, *place, end);
        let (head, tail) = (piece(*place, tail)?, piece(tail, end).unwrap_or(""));
        statements.push(format!("{ctes} {head} {relations} {tail}"));
    }
    Some(statements)
}

/// Where the clauses behind the select list begin.
fn tail(sql: &str, tokens: &[Token], place: usize, end: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().take(end).skip(place) {
        match token.kind {
            TokenKind::Mark(b'(') => depth += 1,
            TokenKind::Mark(b')') => depth = depth.saturating_sub(1),
            _ if depth == 0
                && token.is_any(
                    sql,
                    &[
                        "lateral",
                        "where",
                        "group",
                        "having",
                        "order",
                        "sort",
                        "cluster",
                        "distribute",
                        "limit",
                    ],
                ) =>
            {
                return at;
            }
            _ => {}
        }
    }
    end
}
