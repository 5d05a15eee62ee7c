//! Python: tests by their names, and relations by the texts that name them.

use super::occurrences::plain;
use super::{Occurrence, OutlineItem, Role, Symbol, SymbolKind};
use crate::analyze::on_big_stack;
use crate::python::literal::literal_at;
use crate::python::module::{About, Item, Scope};
use crate::python::read;
use crate::{RelationName, Span};

/// What stands at `offset`: the name of a function or class, or a text that could be a relation's name.
pub(super) fn symbol(path: &str, text: &str, offset: usize) -> Option<Symbol> {
    on_big_stack(|| {
        let module = read(text);
        named(&module.scope, path, offset).or_else(|| {
            let (literal, span) = literal_at(text, offset)?;
            let is_name = literal
                .split('.')
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
            let parts = literal.split('.').map(str::to_lowercase).collect();
            is_name.then_some(Symbol {
                span,
                kind: SymbolKind::Relation(RelationName::Table { parts }),
            })
        })
    })?
}

/// The functions and classes of a file.
pub(super) fn all(path: &str, text: &str) -> Vec<Occurrence> {
    let mut found = Vec::new();
    on_big_stack(|| {
        let mut scopes = vec![(path.to_owned(), read(text).scope)];
        while let Some((around, scope)) = scopes.pop() {
            for (name, item) in scope.items {
                let id = format!("{around}::{name}");
                let (span, inner) = match item {
                    Item::Function(function) => (function.about.name, None),
                    Item::Class(class) => (class.about.name, Some(class.scope)),
                    _ => continue,
                };
                let kind = SymbolKind::Test { id: id.clone() };
                found.push(plain(Symbol { span, kind }, Role::Definition));
                scopes.extend(inner.map(|inner| (id, inner)));
            }
        }
    });
    found
}

fn named(scope: &Scope, around: &str, offset: usize) -> Option<Symbol> {
    for (name, item) in &scope.items {
        let (about, inner): (&About, _) = match item {
            Item::Function(function) => (&function.about, None),
            Item::Class(class) => (&class.about, Some(&class.scope)),
            _ => continue,
        };
        let id = format!("{around}::{name}");
        if about.name.contains(offset) {
            let kind = SymbolKind::Test { id };
            return Some(Symbol {
                span: about.name,
                kind,
            });
        }
        if let Some(inner) = inner.filter(|_| about.range.contains(offset)) {
            return named(inner, &id, offset);
        }
    }
    None
}

/// The classes and functions of a file.
pub(super) fn outline(text: &str) -> Vec<OutlineItem> {
    on_big_stack(|| items(&read(text).scope)).unwrap_or_default()
}

fn items(scope: &Scope) -> Vec<OutlineItem> {
    let mut found: Vec<OutlineItem> = scope
        .items
        .iter()
        .filter_map(|(name, item)| {
            let (about, kind, children) = match item {
                Item::Function(function) if function.is_fixture => (&function.about, "fixture", Vec::new()),
                Item::Function(function) if name.starts_with("test") => (&function.about, "test", Vec::new()),
                Item::Function(function) => (&function.about, "function", Vec::new()),
                Item::Class(class) => (&class.about, "class", items(&class.scope)),
                _ => return None,
            };
            Some(OutlineItem {
                name: name.clone(),
                kind: kind.to_owned(),
                detail: None,
                range: Span::new(about.range.start.min(about.name.start), about.range.end),
                selection: about.name,
                children,
            })
        })
        .collect();
    found.sort_by_key(|item| item.range.start);
    found
}
