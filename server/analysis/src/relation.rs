//! How a text names a relation.

/// How a text names a relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationName {
    /// `ref('package', 'name')`.
    Ref {
        /// The package or project, if named.
        package: Option<String>,
        /// The model, seed or snapshot.
        name: String,
    },
    /// `source('source', 'table')`.
    Source {
        /// The source.
        source: String,
        /// The table of it; empty where only the source is named.
        table: String,
    },
    /// A table as SQL names it, parts without quotes, lower-cased unless quoted.
    Table {
        /// `database`, `schema`, `table`, as many as are written.
        parts: Vec<String>,
    },
    /// What this file itself defines.
    ThisFile,
}
