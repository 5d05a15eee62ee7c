//! What says nothing and stands in the way: attributes, commas, parentheses, masked Jinja.

use super::Text;
use super::edits::Edits;

/// Teradata's `(TITLE 'x')`, `(FORMAT 'x')` behind a select item.
pub(super) fn column_attributes(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        if text.mark(at, b'(') && text.is_any(at + 1, &["title", "format"]) && text.mark(at + 3, b')') {
            text.drop(edits, at, at + 4);
        }
    }
}

/// `INSERT INTO t (WITH … SELECT …)`: the parentheses are read as a list of columns.
pub(super) fn parenthesised_insert(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "insert") {
        return;
    }
    let Some(open) = text.find(1, |at| {
        text.mark(at, b'(') && text.is_any(at + 1, &["with", "select"])
    }) else {
        return;
    };
    let begun = (1..open).any(|at| text.is_any(at, &["select", "with", "values"]));
    if !begun
        && text
            .close(open)
            .is_some_and(|close| close + 1 == text.tokens.len())
    {
        text.drop(edits, open, open + 1);
        text.drop(edits, text.tokens.len() - 1, text.tokens.len());
    }
}

/// A comma before FROM or a closing parenthesis, or twice: what templates and half-typed lists leave behind.
pub(super) fn trailing_commas(text: Text<'_>, edits: &mut Edits) {
    for at in 0..text.tokens.len() {
        let idle = text.is_any(
            at + 1,
            &["from", "where", "group", "order", "having", "union", "qualify"],
        ) || text.mark(at + 1, b')')
            || text.mark(at + 1, b',');
        if text.mark(at, b',') && idle {
            text.drop(edits, at, at + 1);
        }
    }
}

/// Jinja that stands before a query and could not be rendered.
pub(super) fn leading_placeholder(text: Text<'_>, edits: &mut Edits) {
    let count = text
        .tokens
        .iter()
        .take_while(|token| crate::jinja::mask::is_placeholder(token.text(text.sql)))
        .count();
    if count > 0 && text.is_any(count, &["with", "select", "from"]) {
        text.drop(edits, 0, count);
    }
}

/// T-SQL's `server.database..table`: the schema left out becomes an empty name.
pub(super) fn empty_parts(text: Text<'_>, edits: &mut Edits) {
    for at in 1..text.tokens.len() {
        let name = text.is_name(at - 1) && text.is_name(at + 2);
        let adjacent = text.end(at) == text.start(at + 1);
        if name && adjacent && text.mark(at, b'.') && text.mark(at + 1, b'.') {
            edits.replace(text.end(at), text.end(at), "\"\"");
        }
    }
}
