//! What stands at a place in SQL.

use std::cell::Cell;

use super::follow::{BUDGET, Place, Sketch, locate};
use super::no_column::is_no_column;
use super::{Occurrence, Passes, RelationName, Role, Symbol, SymbolKind};
use crate::Dialect;
use crate::jinja::mask::mask;
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::sketch::{Cte, Item, Named, Origin, Query, Relation, is_reserved, sketch};

/// How many CTEs deep the columns of a relation are looked for.
pub(super) const MAX_CHAIN: usize = 12;

/// What stands at `offset` outside of Jinja.
pub(super) fn symbol(text: &str, offset: usize, dialect: Dialect) -> Option<Symbol> {
    reading(text, dialect, |sketch, queries, targets| {
        let at = sketch.token_at(offset)?;
        named(sketch, queries, targets, at).map(|occurrence| occurrence.symbol)
    })
}

/// Every name outside of Jinja, in order; names with several parts once for each part.
pub(super) fn all(text: &str, dialect: Dialect) -> Vec<Occurrence> {
    reading(text, dialect, |sketch, queries, targets| {
        let name = |at| {
            sketch.budget.set(BUDGET);
            named(sketch, queries, targets, at)
        };
        (0..sketch.tokens.len())
            .filter(|at| sketch.tokens[*at].is_name())
            .filter_map(name)
            .collect()
    })
}

