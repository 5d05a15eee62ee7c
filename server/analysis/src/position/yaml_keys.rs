//! Keys and tests that may be written at a place of dbt's YAML. The place is told by indents alone: what is being typed
//! need not be YAML yet.

use super::{Completion, Span};

/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 20;

const TOP: &[&str] = &[
    "version",
    "models",
    "sources",
    "seeds",
    "snapshots",
    "macros",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "analyses",
    "unit_tests",
    "data_tests",
    "groups",
];
const NODE: &[&str] = &[
    "name",
    "description",
    "config",
    "columns",
    "data_tests",
    "tests",
    "constraints",
    "docs",
    "meta",
    "tags",
    "latest_version",
    "versions",
    "group",
    "access",
];
const COLUMN: &[&str] = &[
    "name",
    "description",
    "data_type",
    "data_tests",
    "tests",
    "constraints",
    "quote",
    "tags",
    "meta",
    "config",
];
const SOURCE: &[&str] = &[
    "name",
    "description",
    "database",
    "schema",
    "loader",
    "loaded_at_field",
    "freshness",
    "quoting",
    "tables",
    "tags",
    "meta",
    "config",
    "overrides",
];
const TABLE: &[&str] = &[
    "name",
    "description",
    "identifier",
    "columns",
    "data_tests",
    "tests",
    "loaded_at_field",
    "freshness",
    "quoting",
    "external",
    "tags",
    "meta",
    "config",
];
const EXPOSURE: &[&str] = &[
    "name",
    "label",
    "type",
    "maturity",
    "url",
    "description",
    "depends_on",
    "owner",
    "tags",
    "meta",
    "config",
];
const MACRO: &[&str] = &["name", "description", "arguments", "docs", "meta"];
const ARGUMENT: &[&str] = &["name", "type", "description"];
const CONFIG: &[&str] = &[
    "materialized",
    "schema",
    "database",
    "alias",
    "tags",
    "enabled",
    "meta",
    "unique_key",
    "incremental_strategy",
    "on_schema_change",
    "contract",
    "access",
    "group",
    "full_refresh",
    "persist_docs",
    "pre_hook",
    "post_hook",
    "severity",
    "where",
    "store_failures",
];
const METRIC: &[&str] = &[
    "name",
    "label",
    "description",
    "type",
    "type_params",
    "filter",
    "config",
    "meta",
];
const SEMANTIC_MODEL: &[&str] = &[
    "name",
    "description",
    "model",
    "defaults",
    "entities",
    "dimensions",
    "measures",
    "config",
];
const UNIT_TEST: &[&str] = &[
    "name",
    "description",
    "model",
    "given",
    "expect",
    "overrides",
    "config",
    "versions",
];

/// Whether a key at the top of a file tells that the YAML is dbt's: `version` is everybody's.
pub(super) fn is_resource(key: &str) -> bool {
    key != "version" && TOP.contains(&key)
}

/// What fits at a place that is not behind `key: `; `None` where no key or test is wanted.
pub(super) fn completion(text: &str, offset: usize) -> Option<Completion> {
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line_start..offset)?;
    let after = text
        .get(offset..)?
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim_end();
    let after = after.strip_suffix(':').unwrap_or(after);
    let content = before.trim_start_matches(' ');
    let (is_item, typed) = match content.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start_matches(' ')),
        None => (false, content),
    };
    let is_word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if !is_word(typed) || !is_word(after) {
        return None;
    }
    // the column in which the key of an entry stands: behind its dash
    let column = before.len() - typed.len();
    let dash = is_item.then(|| before.len() - content.len());
    let around = ancestors(text.get(..line_start)?, dash.unwrap_or(column), dash.is_some());
    let prefix = typed.to_owned();
    let span = Span::new(offset - typed.len(), offset + after.len());
    if is_item
        && matches!(around.first().map(String::as_str), Some("tests" | "data_tests"))
        && around.len() > 1
    {
        return Some(Completion::Tests { prefix, span });
    }
    let keys = keys_of(&around)?;
    Some(Completion::Keys {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        prefix,
        span,
    })
}

/// The keys around a place, the innermost first.
fn ancestors(before: &str, column: usize, is_item: bool) -> Vec<String> {
    let mut found = Vec::new();
    // a list may stand in the same column as its key
    let mut limit = if is_item { column + 1 } else { column };
    for line in before.lines().rev() {
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - content.len();
        let (dash, key) = match content.strip_prefix('-') {
            Some(rest) => {
                let key = rest.trim_start_matches(' ');
                (Some(indent), line.len() - key.len())
            }
            None => (None, indent),
        };
        let word = line.get(key..).unwrap_or_default();
        let is_parent = key < limit && word.trim_end().ends_with(':');
        if is_parent && found.len() < MAX_DEPTH {
            found.push(word.trim_end().trim_end_matches(':').to_owned());
        }
        if let Some(dash) = dash.filter(|_| key <= limit) {
            // the list's own key stands no deeper than its dashes
            limit = limit.min(dash + 1);
        }
        if is_parent {
            limit = limit.min(dash.map_or(key, |dash| dash + 1));
        }
        if limit == 0 {
            break;
        }
    }
    found
}

fn keys_of(around: &[String]) -> Option<&'static [&'static str]> {
    let around: Vec<&str> = around.iter().map(String::as_str).collect();
    match around.as_slice() {
        [] => Some(TOP),
        ["config", ..] => Some(CONFIG),
        ["columns", ..] => Some(COLUMN),
        ["models" | "seeds" | "snapshots" | "analyses"] => Some(NODE),
        ["sources"] => Some(SOURCE),
        ["tables", "sources"] => Some(TABLE),
        ["exposures"] => Some(EXPOSURE),
        ["owner", ..] => Some(&["name", "email"]),
        ["macros"] => Some(MACRO),
        ["arguments", "macros"] => Some(ARGUMENT),
        ["metrics"] => Some(METRIC),
        ["semantic_models"] => Some(SEMANTIC_MODEL),
        ["unit_tests"] => Some(UNIT_TEST),
        ["given", "unit_tests"] => Some(&["input", "rows", "format", "fixture"]),
        ["expect", "unit_tests"] => Some(&["rows", "format", "fixture"]),
        ["freshness", ..] => Some(&["warn_after", "error_after", "filter"]),
        ["warn_after" | "error_after", ..] => Some(&["count", "period"]),
        ["groups"] => Some(&["name", "owner", "description"]),
        _ => None,
    }
}
