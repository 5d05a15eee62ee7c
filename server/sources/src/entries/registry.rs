//! Which adapter reads which type of source.

use super::{EntryAdapter, csv::Csv, json::JsonLines, rest::Rest};

/// All types of sources.
pub static ADAPTERS: &[&dyn EntryAdapter] = &[&Csv, &Rest, &JsonLines];

/// The adapter of a type; `None` for one that nobody knows.
pub fn adapter(kind: &str) -> Option<&'static dyn EntryAdapter> {
    ADAPTERS.iter().copied().find(|adapter| adapter.kind() == kind)
}
