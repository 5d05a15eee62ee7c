//! Lists of columns in CREATE TABLE and ALTER TABLE that the parser refuses: names and types stay, the rest goes.

use super::Text;
use super::edits::Edits;
use crate::sql::lex::TokenKind;

/// A type that the parser may not know, as text: `metasync_typed('array(int)')`.
pub(crate) const TYPED: &str = "metasync_typed";

/// Words that begin an entry that is no column.
const NO_COLUMN: &[&str] = &[
    "check",
    "constraint",
    "exclude",
    "foreign",
    "fulltext",
    "index",
    "key",
    "like",
    "period",
    "primary",
    "projection",
    "spatial",
    "unique",
];

/// Words that end a column's type.
const OPTIONS: &[&str] = &[
    "after",
    "alias",
    "as",
    "autoincrement",
    "auto_increment",
    "characterset",
    "charset",
    "check",
    "codec",
    "collate",
    "comment",
    "compression",
    "constraint",
    "default",
    "deferrable",
    "distkey",
    "enable",
    "encode",
    "encoding",
    "ephemeral",
    "first",
    "format",
    "generated",
    "identity",
    "invisible",
    "key",
    "mask",
    "masking",
    "materialized",
    "not",
    "null",
    "on",
    "options",
    "persisted",
    "primary",
    "references",
    "rowguidcol",
    "settings",
    "sortkey",
    "sparse",
    "statistics",
    "storage",
    "stored",
    "tag",
    "ttl",
    "unique",
    "virtual",
    "visible",
    "with",
    "zerofill",
    "unsigned",
    "signed",
    "character",
    "binary",
    "using",
    "bytedict",
];

/// Puts the columns of a CREATE TABLE in plain words.
pub(super) fn of_create(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "create") {
        return;
    }
    let Some(kind) = (1..text.tokens.len().min(10)).find(|at| text.is(*at, "table")) else {
        return;
    };
    let mut name = kind + 1;
    while text.is_any(name, &["if", "not", "exists"]) {
        name += 1;
    }
    let mut open = text.after_name(name);
    // ClickHouse: `ON CLUSTER c`.
    if text.are(open, &["on", "cluster"]) {
        open = text.after_name(open + 2);
    }
    if !text.mark(open, b'(') || text.begins_query(open + 1) {
        return;
    }
    let Some(close) = text.close(open) else { return };
    let items: Vec<String> = entries(text, open + 1, close)
        .into_iter()
        .filter_map(|(first, end)| column(text, first, end))
        .collect();
    let query = text.find(close + 1, |at| text.is(at, "as") && text.begins_query(at + 1));
    let list = if items.is_empty() {
        String::new()
    } else {
        format!("({})", items.join(", "))
    };
    // A table of its own has columns, or nothing can be said about it.
    if items.is_empty() && query.is_none() {
        return;
    }
    text.put(edits, kind.min(1), kind, "");
    text.put(
        edits,
        text.after_name(name),
        query.unwrap_or(text.tokens.len()),
        list,
    );
}

/// The entries of a list of columns: commas inside `struct<…>` part none.
fn entries(text: Text<'_>, first: usize, end: usize) -> Vec<(usize, usize)> {
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let mut open = 0usize;
    for (start, end) in text.list(first, end) {
        match entries.last_mut() {
            Some(last) if open > 0 => last.1 = end,
            _ => entries.push((start, end)),
        }
        for at in start..end {
            let is_type =
                at > 0 && text.is_any(at - 1, &["array", "map", "range", "row", "struct", "nested"]);
            if text.mark(at, b'<') && is_type {
                open += 1;
            } else if text.mark(at, b'>') {
                open = open.saturating_sub(1);
            }
        }
    }
    entries
}

