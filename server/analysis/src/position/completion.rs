//! What may be completed at a place.

use std::cell::Cell;

use super::follow::{BUDGET, Sketch, locate};
use super::sql::MAX_CHAIN;
use super::{Completion, RelationName, Span};
use crate::Dialect;
use crate::jinja::lex::{TagKind, tags};
use crate::jinja::mask::mask;
use crate::sql::lex::{Token, TokenKind, closing, tokens};
use crate::sql::sketch::{Cte, Origin, Relation, is_reserved, sketch};

/// Completion in an SQL text.
pub(super) fn in_sql(text: &str, offset: usize, dialect: Dialect) -> Option<Completion> {
    let tag = tags(text).into_iter().find(|tag| {
        tag.inner_start <= offset
            && if tag.closed {
                offset <= tag.inner_end
            } else {
                offset <= tag.end
            }
    });
    if let Some(tag) = tag {
        if tag.kind == TagKind::Comment {
            return None;
        }
        return in_calls(text, tag.inner_start, offset);
    }
    in_statement(text, offset, dialect, true)
}

/// A call that a cursor stands in.
struct Open {
    /// The dotted name before the parenthesis.
    name: String,
    /// The number of the argument.
    nth: usize,
    /// The arguments before it that are strings.
    strings: Vec<String>,
}

/// Completion inside the calls of a tag, from its start up to the cursor.
pub(super) fn in_calls(text: &str, start: usize, offset: usize) -> Option<Completion> {
    let before = text.get(start..offset)?;
    let bytes = before.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    let mut word_start = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                let inside = at + 1;
                let end = bytes[inside..]
                    .iter()
                    .position(|byte| *byte == quote)
                    .map(|found| inside + found);
                let Some(end) = end else {
                    return in_string(text, start + inside, offset, open.last());
                };
                if let Some(call) = open.last_mut() {
                    call.strings
                        .push(before.get(inside..end).unwrap_or("").to_owned());
                }
                at = end + 1;
                word_start = at;
                continue;
            }
            b'(' | b'[' | b'{' => {
                open.push(Open {
                    name: before.get(word_start..at)?.trim().to_owned(),
                    nth: 0,
                    strings: Vec::new(),
                });
                word_start = at + 1;
            }
            b')' | b']' | b'}' => {
                open.pop();
                word_start = at + 1;
            }
            b',' => {
                if let Some(call) = open.last_mut() {
                    call.nth += 1;
                }
                word_start = at + 1;
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || byte >= 0x80 => {}
            _ => word_start = at + 1,
        }
        at += 1;
    }
    let word = before.get(word_start..)?;
    let (package, prefix) = match word.rsplit_once('.') {
        Some((package, prefix)) => (Some(package.to_owned()), prefix),
        None => (None, word),
    };
    let span = Span::new(offset - prefix.len(), word_end(text, offset));
    Some(Completion::Macros {
        package,
        prefix: prefix.to_owned(),
        span,
    })
}

fn in_string(text: &str, start: usize, offset: usize, call: Option<&Open>) -> Option<Completion> {
    let call = call?;
    let prefix = text.get(start..offset)?.to_owned();
    let rest = text.get(offset..)?;
    let end = rest
        .find(['\'', '"', '\n', ')', '}', ','])
        .map_or(text.len(), |found| offset + found);
    let span = Span::new(start, end);
    match call.name.rsplit('.').next()? {
        "ref" if call.nth == 0 => Some(Completion::Refs {
            package: None,
            prefix,
            span,
        }),
        "ref" => Some(Completion::Refs {
            package: call.strings.first().cloned(),
            prefix,
            span,
        }),
        "source" if call.nth == 0 => Some(Completion::Sources { prefix, span }),
        "source" => Some(Completion::SourceTables {
            source: call.strings.first()?.clone(),
            prefix,
            span,
        }),
        "doc" => Some(Completion::Docs { prefix, span }),
        _ => None,
    }
}

fn word_end(text: &str, offset: usize) -> usize {
    text.get(offset..)
        .and_then(|rest| rest.find(|c: char| !(c.is_alphanumeric() || c == '_')))
        .map_or(text.len(), |found| offset + found)
}

