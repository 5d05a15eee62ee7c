//! INSERT in all its variants.

use super::Text;
use super::edits::Edits;

/// The token behind the target's name in `INSERT [OVERWRITE|INTO|OR …] [TABLE] t`.
fn after_target(text: Text<'_>) -> Option<usize> {
    if !text.is(0, "insert") {
        return None;
    }
    let mut at = 1;
    while text.is_any(
        at,
        &[
            "into",
            "overwrite",
            "table",
            "or",
            "replace",
            "ignore",
            "abort",
            "fail",
            "rollback",
            "low_priority",
            "delayed",
            "high_priority",
        ],
    ) {
        at += 1;
    }
    text.is_name(at).then(|| text.after_name(at))
}

fn query_start(text: Text<'_>, from: usize) -> Option<usize> {
    text.find(from, |at| {
        text.is_any(at, &["select", "with", "values", "from", "table"]) || text.mark(at, b'(')
    })
}

/// Spark's `INSERT INTO t PARTITION (p = 1) (a, b) SELECT`.
pub(super) fn partition(text: Text<'_>, edits: &mut Edits) {
    let Some(after) = after_target(text) else { return };
    let Some(word) = text.find(after, |at| text.is(at, "partition") && text.mark(at + 1, b'(')) else {
        return;
    };
    if (after..word).any(|at| text.is_any(at, &["select", "with", "values", "from"])) {
        return;
    }
    if let Some(close) = text.close(word + 1) {
        let exists = if text.are(close + 1, &["if", "not", "exists"]) {
            3
        } else {
            0
        };
        text.drop(edits, word, close + 1 + exists);
    }
}

/// `INSERT INTO t REPLACE WHERE … SELECT`, `REPLACE USING (…)`, `REPLACE ON …`.
pub(super) fn replaced_rows(text: Text<'_>, edits: &mut Edits) {
    let Some(after) = after_target(text) else { return };
    let Some(word) = text.find(after, |at| {
        text.is(at, "replace") && text.is_any(at + 1, &["where", "using", "on"])
    }) else {
        return;
    };
    if let Some(query) = text.find(word, |at| {
        text.is_any(at, &["select", "with", "values", "from", "table"])
    }) {
        text.drop(edits, word, query);
    }
}

/// `INSERT INTO t BY NAME SELECT`: what a MERGE inserts under its own names.
pub(super) fn by_name(text: Text<'_>, edits: &mut Edits) {
    let Some(after) = after_target(text) else { return };
    let Some(word) = text.find(after, |at| text.are(at, &["by", "name"])) else {
        return;
    };
    let name = (0..after)
        .rev()
        .find(|at| text.is_any(*at, &["insert", "into", "table", "overwrite", "replace"]));
    let Some(name) = name else { return };
    let target = text.words(name + 1, after);
    let query = text.words(word + 2, text.tokens.len());
    let merge = format!("MERGE INTO {target} USING ({query}) AS s ON 1 = 0 WHEN NOT MATCHED THEN INSERT *");
    text.put(edits, 0, text.tokens.len(), merge);
}

/// T-SQL's `INSERT INTO t WITH (TABLOCK) (a, b)`, also without INTO.
pub(super) fn hints(text: Text<'_>, edits: &mut Edits) {
    let Some(after) = after_target(text) else { return };
    if text.is(after, "with")
        && text.mark(after + 1, b'(')
        && text.is_name(after + 2)
        && let Some(close) = text.close(after + 1)
    {
        text.drop(edits, after, close + 1);
    }
}

/// Hive's `INSERT OVERWRITE DIRECTORY 'x' ROW FORMAT … SELECT`.
pub(super) fn directory(text: Text<'_>, edits: &mut Edits) {
    let word = (1..4).find(|at| text.is(*at, "directory"));
    if !text.is(0, "insert") || word.is_none() {
        return;
    }
    let word = word.unwrap_or(0);
    if let Some(query) = text.find(word + 2, |at| text.is_any(at, &["select", "with", "from"]))
        && query > word + 2
    {
        text.drop(edits, word + 2, query);
    }
}

/// T-SQL's `OUTPUT inserted.a [INTO log (x)]` before the rows.
pub(super) fn output(text: Text<'_>, edits: &mut Edits) {
    let Some(after) = after_target(text) else { return };
    let Some(word) = text.find(after, |at| text.is(at, "output")) else {
        return;
    };
    let start = query_start(text, after);
    if let Some(query) = text.find(word, |at| text.is_any(at, &["select", "with", "values"]))
        && start.is_none_or(|start| start >= query || text.mark(start, b'('))
    {
        text.drop(edits, word, query);
    }
}
