//! Jinja replaced by names and spaces of the same length, so that every position in the SQL stays where it is.

use super::calls::{Call, Literal, calls};
use super::lex::{Tag, TagKind, tags};
use crate::relation::RelationName;

/// What a name that stands for a `{{ … }}` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// A relation: `ref`, `source`, `this`.
    Relation(RelationName),
    /// Anything else: SQL that is only known once rendered.
    Unknown,
}

/// A template with its Jinja masked.
#[derive(Debug, Clone)]
pub(crate) struct Masked {
    /// As long as the template, byte by byte.
    pub(crate) text: String,
    /// What the names stand for, by their number.
    pub(crate) placeholders: Vec<Placeholder>,
}

/// The beginning of every name that stands for Jinja; a number in base 36 of three digits follows.
const MARK: &str = "_j";
const DIGITS: usize = 3;
const BASE: usize = 36;
/// How many pieces of Jinja one text may have names for: those whose number begins with a decimal digit.
const MAX_PLACEHOLDERS: usize = 10 * BASE * BASE;
/// The number that stands for what only dbt or the warehouse knows.
pub(crate) const UNKNOWN: usize = BASE * BASE * BASE - 1;

impl Masked {
    /// What a name of the masked text stands for, if it stands for something.
    pub(crate) fn placeholder(&self, name: &str) -> Option<&Placeholder> {
        self.placeholders.get(number(name)?)
    }
}

/// The name that stands for the `nth` piece of Jinja.
pub(crate) fn name(nth: usize) -> String {
    String::from_utf8_lossy(&encode(nth).1).into_owned()
}

/// Whether a name stands for Jinja.
pub(crate) fn is_placeholder(name: &str) -> bool {
    number(name).is_some()
}

/// Whether something that stands for Jinja is part of `name`: `stg_{{ x }}` and the like. Ask it only about names out
/// of text that had Jinja in it.
pub(crate) fn mentions_placeholder(name: &str) -> bool {
    name.match_indices(MARK).any(|(at, _)| {
        let digits = at + MARK.len();
        name.get(digits..digits + DIGITS)
            .is_some_and(|digits| value(digits).is_some())
    })
}

/// The number that digits say. Numbers that begin with a letter are not given, so that `_join` stays a word.
fn value(digits: &str) -> Option<usize> {
    let number = usize::from_str_radix(digits, 36).ok()?;
    let is_lower = !digits
        .bytes()
        .any(|byte| byte.is_ascii_uppercase() || byte == b'+');
    (is_lower && (number < MAX_PLACEHOLDERS || number == UNKNOWN)).then_some(number)
}

/// The name of the `nth` piece, and whether it has more digits than there is room for.
fn encode(nth: usize) -> (bool, Vec<u8>) {
    let mut digits = [b'0'; DIGITS];
    let mut rest = nth;
    for place in digits.iter_mut().rev() {
        let digit = u8::try_from(rest % BASE).unwrap_or(0);
        *place = if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        };
        rest /= BASE;
    }
    (nth >= MAX_PLACEHOLDERS, MARK.bytes().chain(digits).collect())
}

/// The number in a placeholder's name.
fn number(name: &str) -> Option<usize> {
    let digits = name.trim_end_matches('_').strip_prefix(MARK)?;
    if digits.len() != DIGITS {
        return None;
    }
    value(digits)
}

/// Masks the Jinja of `text`. Both branches of an `{% if %}` stay; macro definitions and comments go.
pub(crate) fn mask(text: &str) -> Masked {
    let tags = tags(text);
    let mut bytes = text.as_bytes().to_vec();
    let mut placeholders = Vec::new();
    for tag in &tags {
        blank(&mut bytes, tag.start, tag.end);
        if tag.kind != TagKind::Expression {
            continue;
        }
        let meaning = meaning(&calls(text, tag.inner_start, tag.inner_end));
        let Some(meaning) = meaning else { continue };
        write(&mut bytes, tag, placeholders.len());
        placeholders.push(meaning);
    }
    blank_definitions(text, &tags, &mut bytes);
    // Only whole tags were replaced, by ASCII: what was UTF-8 still is.
    let text = String::from_utf8(bytes).unwrap_or_else(|error| " ".repeat(error.as_bytes().len()));
    Masked { text, placeholders }
}

