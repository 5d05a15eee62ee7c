//! What questions are asked, and what the answers hold.

use metasync_protocol::{ColumnRow, DocumentationRow, ObjectRow, editor::ObjectAnswer};
use uuid::Uuid;

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectHit {
    /// Its id.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// Unique name.
    pub full_name: String,
    /// `model`, `source`, ….
    pub object_type: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Its connection.
    pub connection_id: Uuid,
    /// Name of its connection, where the hub told it.
    pub connection: Option<String>,
    /// Relative path of its file.
    pub path: Option<String>,
    /// First line, from 1.
    pub line_start: Option<u32>,
    /// Last line, from 1.
    pub line_end: Option<u32>,
    /// The branch, where it is not the connection's default one.
    pub branch: Option<String>,
}

impl From<ObjectHit> for ObjectAnswer {
    fn from(hit: ObjectHit) -> ObjectAnswer {
        ObjectAnswer {
            id: hit.id,
            name: hit.name,
            full_name: hit.full_name,
            object_type: hit.object_type,
            description: hit.description,
            connection: hit.connection,
            path: hit.path,
            line: hit.line_start,
        }
    }
}

/// What a text refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// `ref('name')`, `ref('package', 'name')`: a model, seed or snapshot.
    Ref {
        /// The dbt package.
        package: Option<String>,
        /// The name.
        name: String,
    },
    /// `source('source', 'table')`.
    Source {
        /// The source.
        source: String,
        /// Its table.
        table: String,
    },
    /// A table in SQL: `table`, `schema.table`, `database.schema.table`, without quotes.
    Table {
        /// The parts in the order written.
        parts: Vec<String>,
    },
    /// The objects that a file defines.
    Path {
        /// Path from the root of the workspace or repository, with `/`.
        relative_path: String,
    },
    /// A macro.
    Macro {
        /// The dbt package.
        package: Option<String>,
        /// The name.
        name: String,
    },
    /// A short or full name of anything.
    Name(String),
}

/// An object at the other end of a dependency.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its id; `None` where it is not known here.
    pub id: Option<Uuid>,
    /// Short name, or the name as written.
    pub name: String,
    /// Unique name, or the name as written.
    pub full_name: String,
    /// `None` where it is not known here.
    pub object_type: Option<String>,
    /// `ref`, `source`, `table`, `macro`, ….
    pub dependency_type: String,
    /// The connection that has it, where that is another than the object's own.
    pub elsewhere: Option<String>,
}

/// The connection of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionFacts {
    /// Its id.
    pub id: Uuid,
    /// Short name, where the hub told it.
    pub name: Option<String>,
    /// `owner/name`, where the hub told it.
    pub full_name: Option<String>,
    /// `github`, `workspace`, `release`, …, where the hub told it.
    pub kind: Option<String>,
    /// What the source calls the state that the facts are of: a commit.
    pub revision: Option<String>,
}

/// Everything that a hover needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectFacts {
    /// The object.
    pub object: ObjectRow,
    /// Relative path of its file.
    pub path: Option<String>,
    /// Its columns by ordinal, up to a limit.
    pub columns: Vec<ColumnRow>,
    /// How many columns it has.
    pub columns_total: u64,
    /// What it is built from, up to a limit; known ones first, in the order of the file.
    pub upstream: Vec<Neighbour>,
    /// What uses it, up to a limit, by name.
    pub downstream: Vec<Neighbour>,
    /// How many use it.
    pub downstream_total: u64,
    /// Documentation written elsewhere.
    pub documentation: Option<DocumentationRow>,
    /// Where it comes from.
    pub connection: ConnectionFacts,
    /// When the last sync ended well, by the hub's clock (RFC 3339).
    pub synced_at: Option<String>,
}

/// A test, where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFacts {
    /// The test.
    pub object: ObjectRow,
    /// Relative path of its file.
    pub path: Option<String>,
    /// A release, or a repository.
    pub connection: ConnectionFacts,
}

/// One end of column lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnEnd {
    /// The object; `None` where it is not known here.
    pub object: Option<Uuid>,
    /// Short name, or the name as written.
    pub object_name: String,
    /// Unique name, or the name as written.
    pub full_name: String,
    /// `None` where it is not known here.
    pub object_type: Option<String>,
    /// The column; `*` where a star could not be resolved.
    pub column: String,
    /// `direct`, `renamed`, `expression`, `aggregation`, `window`, ….
    pub transformation: String,
}

/// Where a column comes from and where it goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnLineage {
    /// What flows into it.
    pub sources: Vec<ColumnEnd>,
    /// What it flows into.
    pub targets: Vec<ColumnEnd>,
}

/// Which way a lineage tree grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What an object is built from.
    Upstream,
    /// What uses it.
    Downstream,
}

/// How much the cache holds, and how old it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Files.
    pub files: u64,
    /// Objects.
    pub objects: u64,
    /// Columns.
    pub columns: u64,
    /// Dependencies.
    pub dependencies: u64,
    /// Column lineage edges.
    pub columns_lineage: u64,
    /// Documentation rows.
    pub documentation: u64,
    /// When the last sync ended well, by the hub's clock (RFC 3339).
    pub last_sync_at: Option<String>,
}
