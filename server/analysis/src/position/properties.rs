//! What stands at a place in dbt's YAML.

use super::occurrences::plain;
use super::template::in_calls;
use super::{Completion, Occurrence, RelationName, Role, Span, Symbol, SymbolKind};
use crate::yaml::tree::{Node, parse};

/// What stands at `offset` of a YAML text.
pub(super) fn symbol(text: &str, offset: usize) -> Option<Symbol> {
    let root = parse(text);
    let mut trail = Vec::new();
    let (_, span) = descend(&root, offset, &mut trail)?;
    let raw = text.get(span.start..span.end).unwrap_or("");
    if is_template(raw) {
        return in_calls(text, span.start, span.end, offset);
    }
    let kind = named(&trail)?;
    Some(Symbol { span, kind })
}

/// Every name in a YAML text that means something.
pub(super) fn all(text: &str) -> Vec<Occurrence> {
    let root = parse(text);
    let mut found = Vec::new();
    walk(&root, &mut Vec::new(), text, &mut found);
    found
}

fn walk<'n>(node: &'n Node, trail: &mut Vec<Step<'n>>, text: &str, found: &mut Vec<Occurrence>) {
    match node {
        Node::Scalar { span, .. } => {
            let raw = text.get(span.start..span.end).unwrap_or("");
            if is_template(raw) {
                found.extend(super::template::in_all_calls(text, *span));
            } else if let Some(kind) = named(trail) {
                let is_name = trail.last().is_some_and(|step| step.key == "name");
                let role = if is_name {
                    Role::Definition
                } else {
                    Role::Reference
                };
                found.push(plain(Symbol { span: *span, kind }, role));
            }
        }
        Node::List { items, .. } => items.iter().for_each(|item| walk(item, trail, text, found)),
        Node::Map { entries, .. } => {
            for entry in entries {
                trail.push(Step {
                    map: node,
                    key: &entry.key,
                });
                walk(&entry.value, trail, text, found);
                trail.pop();
            }
        }
        Node::Null { .. } => {}
    }
}

fn is_template(raw: &str) -> bool {
    ["ref(", "source(", "doc(", "{{"]
        .iter()
        .any(|call| raw.contains(call))
}

/// A step on the way to a scalar: the map and the key in it.
struct Step<'n> {
    map: &'n Node,
    key: &'n str,
}

fn descend<'n>(node: &'n Node, offset: usize, trail: &mut Vec<Step<'n>>) -> Option<(&'n str, Span)> {
    match node {
        Node::Scalar { text, span, .. } => span.contains(offset).then_some((text, *span)),
        Node::List { items, .. } => items
            .iter()
            .find(|item| item.span().contains(offset))
            .and_then(|item| descend(item, offset, trail)),
        Node::Map { entries, .. } => {
            let entry = entries.iter().find(|entry| entry.value.span().contains(offset))?;
            trail.push(Step {
                map: node,
                key: &entry.key,
            });
            descend(&entry.value, offset, trail)
        }
        Node::Null { .. } => None,
    }
}

