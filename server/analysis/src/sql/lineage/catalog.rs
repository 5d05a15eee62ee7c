//! The columns of tables, as far as they are known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::names::key;
use super::rows::{Column, Kind, Origins, Rows};

/// What is known about the columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct TableSchema {
    /// Names as shown, with types where known.
    pub(crate) columns: Vec<(String, Option<String>)>,
    /// Whether these are all.
    pub(crate) complete: bool,
}

/// What was asked of the catalogue and what it was told, in order: the same questions with the same answers lead to
/// the same lineage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    /// Names, with what identifies the content of the answer; `None`: not known.
    pub(crate) asked: Vec<(String, Option<u64>)>,
    /// What was said, in order; no schema: that the table is gone.
    pub(crate) defined: Vec<(String, Option<TableSchema>)>,
    /// Whether something was asked after something was defined, so that the two depend on each other.
    pub(crate) mixed: bool,
}

#[derive(Debug)]
struct Known {
    /// Identifies the content.
    content: u64,
    /// The name that the table goes by.
    name: Arc<str>,
    rows: Arc<Rows>,
    complete: bool,
}

/// All known tables, by their dotted names in lower case.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    tables: HashMap<String, Known>,
    /// Full keys by the last part of the name.
    by_last: HashMap<String, Vec<String>>,
    trace: RefCell<Trace>,
}

impl Catalog {
    /// What happened since the last call.
    pub(crate) fn take_trace(&self) -> Trace {
        self.trace.take()
    }

    /// Whether all that was asked would be answered the same.
    pub(crate) fn agrees(&self, trace: &Trace) -> bool {
        trace
            .asked
            .iter()
            .all(|(name, content)| self.look_up(name).map(|known| known.content) == *content)
    }

    /// Says what a table's columns are; a later word replaces an earlier one.
    pub(crate) fn define(&mut self, name: &str, schema: &TableSchema) {
        self.trace
            .get_mut()
            .defined
            .push((name.to_owned(), Some(schema.clone())));
        let key = key(name);
        let known_as = self
            .tables
            .get(&key)
            .map_or_else(|| Arc::from(name), |known| known.name.clone());
        let mut rows = Rows::default();
        for (column, data_type) in &schema.columns {
            let mut origins = Origins::new();
            origins.insert((known_as.clone(), Arc::from(column.as_str())), Kind::Plain);
            let mut column = Column::new(column, origins);
            column.data_type = data_type.as_deref().map(Arc::from);
            rows.columns.push(column);
        }
        if !schema.complete {
            rows.open.push(known_as.clone());
        }
        let last = key.rsplit('.').next().unwrap_or(&key).to_owned();
        let names = self.by_last.entry(last).or_default();
        if !names.contains(&key) {
            names.push(key.clone());
        }
        let complete = schema.complete;
        let mut content = DefaultHasher::new();
        (&*known_as, schema).hash(&mut content);
        let content = content.finish();
        self.tables.insert(
            key,
            Known {
                content,
                name: known_as,
                rows: Arc::new(rows),
                complete,
            },
        );
    }

    /// Says again what a trace says.
    pub(crate) fn replay(&mut self, defined: &[(String, Option<TableSchema>)]) {
        for (name, schema) in defined {
            match schema {
                Some(schema) => self.define(name, schema),
                None => self.forget(name),
            }
        }
    }

    /// Says that a table is gone.
    pub(crate) fn forget(&mut self, name: &str) {
        self.trace.get_mut().defined.push((name.to_owned(), None));
        let key = key(name);
        let last = key.rsplit('.').next().unwrap_or(&key).to_owned();
        if self.tables.remove(&key).is_some()
            && let Some(names) = self.by_last.get_mut(&last)
        {
            names.retain(|known| *known != key);
        }
    }

    /// What is known of a table, and whether that is all.
    pub(crate) fn as_known(&self, full: &str) -> (Option<&Rows>, bool) {
        match self.find(full) {
            Some(known) => (Some(&known.rows), known.complete),
            None => (None, false),
        }
    }

    /// The name that a table goes by and what it yields; a table that nobody defined yields anything.
    pub(crate) fn rows(&self, parts: &[String]) -> (Arc<str>, Arc<Rows>) {
        let full = parts.join(".");
        match self.find(&full) {
            Some(known) => (known.name.clone(), known.rows.clone()),
            None => {
                let name: Arc<str> = Arc::from(full);
                let rows = Rows {
                    columns: Vec::new(),
                    open: vec![name.clone()],
                };
                (name, Arc::new(rows))
            }
        }
    }

    /// The name that a table goes by.
    pub(crate) fn name(&self, full: &str) -> Arc<str> {
        self.find(full)
            .map_or_else(|| Arc::from(full), |known| known.name.clone())
    }

    /// The columns of a table when they are all known.
    pub(crate) fn complete(&self, full: &str) -> Option<&Rows> {
        self.find(full)
            .filter(|known| known.complete)
            .map(|known| &*known.rows)
    }

    pub(crate) fn is_known(&self, full: &str) -> bool {
        self.find(full).is_some()
    }

    fn find(&self, full: &str) -> Option<&Known> {
        let found = self.look_up(full);
        let mut trace = self.trace.borrow_mut();
        trace.mixed |= !trace.defined.is_empty();
        trace
            .asked
            .push((full.to_owned(), found.map(|known| known.content)));
        found
    }

    /// By the whole name, else by the only known name that ends with it or that it ends with.
    fn look_up(&self, full: &str) -> Option<&Known> {
        let key = key(full);
        if let Some(known) = self.tables.get(&key) {
            return Some(known);
        }
        let last = key.rsplit('.').next().unwrap_or(&key);
        let mut fitting = self
            .by_last
            .get(last)?
            .iter()
            .filter(|name| ends_with(name, &key) || ends_with(&key, name));
        let only = fitting.next()?;
        if fitting.next().is_some() {
            return None;
        }
        self.tables.get(only)
    }
}

/// Whether `long` is `short` or ends with it after a dot.
fn ends_with(long: &str, short: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
