//! The one place that knows the SQL parser: text of one dialect in, syntax trees out.

use sqlparser::ast::Statement;

use super::attempt::{attempt, attempt_own};
use super::body::quoted_body;
use super::hive;
use super::ignored::{is_ignored, is_no_loss};
use super::lex::{self, Token};
use super::rewrite::{disambiguated, rewritten};
use super::split::{Piece, split, split_block};
use crate::Dialect;
use crate::lines::Lines;

/// The stack of a thread that parses and walks trees: enough for the parser's limit of recursion in a debug build, and for chains
/// of operators up to `MAX_TOKENS`.
pub(crate) const STACK_BYTES: usize = 512 * 1024 * 1024;
/// The number of tokens above which a statement is refused: a chain of operators nests as deep as it is long.
const MAX_TOKENS: usize = 200_000;

/// A statement that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    /// By bytes in the text given.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it stands in a procedure.
    pub(crate) procedural: bool,
}

/// A statement that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The line in the text given, from 1.
    pub(crate) line: u32,
    /// Where the statement stands, by bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where in it the parser stopped.
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Reads all statements of a text; each one that cannot be read is named, the others count. Call it on a thread with
/// `STACK_BYTES` of stack.
pub(crate) fn parse(sql: &str, dialect: Dialect) -> (Vec<Parsed>, Vec<Refused>) {
    let tokens = lex::tokens(sql, dialect);
    let lines = Lines::of(sql);
    let text = Text {
        sql,
        tokens: &tokens,
        dialect,
        lines: &lines,
    };
    let mut found = Found::default();
    for piece in split(sql, &tokens) {
        one(&text, piece, &mut found);
    }
    (found.parsed, found.refused)
}

/// A text whose statements are read.
struct Text<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    dialect: Dialect,
    lines: &'a Lines,
}

#[derive(Default)]
struct Found {
    parsed: Vec<Parsed>,
    refused: Vec<Refused>,
}

fn one(text: &Text<'_>, piece: Piece, found: &mut Found) {
    let Text { sql, dialect, .. } = *text;
    let tokens = &text.tokens[piece.first..piece.end];
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return;
    };
    let (start, end) = (first.start, last.end);
    if let Some((from, to)) = quoted_body(sql, tokens) {
        body(text, from, to, found);
        return;
    }
    if is_ignored(sql, tokens) {
        return;
    }
    let refuse = |at: usize, message: String| Refused {
        line: text.lines.line(at),
        start,
        end,
        at,
        message,
    };
    if tokens.len() > MAX_TOKENS {
        let message = format!("a statement of more than {MAX_TOKENS} words is not read");
        found.refused.push(refuse(start, message));
        return;
    }
    let own = sql.get(start..end).unwrap_or("");
    let lenient = piece.procedural || dialect == Dialect::Tsql;
    let first_try = match hive::inserts(sql, tokens) {
        Some(inserts) => inserts.iter().try_fold(Vec::new(), |mut all, insert| {
            all.extend(tolerant(insert, dialect, lenient)?);
            Ok(all)
        }),
        None => {
            let clear = disambiguated(own, tokens, dialect);
            tolerant(clear.as_deref().unwrap_or(own), dialect, lenient)
        }
    };
    match first_try {
        Ok(statements) => found
            .parsed
            .extend(statements.into_iter().map(|statement| Parsed {
                statement,
                start,
                end,
                procedural: piece.procedural,
            })),
        Err(_) if is_no_loss(sql, tokens) => {}
        Err(message) => {
            let (at, message) = locate(own, &message);
            found.refused.push(refuse(start + at, message));
        }
    }
}

/// As written, else rewritten.
fn tolerant(text: &str, dialect: Dialect, lenient: bool) -> Result<Vec<Statement>, String> {
    attempt(text, dialect, lenient).or_else(|error| {
        rewritten(text, dialect, |text, widely| {
            let found = if widely {
                attempt(text, dialect, lenient)
            } else {
                attempt_own(text, dialect, lenient)
            };
            found.ok()
        })
        .ok_or(error)
    })
}

/// The statements of a body that stands in a string, at their places in the whole text.
fn body(text: &Text<'_>, from: usize, to: usize, found: &mut Found) {
    // All before the body becomes blank, so that places and lines stay.
    let Some(inner) = text.sql.get(from..to) else {
        return;
    };
    let tokens = lex::tokens(inner, text.dialect);
    let lines = Lines::of(inner);
    let inside = Text {
        sql: inner,
        tokens: &tokens,
        dialect: text.dialect,
        lines: &lines,
    };
    let mut own = Found::default();
    for piece in split_block(inner, &tokens) {
        one(&inside, piece, &mut own);
    }
    found.parsed.extend(own.parsed.into_iter().map(|parsed| Parsed {
        start: parsed.start + from,
        end: parsed.end + from,
        ..parsed
    }));
    found
        .refused
        .extend(own.refused.into_iter().map(|refused| Refused {
            line: text.lines.line(refused.at + from),
            start: refused.start + from,
            end: refused.end + from,
            at: refused.at + from,
            ..refused
        }));
}

/// Takes `… at Line: 3, Column: 7` off a message and says which byte that is.
fn locate(text: &str, message: &str) -> (usize, String) {
    let cleaned = message.trim_start_matches("sql parser error: ");
    let Some((words, place)) = cleaned.rsplit_once(" at Line: ") else {
        return (0, sentence(cleaned));
    };
    let mut numbers = place
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse::<usize>().ok());
    let (Some(line), Some(column)) = (numbers.next(), numbers.next()) else {
        return (0, sentence(words));
    };
    let start = Lines::of(text).start(u32::try_from(line).unwrap_or(u32::MAX));
    let rest = text.get(start..).unwrap_or("");
    let shift = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(0, |(at, _)| at);
    ((start + shift).min(text.len()), sentence(words))
}

fn sentence(words: &str) -> String {
    let words = words.trim().trim_start_matches("Expected: ");
    if words.len() == words.trim_start().len() && words.contains(", found: ") {
        let (expected, found) = words.split_once(", found: ").unwrap_or((words, ""));
        return format!("SQL not understood: expected {expected}, found {found}");
    }
    format!("SQL not understood: {words}")
}

/// How many characters of an expression stand for it where it needs a name.
const MAX_SHORT: usize = 80;

/// An expression as a name.
pub(crate) fn short(expr: &sqlparser::ast::Expr) -> String {
    let mut name = expr.to_string().to_lowercase();
    if let Some((at, _)) = name.char_indices().nth(MAX_SHORT) {
        name.truncate(at);
    }
    name
}
