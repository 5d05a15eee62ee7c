//! Every name of a text that means something, for what is shown or changed all over a file: references, highlights,
//! renames, semantic tokens, checks against the catalogue.

use super::{Occurrence, Passes, Role, SymbolKind, properties, python, sql, template};
use crate::{Dialect, Language, Options, RelationName, Span};

/// Texts above this size are not gone through: each name is followed by itself.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The names of a text with what they mean, in the order of the text.
pub fn occurrences(language: Language, path: &str, text: &str, options: &Options) -> Vec<Occurrence> {
    if text.len() > MAX_TEXT_BYTES {
        return Vec::new();
    }
    let mut found = match language {
        Language::Sql => {
            let mut found = template::all(text);
            found.extend(sql::all(text, options.dialect.unwrap_or(Dialect::Ansi)));
            found
        }
        Language::Markdown => template::all(text),
        Language::Yaml => properties::all(text),
        Language::Csv => header(path, text),
        Language::Python => {
            let mut found = python::all(path, text);
            found.extend(template::in_all_calls(text, Span::new(0, text.len())));
            found
        }
        Language::Json | Language::Other => Vec::new(),
    };
    found.sort_by_key(|one| (one.symbol.span.start, one.symbol.span.end));
    found.dedup_by(|a, b| a.symbol.span == b.symbol.span);
    found
}

/// A name that stands for itself.
pub(super) fn plain(symbol: super::Symbol, role: Role) -> Occurrence {
    Occurrence {
        symbol,
        role,
        passes: Passes::Inside,
        is_direct: true,
        is_certain: false,
        rivals: Vec::new(),
    }
}

/// The columns of a seed.
fn header(path: &str, text: &str) -> Vec<Occurrence> {
    let end = text.find('\n').unwrap_or(text.len());
    let mut found: Vec<Occurrence> = Vec::new();
    let mut at = 0;
    while at < end {
        match super::header_cell(path, text, at) {
            Some(symbol) if symbol.span.end > at => {
                at = symbol.span.end;
                let raw = text.get(symbol.span.start..symbol.span.end).unwrap_or_default();
                let name = raw.trim().trim_matches('"');
                let start = symbol.span.start + raw.find(name).unwrap_or(0);
                let span = Span::new(start, start + name.len());
                if !name.is_empty() {
                    found.push(plain(super::Symbol { span, ..symbol }, Role::Definition));
                }
            }
            _ => at += 1,
        }
        while !text.is_char_boundary(at.min(text.len())) {
            at += 1;
        }
    }
    found
}

/// Whether a name is one of dbt's `ref`s.
pub(super) fn is_relation(kind: &SymbolKind) -> bool {
    matches!(kind, SymbolKind::Relation(name) if *name != RelationName::ThisFile)
}