fn named(trail: &[Step<'_>]) -> Option<SymbolKind> {
    let keys: Vec<&str> = trail.iter().map(|step| step.key).collect();
    let name = |nth: usize| {
        trail
            .get(nth)
            .and_then(|step| step.map.text("name"))
            .map(|(name, _)| name.to_owned())
    };
    let model = |nth: usize| {
        Some(RelationName::Ref {
            package: None,
            name: name(nth)?,
        })
    };
    let column = |column: String, relation: RelationName| SymbolKind::Column {
        origins: vec![(relation.clone(), column.clone())],
        column,
        candidates: vec![relation],
        local: None,
    };
    match keys.as_slice() {
        ["models" | "seeds" | "snapshots", "name"] => Some(SymbolKind::Relation(model(1)?)),
        ["models" | "seeds" | "snapshots", "columns", "name"] => Some(column(name(2)?, model(1)?)),
        // The arguments of a test: `relationships: {to: ref('x'), field: id}`.
        ["models" | "seeds" | "snapshots" | "sources", .., "field"] => {
            let step = trail.last()?;
            let (field, _) = step.map.text("field")?;
            Some(column(field.to_owned(), target_of(step)?))
        }
        ["sources", "name"] => Some(SymbolKind::Relation(RelationName::Source {
            source: name(1)?,
            table: String::new(),
        })),
        ["sources", "tables", "name"] => Some(SymbolKind::Relation(RelationName::Source {
            source: name(1)?,
            table: name(2)?,
        })),
        ["sources", "tables", "columns", "name"] => Some(column(
            name(3)?,
            RelationName::Source {
                source: name(1)?,
                table: name(2)?,
            },
        )),
        ["macros", "name"] => Some(SymbolKind::Macro {
            package: None,
            name: name(1)?,
        }),
        [
            "exposures" | "metrics" | "semantic_models" | "saved_queries" | "data_tests" | "analyses",
            "name",
        ] => Some(SymbolKind::Relation(RelationName::Table {
            parts: vec![name(1)?],
        })),
        _ => None,
    }
}

/// What may be completed at `offset` of a YAML text.
pub(super) fn completion(text: &str, offset: usize) -> Option<Completion> {
    let line = text.get(..offset)?.rfind('\n').map_or(0, |found| found + 1);
    let before = text.get(line..offset)?;
    if ["ref(", "source(", "doc("]
        .iter()
        .any(|call| before.contains(call))
    {
        // the quotes around a template are YAML's, not the call's
        let start = before.rfind("{{").map_or(line, |at| line + at + 2);
        let found = super::completion::in_calls(text, start, offset);
        return found.filter(|found| !matches!(found, Completion::Macros { .. }));
    }
    let (key, typed) = before
        .rsplit_once("name:")
        .or_else(|| before.rsplit_once("field:"))?;
    if !key.trim_start_matches([' ', '-', '{']).is_empty() {
        return None;
    }
    // between quotes: what stands up to the other one is replaced
    let typed = typed.trim_start();
    let quote = typed.chars().next().filter(|c| matches!(c, '"' | '\''));
    let typed = quote.map_or(typed, |quote| typed.trim_start_matches(quote));
    let rest = text.get(offset..)?.lines().next().unwrap_or_default();
    let end = quote
        .and_then(|quote| rest.find(quote))
        .map_or(offset, |at| offset + at);
    let span = Span::new(offset - typed.len(), end);
    // A letter under the cursor makes the place one that can be looked up.
    let mut probe = text.to_owned();
    probe.insert(offset, 'x');
    let root = parse(&probe);
    let mut trail = Vec::new();
    descend(&root, offset, &mut trail)?;
    let keys: Vec<&str> = trail.iter().map(|step| step.key).collect();
    let name = |nth: usize| {
        trail
            .get(nth)
            .and_then(|step| step.map.text("name"))
            .map(|(name, _)| name.to_owned())
    };
    let prefix = typed.to_owned();
    let columns = |relation: RelationName| Completion::Columns {
        relations: vec![relation],
        local_columns: Vec::new(),
        prefix: prefix.clone(),
        span,
    };
    match keys.as_slice() {
        ["models" | "seeds" | "snapshots", "name"] => Some(Completion::Refs {
            package: None,
            prefix,
            span,
        }),
        ["models" | "seeds" | "snapshots", "columns", "name"] => Some(columns(RelationName::Ref {
            package: None,
            name: name(1)?,
        })),
        ["sources", "tables", "columns", "name"] => Some(columns(RelationName::Source {
            source: name(1)?,
            table: name(2)?,
        })),
        ["models" | "seeds" | "snapshots" | "sources", .., "field"] => {
            Some(columns(target_of(trail.last()?)?))
        }
        _ => None,
    }
}

/// The model in `to: ref('x')` beside a step.
fn target_of(step: &Step<'_>) -> Option<RelationName> {
    let (to, _) = step.map.text("to")?;
    let call = crate::jinja::calls::calls(to, 0, to.len()).into_iter().next()?;
    crate::jinja::mask::relation(&call)
}
