//! Columns followed through aliases, subqueries and CTEs of one text to the relations they come from.

use std::cell::Cell;

use super::RelationName;
use crate::jinja::mask::{Masked, Placeholder};
use crate::sql::lex::{Token, TokenKind};
use crate::sql::sketch::{Block, Cte, Item, Origin, Query, Relation};

/// A text with its Jinja masked, and its shape.
pub(super) struct Sketch<'a> {
    pub(super) sql: &'a str,
    /// The text as written, as long as `sql`.
    pub(super) written: &'a str,
    pub(super) masked: &'a Masked,
    pub(super) tokens: &'a [Token],
    /// Steps that are left: chains of CTEs that use each other twice would take for ever.
    pub(super) budget: Cell<usize>,
}

/// How many steps one question may take.
pub(super) const BUDGET: usize = 3000;

/// What became of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) candidates: Vec<RelationName>,
    pub(super) origins: Vec<(RelationName, String)>,
    pub(super) local: Option<String>,
    /// Whether it went through a select item that is written out.
    pub(super) is_explicit: bool,
    /// Whether it can come from nowhere else: one relation, no column left out on the way.
    pub(super) is_certain: bool,
}

impl Found {
    fn add(&mut self, relation: RelationName, column: &str) {
        if !self.candidates.contains(&relation) {
            self.candidates.push(relation.clone());
        }
        let origin = (relation, column.to_owned());
        if !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
    }

    fn absorb(&mut self, more: Self) {
        self.is_explicit |= more.is_explicit;
        self.is_certain &= more.is_certain;
        for relation in more.candidates {
            if !self.candidates.contains(&relation) {
                self.candidates.push(relation);
            }
        }
        for origin in more.origins {
            if !self.origins.contains(&origin) {
                self.origins.push(origin);
            }
        }
        if self.local.is_none() {
            self.local = more.local;
        }
    }
}

/// The blocks and CTEs around a place: blocks from the outermost to the innermost, CTEs in their order.
#[derive(Debug, Default, Clone)]
pub(super) struct Place<'q> {
    pub(super) blocks: Vec<&'q Block>,
    pub(super) ctes: Vec<&'q Cte>,
    /// Whether it is the file's own query rather than a CTE or subquery.
    pub(super) is_outermost: bool,
}

/// Finds the block that `offset` lies in.
pub(super) fn locate(queries: &[Query], offset: usize) -> Option<Place<'_>> {
    // A cursor in the white space behind a statement still belongs to it.
    let query = queries
        .iter()
        .find(|query| query.span.contains(offset))
        .or_else(|| queries.iter().rev().find(|query| query.span.end <= offset))?;
    let mut place = Place {
        is_outermost: true,
        ..Place::default()
    };
    descend(query, offset, &mut place);
    Some(place)
}

fn descend<'q>(query: &'q Query, offset: usize, place: &mut Place<'q>) {
    for cte in &query.ctes {
        if cte.query.span.touches(offset) {
            place.is_outermost = false;
            descend(&cte.query, offset, place);
            return;
        }
        place.ctes.push(cte);
    }
    let block = query
        .blocks
        .iter()
        .rev()
        .find(|block| block.span.start <= offset)
        .or_else(|| query.blocks.first());
    let Some(block) = block else { return };
    place.blocks.push(block);
    let inner = block
        .relations
        .iter()
        .filter_map(|relation| match &relation.origin {
            Origin::Query(query) => Some(&**query),
            _ => None,
        })
        .chain(&block.nested)
        .find(|query| query.span.touches(offset));
    if let Some(inner) = inner {
        place.is_outermost = false;
        descend(inner, offset, place);
    }
}

