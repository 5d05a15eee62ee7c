//! What the analysis says: objects, their columns, and the edges between them.

use std::collections::BTreeMap;

use crate::Dialect;

/// One text file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the workspace's root, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// What the caller decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The dialect of all SQL; left out, a dbt project tells its own by its adapter and the rest is ANSI.
    pub dialect: Option<Dialect>,
}

/// How much a problem costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Severity {
    /// Part of the file was not understood: facts may be missing.
    #[default]
    Error,
    /// All of the file was read, but some of it less exactly than it could be, such as a template that was masked
    /// because it could not be rendered.
    Warning,
}

/// Something that could not be read as it stands; the rest of the analysis went on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// The line in it, from 1.
    pub line: u32,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What it costs.
    pub severity: Severity,
}

/// Everything found in the files given. The same input gives the same facts in the same order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Objects; `(object_type, full_name)` is unique among them.
    pub objects: Vec<ObjectFact>,
    /// What could not be read, by path and line.
    pub problems: Vec<Problem>,
    /// The dialect that each SQL file was read in, by path.
    pub dialects: BTreeMap<String, Dialect>,
}

/// A thing that has a name in the catalogue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectFact {
    /// Its short name: the last part of `full_name`.
    pub name: String,
    /// Its name within the connection, unique together with `object_type`.
    pub full_name: String,
    /// `model`, `source`, `seed`, `snapshot`, `exposure`, `macro`, `table`, `view`, `query`, `test`, …
    pub object_type: String,
    /// The file that defines it, if one does.
    pub path: Option<String>,
    /// Its first line there, from 1.
    pub line_start: Option<u32>,
    /// Its last line there.
    pub line_end: Option<u32>,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Tags, meta, tests, arguments and the like; keys sorted, `null` when there is nothing.
    pub metadata: serde_json::Value,
    /// Its columns, in their order.
    pub columns: Vec<ColumnFact>,
    /// What it is built from, each once, sorted.
    pub dependencies: Vec<DependencyFact>,
    /// Which columns flow into its own, direct edges only, sorted.
    pub lineage: Vec<LineageFact>,
}

/// A column of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnFact {
    /// Its name.
    pub name: String,
    /// Its type as written or inferred, where known.
    pub data_type: Option<String>,
    /// What people wrote about it.
    pub description: Option<String>,
    /// The names of the tests on it (`unique`, `not_null`, …).
    pub tests: Vec<String>,
}

/// That an object is built from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DependencyFact {
    /// What it depends on.
    pub target: Target,
    /// How: `ref`, `source`, `table`, `macro`.
    pub dependency_type: String,
}

/// That a column of another object flows into a column of this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineageFact {
    /// The object that the data comes from.
    pub source: Target,
    /// Its column; `*` where a star could not be resolved.
    pub source_column: String,
    /// The column of this object; `*` where a star could not be resolved.
    pub target_column: String,
    /// `direct`, `renamed`, `expression`, `aggregation` or `window`.
    pub transformation: String,
}

/// The other end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Another object of the same facts.
    Object {
        /// Its type.
        object_type: String,
        /// Its full name.
        full_name: String,
    },
    /// Something that none of the files defines.
    Unknown {
        /// Its name as written, lower-cased unless quoted.
        name: String,
    },
}
