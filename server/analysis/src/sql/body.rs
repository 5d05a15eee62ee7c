//! The bodies of functions and procedures that stand in one string: `AS $$ … $$`.

use super::lex::{Token, TokenKind};

/// The bytes of the body inside its quotes, for a statement that makes a function or procedure or is a block.
pub(super) fn quoted_body(sql: &str, tokens: &[Token]) -> Option<(usize, usize)> {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_any(sql, words));
    let block = is(0, &["do"]);
    let made = is(0, &["create"])
        && (1..5).any(|at| is(at, &["function", "procedure", "proc"]))
        && !tokens
            .windows(2)
            .any(|two| two[0].is(sql, "language") && two[1].is_any(sql, OTHER_LANGUAGES));
    // Snowflake's `EXECUTE IMMEDIATE $$ … $$`.
    let immediate = is(0, &["execute"]) && is(1, &["immediate"]);
    if !block && !made && !immediate {
        return None;
    }
    let first = tokens.iter().enumerate().find(|(at, token)| {
        token.kind == TokenKind::Text && (token.text(sql).starts_with('$') || *at > 0 && is(at - 1, &["as"]))
    });
    let text = first?.1;
    let quoted = text.text(sql);
    let open = if quoted.starts_with('$') {
        quoted.get(1..)?.find('$')? + 2
    } else {
        1
    };
    let (start, end) = (text.start + open, text.end.checked_sub(open)?);
    (start < end).then_some((start, end))
}

/// Languages that are not SQL.
const OTHER_LANGUAGES: &[&str] = &[
    "javascript",
    "python",
    "java",
    "scala",
    "js",
    "c",
    "internal",
    "plpython3u",
    "plperl",
    "plv8",
    "r",
];
