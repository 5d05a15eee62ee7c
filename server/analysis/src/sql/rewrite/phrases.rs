//! Phrases of single platforms: words in a row that say nothing about columns, or that others say in other words.

use super::Text;
use super::edits::Edits;
use crate::Dialect;
use crate::sql::lex::TokenKind;

/// Words, and what stands in their place.
const PHRASES: &[(&[&str], &str)] = &[
    (&["with", "schema", "evolution"], ""),
    (&["overriding", "system", "value"], ""),
    (&["overriding", "user", "value"], ""),
    (&["lock", "in", "share", "mode"], ""),
    (&["shallow", "clone"], "CLONE"),
    (&["deep", "clone"], "CLONE"),
    (&["by", "position"], ""),
    (&["exclude", "current", "row"], ""),
    (&["exclude", "no", "others"], ""),
    (&["exclude", "ties"], ""),
    (&["from", "first", "ignore"], "IGNORE"),
    (&["from", "first", "respect"], "RESPECT"),
    (&["from", "last", "ignore"], "IGNORE"),
    (&["from", "last", "respect"], "RESPECT"),
    (&["from", "first", "over"], "OVER"),
    (&["from", "last", "over"], "OVER"),
    (&["sounds", "like"], "="),
    (&["global", "in"], "IN"),
    (&["global", "not", "in"], "NOT IN"),
    (&["not", "global", "in"], "NOT IN"),
    (&["as", "not", "materialized"], "AS"),
    (&["as", "materialized"], "AS"),
    (&["with", "read", "only"], ""),
    (&["full", "outer", "union"], "UNION"),
    (&["left", "outer", "union"], "UNION"),
    (&["full", "union"], "UNION"),
    (&["left", "union"], "UNION"),
    (&["inner", "union"], "UNION"),
    (&["order", "siblings", "by"], "ORDER BY"),
];

pub(super) fn plain(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        for (words, with) in PHRASES {
            if text.are(at, words) {
                text.put(edits, at, at + words.len(), *with);
            }
        }
    }
}

/// Clauses with something of their own behind the words.
pub(super) fn clauses(text: Text<'_>, edits: &mut Edits) {
    const AFTER: &[&str] = &[
        "from", "where", "group", "having", "order", "union", "limit", "join", "left", "inner", "right",
        "full", "cross", "on", "window", "qualify", "for",
    ];
    for at in 0..text.tokens.len() {
        let behind = |from: usize| {
            text.find(from, |at| text.is_any(at, AFTER) || text.mark(at, b','))
                .unwrap_or_else(|| text.part_end(from))
        };
        if text.is(at, "into") && text.is_any(at + 1, &["outfile", "dumpfile"]) {
            text.drop(edits, at, behind(at + 2));
        } else if text.are(at, &["procedure", "analyse"])
            || text.are(at, &["using", "sample"])
            || text.are(at, &["log", "errors"])
        {
            text.drop(edits, at, text.part_end(at));
        } else if text.is(at, "for")
            && text.is_any(at + 1, &["version", "timestamp", "system_time", "system_version"])
            && text.are(at + 2, &["as", "of"])
        {
            text.drop(edits, at, behind(at + 4).max(at + 5));
        } else if text.are(at, &["select", "with"]) && text.is(at + 3, "options") {
            if let Some(close) = text.close(at + 4) {
                text.drop(edits, at + 1, close + 1);
            }
        } else if text.is(at, "using")
            && text.mark(at + 1, b'(')
            && let Some(close) = text.close(at + 1)
            && text.is(close + 1, "as")
        {
            text.drop(edits, close + 1, close + 3);
        } else if at > 0
            && text.mark(at - 1, b')')
            && (text.is(at, "search") && text.is_any(at + 1, &["depth", "breadth"])
                || text.is(at, "cycle") && text.is_name(at + 1))
        {
            let end = text.find(at, |at| {
                text.mark(at, b',') && !text.is_name(at + 1)
                    || text.is_any(at, &["select", "insert", "update", "delete", "merge"])
            });
            text.drop(edits, at, end.unwrap_or(at + 1));
        } else if text.is(at, "keep") && text.mark(at + 1, b'(') && text.is(at + 2, "dense_rank") {
            text.put(edits, at, at + 4, "WITHIN GROUP (");
        } else if text.is(at, "limit") && text.mark(at + 2, b'%') {
            text.drop(edits, at + 2, at + 3);
        } else if text.are(at, &["with", "ties"]) {
            text.drop(edits, at, at + 2);
        } else if text.is(at, "pivot")
            && text.mark(at + 1, b'(')
            && let Some(group) = text.find(at + 2, |at| text.are(at, &["group", "by"]))
        {
            text.drop(edits, group, text.part_end(group));
        }
    }
}

