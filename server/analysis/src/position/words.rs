//! The words of the position side: places, symbols, completions, outlines, diagnostics.

use crate::{relation::RelationName, span::Span};

/// A name in a text and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The name under the cursor.
    pub span: Span,
    /// What it names.
    pub kind: SymbolKind,
}

/// What a name in a text means, as a question to the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SymbolKind {
    /// A relation: `ref('x')`, `source('a','b')`, a table in FROM, a model, seed or source in dbt's YAML.
    Relation(RelationName),
    /// A column.
    Column {
        /// The name as written, without quotes.
        column: String,
        /// Relations in scope that may own it, best first.
        candidates: Vec<RelationName>,
        /// Where it comes from, when followed through aliases, CTEs and subqueries: real relation and its column.
        origins: Vec<(RelationName, String)>,
        /// The expression that computes it, when a CTE or subquery of this file does.
        local: Option<String>,
    },
    /// A macro of the project or of a package.
    Macro {
        /// The package before the dot, if there is one.
        package: Option<String>,
        /// Its name.
        name: String,
    },
    /// A CTE of this file.
    Cte {
        /// Its name.
        name: String,
        /// Its columns as far as they can be told.
        columns: Vec<String>,
        /// Where its name stands in its definition.
        span: Span,
    },
    /// A function or class of Python, perhaps a test.
    Test {
        /// Its node id, as pytest prints it: `path::Class::function`.
        id: String,
    },
    /// A `doc('name')` block.
    Doc {
        /// Its name.
        name: String,
    },
    /// A `var('name')`.
    Var {
        /// Its name.
        name: String,
    },
}

/// How a name stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This text makes the thing, or says what it is: an output column's alias, a CTE, a macro, a name in dbt's YAML.
    Definition,
    /// The thing by its own name.
    Reference,
    /// The thing by another name, or a part of its name: an alias, a schema before the table.
    Alias,
}

/// Where the name of a column goes on from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passes {
    /// Nowhere.
    Inside,
    /// It is a whole select item of a CTE or subquery: that query's column is called the same.
    ToQuery,
    /// It is a whole select item of the file's own query: the file's column is called the same.
    ToFile,
}

/// A name in a text, what it means, and how it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The name and its meaning.
    pub symbol: Symbol,
    /// How it stands there.
    pub role: Role,
    /// For a column: where its name goes on.
    pub passes: Passes,
    /// For a column: whether no select item of this text stands between it and its origins, stars apart. If so it
    /// bears the name of its origins.
    pub is_direct: bool,
    /// For a column: whether it can come from nowhere else than its one origin, if it exists at all.
    pub is_certain: bool,
    /// For a column without a qualifier, in a query over several relations of the catalogue: those, and how each is
    /// called there.
    pub rivals: Vec<(RelationName, String)>,
}

/// What may be completed at a place. `prefix` is what stands there already, `span` what to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields repeat: prefix and span as said above")]
pub enum Completion {
    /// Models, seeds and snapshots, inside `ref('…')`.
    Refs {
        package: Option<String>,
        prefix: String,
        span: Span,
    },
    /// Sources, inside the first argument of `source('…')`.
    Sources { prefix: String, span: Span },
    /// The tables of one source.
    SourceTables {
        source: String,
        prefix: String,
        span: Span,
    },
    /// Columns: of the relations in scope, and those that CTEs or subqueries of this file make.
    Columns {
        relations: Vec<RelationName>,
        local_columns: Vec<String>,
        prefix: String,
        span: Span,
    },
    /// Relations after FROM or JOIN; `ctes` are this file's own.
    Relations {
        ctes: Vec<String>,
        prefix: String,
        span: Span,
    },
    /// Macros, inside `{{ … }}`.
    Macros {
        package: Option<String>,
        prefix: String,
        span: Span,
    },
    /// `doc('…')` blocks.
    Docs { prefix: String, span: Span },
    /// Keys of dbt's YAML.
    Keys {
        keys: Vec<String>,
        prefix: String,
        span: Span,
    },
    /// Tests that dbt's YAML may put on a model or column.
    Tests { prefix: String, span: Span },
}

/// One entry of a file's outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineItem {
    /// What to show.
    pub name: String,
    /// `model`, `cte`, `column`, `table`, `view`, `query`, `macro`, `source`, `seed`, `test`, …
    pub kind: String,
    /// More about it, such as a type.
    pub detail: Option<String>,
    /// All of it.
    pub range: Span,
    /// Its name, inside `range`.
    pub selection: Span,
    /// What it is made of.
    pub children: Vec<OutlineItem>,
}

/// Something wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// What, in one sentence.
    pub message: String,
    /// A stable word: `sql-syntax`, `jinja-syntax`, `yaml-syntax`.
    pub code: String,
}