/// One column: name, type and comment; `None` for what is none.
fn column(text: Text<'_>, first: usize, end: usize) -> Option<String> {
    if !text.is_name(first) || text.is_any(first, NO_COLUMN) && !text.tokens.get(first + 1)?.is_name() {
        return None;
    }
    if text.is_any(first, NO_COLUMN) {
        let next = text.tokens.get(first + 1)?;
        // `key int` is a column, `PRIMARY KEY (a)` and `CONSTRAINT c …` are none.
        let is_type = first + 2 == end && !next.is_any(text.sql, &["key"]);
        if !is_type || text.is_any(first, &["like", "constraint"]) {
            return None;
        }
    }
    let name = text.words(first, first + 1);
    let type_end = text
        .find(first + 1, |at| at >= end || text.is_any(at, OPTIONS))
        .unwrap_or(end)
        .min(end);
    let timed = type_end < end && text.is(type_end, "with") && text.is_any(type_end + 1, &["time", "local"]);
    let type_end = if timed {
        text.find(type_end, |at| at >= end || text.is(at, "zone"))
            .map_or(end, |zone| (zone + 1).min(end))
    } else {
        type_end
    };
    let data_type = text.words(first + 1, type_end).replace(['\'', '\n', '\r'], " ");
    let data_type = data_type.split_whitespace().collect::<Vec<_>>().join(" ");
    let data_type = if data_type.is_empty() {
        super::UNTYPED.to_owned()
    } else {
        format!("{TYPED}('{data_type}')")
    };
    let comment = (type_end..end).find(|at| {
        text.is(*at, "comment")
            && text
                .tokens
                .get(at + 1)
                .is_some_and(|token| token.kind == TokenKind::Text)
    });
    let comment = comment.map_or(String::new(), |at| {
        format!(" COMMENT {}", text.words(at + 1, at + 2))
    });
    Some(format!("{name} {data_type}{comment}"))
}

/// `ADD COLUMNS (a int, b int)`, `DROP COLUMNS (a, b)`, T-SQL's `ALTER COLUMN a int` and `ADD a int, b int`.
pub(super) fn of_alter(text: Text<'_>, edits: &mut Edits) {
    if !text.are(0, &["alter", "table"]) {
        return;
    }
    let mut at = 2;
    while text.is_any(at, &["if", "exists", "only"]) {
        at += 1;
    }
    let mut first = text.after_name(at);
    if text.is(first, "with") && text.is_any(first + 1, &["check", "nocheck"]) {
        text.drop(edits, first, first + 2);
        first += 2;
    }
    let mut changes = Vec::new();
    let mut adds = false;
    for (mut start, mut end) in text.list(first, text.tokens.len()) {
        let mut drops = false;
        if text.is(start, "add") || text.is(start, "drop") {
            adds = text.is(start, "add");
            drops = !adds;
            start += 1;
        } else if text.are(start, &["alter", "column"]) && text.is_name(start + 3) {
            adds = false;
            if text.is_any(start + 3, &["comment", "set", "drop", "type", "restart", "add"]) {
                continue;
            }
            if let Some(made) = column(text, start + 2, end) {
                let name = text.words(start + 2, start + 3);
                let data_type = made.strip_prefix(name).unwrap_or("");
                changes.push(format!("ALTER COLUMN {name} SET DATA TYPE {data_type}"));
            }
            continue;
        } else if !adds {
            return;
        }
        while text.is_any(start, &["column", "columns", "if", "not", "exists"]) {
            start += 1;
        }
        if text.mark(start, b'(')
            && let Some(close) = text.close(start)
        {
            (start, end) = (start + 1, close);
        }
        for (first, end) in text.list(start, end) {
            if drops {
                changes.push(format!("DROP COLUMN {}", text.words(first, first + 1)));
            } else if let Some(made) = column(text, first, end) {
                let made = made.split(" COMMENT ").next().unwrap_or("");
                changes.push(format!("ADD COLUMN {made}"));
            }
        }
    }
    if !changes.is_empty() {
        text.put(edits, first, text.tokens.len(), changes.join(", "));
    }
}
