//! What is wrong with one text.

use super::yaml_keys::is_resource;
use super::{Diagnostic, Span};
use crate::Dialect;
use crate::analyze::on_big_stack;
use crate::jinja::blocks::blocks;
use crate::jinja::lex::{TagKind, tags};
use crate::jinja::mask::mask;
use crate::lines::Lines;
use crate::sql::parse::parse;

/// The dialects that a text is tried with where nobody says which one it is.
const LIKELY: &[Dialect] = &[
    Dialect::Ansi,
    Dialect::Snowflake,
    Dialect::BigQuery,
    Dialect::Postgres,
    Dialect::Databricks,
    Dialect::Tsql,
    Dialect::MySql,
    Dialect::DuckDb,
    Dialect::ClickHouse,
];

/// Unclosed tags, and, where the text has no Jinja that changes the SQL, statements that cannot be read.
/// Without a dialect, only what none of them understands.
pub(super) fn of_sql(text: &str, dialect: Option<Dialect>) -> Vec<Diagnostic> {
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
    let candidates = match &dialect {
        Some(dialect) => std::slice::from_ref(dialect),
        None => LIKELY,
    };
    let mut refused = Vec::new();
    for (nth, dialect) in candidates.iter().enumerate() {
        let these = on_big_stack(|| parse(&masked.text, *dialect).1).unwrap_or_default();
        if nth == 0 || these.len() < refused.len() {
            refused = these;
        }
        if refused.is_empty() {
            break;
        }
    }
    for refusal in refused {
        let word = word_at(&masked.text, refusal.at);
        if crate::jinja::mask::is_placeholder(word) {
            // a whole statement that a macro writes
            continue;
        }
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
    let is_dbt = |line: &str| line.strip_suffix(':').is_some_and(is_resource);
    // other YAML has its own tools
    if !text.lines().any(|line| is_dbt(line.trim_end())) {
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

/// The word at an offset.
fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}