/// Operators in words and functions with words between their arguments.
pub(super) fn functions(text: Text<'_>, edits: &mut Edits) {
    for at in 1..text.tokens.len() {
        let infix = ends_value(text, at - 1) && (text.is_name(at + 1) || begins_value(text, at + 1));
        if infix && text.is_any(at, &["glob", "mod", "div"]) {
            let operator = if text.is(at, "glob") { "LIKE" } else { "/" };
            text.put(edits, at, at + 1, operator);
        }
        if text.dialect == Dialect::Sqlite && text.is(at, "is") && infix {
            let not = text.is(at + 1, "not");
            let value = if not { at + 2 } else { at + 1 };
            if !text.is_any(value, &["null", "true", "false", "distinct", "not"]) {
                text.put(edits, at, value, if not { "<>" } else { "=" });
            }
        }
        if text.dialect == Dialect::ClickHouse && text.mark(at, b'?') && ends_value(text, at - 1) {
            text.put(edits, at, at + 1, "+");
            if let Some(colon) = text.find(at + 1, |at| text.mark(at, b':')) {
                text.put(edits, colon, colon + 1, "+");
            }
        }
        if text.dialect == Dialect::MySql && text.mark(at, b'!') && !text.mark(at + 1, b'=') {
            text.put(edits, at, at + 1, "NOT");
        }
        if text.is(at - 1, "safe") && text.mark(at, b'.') && text.mark(at + 2, b'(') {
            text.drop(edits, at - 1, at + 1);
        }
        if text.is(at - 1, "trim") && text.mark(at, b'(') && text.is(at + 2, "from") {
            text.drop(edits, at + 1, at + 3);
        }
        if text.is(at - 1, "xmlelement") && text.mark(at, b'(') && text.is(at + 1, "name") {
            text.put(edits, at + 1, at + 3, "'x'");
        }
        if text.is_any(at - 1, &["try_parse", "parse"])
            && text.mark(at, b'(')
            && let Some(close) = text.close(at)
            && let Some(word) = text.find(at + 1, |at| text.is(at, "as"))
        {
            text.drop(edits, word, close);
        }
        if text.is(at - 1, "substring") && text.mark(at, b'(') {
            for word in ["similar", "escape"] {
                if let Some(place) = text.find(at + 1, |at| text.is(at, word)) {
                    text.put(edits, place, place + 1, ",");
                }
            }
        }
        if text.are(at - 1, &["character", "set"]) && !text.is(0, "create") && !text.is(0, "alter") {
            text.drop(edits, at - 1, at + 2);
        }
        if text.is(at - 1, "multiset") && text.mark(at, b'(') {
            text.drop(edits, at - 1, at);
        }
        if text.is(at, "year_month") || text.is(at, "day_hour") || text.is(at, "day_minute") {
            text.put(edits, at, at + 1, "YEAR");
        }
        if text.are(at - 1, &["next", "value", "for"]) {
            text.put(edits, at - 1, text.after_name(at + 2), "0");
        }
        intervals(text, at - 1, edits);
    }
}

/// Spark's `INTERVAL 1 DAY 2 HOURS`.
fn intervals(text: Text<'_>, at: usize, edits: &mut Edits) {
    let is_amount = |at: usize| {
        text.tokens
            .get(at)
            .is_some_and(|token| matches!(token.kind, TokenKind::Number | TokenKind::Text))
    };
    if !text.is(at, "interval") || !is_amount(at + 1) || !text.is_name(at + 2) {
        return;
    }
    let mut end = at + 3;
    while is_amount(end) && text.is_name(end + 1) {
        end += 2;
    }
    text.drop(edits, at + 3, end);
}

fn ends_value(text: Text<'_>, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|token| match token.kind {
        TokenKind::Mark(mark) => matches!(mark, b')' | b']'),
        TokenKind::Word => !token.is_any(
            text.sql,
            &["select", "where", "and", "or", "on", "not", "when", "then"],
        ),
        _ => true,
    })
}

fn begins_value(text: Text<'_>, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|token| match token.kind {
        TokenKind::Mark(mark) => matches!(mark, b'(' | b'-' | b'[' | b'?' | b'$'),
        _ => true,
    })
}

/// Words before the arguments of table functions: `MODEL m`, `TABLE t PARTITION BY …`.
pub(super) fn table_arguments(text: Text<'_>, edits: &mut Edits) {
    for at in 1..text.tokens.len() {
        let begins = text.mark(at - 1, b'(') || text.mark(at - 1, b',') || text.mark(at - 1, b'>');
        if !begins {
            continue;
        }
        if !text.is_any(at, &["model", "table"]) {
            continue;
        }
        let end = text
            .find(at, |at| text.mark(at, b','))
            .unwrap_or_else(|| text.part_end(at));
        if text.is(at, "model") && text.is_name(at + 1) {
            text.put(edits, at, text.after_name(at + 1), "NULL");
        } else if text.is(at, "table") && text.is_name(at + 1) {
            let name = text.words(at + 1, text.after_name(at + 1));
            text.put(edits, at, end, format!("(SELECT * FROM {name})"));
        } else if text.is(at, "table") && text.mark(at + 1, b'(') && text.is_name(at + 2) {
            let Some(close) = text.close(at + 1) else { continue };
            let name = text.words(at + 2, close);
            text.put(edits, at, end, format!("(SELECT * FROM {name})"));
        }
    }
}

