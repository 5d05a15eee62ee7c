//! Text in, facts out: SQL with dbt's Jinja in it, dbt's YAML, seeds, Python tests; column lineage; the symbol at a position.
//!
//! Knows nothing about files, databases, networks or editors (architecture.md, "Rooms"): everything comes in as
//! text with a relative path, and the same input gives the same output, byte by byte.

mod analyze;
mod dbt;
mod dialect;
mod facts;
mod jinja;
mod language;
mod lines;
mod naming;
mod position;
mod python;
mod relation;
mod span;
mod sql;
mod yaml;

pub use analyze::{
    Export, Footprint, FoundTests, Known, Layout, Memo, Part, Standing, TestSearch, analyze, analyze_part,
    analyze_watched, analyze_with, is_configuration, name_key, tests, tests_below, tests_watched,
};
pub use dialect::{Dialect, UnknownDialect};
pub use facts::{
    ColumnFact, DependencyFact, Facts, LineageFact, ObjectFact, Options, Problem, Severity, SourceFile,
    Target,
};
pub use language::Language;
pub use naming::{Writing, is_identifier, typed_name};
pub use position::{
    CallAt, Completion, Described, Diagnostic, Makes, Occurrence, OutlineItem, Passes, Quoted, ResultItem,
    Role, Symbol, SymbolKind, call_at, check, completion_at, described, occurrences, outline, quoted_at,
    result_items, symbol_at,
};
pub use python::glob_fits;
pub use python::imports::{PYTEST_CONFIGURATION, is_module_name, module_names};
pub use relation::RelationName;
pub use span::Span;

#[cfg(test)]
mod tests;
