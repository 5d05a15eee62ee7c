//! Words of SQL that look like columns and are none: types, parts of dates, values without parentheses, names of
//! arguments and windows.

use super::follow::Sketch;
use crate::sql::lex::TokenKind;

/// Parts of dates and times.
const DATE_PARTS: &[&str] = &[
    "year",
    "years",
    "isoyear",
    "quarter",
    "quarters",
    "month",
    "months",
    "week",
    "weeks",
    "isoweek",
    "day",
    "days",
    "dayofweek",
    "dayofyear",
    "dow",
    "doy",
    "isodow",
    "weekday",
    "hour",
    "hours",
    "minute",
    "minutes",
    "second",
    "seconds",
    "millisecond",
    "milliseconds",
    "microsecond",
    "microseconds",
    "nanosecond",
    "epoch",
    "epoch_second",
    "date",
    "time",
    "yy",
    "yyyy",
    "qq",
    "mm",
    "dd",
    "hh",
    "mi",
    "ss",
    "decade",
    "century",
    "timezone",
];

/// Values that are called without parentheses.
const VALUES: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_role",
    "current_schema",
    "current_catalog",
    "current_database",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
    "system_user",
    "sysdate",
    "systimestamp",
    "getdate",
    "rownum",
    "rowid",
    "level",
    "excluded",
    "unknown",
    "default",
    "dual",
    "both",
    "leading",
    "trailing",
    "placing",
    "separator",
    "respect",
    "ignore",
    "nulls",
    "maxvalue",
    "minvalue",
];

/// Words before a text that make it a literal of a type.
const TYPED: &[&str] = &[
    "date",
    "timestamp",
    "timestamptz",
    "timestamp_ntz",
    "timestamp_ltz",
    "timestamp_tz",
    "datetime",
    "time",
    "interval",
    "json",
    "jsonb",
    "numeric",
    "bignumeric",
    "bytes",
    "uuid",
    "inet",
    "r",
    "b",
    "rb",
    "br",
    "e",
    "n",
    "u",
    "x",
];

/// Functions whose last word in front of the closing parenthesis is a type, behind `AS`.
const CASTS: &[&str] = &[
    "cast",
    "try_cast",
    "safe_cast",
    "xmlcast",
    "json_value",
    "json_query",
];
/// Functions whose first argument is a type.
const CONVERTS: &[&str] = &["convert", "try_convert"];

/// How many tokens are looked back through for the function around a word.
const MAX_BACK: usize = 400;

/// Whether the word at `at` is no column's name.
pub(super) fn is_no_column(sketch: &Sketch<'_>, at: usize) -> bool {
    let tokens = sketch.tokens;
    let token = &tokens[at];
    let mark = |at: Option<usize>, byte: u8| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|token| token.kind == TokenKind::Mark(byte))
    };
    let before = at.checked_sub(1);
    // `x::type`, `column:field`, `@variable`, `$1`
    if mark(before, b':') || mark(before, b'@') || mark(before, b'$') {
        return true;
    }
    // `name => value`, `name := value`
    let joined = |first: usize| {
        tokens
            .get(first)
            .zip(tokens.get(first + 1))
            .is_some_and(|(a, b)| a.end == b.start)
    };
    let is_arrow = mark(Some(at + 1), b'=') && mark(Some(at + 2), b'>') && joined(at + 1);
    let is_assigned = mark(Some(at + 1), b':') && mark(Some(at + 2), b'=');
    if is_arrow || is_assigned {
        return true;
    }
    if token.kind != TokenKind::Word {
        return false;
    }
    let word = |at: Option<usize>, words: &[&str]| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|token| token.is_any(sketch.sql, words))
    };
    if mark(before, b'.') {
        return false;
    }
    if token.is_any(sketch.sql, VALUES) || word(before, &["over", "window", "collate"]) {
        return true;
    }
    let is_text = tokens
        .get(at + 1)
        .is_some_and(|next| next.kind == TokenKind::Text);
    if is_text && token.is_any(sketch.sql, TYPED) {
        return true;
    }
    // `AT TIME ZONE`, `WITH TIME ZONE`; `* EXCLUDE`
    if (token.is(sketch.sql, "time") && word(Some(at + 1), &["zone"]))
        || (token.is(sketch.sql, "zone") && word(before, &["time"]))
        || (mark(before, b'*')
            && token.is_any(sketch.sql, &["exclude", "rename", "except", "replace", "ilike"]))
    {
        return true;
    }
    let around = enclosing(sketch, at);
    let is_part = token.is_any(sketch.sql, DATE_PARTS);
    if is_part && interval_before(sketch, at) {
        return true;
    }
    match around {
        Some((function, behind_as, is_first)) => {
            let is = |words: &[&str]| words.contains(&function.as_str());
            (behind_as && is(CASTS)) || (is_first && is(CONVERTS)) || (is_part && reckons_dates(&function))
        }
        None => false,
    }
}

/// The function around a word in lower case, whether `AS` stands before the word in it, and whether the word begins
/// its first argument.
fn enclosing(sketch: &Sketch<'_>, at: usize) -> Option<(String, bool, bool)> {
    let tokens = sketch.tokens;
    let (mut depth, mut behind_as) = (0usize, false);
    for back in (at.saturating_sub(MAX_BACK)..at).rev() {
        match tokens[back].kind {
            TokenKind::Mark(b')') => depth += 1,
            TokenKind::Mark(b'(') if depth > 0 => depth -= 1,
            TokenKind::Mark(b'(') => {
                let name = tokens.get(back.checked_sub(1)?).filter(|token| token.is_name())?;
                return Some((name.name(sketch.sql), behind_as, back + 1 == at));
            }
            TokenKind::Mark(b';') if depth == 0 => return None,
            _ if depth == 0 && tokens[back].is(sketch.sql, "as") => behind_as = true,
            _ => {}
        }
    }
    None
}

fn reckons_dates(function: &str) -> bool {
    [
        "date",
        "time",
        "extract",
        "trunc",
        "last_day",
        "next_day",
        "generate_",
        "age",
        "months",
    ]
    .iter()
    .any(|part| function.contains(part))
}

/// `INTERVAL 1 DAY`, `INTERVAL (x) MONTH`.
fn interval_before(sketch: &Sketch<'_>, at: usize) -> bool {
    let first = at.saturating_sub(12);
    sketch.tokens[first..at]
        .iter()
        .rev()
        .take_while(|token| !matches!(token.kind, TokenKind::Mark(b',' | b';')))
        .any(|token| token.is(sketch.sql, "interval"))
}