/// What a `{{ … }}` stands for; `None` for those that print nothing.
fn meaning(found: &[Call]) -> Option<Placeholder> {
    let Some(first) = found.first() else {
        return Some(Placeholder::Unknown);
    };
    if first
        .simple()
        .is_some_and(|name| matches!(name, "config" | "log" | "print" | "do" | "return"))
    {
        return None;
    }
    let relation = found.iter().find_map(relation);
    // `{{ this }}` alone is the model; `{{ this.schema }}` is a word.
    Some(relation.map_or(Placeholder::Unknown, Placeholder::Relation))
}

/// The relation that a call of `ref` or `source` names, or the bare word `this`.
pub(crate) fn relation(call: &Call) -> Option<RelationName> {
    match call.simple()? {
        "ref" => {
            let (package, name) = match (call.text(0), call.text(1)) {
                (Some(package), Some(name)) => (Some(package.to_owned()), name),
                (Some(name), None) => (None, name),
                _ => return None,
            };
            let version = call.arguments.iter().find_map(|argument| {
                let named = matches!(argument.name.as_deref(), Some("v" | "version"));
                match argument.value.as_ref().filter(|_| named)? {
                    Literal::String(version) | Literal::Number(version) => Some(version.as_str()),
                    _ => None,
                }
            });
            Some(RelationName::Ref {
                package,
                name: versioned(name, version),
            })
        }
        "source" => Some(RelationName::Source {
            source: call.text(0)?.to_owned(),
            table: call.text(1).unwrap_or("").to_owned(),
        }),
        "this" if !call.has_arguments => Some(RelationName::ThisFile),
        _ => None,
    }
}

/// The name of one version of a model, as its file is named unless YAML says otherwise.
pub(crate) fn versioned(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{name}_v{version}"),
        None => name.to_owned(),
    }
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    if let Some(range) = bytes.get_mut(start..end) {
        for byte in range {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }
}

fn write(bytes: &mut [u8], tag: &Tag, number: usize) {
    let (overflows, name) = encode(number);
    let end = tag.end.min(bytes.len());
    let glued = bytes.get(end).copied().is_some_and(is_word);
    let Some(range) = bytes.get_mut(tag.start..end) else {
        return;
    };
    if overflows || range.len() < name.len() || range[..name.len()].contains(&b'\n') {
        return;
    }
    range[..name.len()].copy_from_slice(&name);
    // `{{ prefix }}_orders` stays one word.
    if glued && !range.contains(&b'\n') {
        range[name.len()..].fill(b'_');
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Takes the bodies of macros, docs and block sets out: they are no part of this file's SQL.
fn blank_definitions(text: &str, tags: &[Tag], bytes: &mut [u8]) {
    let mut open: Option<(usize, &str)> = None;
    for tag in tags.iter().filter(|tag| tag.kind == TagKind::Statement) {
        let keyword = tag.keyword(text);
        match open {
            None => {
                let block = match keyword {
                    "macro" => "endmacro",
                    "docs" => "enddocs",
                    "materialization" => "endmaterialization",
                    "test" | "data_test" => "endtest",
                    "call" => "endcall",
                    "set" if !tag.inner(text).contains('=') => "endset",
                    _ => continue,
                };
                open = Some((tag.end, block));
            }
            Some((start, end)) if keyword == end || (end == "endtest" && keyword == "enddata_test") => {
                blank(bytes, start, tag.start);
                open = None;
            }
            Some(_) => {}
        }
    }
}