fn in_statement(text: &str, offset: usize, dialect: Dialect, may_close: bool) -> Option<Completion> {
    let masked = mask(text);
    let tokens = tokens(&masked.text, dialect);
    let (queries, _) = sketch(&masked.text, &tokens);
    let sketch = Sketch {
        sql: &masked.text,
        written: text,
        masked: &masked,
        tokens: &tokens,
        budget: Cell::new(BUDGET),
    };
    if in_comment(&masked.text, &tokens, offset) {
        return None;
    }
    // The word that is being typed, if any, and the token before it.
    let next = tokens.partition_point(|token| token.start < offset);
    let typed = next.checked_sub(1).filter(|at| tokens[*at].end >= offset);
    if let Some(at) = typed
        && matches!(tokens[at].kind, TokenKind::Text | TokenKind::Number)
        && tokens[at].end > offset
    {
        return None;
    }
    let quoted = typed.and_then(|at| in_quotes(&tokens[at], &masked.text, offset));
    if let Some(InQuotes::Open(close)) = quoted {
        // once: a quote beside another one closes nothing
        return may_close
            .then(|| with_quote(text, offset, close, dialect))
            .flatten();
    }
    let typed = typed.filter(|at| tokens[*at].kind == TokenKind::Word || quoted.is_some());
    let (prefix, span) = match typed.and_then(|at| tokens.get(at)) {
        Some(token) => (
            text.get(token.start + usize::from(quoted.is_some())..offset)?
                .to_owned(),
            Span::new(token.start, token.end),
        ),
        None => (String::new(), Span::new(offset, offset)),
    };
    let before = typed.unwrap_or(next).checked_sub(1);
    let place = locate(&queries, span.start)?;
    let ctes: Vec<String> = place.ctes.iter().map(|cte| cte.name.name.clone()).collect();
    let before = before.and_then(|at| tokens.get(at).map(|token| (at, token)))?;
    let columns = |relations: &[&Relation]| {
        let mut bases = Vec::new();
        let mut local: Vec<String> = Vec::new();
        for relation in relations {
            sketch.bases(relation, &place.ctes, &mut bases);
            for name in sketch.columns_of_relation(relation, &place.ctes, MAX_CHAIN) {
                if !local.contains(&name) {
                    local.push(name);
                }
            }
        }
        bases.retain(|base: &RelationName| *base != RelationName::ThisFile);
        Completion::Columns {
            relations: bases,
            local_columns: local,
            prefix: prefix.clone(),
            span,
        }
    };
    if before.1.kind == TokenKind::Mark(b'.') {
        let owner = before.0.checked_sub(1).and_then(|at| tokens.get(at))?;
        let name = owner.name(&masked.text);
        let relation = place.blocks.iter().rev().find_map(|block| {
            block
                .relations
                .iter()
                .find(|relation| sketch.is_called(relation, &name))
        })?;
        return Some(columns(&[relation]));
    }
    if wants_relation(&tokens, before.0, &masked.text) {
        return Some(Completion::Relations { ctes, prefix, span });
    }
    let names_something = before.1.is(&masked.text, "as");
    if names_something {
        return None;
    }
    let block = place.blocks.last()?;
    if block.relations.is_empty() && !place.ctes.is_empty() {
        // no FROM yet: what the CTEs before it make is most likely
        let from_cte = |cte: &&Cte| Relation {
            origin: Origin::Table(vec![cte.name.clone()]),
            alias: None,
            columns: Vec::new(),
        };
        let all: Vec<Relation> = place.ctes.iter().map(from_cte).collect();
        return Some(columns(&all.iter().collect::<Vec<_>>()));
    }
    let relations: Vec<&Relation> = block.relations.iter().collect();
    (!relations.is_empty()).then(|| columns(&relations))
}

/// Whether a cursor stands in a comment, which is no token.
fn in_comment(sql: &str, tokens: &[Token], offset: usize) -> bool {
    let next = tokens.partition_point(|token| token.start < offset);
    let start = next.checked_sub(1).map_or(0, |before| tokens[before].end);
    let Some(between) = sql.get(start..offset) else {
        return false;
    };
    let line = between.rsplit('\n').next().unwrap_or_default();
    line.contains("--") || between.rfind("/*") > between.rfind("*/")
}

/// A quoted name that a cursor stands in.
#[derive(Clone, Copy)]
enum InQuotes {
    /// Its closing quote is there.
    Closed,
    /// It is being typed: what should close it.
    Open(char),
}

fn in_quotes(token: &Token, sql: &str, offset: usize) -> Option<InQuotes> {
    let raw = token.text(sql);
    let open = raw
        .chars()
        .next()
        .filter(|_| token.kind == TokenKind::Quoted && offset > token.start)?;
    let close = closing(open);
    let is_closed = raw.len() > 1 && raw.ends_with(close);
    if is_closed && offset == token.end {
        return None;
    }
    // a quote without its other half reaches to whatever comes next
    let rest = sql.get(offset..token.end)?;
    Some(if is_closed && !rest.contains('\n') {
        InQuotes::Closed
    } else {
        InQuotes::Open(close)
    })
}

/// Completion in a quoted name as it will be once it is closed.
fn with_quote(text: &str, offset: usize, close: char, dialect: Dialect) -> Option<Completion> {
    let mut closed = text.to_owned();
    closed.insert(offset, close);
    let mut found = in_statement(&closed, offset, dialect, false)?;
    if let Completion::Columns { span, .. } | Completion::Relations { span, .. } = &mut found {
        span.end -= close.len_utf8();
    }
    Some(found)
}

/// Whether a relation may follow the token: FROM, JOIN, or a comma in a FROM clause.
fn wants_relation(tokens: &[Token], before: usize, sql: &str) -> bool {
    let Some(token) = tokens.get(before) else {
        return false;
    };
    if token.is_any(sql, &["from", "join", "into", "update", "table"]) {
        // `IS DISTINCT FROM` compares
        let earlier = before.checked_sub(1).and_then(|at| tokens.get(at));
        return !(token.is(sql, "from") && earlier.is_some_and(|token| token.is(sql, "distinct")));
    }
    if token.kind != TokenKind::Mark(b',') {
        return false;
    }
    let mut depth = 0usize;
    for token in tokens[..before].iter().rev() {
        match token.kind {
            TokenKind::Mark(b')') => depth += 1,
            TokenKind::Mark(b'(') if depth == 0 => return false,
            TokenKind::Mark(b'(') => depth -= 1,
            TokenKind::Word if depth == 0 && is_reserved(token, sql) => {
                if token.is_any(
                    sql,
                    &[
                        "as", "left", "right", "full", "inner", "outer", "cross", "on", "and",
                    ],
                ) {
                    continue;
                }
                return token.is_any(sql, &["from", "join"]);
            }
            _ => {}
        }
    }
    false
}