/// Reads a text once, for one question or many.
pub(super) fn reading<T>(
    text: &str,
    dialect: Dialect,
    answer: impl FnOnce(&Sketch<'_>, &[Query], &[Vec<Named>]) -> T,
) -> T {
    let masked = mask(text);
    let tokens = tokens(&masked.text, dialect);
    let (queries, targets) = sketch(&masked.text, &tokens);
    let sketch = Sketch {
        sql: &masked.text,
        written: text,
        masked: &masked,
        tokens: &tokens,
        budget: Cell::new(BUDGET),
    };
    answer(&sketch, &queries, &targets)
}

/// What the token `at` names.
fn named(sketch: &Sketch<'_>, queries: &[Query], targets: &[Vec<Named>], at: usize) -> Option<Occurrence> {
    let tokens = sketch.tokens;
    let token = tokens.get(at)?;
    let offset = token.start;
    if !token.is_name() || crate::jinja::mask::is_placeholder(token.text(sketch.sql)) {
        return None;
    }
    let found = |kind, role| {
        Some(Occurrence {
            symbol: Symbol {
                span: sketch.span(at),
                kind,
            },
            role,
            passes: Passes::Inside,
            is_direct: true,
            is_certain: false,
            rivals: Vec::new(),
        })
    };
    if let Some(parts) = targets
        .iter()
        .find(|parts| parts.iter().any(|part| part.span.contains(offset)))
    {
        let is_last = parts.last().is_some_and(|part| part.span.contains(offset));
        let role = if is_last { Role::Definition } else { Role::Alias };
        return found(SymbolKind::Relation(sketch.relation_name(&names(parts))?), role);
    }
    if let Some(kind) = defined_cte(sketch, queries, offset) {
        return found(kind, Role::Definition);
    }
    let place = locate(queries, offset)?;
    if let Some((kind, role)) = in_relation(sketch, &place, offset) {
        return found(kind, role);
    }
    let is_keyword = is_reserved(token, sketch.sql);
    let after_dot = at > 0 && tokens[at - 1].kind == TokenKind::Mark(b'.');
    if is_keyword && !after_dot {
        return None;
    }
    let is_function = tokens
        .get(at + 1)
        .is_some_and(|next| next.kind == TokenKind::Mark(b'('));
    let before_dot = tokens
        .get(at + 1)
        .is_some_and(|next| next.kind == TokenKind::Mark(b'.'));
    if is_function || is_no_column(sketch, at) {
        return None;
    }
    let name = token.name(sketch.sql);
    if before_dot && !after_dot {
        // The qualifier of a column.
        let (kind, is_name) = qualifier(sketch, &place, &name)?;
        return found(kind, if is_name { Role::Reference } else { Role::Alias });
    }
    if let Some((kind, role)) = output(sketch, &place, offset, &name, after_dot) {
        return found(kind, role);
    }
    let mut first = at;
    while first >= 2 && tokens[first - 1].kind == TokenKind::Mark(b'.') && tokens[first - 2].is_name() {
        first -= 2;
    }
    let parts: Vec<String> = (first..=at)
        .step_by(2)
        .map(|at| tokens[at].name(sketch.sql))
        .collect();
    let followed = sketch
        .column(&parts, &place.blocks, &place.ctes)
        .unwrap_or_default();
    let is_item = place.blocks.last().is_some_and(|block| {
        let bare = |item: &Item| item.alias.is_none() && item.first == first && item.end == at + 1;
        block.items.iter().any(bare)
    });
    let rivals = if parts.len() == 1 {
        rivals(sketch, &place)
    } else {
        Vec::new()
    };
    Some(Occurrence {
        is_certain: followed.is_certain,
        rivals,
        is_direct: !followed.is_explicit,
        passes: match (is_item, place.is_outermost) {
            (false, _) => Passes::Inside,
            (true, false) => Passes::ToQuery,
            (true, true) => Passes::ToFile,
        },
        role: Role::Reference,
        symbol: Symbol {
            span: sketch.span(at),
            kind: SymbolKind::Column {
                column: name,
                candidates: followed.candidates,
                origins: followed.origins,
                local: followed.local,
            },
        },
    })
}

/// The relations that may own a column without a qualifier, and how each is called: where there are several, and all
/// are relations of the catalogue.
fn rivals(sketch: &Sketch<'_>, place: &Place<'_>) -> Vec<(RelationName, String)> {
    let [block] = place.blocks.as_slice() else {
        return Vec::new();
    };
    let rival = |relation: &Relation| {
        let Origin::Table(parts) = &relation.origin else {
            return None;
        };
        let Some(SymbolKind::Relation(name)) = meaning(sketch, relation, place) else {
            return None;
        };
        let called = match (&relation.alias, &name) {
            (Some(alias), _) => alias.name.clone(),
            (None, RelationName::Ref { name, .. }) => name.clone(),
            (None, RelationName::Source { table, .. }) => table.clone(),
            (None, _) => parts.last()?.name.clone(),
        };
        Some((name, called))
    };
    let all: Option<Vec<_>> = block.relations.iter().map(rival).collect();
    all.filter(|all| all.len() > 1).unwrap_or_default()
}

fn names(parts: &[Named]) -> Vec<String> {
    parts.iter().map(|part| part.name.clone()).collect()
}

/// The name of a CTE where it is defined.
fn defined_cte(sketch: &Sketch<'_>, queries: &[Query], offset: usize) -> Option<SymbolKind> {
    fn find<'q>(query: &'q Query, offset: usize, before: &mut Vec<&'q Cte>) -> Option<&'q Cte> {
        for cte in &query.ctes {
            if cte.name.span.contains(offset) {
                return Some(cte);
            }
            if cte.query.span.touches(offset) {
                return find(&cte.query, offset, before);
            }
            before.push(cte);
        }
        let inner = |query: &'q Query, before: &mut Vec<&'q Cte>| {
            if query.span.touches(offset) {
                find(query, offset, before)
            } else {
                None
            }
        };
        for block in &query.blocks {
            for relation in &block.relations {
                if let Origin::Query(query) = &relation.origin
                    && let Some(found) = inner(query, before)
                {
                    return Some(found);
                }
            }
            for query in &block.nested {
                if let Some(found) = inner(query, before) {
                    return Some(found);
                }
            }
        }
        None
    }
    let mut before = Vec::new();
    let cte = queries
        .iter()
        .find_map(|query| find(query, offset, &mut before))?;
    Some(of_cte(sketch, cte, &before))
}

fn of_cte(sketch: &Sketch<'_>, cte: &Cte, before: &[&Cte]) -> SymbolKind {
    SymbolKind::Cte {
        name: cte.name.name.clone(),
        columns: sketch.columns_of_cte(cte, before, MAX_CHAIN),
        span: cte.name.span,
    }
}

/// What a relation of a FROM clause is.
fn meaning(sketch: &Sketch<'_>, relation: &Relation, place: &Place<'_>) -> Option<SymbolKind> {
    let Origin::Table(parts) = &relation.origin else {
        return None;
    };
    if let [only] = parts.as_slice()
        && let Some(at) = place
            .ctes
            .iter()
            .rposition(|cte| cte.name.name.eq_ignore_ascii_case(&only.name))
    {
        return Some(of_cte(sketch, place.ctes[at], &place.ctes[..at]));
    }
    Some(SymbolKind::Relation(sketch.relation_name(&names(parts))?))
}

fn in_relation(sketch: &Sketch<'_>, place: &Place<'_>, offset: usize) -> Option<(SymbolKind, Role)> {
    let block = place.blocks.last()?;
    for relation in &block.relations {
        let part = match &relation.origin {
            Origin::Table(parts) => parts
                .iter()
                .rposition(|part| part.span.contains(offset))
                .map(|at| at + 1 == parts.len()),
            _ => None,
        };
        let in_alias = relation
            .alias
            .as_ref()
            .is_some_and(|alias| alias.span.contains(offset));
        if part.is_some() || in_alias {
            let role = if part == Some(true) {
                Role::Reference
            } else {
                Role::Alias
            };
            return Some((meaning(sketch, relation, place)?, role));
        }
    }
    None
}

/// The relation that a qualifier stands for, and whether it is the relation's own name.
fn qualifier(sketch: &Sketch<'_>, place: &Place<'_>, name: &str) -> Option<(SymbolKind, bool)> {
    let relation = place.blocks.iter().rev().find_map(|block| {
        block
            .relations
            .iter()
            .find(|relation| sketch.is_called(relation, name))
    })?;
    Some((meaning(sketch, relation, place)?, relation.alias.is_none()))
}

/// The alias of a select item: where it is given, or where it is used behind the list of items.
fn output(
    sketch: &Sketch<'_>,
    place: &Place<'_>,
    offset: usize,
    name: &str,
    qualified: bool,
) -> Option<(SymbolKind, Role)> {
    let block = place.blocks.last()?;
    let item = block.items.iter().find(|item| match &item.alias {
        Some(alias) => {
            alias.span.contains(offset)
                || !qualified && offset >= block.items_end && alias.name.eq_ignore_ascii_case(name)
        }
        None => false,
    })?;
    let followed = sketch.of_item(item, &place.blocks, &place.ctes);
    let (first, end) = sketch.expression(item);
    let candidates = if place.is_outermost {
        vec![RelationName::ThisFile]
    } else {
        Vec::new()
    };
    let is_defined_here = item
        .alias
        .as_ref()
        .is_some_and(|alias| alias.span.contains(offset));
    let role = if is_defined_here {
        Role::Definition
    } else {
        Role::Reference
    };
    let kind = SymbolKind::Column {
        column: name.to_owned(),
        candidates,
        origins: followed.origins,
        local: Some(followed.local.unwrap_or_else(|| sketch.text(first, end))),
    };
    Some((kind, role))
}
