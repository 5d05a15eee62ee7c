//! What dbt's YAML says about models, sources and columns, and where one would write more.

use super::Span;
use crate::RelationName;
use crate::yaml::tree::{Node, parse};

/// A named entry of dbt's YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The model, seed, snapshot or source table.
    pub relation: RelationName,
    /// The column, where the entry is one's.
    pub column: Option<String>,
    /// Where the name stands.
    pub name: Span,
    /// Whether a description stands there that says something.
    pub has_description: bool,
    /// Where the description's text would go: an empty `description:` that is there.
    pub empty_description: Option<Span>,
    /// All lines of the entry, with the dash before it and the line break behind it; `None` in flow style
    /// (`{name: x}`), which is not taken apart by lines.
    pub lines: Option<Span>,
    /// How many columns of a line stand before the keys of the entry.
    pub indent: usize,
}

/// The entries of a text, in its order: models with their columns, tables of sources with theirs.
pub fn described(text: &str) -> Vec<Described> {
    if text.len() > super::MAX_TEXT_BYTES {
        return Vec::new();
    }
    let root = parse(text);
    let mut found = Vec::new();
    for key in ["models", "seeds", "snapshots"] {
        for item in root.get(key).map(Node::items).unwrap_or_default() {
            let Some((name, _)) = item.text("name") else {
                continue;
            };
            let relation = RelationName::Ref {
                package: None,
                name: name.to_owned(),
            };
            entry(text, item, &relation, &mut found);
        }
    }
    for source in root.get("sources").map(Node::items).unwrap_or_default() {
        let Some((source_name, _)) = source.text("name") else {
            continue;
        };
        for table in source.get("tables").map(Node::items).unwrap_or_default() {
            let Some((name, _)) = table.text("name") else {
                continue;
            };
            let relation = RelationName::Source {
                source: source_name.to_owned(),
                table: name.to_owned(),
            };
            entry(text, table, &relation, &mut found);
        }
    }
    found.sort_by_key(|one| one.name.start);
    found
}

fn entry(text: &str, item: &Node, relation: &RelationName, found: &mut Vec<Described>) {
    found.extend(one(text, item, relation, None));
    for column in item.get("columns").map(Node::items).unwrap_or_default() {
        if let Some((name, _)) = column.text("name") {
            found.extend(one(text, column, relation, Some(name.to_owned())));
        }
    }
}

fn one(text: &str, item: &Node, relation: &RelationName, column: Option<String>) -> Option<Described> {
    let (_, name) = item.text("name")?;
    let description = item.entries().iter().find(|entry| entry.key == "description");
    let says = |entry: &crate::yaml::tree::Entry| match &entry.value {
        Node::Scalar { text, .. } => !text.trim().is_empty(),
        Node::Null { .. } => false,
        _ => true,
    };
    let empty_description = description.filter(|entry| !says(entry)).map(|entry| {
        Span::new(
            entry.key_span.start,
            entry.value.span().end.max(entry.key_span.end),
        )
    });
    let (lines, indent) = lines_of(text, item, name).map_or((None, 0), |(span, indent)| (Some(span), indent));
    Some(Described {
        relation: relation.clone(),
        column,
        name,
        has_description: description.is_some_and(says),
        empty_description,
        lines,
        indent,
    })
}

/// The lines of a block-style entry of a list, from its dash on, and the indent of its keys.
fn lines_of(text: &str, item: &Node, name: Span) -> Option<(Span, usize)> {
    let first = item.entries().iter().map(|entry| entry.key_span.start).min()?;
    let line = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
    let start = line(first);
    let before = text.get(start..first)?;
    if before.trim() != "-" {
        return None;
    }
    let last = item.span().end.max(name.end);
    let dash = before.find('-')?;
    let mut end = text
        .get(last..)?
        .find('\n')
        .map_or(text.len(), |at| last + at + 1);
    // what is deeper than the dash still belongs to the entry
    while let Some(rest) = text.get(end..).filter(|rest| !rest.is_empty()) {
        let next = rest.split_inclusive('\n').next().unwrap_or(rest);
        let content = next.trim_start_matches(' ');
        if content.trim().is_empty() || next.len() - content.len() <= dash {
            break;
        }
        end += next.len();
    }
    Some((Span::new(start, end), first - start))
}
