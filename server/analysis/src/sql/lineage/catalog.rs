//! The columns of tables, as far as they are known.

use std::collections::HashMap;
use std::rc::Rc;

use super::names::key;
use super::rows::{Column, Kind, Origins, Rows};

/// What is known about the columns of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableSchema {
    /// Names as shown, with types where known.
    pub(crate) columns: Vec<(String, Option<String>)>,
    /// Whether these are all.
    pub(crate) complete: bool,
}

#[derive(Debug)]
struct Known {
    /// The name that the table goes by.
    name: Rc<str>,
    rows: Rc<Rows>,
    complete: bool,
}

/// All known tables, by their dotted names in lower case.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    tables: HashMap<String, Known>,
    /// Full keys by the last part of the name.
    by_last: HashMap<String, Vec<String>>,
}

impl Catalog {
    /// Says what a table's columns are; a later word replaces an earlier one.
    pub(crate) fn define(&mut self, name: &str, schema: &TableSchema) {
        let key = key(name);
        let known_as = self
            .tables
            .get(&key)
            .map_or_else(|| Rc::from(name), |known| known.name.clone());
        let mut rows = Rows::default();
        for (column, data_type) in &schema.columns {
            let mut origins = Origins::new();
            origins.insert((known_as.clone(), Rc::from(column.as_str())), Kind::Plain);
            let mut column = Column::new(column, origins);
            column.data_type = data_type.as_deref().map(Rc::from);
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
        self.tables.insert(
            key,
            Known {
                name: known_as,
                rows: Rc::new(rows),
                complete,
            },
        );
    }

    /// The name that a table goes by and what it yields; a table that nobody defined yields anything.
    pub(crate) fn rows(&self, parts: &[String]) -> (Rc<str>, Rc<Rows>) {
        let full = parts.join(".");
        match self.find(&full) {
            Some(known) => (known.name.clone(), known.rows.clone()),
            None => {
                let name: Rc<str> = Rc::from(full);
                let rows = Rows {
                    columns: Vec::new(),
                    open: vec![name.clone()],
                };
                (name, Rc::new(rows))
            }
        }
    }

    /// The name that a table goes by.
    pub(crate) fn name(&self, full: &str) -> Rc<str> {
        self.find(full)
            .map_or_else(|| Rc::from(full), |known| known.name.clone())
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

    /// By the whole name, else by the only known name that ends with it or that it ends with.
    fn find(&self, full: &str) -> Option<&Known> {
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
