//! DuckDB's PIVOT and UNPIVOT as statements.

use super::Text;
use super::edits::Edits;

/// Puts them in the words of the clause, or of GROUP BY where the new columns depend on the data.
pub(super) fn statements(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        let begins = at == 0
            || text.mark(at - 1, b'(')
            || text.is_any(at - 1, &["as", "from"])
            || text.mark(at - 1, b';');
        if begins && text.is_any(at, &["pivot", "pivot_wider"]) {
            pivot(text, at, edits);
        } else if begins && text.is_any(at, &["unpivot", "pivot_longer"]) {
            unpivot(text, at, edits);
        }
    }
}

/// The words of a clause that begins with one of `words`: behind it, up to the next clause.
fn clause<'t>(text: Text<'t>, from: usize, end: usize, words: &[&str]) -> Option<&'t str> {
    const CLAUSES: &[&str] = &["on", "using", "group", "into", "order", "limit", "in"];
    let at = text.find(from, |at| at < end && text.are(at, words))?;
    let first = at + words.len();
    let next = text
        .find(first, |at| {
            at >= end || text.is_any(at, CLAUSES) && !text.is(at, "in")
        })
        .unwrap_or(end)
        .min(end);
    (next > first).then(|| text.words(first, next))
}

fn pivot(text: Text<'_>, at: usize, edits: &mut Edits) {
    let end = text.part_end(at);
    let Some(on) = text.find(at, |at| text.is_any(at, &["on", "using", "group"])) else {
        return;
    };
    let table = text.words(at + 1, on);
    let using = clause(text, on, end, &["using"]).unwrap_or("count(*)");
    let groups = clause(text, on, end, &["group", "by"]);
    let pivoted = clause(text, on, end, &["on"]).unwrap_or("");
    let query = match (groups, pivoted.to_lowercase().contains(" in ")) {
        (_, true) => format!("SELECT * FROM {table} PIVOT ({using} FOR {pivoted})"),
        (Some(groups), false) => format!("SELECT {groups}, {using} FROM {table} GROUP BY {groups}"),
        (None, false) => format!("SELECT {using}, * FROM {table}"),
    };
    text.put(edits, at, end, query);
}

fn unpivot(text: Text<'_>, at: usize, edits: &mut Edits) {
    let end = text.part_end(at);
    let Some(on) = text.find(at, |at| text.is(at, "on")) else {
        return;
    };
    let into = text.find(on, |at| text.is(at, "into"));
    let columns = text.words(on + 1, into.unwrap_or(end));
    let word = |word: &str, otherwise: &'static str| -> String {
        let found = into.and_then(|into| text.find(into, |at| text.is(at, word)));
        found
            .map_or(otherwise, |at| text.words(at + 1, at + 2))
            .to_owned()
    };
    let query = format!(
        "SELECT * FROM {} UNPIVOT ({} FOR {} IN ({columns}))",
        text.words(at + 1, on),
        word("value", "value"),
        word("name", "name")
    );
    text.put(edits, at, end, query);
}