impl Sketch<'_> {
    fn spend(&self) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(1));
        left > 0
    }

    /// What the parts of a table's name stand for.
    pub(super) fn relation_name(&self, parts: &[String]) -> Option<RelationName> {
        if let [only] = parts
            && let Some(placeholder) = self.masked.placeholder(only)
        {
            return match placeholder {
                Placeholder::Relation(name) => Some(name.clone()),
                Placeholder::Unknown => None,
            };
        }
        let parts: Vec<String> = parts
            .iter()
            .flat_map(|part| part.split('.'))
            .filter(|part| !crate::jinja::mask::is_placeholder(part))
            .map(str::to_owned)
            .collect();
        (!parts.is_empty()).then_some(RelationName::Table { parts })
    }

    /// Where column `name` of the relation comes from. `sure`: the relation is known to be the owner.
    pub(super) fn through(
        &self,
        relation: &Relation,
        name: &str,
        ctes: &[&Cte],
        sure: bool,
    ) -> Option<Found> {
        if !self.spend() {
            return None;
        }
        let position = relation
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name));
        match &relation.origin {
            Origin::Table(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
                if let [only] = parts.as_slice()
                    && let Some(at) = ctes
                        .iter()
                        .rposition(|cte| cte.name.name.eq_ignore_ascii_case(only))
                {
                    let cte = ctes.get(at)?;
                    let position = position
                        .or_else(|| cte.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)));
                    return self.of_query(&cte.query, name, position, &ctes[..at], sure);
                }
                if !sure {
                    return None;
                }
                let mut found = Found {
                    is_certain: relation.columns.is_empty(),
                    ..Found::default()
                };
                found.add(self.relation_name(&parts)?, name);
                Some(found)
            }
            Origin::Query(query) => self.of_query(query, name, position, ctes, sure),
            Origin::Other => None,
        }
    }

    /// Where column `name` of a query's result comes from.
    fn of_query(
        &self,
        query: &Query,
        name: &str,
        nth: Option<usize>,
        ctes: &[&Cte],
        sure: bool,
    ) -> Option<Found> {
        let mut ctes = ctes.to_vec();
        ctes.extend(&query.ctes);
        let first = query.blocks.first()?;
        let nth = nth.or_else(|| {
            first.items.iter().position(|item| {
                self.output(item)
                    .is_some_and(|output| output.eq_ignore_ascii_case(name))
            })
        });
        let mut all: Option<Found> = None;
        for block in &query.blocks {
            let found = match nth.and_then(|nth| block.items.get(nth)) {
                Some(item) => Some(Found {
                    is_explicit: true,
                    ..self.of_item(item, &[block], &ctes)
                }),
                None => self.through_star(block, name, &ctes, sure),
            };
            if let Some(found) = found {
                match &mut all {
                    Some(all) => all.absorb(found),
                    None => all = Some(found),
                }
            }
        }
        all
    }

    fn through_star(&self, block: &Block, name: &str, ctes: &[&Cte], sure: bool) -> Option<Found> {
        let stars: Vec<Option<String>> = block.items.iter().filter_map(|item| self.star(item)).collect();
        if stars.is_empty() && !block.items.is_empty() {
            return None;
        }
        let owned = |relation: &&Relation| {
            stars.is_empty()
                || stars.iter().any(|star| {
                    star.as_deref()
                        .is_none_or(|owner| self.is_called(relation, owner))
                })
        };
        let relations: Vec<&Relation> = block.relations.iter().filter(owned).collect();
        // A relation of this text that says it has the column wins over those that may have it.
        if let Some(found) = relations
            .iter()
            .find_map(|relation| self.through(relation, name, ctes, false))
        {
            return Some(found);
        }
        if !sure {
            return None;
        }
        let mut found = self.any_of(&relations, name, ctes)?;
        let is_plain = |item: &Item| {
            let last = item.end.checked_sub(1).and_then(|last| self.tokens.get(last));
            last.is_some_and(|last| last.kind == TokenKind::Mark(b'*'))
        };
        // `* except (…)` leaves columns out, another relation may have it as well
        found.is_certain &= block.relations.len() == 1
            && block
                .items
                .iter()
                .filter(|item| self.star(item).is_some())
                .all(is_plain);
        Some(found)
    }

    /// One of several relations has the column, and nothing says which.
    fn any_of(&self, relations: &[&Relation], name: &str, ctes: &[&Cte]) -> Option<Found> {
        let mut found: Vec<Found> = relations
            .iter()
            .filter_map(|relation| self.through(relation, name, ctes, true))
            .collect();
        if found.len() == 1 {
            let mut only = found.pop()?;
            only.is_certain &= relations.len() == 1;
            return Some(only);
        }
        let mut all = Found::default();
        for one in found {
            all.absorb(one);
        }
        all.origins.clear();
        all.local = None;
        (!all.candidates.is_empty()).then_some(all)
    }

    /// Where the value of a select item comes from.
    pub(super) fn of_item(&self, item: &Item, blocks: &[&Block], ctes: &[&Cte]) -> Found {
        let (first, end) = self.expression(item);
        let references = self.references(first, end);
        let computed = !self.is_column(first, end);
        let mut all = Found::default();
        for reference in &references {
            if let Some(found) = self.column(reference, blocks, ctes) {
                all.absorb(found);
            }
        }
        if computed {
            all.local = Some(self.text(first, end));
            all.candidates.clear();
        }
        all
    }

    /// Where a column, by its parts, comes from; the innermost of `blocks` first.
    pub(super) fn column(&self, parts: &[String], blocks: &[&Block], ctes: &[&Cte]) -> Option<Found> {
        if !self.spend() {
            return None;
        }
        let (name, owner) = parts.split_last()?;
        let (block, outer) = blocks.split_last()?;
        if let Some(qualifier) = owner.last() {
            return match block
                .relations
                .iter()
                .find(|relation| self.is_called(relation, qualifier))
            {
                Some(relation) => self.through(relation, name, ctes, true),
                None => self.column(parts, outer, ctes),
            };
        }
        if let Some(found) = block
            .relations
            .iter()
            .find_map(|relation| self.through(relation, name, ctes, false))
        {
            return Some(found);
        }
        let relations: Vec<&Relation> = block.relations.iter().collect();
        let found = self.any_of(&relations, name, ctes).map(|found| Found {
            // a subquery may mean a column of the query around it
            is_certain: found.is_certain && outer.is_empty(),
            ..found
        });
        found.or_else(|| self.column(parts, outer, ctes))
    }

    /// Whether a relation goes by this name.
    pub(super) fn is_called(&self, relation: &Relation, name: &str) -> bool {
        match (&relation.alias, &relation.origin) {
            (Some(alias), _) => alias.name.eq_ignore_ascii_case(name),
            (None, Origin::Table(parts)) => parts.last().is_some_and(|part| {
                part.name.eq_ignore_ascii_case(name)
                    || match self.masked.placeholder(&part.name) {
                        Some(Placeholder::Relation(RelationName::Ref { name: model, .. })) => model == name,
                        Some(Placeholder::Relation(RelationName::Source { table, .. })) => table == name,
                        _ => false,
                    }
            }),
            _ => false,
        }
    }

    /// The names of a query's columns, as far as they can be told.
    pub(super) fn columns_of(&self, query: &Query, ctes: &[&Cte], depth: usize) -> Vec<String> {
        let mut names = Vec::new();
        let Some(block) = query.blocks.first() else {
            return names;
        };
        if depth == 0 {
            return names;
        }
        let mut ctes = ctes.to_vec();
        ctes.extend(&query.ctes);
        for item in &block.items {
            if let Some(name) = self.output(item) {
                names.push(name);
            } else if let Some(owner) = self.star(item) {
                for relation in &block.relations {
                    if owner
                        .as_deref()
                        .is_none_or(|owner| self.is_called(relation, owner))
                    {
                        names.extend(self.columns_of_relation(relation, &ctes, depth - 1));
                    }
                }
            }
        }
        names
    }

    /// The columns of a relation that this text itself makes.
    pub(super) fn columns_of_relation(
        &self,
        relation: &Relation,
        ctes: &[&Cte],
        depth: usize,
    ) -> Vec<String> {
        if !relation.columns.is_empty() {
            return relation
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
        }
        match &relation.origin {
            Origin::Query(query) => self.columns_of(query, ctes, depth),
            Origin::Table(parts) => match parts.as_slice() {
                [only] => match ctes
                    .iter()
                    .rposition(|cte| cte.name.name.eq_ignore_ascii_case(&only.name))
                {
                    Some(at) => self.columns_of_cte(ctes[at], &ctes[..at], depth),
                    None => Vec::new(),
                },
                _ => Vec::new(),
            },
            Origin::Other => Vec::new(),
        }
    }

    pub(super) fn columns_of_cte(&self, cte: &Cte, ctes: &[&Cte], depth: usize) -> Vec<String> {
        if cte.columns.is_empty() {
            self.columns_of(&cte.query, ctes, depth)
        } else {
            cte.columns.iter().map(|column| column.name.clone()).collect()
        }
    }

    /// The real relations that a relation of this text stands for.
    pub(super) fn bases(&self, relation: &Relation, ctes: &[&Cte], into: &mut Vec<RelationName>) {
        if !self.spend() {
            return;
        }
        match &relation.origin {
            Origin::Table(parts) => {
                if let [only] = parts.as_slice()
                    && let Some(at) = ctes
                        .iter()
                        .rposition(|cte| cte.name.name.eq_ignore_ascii_case(&only.name))
                {
                    self.star_bases(&ctes[at].query, &ctes[..at], into);
                    return;
                }
                let parts: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
                if let Some(name) = self.relation_name(&parts)
                    && !into.contains(&name)
                {
                    into.push(name);
                }
            }
            Origin::Query(query) => self.star_bases(query, ctes, into),
            Origin::Other => {}
        }
    }

    /// The relations whose columns a query passes on with a star.
    fn star_bases(&self, query: &Query, ctes: &[&Cte], into: &mut Vec<RelationName>) {
        let Some(block) = query.blocks.first() else { return };
        let mut ctes = ctes.to_vec();
        ctes.extend(&query.ctes);
        for owner in block.items.iter().filter_map(|item| self.star(item)) {
            for relation in &block.relations {
                if owner
                    .as_deref()
                    .is_none_or(|owner| self.is_called(relation, owner))
                {
                    self.bases(relation, &ctes, into);
                }
            }
        }
    }
}
