//! ClickHouse's `WITH expression AS name`: the expression stands wherever the name is used.

use super::Text;
use super::edits::Edits;

/// Takes such names out of WITH and puts what they mean where they stand.
pub(super) fn expressions(text: Text<'_>, edits: &mut Edits) {
    if !text.is(0, "with") {
        return;
    }
    let Some(body) = text.find(1, |at| text.is_any(at, &["select", "insert"])) else {
        return;
    };
    let mut kept = Vec::new();
    let mut meanings: Vec<(String, &str)> = Vec::new();
    for (first, end) in text.list(1, body) {
        let is_table = text.is_name(first)
            && (text.is(first + 1, "as") && text.mark(first + 2, b'(') || text.mark(first + 1, b'('));
        let name = end.checked_sub(1).filter(|name| *name > first + 1);
        match name {
            Some(name) if !is_table && text.is(name - 1, "as") && text.is_name(name) => {
                let known = text.words(name, name + 1).to_lowercase();
                meanings.push((known, text.words(first, name - 1)));
            }
            _ => kept.push(text.words(first, end)),
        }
    }
    if meanings.is_empty() {
        return;
    }
    let with = if kept.is_empty() {
        String::new()
    } else {
        format!("WITH {}", kept.join(", "))
    };
    text.put(edits, 0, body, with);
    for at in body..text.tokens.len() {
        let word = text.words(at, at + 1);
        let Some((_, meaning)) = meanings
            .iter()
            .rev()
            .find(|(name, _)| word.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        let is_column = text.is_name(at) && !text.mark(at - 1, b'.') && !text.mark(at + 1, b'(');
        if !is_column || text.is(at - 1, "as") {
            continue;
        }
        let alone = (text.is_any(at - 1, &["select", "distinct"]) || text.mark(at - 1, b','))
            && (text.is(at + 1, "from") || text.mark(at + 1, b',') || at + 1 == text.tokens.len());
        let name = if alone {
            format!(" AS {word}")
        } else {
            String::new()
        };
        text.put(edits, at, at + 1, format!("({meaning}){name}"));
    }
}
