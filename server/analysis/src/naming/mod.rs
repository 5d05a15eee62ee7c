//! How a name is written where it stands: bare, or in the quotes of its place's language and dialect. For whatever
//! puts another name into a text: renames, completions, fixes.

mod reserved;
mod sql;
mod yaml;

use crate::jinja::lex::{Tag, TagKind, tags};
use crate::{Dialect, Language, Span};

/// Longest name that is written, in characters: no database takes a longer one.
const MAX_NAME: usize = 300;

/// One text into which names are written.
#[derive(Debug)]
pub struct Writing<'t> {
    text: &'t str,
    language: Language,
    dialect: Dialect,
    /// How SQL is quoted where it was not before.
    quotes: sql::Quotes,
    tags: Vec<Tag>,
    delimiter: char,
}

/// Where a name stands, which is what decides how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A name of SQL.
    Sql,
    /// Between the quotes of a string of Jinja or Python.
    String(char),
    /// A word of Jinja or Python.
    Word,
    /// A scalar of YAML, with its quotes, if it has some.
    Yaml(Option<char>),
    /// A cell of CSV, and whether it is quoted.
    Cell(bool),
}

impl<'t> Writing<'t> {
    /// For the text of the file at `path`.
    pub fn new(path: &str, text: &'t str, dialect: Option<Dialect>) -> Writing<'t> {
        let language = Language::of_path(path);
        let tags = match language {
            Language::Sql | Language::Markdown | Language::Yaml => tags(text),
            _ => Vec::new(),
        };
        Writing {
            text,
            language,
            dialect: dialect.unwrap_or(Dialect::Ansi),
            quotes: sql::Quotes::of(dialect, text),
            tags,
            delimiter: if path.ends_with(".tsv") { '\t' } else { ',' },
        }
    }

    /// The name at a span, without quotes, and where it stands without them.
    pub fn name(&self, span: Span) -> (Span, String) {
        let raw = self.text.get(span.start..span.end).unwrap_or_default();
        match self.place(span) {
            Place::Sql => {
                let (inner, name) = sql::unquoted(raw);
                let at = span.start;
                (Span::new(at + inner.start, at + inner.end), name)
            }
            Place::Yaml(Some(quote)) => (span, yaml::unescaped(raw, quote)),
            Place::Cell(true) => (span, raw.replace("\"\"", "\"")),
            Place::String(_) | Place::Word | Place::Yaml(None) | Place::Cell(false) => (span, raw.to_owned()),
        }
    }

    /// The text with which the one at a span is to be replaced so that it is this name. A name that stands in quotes
    /// keeps them; one that does not gets them where they are needed. The error says why the name can't stand there.
    pub fn written(&self, span: Span, name: &str) -> Result<String, String> {
        let raw = self.text.get(span.start..span.end).unwrap_or_default();
        match self.place(span) {
            Place::Sql => Ok(self.quotes.written(raw, name, self.dialect)),
            Place::Yaml(quote) => Ok(yaml::written(name, quote)),
            Place::Cell(true) => Ok(name.replace('"', "\"\"")),
            Place::Cell(false) => {
                let is_plain = !name.contains(['"', self.delimiter]) && name.trim() == name;
                Ok(if is_plain {
                    name.to_owned()
                } else {
                    format!("\"{}\"", name.replace('"', "\"\""))
                })
            }
            Place::String(quote) if name.contains([quote, '\\']) => Err(format!(
                "`{name}` can't stand in the string at `{raw}`: it has `{quote}` or `\\` in it"
            )),
            Place::String(_) => Ok(name.to_owned()),
            Place::Word if is_identifier(name) => Ok(name.to_owned()),
            Place::Word => Err(format!(
                "`{name}` can't replace the word `{raw}` of a template: that takes letters, digits and `_`, no digit first"
            )),
        }
    }

    fn place(&self, span: Span) -> Place {
        let bytes = self.text.as_bytes();
        let before = span.start.checked_sub(1).and_then(|at| bytes.get(at));
        let quote = match (before, bytes.get(span.end)) {
            (Some(a @ (b'\'' | b'"')), Some(b)) if a == b => Some(char::from(*a)),
            _ => None,
        };
        let in_tag = || {
            let next = self.tags.partition_point(|tag| tag.end <= span.start);
            self.tags
                .get(next)
                .is_some_and(|tag| tag.start <= span.start && tag.kind != TagKind::Comment)
        };
        match (self.language, quote) {
            (Language::Sql | Language::Markdown, _) if !in_tag() => Place::Sql,
            (Language::Yaml, quote) if !in_tag() => Place::Yaml(quote),
            (Language::Csv, quote) => Place::Cell(quote == Some('"')),
            (_, Some(quote)) => Place::String(quote),
            (_, None) => Place::Word,
        }
    }
}

/// A name as somebody typed it: without the quotes of any dialect around it. The error says what is wrong with it.
pub fn typed_name(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    let mut chars = typed.chars();
    let name = match (chars.next(), chars.next_back()) {
        (Some('"'), Some('"')) | (Some('`'), Some('`')) | (Some('['), Some(']')) => sql::unquoted(typed).1,
        _ => typed.to_owned(),
    };
    if name.is_empty() {
        return Err("a name needs at least one letter".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("a name can't go over several lines or hold control characters".to_owned());
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} characters"));
    }
    if ["{{", "{%", "{#"].iter().any(|tag| name.contains(tag)) {
        return Err(format!("`{name}` would be read as a template"));
    }
    Ok(name)
}

/// Whether a name is a word of Jinja and Python: letters, digits and `_`, no digit first.
pub fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests;
