//! Names of tables and columns: as written, lower-cased unless quoted.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

/// The dotted name of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableName {
    pub(crate) parts: Vec<String>,
}

impl TableName {
    pub(crate) fn of(name: &ObjectName) -> Self {
        let mut parts = Vec::with_capacity(name.0.len());
        for part in &name.0 {
            match part {
                // BigQuery: `project.data_set.table` in one pair of backticks.
                ObjectNamePart::Identifier(ident)
                    if ident.quote_style == Some('`') && ident.value.contains('.') =>
                {
                    parts.extend(ident.value.split('.').map(str::to_owned));
                }
                ObjectNamePart::Identifier(ident) => parts.push(shown(ident)),
                ObjectNamePart::Function(function) => parts.push(function.to_string()),
            }
        }
        Self { parts }
    }

    /// The name with its dots.
    pub(crate) fn full(&self) -> String {
        self.parts.join(".")
    }

    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }
}

/// A name as the catalogue shows it.
pub(crate) fn shown(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

/// A name as names are compared.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}