/// Variables of clients: `${name}`, `&name`.
pub(super) fn variables(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        if text.mark(at, b'$') && text.mark(at + 1, b'{') && text.is_name(at + 2) {
            if let Some(close) = text.close(at + 1) {
                let name = text.words(at + 2, at + 3);
                edits.join(text.start(at), text.end(close), name);
            }
        } else if text.mark(at, b'&') && text.is_name(at + 1) && text.end(at) == text.start(at + 1) {
            text.drop(edits, at, at + 1);
        }
    }
}

/// Whole statements in other words.
pub(super) fn statements(text: Text<'_>, edits: &mut Edits) {
    // Teradata's short words, and UPSERT.
    if text.is_any(0, &["sel", "ins", "upsert"]) {
        for at in 0..text.tokens.len() {
            if text.is(at, "sel") {
                text.put(edits, at, at + 1, "SELECT");
            } else if at == 0 {
                text.put(edits, 0, 1, "INSERT");
            }
        }
    }
    // DB2's isolation: `WITH UR`.
    let last = text.tokens.len().saturating_sub(2);
    if text.is(last, "with") && text.is_any(last + 1, &["ur", "cs", "rs", "rr"]) {
        text.drop(edits, last, last + 2);
    }
    if text.is(0, "table") && text.is_name(1) {
        text.put(edits, 0, 1, "SELECT * FROM");
    }
    // Databricks: `APPLY CHANGES INTO t FROM STREAM(s) KEYS …`; Redshift: `ALTER TABLE t APPEND FROM s`.
    let into = (0..3)
        .find(|at| text.is(*at, "into"))
        .filter(|_| text.is_any(0, &["apply", "auto"]));
    if let Some(into) = into
        && let Some(from) = text.find(into, |at| text.is(at, "from"))
    {
        let stream = text.is(from + 1, "stream") && text.mark(from + 2, b'(');
        let first = if stream { from + 3 } else { from + 1 };
        let (target, source) = (
            text.words(into + 1, from),
            text.words(first, text.after_name(first)),
        );
        let insert = format!("INSERT INTO {target} SELECT * FROM {source}");
        text.put(edits, 0, text.tokens.len(), insert);
    }
    if text.are(0, &["alter", "table"])
        && let Some(word) = text.find(2, |at| text.are(at, &["append", "from"]))
    {
        let (target, source) = (
            text.words(2, word),
            text.words(word + 2, text.after_name(word + 2)),
        );
        let insert = format!("INSERT INTO {target} SELECT * FROM {source}");
        text.put(edits, 0, text.tokens.len(), insert);
    }
    // DuckDB: `THEN UPDATE` and `THEN INSERT [BY NAME]` take all columns.
    if text.is(0, "merge") {
        for at in 0..text.tokens.len() {
            let ends = |at: usize| at >= text.tokens.len() || text.is(at, "when") || text.mark(at, b';');
            if text.are(at, &["then", "update"]) && ends(at + 2) {
                text.put(edits, at + 1, at + 2, "UPDATE SET *");
            } else if text.are(at, &["then", "insert"]) {
                let named = text.are(at + 2, &["by", "name"]);
                let end = if named { at + 4 } else { at + 2 };
                if ends(end) {
                    text.put(edits, at + 1, end, "INSERT *");
                }
            } else if text.are(at, &["remove", "duplicates"]) {
                text.put(
                    edits,
                    at,
                    at + 2,
                    "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
                );
            }
        }
    }
    // `SET a[1] = …`
    if text.is(0, "update") {
        for at in 1..text.tokens.len() {
            if text.mark(at, b'[')
                && (text.is_any(at.wrapping_sub(2), &["set"]) || text.mark(at.wrapping_sub(2), b','))
                && let Some(close) = text.close(at)
                && text.mark(close + 1, b'=')
            {
                text.drop(edits, at, close + 1);
            }
        }
    }
    // Spark: `SELECT TRANSFORM (a, b) USING 'script' AS (c, d)`.
    if text.are(0, &["select", "transform"])
        && let Some(close) = text.close(2)
        && text.is(close + 1, "using")
        && text.is(close + 3, "as")
    {
        let call = text.words(1, close + 1);
        let end = text
            .find(close + 4, |at| text.is(at, "from"))
            .unwrap_or(text.tokens.len());
        let (first, last) = if text.mark(close + 4, b'(') {
            (close + 5, end - 1)
        } else {
            (close + 4, end)
        };
        let items: Vec<String> = text
            .list(first, last)
            .into_iter()
            .map(|(name, _)| format!("{call} AS {}", text.words(name, name + 1)))
            .collect();
        text.put(edits, 1, end, items.join(", "));
    }
}
