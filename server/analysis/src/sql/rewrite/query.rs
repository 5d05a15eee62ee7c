//! FROM, joins and words of single dialects in queries.

use super::Text;
use super::edits::Edits;
use crate::Dialect;

/// MySQL's `UPDATE a, b SET`.
pub(super) fn update_of_several(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "update") {
        return;
    }
    let Some(set) = text.find(1, |at| text.is(at, "set")) else {
        return;
    };
    for (_, end) in text.list(1, set) {
        if end < set && text.mark(end, b',') {
            text.put(edits, end, end + 1, "CROSS JOIN");
        }
    }
}

/// Words of joins that say nothing about columns: ASOF, ANY, GLOBAL, POSITIONAL, hints.
pub(super) fn joins(text: Text<'_>, edits: &mut Edits) {
    const KINDS: &[&str] = &[
        "join", "left", "right", "inner", "full", "outer", "semi", "anti", "cross",
    ];
    for at in 0..text.tokens.len() {
        if text.is_any(at, &["asof", "any", "all", "global", "positional", "paste"])
            && text.is_any(at + 1, KINDS)
            && at > 0
        {
            let word = if text.is_any(at, &["positional", "paste"]) {
                "CROSS"
            } else {
                ""
            };
            text.put(edits, at, at + 1, word);
        }
        // ClickHouse: `LEFT ANY JOIN`; T-SQL: `INNER HASH JOIN`.
        if text.is_any(at, &["any", "all", "asof", "hash", "merge", "loop", "remote"])
            && text.is(at + 1, "join")
            && at > 0
            && text.is_any(at - 1, &["left", "right", "inner", "full", "outer"])
        {
            text.drop(edits, at, at + 1);
        }
    }
}

/// Postgres' `ROWS FROM (f(x) AS (a int), g(y)) AS t`.
pub(super) fn rows_from(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        if !(text.are(at, &["rows", "from"]) && text.mark(at + 2, b'(')) {
            continue;
        }
        let Some(close) = text.close(at + 2) else { continue };
        let Some((first, end)) = text.list(at + 3, close).first().copied() else {
            continue;
        };
        let call = text
            .find(first, |at| text.is(at, "as"))
            .filter(|word| *word < end);
        text.put(edits, at, close + 1, text.words(first, call.unwrap_or(end)));
    }
}

/// Oracle's hierarchical words before a column: `PRIOR a`, `CONNECT_BY_ROOT a`.
pub(super) fn hierarchy(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        if text.is_any(at, &["prior", "connect_by_root"]) && text.is_name(at + 1) {
            text.drop(edits, at, at + 1);
        }
    }
    let begins = |at: usize| text.are(at, &["connect", "by"]) || text.are(at, &["start", "with"]);
    for at in 0..text.tokens.len() {
        if !begins(at) {
            continue;
        }
        let end = text.find(at + 2, |at| {
            text.is_any(
                at,
                &[
                    "group",
                    "having",
                    "order",
                    "union",
                    "minus",
                    "except",
                    "intersect",
                    "limit",
                ],
            )
        });
        text.drop(edits, at, end.unwrap_or_else(|| text.part_end(at)));
    }
}

/// Single words and short clauses that say nothing about columns.
pub(super) fn words(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        if text.is(at, "approximate") && text.is_name(at + 1) {
            text.drop(edits, at, at + 1);
        }
        if text.are(at, &["indexed", "by"]) && text.is_name(at + 2) {
            text.drop(edits, at, at + 3);
        }
        if text.are(at, &["not", "indexed"]) {
            text.drop(edits, at, at + 2);
        }
        // ClickHouse: `LIMIT 2 BY a`, `FINAL`, `FORMAT x`; T-SQL: `FOR XML …`, `OPTION (…)`.
        if text.dialect == Dialect::Tsql
            && (text.is(at, "for") && text.is_any(at + 1, &["xml", "json", "browse"])
                || text.is(at, "option") && text.mark(at + 1, b'('))
        {
            text.drop(edits, at, text.part_end(at));
        }
        if text.is(at, "only")
            && text.is_any(at.wrapping_sub(1), &["from", "join", "update", "delete"])
            && text.is_name(at + 1)
        {
            text.drop(edits, at, at + 1);
        }
    }
}
