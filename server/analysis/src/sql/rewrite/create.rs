//! CREATE in all its variants: what stands around the query says nothing about columns.

use super::Text;
use super::edits::Edits;

/// The type of columns that are named without one.
pub(crate) const UNTYPED: &str = "metasync_untyped";

/// Where the name begins in `CREATE … TABLE|VIEW [IF NOT EXISTS] name`.
fn name(text: Text<'_>) -> Option<usize> {
    if !text.is(0, "create") {
        return None;
    }
    let kind = (1..text.tokens.len().min(10)).find(|at| text.is_any(*at, &["table", "view"]))?;
    let mut name = kind + 1;
    while text.is_any(name, &["if", "not", "exists"]) {
        name += 1;
    }
    Some(name)
}

/// The AS before the query, from `from` on.
fn query_as(text: Text<'_>, from: usize) -> Option<usize> {
    text.find(from, |at| text.is(at, "as") && text.begins_query(at + 1))
}

/// `CREATE TABLE t USING delta LOCATION 'x' … AS SELECT`: what stands between the name (or its columns) and AS.
pub(super) fn options(text: Text<'_>, edits: &mut Edits) {
    let Some(name) = name(text) else { return };
    let mut after = text.after_name(name);
    if text.mark(after, b'(') && !text.begins_query(after + 1) {
        after = text.close(after).map_or(after, |close| close + 1);
    }
    if let Some(query) = query_as(text, after)
        && query > after
    {
        text.drop(edits, after, query);
    }
}

/// `CREATE TABLE t (a, b) AS SELECT`: the parser wants types.
pub(super) fn names_without_types(text: Text<'_>, edits: &mut Edits) {
    let Some(name) = name(text) else { return };
    if text.is(name.wrapping_sub(1), "view") {
        return;
    }
    let open = text.after_name(name);
    let Some(close) = text.mark(open, b'(').then(|| text.close(open)).flatten() else {
        return;
    };
    if query_as(text, close + 1).is_none() {
        return;
    }
    for (first, end) in text.list(open + 1, close) {
        if end == first + 1 && text.is_name(first) {
            text.insert(edits, end, UNTYPED);
        }
    }
}

/// `… WITH NO DATA`, `… WITH CHECK OPTION`, `… WITH READ ONLY` behind the query.
pub(super) fn trailing_clauses(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "create") {
        return;
    }
    let with = text
        .tokens
        .iter()
        .rposition(|token| token.is(text.sql, "with"))
        .unwrap_or(text.tokens.len());
    let known: &[&[&str]] = &[
        &["no", "data"],
        &["data"],
        &["check", "option"],
        &["local", "check", "option"],
        &["cascaded", "check", "option"],
        &["read", "only"],
        &["no", "schema", "binding"],
    ];
    // Greenplum and others: where the rows go.
    let distributed = text.find(1, |at| {
        text.is(at, "distributed") && text.is_any(at + 1, &["by", "randomly", "replicated"])
    });
    if let Some(word) = distributed {
        text.drop(edits, word, text.tokens.len());
    }
    // Teradata: `WITH [NO] DATA PRIMARY INDEX (a) ON COMMIT PRESERVE ROWS`.
    let data = text.find(1, |at| {
        text.are(at, &["with", "data"]) || text.are(at, &["with", "no", "data"])
    });
    if let Some(word) = data {
        text.drop(edits, word, text.tokens.len());
        let name = word.saturating_sub(1);
        if text.is(name.wrapping_sub(1), "as") && text.is_name(name) {
            text.insert(edits, name, "SELECT * FROM");
        }
    }
    if known
        .iter()
        .any(|words| text.are(with + 1, words) && with + 1 + words.len() == text.tokens.len())
    {
        text.drop(edits, with, text.tokens.len());
    }
}

/// `CREATE RECURSIVE VIEW v (a) AS q`: a view of a recursive CTE.
pub(super) fn recursive_view(text: Text<'_>, edits: &mut Edits) {
    let Some(name) = name(text) else { return };
    let Some(word) = (1..name).find(|at| text.is(*at, "recursive")) else {
        return;
    };
    let open = text.after_name(name);
    let Some(close) = text.close(open) else { return };
    let Some(query) = query_as(text, close + 1) else {
        return;
    };
    let (view, columns) = (text.words(name, open), text.words(open, close + 1));
    let listed = text.words(open + 1, close);
    let body = text.words(query + 1, text.tokens.len());
    text.drop(edits, word, word + 1);
    text.put(
        edits,
        query + 1,
        text.tokens.len(),
        format!("WITH RECURSIVE {view} {columns} AS ({body}) SELECT {listed} FROM {view}"),
    );
}

/// Words that only one platform has in `CREATE … TABLE`, and its `STREAM(t)`.
pub(super) fn other_words(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "create") {
        return;
    }
    if text.are(1, &["or", "refresh"]) {
        text.put(edits, 2, 3, "REPLACE");
    }
    let end = name(text).unwrap_or(1);
    for at in 1..end {
        if text.is_any(
            at,
            &[
                "streaming",
                "live",
                "incremental",
                "hybrid",
                "dynamic",
                "iceberg",
                "event",
                "secure",
                "noforce",
                "force",
                "editionable",
                "multiset",
                "set",
                "private",
                "foreign",
                "shadow",
                "liveview",
            ],
        ) {
            text.drop(edits, at, at + 1);
        }
    }
    let is_table = text.is(end.wrapping_sub(1), "table");
    if is_table && text.is(text.after_name(end), "copy") {
        let word = text.after_name(end);
        text.put(edits, word, word + 1, "CLONE");
    }
    for at in end..text.tokens.len() {
        if text.is(at, "stream") && text.is_any(at - 1, &["from", "join"]) {
            if text.mark(at + 1, b'(')
                && let Some(close) = text.close(at + 1)
            {
                text.drop(edits, at, at + 2);
                text.drop(edits, close, close + 1);
            } else if text.is_name(at + 1) {
                text.drop(edits, at, at + 1);
            }
        }
    }
}

/// Spark's `CACHE [LAZY] TABLE c [OPTIONS (…)] [AS] SELECT`: a temporary view.
pub(super) fn cached_table(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "cache") {
        return;
    }
    let table = if text.is(1, "lazy") { 2 } else { 1 };
    let after = text.after_name(table + 1);
    let Some(query) = text.find(after, |at| text.is_any(at, &["select", "with", "from", "values"])) else {
        return;
    };
    let name = text.words(table + 1, after);
    text.put(edits, 0, query, format!("CREATE TEMPORARY VIEW {name} AS"));
}

/// T-SQL's `DECLARE @t TABLE (…)`.
pub(super) fn table_variable(text: Text<'_>, edits: &mut Edits) {
    let word = if text.is(2, "as") { 3 } else { 2 };
    if text.is(0, "declare") && text.is(word, "table") {
        let name = text.words(1, 2).to_owned();
        text.put(edits, 0, word + 1, format!("CREATE TABLE {name}"));
    }
}
