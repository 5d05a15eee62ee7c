//! From a place in a text to a question to the catalogue. Pure, and at home in half-typed text.

mod check;
mod completion;
mod described;
mod follow;
mod items;
mod no_column;
mod occurrences;
mod outline;
mod properties;
mod python;
mod quoted;
mod result;
mod signature;
mod sql;
mod template;
mod words;
mod yaml_keys;

pub use described::{Described, described};
pub use occurrences::occurrences;
pub use quoted::{Quoted, quoted_at};
pub use result::{Makes, ResultItem, result_items};
pub use signature::{CallAt, call_at};
pub use words::{Completion, Diagnostic, Occurrence, OutlineItem, Passes, Role, Symbol, SymbolKind};

use crate::{Dialect, Language, Options, relation::RelationName, span::Span};

/// Texts above this size are not looked into: an editor asks at every key.
const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// What stands at byte `offset` of `text`; `None` on white space, keywords, literals, and beyond the text. Columns
/// are followed through the aliases, CTEs and subqueries of the text itself.
pub fn symbol_at(
    language: Language,
    path: &str,
    text: &str,
    offset: usize,
    options: &Options,
) -> Option<Symbol> {
    let byte = text.as_bytes().get(offset)?;
    if byte.is_ascii_whitespace() || text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let dialect = options.dialect.unwrap_or(Dialect::Ansi);
    match language {
        Language::Sql => match template::symbol(text, offset) {
            Some(found) => found,
            None => sql::symbol(text, offset, dialect),
        },
        Language::Yaml => properties::symbol(text, offset),
        Language::Markdown => {
            template::heading(text, offset).or_else(|| template::symbol(text, offset).flatten())
        }
        // A Python model of dbt, else a test.
        Language::Python => template::in_calls(text, 0, text.len(), offset)
            .filter(|symbol| matches!(symbol.kind, SymbolKind::Relation(_)))
            .or_else(|| python::symbol(path, text, offset)),
        Language::Csv => header_cell(path, text, offset),
        Language::Json | Language::Other => None,
    }
}

/// A column's name in the first line of a seed.
fn header_cell(path: &str, text: &str, offset: usize) -> Option<Symbol> {
    let header = text.lines().next()?;
    let delimiter = if path.ends_with(".tsv") { '\t' } else { ',' };
    let mut start = if header.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    for cell in header.get(start..)?.split(delimiter) {
        let end = start + cell.len();
        if (start..end).contains(&offset) {
            let column = cell.trim().trim_matches('"').to_owned();
            let this = RelationName::ThisFile;
            let origins = vec![(this.clone(), column.clone())];
            let kind = SymbolKind::Column {
                column,
                candidates: vec![this],
                origins,
                local: None,
            };
            return Some(Symbol {
                span: Span::new(start, end),
                kind,
            });
        }
        start = end + delimiter.len_utf8();
    }
    None
}

/// What may be completed at byte `offset` of `text`.
pub fn completion_at(
    language: Language,
    path: &str,
    text: &str,
    offset: usize,
    options: &Options,
) -> Option<Completion> {
    if !text.is_char_boundary(offset) || text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let _ = path;
    match language {
        Language::Sql => completion::in_sql(text, offset, options.dialect.unwrap_or(Dialect::Ansi)),
        Language::Yaml => {
            properties::completion(text, offset).or_else(|| yaml_keys::completion(text, offset))
        }
        Language::Python | Language::Markdown => {
            let line = text.get(..offset)?.rfind('\n').map_or(0, |found| found + 1);
            completion::in_calls(text, line, offset)
                .filter(|found| !matches!(found, Completion::Macros { .. }))
        }
        Language::Csv | Language::Json | Language::Other => None,
    }
}

/// The outline of one file, in its order.
pub fn outline(language: Language, path: &str, text: &str, options: &Options) -> Vec<OutlineItem> {
    if text.len() > MAX_TEXT_BYTES {
        return Vec::new();
    }
    match language {
        Language::Sql => outline::of_sql(path, text, options.dialect.unwrap_or(Dialect::Ansi)),
        Language::Yaml => outline::of_yaml(text),
        Language::Markdown => outline::of_markdown(text),
        Language::Python => python::outline(text),
        Language::Csv | Language::Json | Language::Other => Vec::new(),
    }
}

/// What is wrong with one (perhaps unsaved) text. SQL whose shape depends on Jinja is only checked for its tags.
pub fn check(language: Language, path: &str, text: &str, options: &Options) -> Vec<Diagnostic> {
    if text.len() > MAX_TEXT_BYTES {
        return Vec::new();
    }
    let _ = path;
    match language {
        Language::Sql => check::of_sql(text, options.dialect),
        Language::Yaml => check::of_yaml(text),
        _ => Vec::new(),
    }
}
