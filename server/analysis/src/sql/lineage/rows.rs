//! What a query yields: named columns and where each comes from, and stars that could not be resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

/// How a value got from its source to its column; the strongest along the way counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Kind {
    /// As it is, perhaps under another name.
    #[default]
    Plain,
    Expression,
    Aggregation,
    Window,
}

/// Source columns (table, column) and how they flow in.
pub(crate) type Origins = BTreeMap<(Arc<str>, Arc<str>), Kind>;

/// Adds `more`, each at least as strong as `kind`.
pub(crate) fn absorb(origins: &mut Origins, more: &Origins, kind: Kind) {
    for (place, how) in more {
        let how = (*how).max(kind);
        origins
            .entry(place.clone())
            .and_modify(|known| *known = (*known).max(how))
            .or_insert(how);
    }
}

/// A column of a query's result.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// As shown.
    pub(crate) name: Arc<str>,
    /// As compared.
    pub(crate) key: Arc<str>,
    pub(crate) origins: Arc<Origins>,
    /// Whether the name is one that SQL made up for an expression.
    pub(crate) unnamed: bool,
    pub(crate) data_type: Option<Arc<str>>,
}

impl Column {
    pub(crate) fn new(name: &str, origins: Origins) -> Self {
        Self::shared(name, Arc::new(origins))
    }

    pub(crate) fn shared(name: &str, origins: Arc<Origins>) -> Self {
        let key = name.to_lowercase();
        let name: Arc<str> = Arc::from(name);
        let key = if *key == *name {
            name.clone()
        } else {
            Arc::from(key)
        };
        Self {
            name,
            key,
            origins,
            unnamed: false,
            data_type: None,
        }
    }

    /// The same under another name.
    pub(crate) fn renamed(&self, name: &str) -> Self {
        Self {
            data_type: self.data_type.clone(),
            ..Self::shared(name, self.origins.clone())
        }
    }
}

/// What a query or table yields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<Column>,
    /// Tables whose columns are not (all) known and that are all in it.
    pub(crate) open: Vec<Arc<str>>,
}

/// How many columns a query may yield; stars over stars can double them at every level. The rest is left out.
pub(crate) const MAX_COLUMNS: usize = 10_000;

impl Rows {
    /// Whether nothing more can be added.
    pub(crate) fn is_full(&self) -> bool {
        self.columns.len() >= MAX_COLUMNS
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Column> {
        self.columns.iter().find(|column| *column.key == *key)
    }

    pub(crate) fn opened(&mut self, table: &Arc<str>) {
        if !self.open.contains(table) {
            self.open.push(table.clone());
        }
    }

    /// The result of a set operation: by position, or by name where stars hide the positions.
    pub(crate) fn union(left: &Self, right: &Self, by_name: bool) -> Self {
        let mut open = left.open.clone();
        for table in &right.open {
            if !open.contains(table) {
                open.push(table.clone());
            }
        }
        let by_name = by_name
            || ((!left.open.is_empty() || !right.open.is_empty())
                && left.columns.len() != right.columns.len());
        let mut columns = left.columns.clone();
        for (nth, column) in right.columns.iter().enumerate() {
            let place = if by_name {
                columns.iter().position(|known| known.key == column.key)
            } else {
                (nth < left.columns.len()).then_some(nth)
            };
            match place {
                Some(place) => {
                    let mut origins = (*columns[place].origins).clone();
                    absorb(&mut origins, &column.origins, Kind::Plain);
                    columns[place].origins = Arc::new(origins);
                }
                None if by_name => columns.push(column.clone()),
                None => {}
            }
        }
        Self { columns, open }
    }
}
