//! What a renderer is given: the rows of the catalogue that answer a question, with names in
//! place of ids.

use metasync_protocol::{ColumnRow, DocumentationRow, ObjectRow};
use uuid::Uuid;

/// All that is known of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectFacts {
    /// The object.
    pub object: ObjectRow,
    /// Relative path of its file.
    pub path: Option<String>,
    /// Its columns by ordinal.
    pub columns: Vec<ColumnRow>,
    /// What it is built from.
    pub upstream: Vec<Neighbour>,
    /// What uses it.
    pub downstream: Vec<Neighbour>,
    /// Written elsewhere about it.
    pub documentation: Option<DocumentationRow>,
    /// Of a test: the releases that have it.
    pub releases: Vec<InRelease>,
    /// Where the facts come from.
    pub origin: Origin,
}

/// A test as a release has it.
#[derive(Clone, Debug, PartialEq)]
pub struct InRelease {
    /// Name of the release.
    pub release: String,
    /// The test there.
    pub test: ObjectRow,
}

/// An object next to another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbour {
    /// Short name; for a source table `source.table`.
    pub name: String,
    /// `None` where only a name is known.
    pub object_type: Option<String>,
    /// The connection that has it, where it is another than the object's own.
    pub elsewhere: Option<String>,
    /// Its id; `None` where only a name is known.
    pub id: Option<Uuid>,
    /// Where it opens: an address of ours, if there is one.
    pub link: Option<String>,
}

/// Where facts come from, and how old they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of the connection.
    pub connection: Option<String>,
    /// The commit that the facts are of, or what else the source calls its state.
    pub revision: Option<String>,
    /// When the cache was last brought up to date, RFC 3339.
    pub synced_at: Option<String>,
    /// Whether the hub can't be reached now.
    pub offline: bool,
}

/// A column and what flows through it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnFacts {
    /// The object that owns the column.
    pub object: ObjectRow,
    /// Its file.
    pub path: Option<String>,
    /// The column.
    pub column: ColumnRow,
    /// Where its data comes from.
    pub sources: Vec<Flow>,
    /// Where its data goes.
    pub targets: Vec<Flow>,
    /// Where the facts come from.
    pub origin: Origin,
}

/// One edge of column lineage, seen from a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The other object.
    pub object: String,
    /// Its column.
    pub column: String,
    /// `direct`, `renamed`, `expression`, …
    pub transformation: String,
    /// What is written about the other column.
    pub description: Option<String>,
}
