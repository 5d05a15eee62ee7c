//! Tokens of any SQL dialect by bytes. It never fails: what is not closed ends with the text.

use crate::Dialect;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An unquoted word: keyword or name.
    Word,
    /// A quoted name.
    Quoted,
    /// A string literal.
    Text,
    /// A number.
    Number,
    /// One byte of punctuation, or `::`.
    Mark(u8),
}

/// A token; comments and white space are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.start..self.end).unwrap_or("")
    }

    /// Whether it is this unquoted word, whatever the case.
    pub(crate) fn is(&self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_any(&self, sql: &str, words: &[&str]) -> bool {
        self.kind == TokenKind::Word && words.iter().any(|word| self.text(sql).eq_ignore_ascii_case(word))
    }

    pub(crate) const fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted)
    }

    /// A name as the catalogue knows it: without quotes, lower-cased unless quoted.
    pub(crate) fn name(&self, sql: &str) -> String {
        let text = self.text(sql);
        match self.kind {
            TokenKind::Quoted => unquote(text),
            _ => text.to_lowercase(),
        }
    }
}

/// What closes a name that this opens.
pub(crate) const fn closing(open: char) -> char {
    if open == '[' { ']' } else { open }
}

/// A quoted name without its quotes.
pub(crate) fn unquote(text: &str) -> String {
    let mut chars = text.chars();
    let Some(open) = chars.next() else {
        return String::new();
    };
    let close = closing(open);
    let inner = chars.as_str();
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    inner.replace(&format!("{close}{close}"), &close.to_string())
}

/// What of the lexical grammar differs between dialects.
#[derive(Debug, Clone, Copy)]
struct Rules {
    double_quoted_text: bool,
    backslash: bool,
    brackets: bool,
    hash_comment: bool,
    slash_comment: bool,
    nested_comments: bool,
    triple_quotes: bool,
    dollar_quotes: bool,
}

impl Rules {
    const fn of(dialect: Dialect) -> Self {
        use Dialect as D;
        Self {
            double_quoted_text: matches!(
                dialect,
                D::BigQuery | D::MySql | D::Spark | D::Databricks | D::Hive
            ),
            backslash: matches!(
                dialect,
                D::BigQuery | D::MySql | D::Spark | D::Databricks | D::Hive | D::Snowflake | D::ClickHouse
            ),
            brackets: matches!(dialect, D::Tsql | D::Sqlite),
            hash_comment: matches!(dialect, D::MySql | D::BigQuery),
            slash_comment: matches!(dialect, D::Snowflake),
            nested_comments: matches!(dialect, D::Postgres | D::DuckDb | D::Redshift | D::Tsql | D::Ansi),
            triple_quotes: matches!(dialect, D::BigQuery),
            dollar_quotes: matches!(
                dialect,
                D::Postgres | D::Snowflake | D::DuckDb | D::Redshift | D::Ansi | D::Databricks
            ),
        }
    }
}

/// The tokens of `sql` in order.
pub(crate) fn tokens(sql: &str, dialect: Dialect) -> Vec<Token> {
    let rules = Rules::of(dialect);
    let bytes = sql.as_bytes();
    let mut found = Vec::with_capacity(bytes.len() / 6 + 4);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied();
        let kind = match byte {
            _ if byte.is_ascii_whitespace() || byte == 0 => {
                at += 1;
                continue;
            }
            // A byte order mark.
            0xef if bytes.get(at..at + 3) == Some(&[0xef, 0xbb, 0xbf]) => {
                at += 3;
                continue;
            }
            b'-' if next == Some(b'-') => {
                at = line_end(bytes, at);
                continue;
            }
            b'#' if rules.hash_comment => {
                at = line_end(bytes, at);
                continue;
            }
            b'/' if next == Some(b'/') && rules.slash_comment => {
                at = line_end(bytes, at);
                continue;
            }
            b'/' if next == Some(b'*') => {
                at = comment_end(bytes, at, rules.nested_comments);
                continue;
            }
            b'\'' | b'"' if rules.triple_quotes && bytes.get(at..at + 3) == Some(&[byte; 3]) => {
                at = triple_end(bytes, at, byte);
                TokenKind::Text
            }
            b'\'' => {
                let escaped =
                    at > 0 && matches!(bytes[at - 1], b'E' | b'e') && (at < 2 || !is_word(bytes[at - 2]));
                at = quote_end(bytes, at, b'\'', rules.backslash || escaped);
                TokenKind::Text
            }
            b'"' if rules.double_quoted_text => {
                at = quote_end(bytes, at, b'"', rules.backslash);
                TokenKind::Text
            }
            b'"' | b'`' => {
                at = quote_end(bytes, at, byte, false);
                TokenKind::Quoted
            }
            b'[' if rules.brackets && next.is_some_and(|next| is_word_start(next) || next == b' ') => {
                at = quote_end(bytes, at, b']', false);
                TokenKind::Quoted
            }
            b'$' if rules.dollar_quotes && dollar_tag(bytes, at).is_some() => {
                at = dollar_end(bytes, at);
                TokenKind::Text
            }
            b'0'..=b'9' => {
                at += 1;
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric()
                        || bytes[at] == b'_'
                        || bytes[at] == b'.' && bytes.get(at + 1) != Some(&b'.'))
                {
                    at += 1;
                }
                TokenKind::Number
            }
            _ if is_word_start(byte) => {
                at += 1;
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                TokenKind::Word
            }
            b':' if next == Some(b':') => {
                at += 2;
                TokenKind::Mark(b':')
            }
            _ => {
                at += 1;
                TokenKind::Mark(byte)
            }
        };
        found.push(Token { kind, start, end: at });
    }
    found
}

const fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@' | b'#') || byte >= 0x80
}

const fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |found| at + found)
}

fn comment_end(bytes: &[u8], start: usize, nested: bool) -> usize {
    let mut at = start + 2;
    let mut depth = 1;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', b'*') if nested => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn quote_end(bytes: &[u8], start: usize, close: u8, backslash: bool) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if backslash => at += 2,
            byte if byte == close && bytes.get(at + 1) == Some(&close) => at += 2,
            byte if byte == close => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn triple_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 3;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes.get(at..at + 3) == Some(&[quote; 3]) {
            return at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The length of `$tag$` at `start`.
fn dollar_tag(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while bytes
        .get(at)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    {
        // `$1` is a parameter.
        if at == start + 1 && bytes[at].is_ascii_digit() {
            return None;
        }
        at += 1;
    }
    (bytes.get(at) == Some(&b'$')).then_some(at + 1 - start)
}

fn dollar_end(bytes: &[u8], start: usize) -> usize {
    let Some(length) = dollar_tag(bytes, start) else {
        return start + 1;
    };
    let tag = &bytes[start..start + length];
    let body = start + length;
    bytes[body..]
        .windows(length)
        .position(|window| window == tag)
        .map_or(bytes.len(), |found| body + found + length)
}
