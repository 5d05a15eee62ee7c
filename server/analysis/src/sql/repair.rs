//! Ways of writing that the parser refuses although they are common: blanked out, same length, before a second try.

use super::lex::{Token, TokenKind};

/// Rewrites one statement so that the parser takes it; `None` when there is nothing to repair. Same length.
pub(crate) fn repair(sql: &str, tokens: &[Token]) -> Option<String> {
    let mut bytes = sql.as_bytes().to_vec();
    let mut changed = column_attributes(sql, tokens, &mut bytes);
    changed |= parenthesised_insert(sql, tokens, &mut bytes);
    changed |= trailing_commas(sql, tokens, &mut bytes);
    changed |= leading_placeholder(sql, tokens, &mut bytes);
    changed |= create_options(sql, tokens, &mut bytes);
    if !changed {
        return None;
    }
    String::from_utf8(bytes).ok()
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    if let Some(range) = bytes.get_mut(start..end) {
        for byte in range.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
}

/// Teradata's `(TITLE 'x')`, `(FORMAT 'x')`, `(NAMED x)` behind a select item.
fn column_attributes(sql: &str, tokens: &[Token], bytes: &mut [u8]) -> bool {
    let mut changed = false;
    for window in tokens.windows(4) {
        if let [open, word, _, close] = window
            && open.kind == TokenKind::Mark(b'(')
            && word.is_any(sql, &["title", "format"])
            && close.kind == TokenKind::Mark(b')')
        {
            blank(bytes, open.start, close.end);
            changed = true;
        }
    }
    changed
}

/// `INSERT INTO t (WITH … SELECT …)`: the parentheses are read as a list of columns.
fn parenthesised_insert(sql: &str, tokens: &[Token], bytes: &mut [u8]) -> bool {
    if !tokens.first().is_some_and(|token| token.is(sql, "insert")) {
        return false;
    }
    let Some(open) = tokens
        .windows(2)
        .position(|two| two[0].kind == TokenKind::Mark(b'(') && two[1].is_any(sql, &["with", "select"]))
    else {
        return false;
    };
    if tokens[..open]
        .iter()
        .any(|token| token.is_any(sql, &["select", "with", "values"]))
    {
        return false;
    }
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::Mark(b'(') => depth += 1,
            TokenKind::Mark(b')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    if at + 1 != tokens.len() {
                        return false;
                    }
                    blank(bytes, tokens[open].start, tokens[open].end);
                    blank(bytes, token.start, token.end);
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// A comma before FROM or a closing parenthesis, or twice: what templates and half-typed lists leave behind.
fn trailing_commas(sql: &str, tokens: &[Token], bytes: &mut [u8]) -> bool {
    let mut changed = false;
    for two in tokens.windows(2) {
        let before = |token: &Token| {
            token.is_any(
                sql,
                &["from", "where", "group", "order", "having", "union", "qualify"],
            ) || matches!(token.kind, TokenKind::Mark(b')' | b','))
        };
        if two[0].kind == TokenKind::Mark(b',') && before(&two[1]) {
            blank(bytes, two[0].start, two[0].end);
            changed = true;
        }
    }
    changed
}

/// Jinja that stands before a query and could not be rendered.
fn leading_placeholder(sql: &str, tokens: &[Token], bytes: &mut [u8]) -> bool {
    let count = tokens
        .iter()
        .take_while(|token| crate::jinja::mask::is_placeholder(token.text(sql)))
        .count();
    let follows = tokens
        .get(count)
        .is_some_and(|token| token.is_any(sql, &["with", "select", "from"]));
    if count == 0 || !follows {
        return false;
    }
    for token in &tokens[..count] {
        blank(bytes, token.start, token.end);
    }
    true
}

/// `CREATE TABLE t USING delta LOCATION 'x' … AS SELECT`: what stands between the name and AS says nothing about columns.
fn create_options(sql: &str, tokens: &[Token], bytes: &mut [u8]) -> bool {
    if !tokens.first().is_some_and(|token| token.is(sql, "create")) {
        return false;
    }
    let Some(kind) = tokens
        .iter()
        .position(|token| token.is_any(sql, &["table", "view"]))
    else {
        return false;
    };
    let mut name = kind + 1;
    while tokens
        .get(name)
        .is_some_and(|token| token.is_any(sql, &["if", "not", "exists"]))
    {
        name += 1;
    }
    while tokens
        .get(name + 1)
        .is_some_and(|token| token.kind == TokenKind::Mark(b'.'))
    {
        name += 2;
    }
    let mut depth = 0usize;
    let end = tokens.iter().enumerate().skip(name + 1).find(|(at, token)| {
        match token.kind {
            TokenKind::Mark(b'(') => depth += 1,
            TokenKind::Mark(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let begins =
            |token: &Token| token.is_any(sql, &["select", "with"]) || token.kind == TokenKind::Mark(b'(');
        depth == 0 && token.is(sql, "as") && tokens.get(at + 1).is_some_and(begins)
    });
    let Some((end, _)) = end else { return false };
    if end <= name + 1 {
        return false;
    }
    blank(bytes, tokens[name].end, tokens[end].start);
    true
}
