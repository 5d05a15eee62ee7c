//! What is wrong with one text.

use super::{Diagnostic, Span};
use crate::Dialect;
use crate::analyze::on_big_stack;
use crate::jinja::blocks::blocks;
use crate::jinja::lex::{TagKind, tags};
use crate::jinja::mask::mask;
use crate::lines::Lines;
use crate::sql::parse::parse;

/// Unclosed tags, and, where the text has no Jinja that changes the SQL, statements that cannot be read.
pub(super) fn of_sql(text: &str, dialect: Dialect) -> Vec<Diagnostic> {
    let tags = tags(text);
    let mut found: Vec<Diagnostic> = tags
        .iter()
        .filter(|tag| !tag.closed)
        .map(|tag| {
            let close = match tag.kind {
                TagKind::Expression => "}}",
                TagKind::Statement => "%}",
                TagKind::Comment => "#}",
            };
            let span = Span::new(tag.start, tag.end.min(text.len()));
            Diagnostic {
                span,
                message: format!("this tag is never closed by `{close}`"),
                code: "jinja-syntax".to_owned(),
            }
        })
        .collect();
    let is_template = tags.iter().any(|tag| tag.kind == TagKind::Statement)
        || crate::jinja::render::is_worthwhile(text)
        || !blocks(text).is_empty();
    if !found.is_empty() || is_template {
        // What the SQL will be is only known once it is rendered.
        return found;
    }
    let masked = mask(text);
    let refused = on_big_stack(|| parse(&masked.text, dialect).1).unwrap_or_default();
    for refusal in refused {
        let start = refusal.at.min(text.len());
        let rest = text.get(start..).unwrap_or("");
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let length = length.max(rest.chars().next().map_or(0, char::len_utf8));
        let span = Span::new(start, start + length);
        found.push(Diagnostic {
            span,
            message: refusal.message,
            code: "sql-syntax".to_owned(),
        });
    }
    found
}

/// What the YAML parser refuses.
pub(super) fn of_yaml(text: &str) -> Vec<Diagnostic> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    match crate::yaml::read(text) {
        Ok(_) => Vec::new(),
        Err((line, message)) => {
            let lines = Lines::of(text);
            let start = lines.start(line);
            let end = text
                .get(start..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |found| start + found);
            vec![Diagnostic {
                span: Span::new(start, end),
                message,
                code: "yaml-syntax".to_owned(),
            }]
        }
    }
}
