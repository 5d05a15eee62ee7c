//! The relations in sight of an expression, and which of them owns a column.

use std::sync::Arc;

use super::names::key;
use super::rows::{Column, Kind, Origins, Rows, absorb};

/// A relation of a FROM clause.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// The alias, or the parts of the name, in lower case.
    pub(crate) name: Vec<String>,
    /// The parts of the table's own name where an alias hides it.
    pub(crate) hidden: Vec<String>,
    pub(crate) rows: Arc<Rows>,
    /// For what is made from expressions (UNNEST, FLATTEN, functions): whatever column is asked for comes from here.
    pub(crate) made_from: Option<Arc<Origins>>,
}

/// The relations of one query and those around it.
#[derive(Debug, Default)]
pub(crate) struct Scope<'p> {
    pub(crate) relations: Vec<Relation>,
    /// Columns that joins merged: `USING (…)`, in lower case.
    pub(crate) merged: Vec<String>,
    pub(crate) parent: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    pub(crate) fn inside(parent: Option<&'p Self>) -> Self {
        Self {
            parent,
            ..Self::default()
        }
    }

    /// Where the column `parts` (lower case) comes from. `aliases` are the select items before this one.
    pub(crate) fn resolve(
        &self,
        parts: &[String],
        aliases: &[Column],
        aliases_first: bool,
    ) -> Option<Arc<Origins>> {
        match parts {
            [] => None,
            [name] => self.plain(name, aliases, aliases_first),
            _ => self.qualified(parts).or_else(|| {
                // `record.field`: a column with a structure.
                let (first, _) = parts.split_first()?;
                self.known(first).or_else(|| self.only_open(first))
            }),
        }
    }

    fn plain(&self, name: &str, aliases: &[Column], aliases_first: bool) -> Option<Arc<Origins>> {
        if let Some(found) = self.known(name) {
            return Some(found);
        }
        let alias = || {
            aliases
                .iter()
                .rev()
                .find(|column| *column.key == *name)
                .map(|column| column.origins.clone())
        };
        if aliases_first && let Some(found) = alias() {
            return Some(found);
        }
        if let Some(found) = self.only_open(name) {
            return Some(found);
        }
        if self
            .relations
            .iter()
            .all(|relation| relation.rows.open.is_empty())
            && let Some(parent) = self.parent
            && let Some(found) = parent.plain(name, &[], false)
        {
            return Some(found);
        }
        alias()
    }

    /// Through relations that are known to have the column.
    fn known(&self, name: &str) -> Option<Arc<Origins>> {
        if self.merged.iter().any(|merged| merged == name) {
            let mut origins = Origins::new();
            for relation in &self.relations {
                if let Some(found) = relation.column(name) {
                    absorb(&mut origins, &found, Kind::Plain);
                }
            }
            return Some(Arc::new(origins));
        }
        if let Some(column) = self
            .relations
            .iter()
            .find_map(|relation| relation.rows.find(name))
        {
            return Some(column.origins.clone());
        }
        // `FROM unnest(x) AS y`: y is the column too.
        self.relations
            .iter()
            .find(|relation| {
                relation.made_from.is_some() && relation.name.last().is_some_and(|last| last == name)
            })
            .and_then(|relation| relation.made_from.clone())
    }

    /// Through the only relation whose columns are not known.
    fn only_open(&self, name: &str) -> Option<Arc<Origins>> {
        let mut open = self
            .relations
            .iter()
            .filter(|r| r.made_from.is_none() && !r.rows.open.is_empty());
        match (open.next(), open.next()) {
            (Some(relation), None) => relation.column(name),
            (None, _) => {
                let mut made = self
                    .relations
                    .iter()
                    .filter_map(|relation| relation.made_from.clone());
                let only = made.next()?;
                made.next().is_none().then_some(only)
            }
            _ => None,
        }
    }

    fn qualified(&self, parts: &[String]) -> Option<Arc<Origins>> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            for length in (1..parts.len()).rev() {
                let (owner, rest) = parts.split_at(length);
                if let Some(relation) = here.relation(owner)
                    && let Some(name) = rest.first()
                {
                    return relation.column(name).or_else(|| Some(Arc::new(Origins::new())));
                }
            }
            scope = here.parent;
        }
        None
    }

    /// The relation of that name (lower case parts): by its alias or its own name, else by the name an alias hides.
    pub(crate) fn relation(&self, owner: &[String]) -> Option<&Relation> {
        self.relations
            .iter()
            .find(|relation| relation.name == owner)
            .or_else(|| {
                self.relations
                    .iter()
                    .find(|relation| relation.name.ends_with(owner))
            })
            .or_else(|| {
                self.relations
                    .iter()
                    .find(|relation| !relation.name.is_empty() && owner.ends_with(&relation.name))
            })
            .or_else(|| {
                self.relations
                    .iter()
                    .find(|relation| relation.hidden.ends_with(owner))
            })
    }
}

impl Relation {
    /// A relation from rows, known by one name.
    pub(crate) fn named(name: Vec<String>, hidden: Vec<String>, rows: Arc<Rows>) -> Self {
        let lower = |parts: Vec<String>| parts.iter().map(|part| key(part)).collect();
        Self {
            name: lower(name),
            hidden: lower(hidden),
            rows,
            made_from: None,
        }
    }

    /// Where its column `name` (lower case) comes from, if it can have such a column.
    pub(crate) fn column(&self, name: &str) -> Option<Arc<Origins>> {
        if let Some(column) = self.rows.find(name) {
            return Some(column.origins.clone());
        }
        if let Some(made_from) = &self.made_from {
            return Some(made_from.clone());
        }
        match self.rows.open.as_slice() {
            [table] => {
                let mut origins = Origins::new();
                origins.insert((table.clone(), Arc::from(name)), Kind::Plain);
                Some(Arc::new(origins))
            }
            _ => None,
        }
    }
}
