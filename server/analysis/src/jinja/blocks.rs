//! Named blocks of Jinja: `{% macro x(a) %}`, `{% docs x %}`, `{% snapshot x %}`, `{% test x(model) %}`.

use super::lex::{Tag, TagKind, tags};
use crate::span::Span;

/// A named block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// `macro`, `docs`, `snapshot`, `test`, `materialization`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// What stands between the parentheses behind the name.
    pub(crate) arguments: Vec<String>,
    /// From the opening tag up to the end of the closing one.
    pub(crate) span: Span,
    /// What stands between the two tags.
    pub(crate) body: Span,
}

/// The named blocks of a template, in order; one that is never closed ends with the text.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let tags = tags(text);
    let mut found = Vec::new();
    let mut nth = 0;
    while let Some(tag) = tags.get(nth) {
        nth += 1;
        if tag.kind != TagKind::Statement {
            continue;
        }
        let (kind, ends): (_, &[&str]) = match tag.keyword(text) {
            "macro" => ("macro", &["endmacro"]),
            "docs" => ("docs", &["enddocs"]),
            "snapshot" => ("snapshot", &["endsnapshot"]),
            "test" | "data_test" => ("test", &["endtest", "enddata_test"]),
            "materialization" => ("materialization", &["endmaterialization"]),
            _ => continue,
        };
        let close = tags[nth..]
            .iter()
            .position(|tag| tag.kind == TagKind::Statement && ends.contains(&tag.keyword(text)))
            .map(|found| nth + found);
        let (body_end, end) = close
            .and_then(|close| tags.get(close))
            .map_or((text.len(), text.len()), |tag| (tag.start, tag.end));
        if let Some((name, name_span, arguments)) = head(text, tag) {
            let span = Span::new(tag.start, end);
            let body = Span::new(tag.end.min(body_end), body_end);
            found.push(Block {
                kind,
                name,
                name_span,
                arguments,
                span,
                body,
            });
        }
        nth = close.map_or(nth, |close| close + 1);
    }
    found
}

fn head(text: &str, tag: &Tag) -> Option<(String, Span, Vec<String>)> {
    let inner = tag.inner(text);
    let keyword = tag.keyword(text);
    let after = inner.find(keyword)? + keyword.len();
    let rest = inner.get(after..)?;
    let name_start = after + (rest.len() - rest.trim_start().len());
    let rest = inner.get(name_start..)?;
    let length = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    if length == 0 {
        return None;
    }
    let name = rest.get(..length)?.to_owned();
    let span = Span::new(
        tag.inner_start + name_start,
        tag.inner_start + name_start + length,
    );
    let arguments = rest
        .get(length..)
        .and_then(|rest| rest.trim_start().strip_prefix('('))
        .map(arguments)
        .unwrap_or_default();
    Some((name, span, arguments))
}

/// The names of a macro's arguments.
fn arguments(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0usize;
    let mut quote = None;
    let mut current = String::new();
    for c in list.chars() {
        match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                continue;
            }
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                continue;
            }
            None => {}
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            current.push(c);
        }
    }
    names.push(current);
    names
        .into_iter()
        .map(|name| name.split('=').next().unwrap_or("").trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}
