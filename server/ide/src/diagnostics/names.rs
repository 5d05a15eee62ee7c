//! Names that lead to nothing, or to too much.

use std::collections::HashSet;

use metasync_analysis::{Occurrence, RelationName, Role, Span, SymbolKind};

use super::{Code, Finding, Fix, Severity, words};
use crate::{alike::nearest, catalogue::Resolver, file::File};

/// What `ref()` may name.
const MODELS: &[&str] = &["model", "seed", "snapshot"];
/// Most names that are offered instead of an unknown one.
const MAX_SUGGESTIONS: usize = 3;

/// `ref`s and `source`s, and YAML about models, that nothing answers to.
pub fn relations(occurrences: &[Occurrence], resolver: &Resolver<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for one in occurrences.iter().filter(|one| one.role != Role::Alias) {
        let SymbolKind::Relation(name) = &one.symbol.kind else {
            continue;
        };
        let finding = match name {
            RelationName::Ref { name: model, package }
                if resolver.relation(name).is_none() && !resolver.catalogue().has_file(model) =>
            {
                let message = match (one.role, package) {
                    (Role::Definition, _) => {
                        format!(
                            "no model, seed or snapshot is called `{model}`: what is written about it here goes nowhere"
                        )
                    }
                    (_, Some(package)) => {
                        format!("no model, seed or snapshot of the package `{package}` is called `{model}`")
                    }
                    (_, None) => format!("no model, seed or snapshot is called `{model}`"),
                };
                Some((
                    Code::UnknownModel,
                    message,
                    suggestions(one.symbol.span, MODELS, model, resolver),
                ))
            }
            RelationName::Source { source, table }
                if !table.is_empty() && one.role == Role::Reference && resolver.relation(name).is_none() =>
            {
                let message = format!(
                    "no source `{source}` has a table `{table}`: describe it under `sources:` in a YAML file"
                );
                Some((
                    Code::UnknownSource,
                    message,
                    suggestions(one.symbol.span, &["source"], table, resolver),
                ))
            }
            _ => None,
        };
        found.extend(finding.map(|(code, message, fixes)| Finding {
            span: one.symbol.span,
            severity: Severity::Warning,
            code,
            message,
            fixes,
        }));
    }
    found
}

fn suggestions(span: Span, types: &[&str], name: &str, resolver: &Resolver<'_>) -> Vec<Fix> {
    let alike = resolver.catalogue().alike(types, name);
    replacements(span, alike)
}

fn replacements(span: Span, names: Vec<String>) -> Vec<Fix> {
    let is_only = names.len() == 1;
    names
        .into_iter()
        .take(MAX_SUGGESTIONS)
        .map(|name| Fix {
            title: format!("Change to `{name}`"),
            edits: vec![(span, name)],
            is_preferred: is_only,
        })
        .collect()
}

/// Columns that their relation does not have, and those that several have. Only what is certain:
/// whatever may be a value, a part of a structure or something of the warehouse's own is left alone.
pub fn columns(file: &File<'_>, occurrences: &[Occurrence], resolver: &Resolver<'_>) -> Vec<Finding> {
    if says_more(file.text) {
        return Vec::new();
    }
    let merged = merged_columns(file.text);
    let aliases: HashSet<&str> = occurrences.iter().filter_map(alias).collect();
    let mut found = Vec::new();
    for one in occurrences {
        let SymbolKind::Column {
            column,
            origins,
            local: None,
            ..
        } = &one.symbol.kind
        else {
            continue;
        };
        let span = one.symbol.span;
        let written = file.text.get(span.start..span.end).unwrap_or_default();
        // in some dialects double quotes hold a text, in some an item may use the aliases of those before it
        let is_plain = written.chars().all(|c| c.is_alphanumeric() || c == '_') && !written.starts_with('_');
        if !is_plain || aliases.contains(column.as_str()) {
            continue;
        }
        if let ([(relation, name)], true, true) = (origins.as_slice(), one.is_direct, one.is_certain) {
            found.extend(unknown(span, relation, name, resolver));
        } else if !one.rivals.is_empty() && !merged.contains(&column.to_lowercase()) {
            found.extend(ambiguous(one, column, resolver));
        }
    }
    found
}

fn alias(one: &Occurrence) -> Option<&str> {
    match &one.symbol.kind {
        SymbolKind::Column { column, .. } if one.role == Role::Definition => Some(column),
        _ => None,
    }
}

/// What makes columns that no relation has.
const MAKERS: &[&str] = &[
    "pivot",
    "unpivot",
    "match_recognize",
    "connect",
    "unnest",
    "flatten",
    "explode",
    "posexplode",
    "lateral",
    "metadata",
    "changes",
    "table_suffix",
    "struct",
];

fn says_more(text: &str) -> bool {
    words(&text.to_lowercase()).any(|word| MAKERS.contains(&word))
}

/// A column that several of the relations have, or none.
fn ambiguous(one: &Occurrence, column: &str, resolver: &Resolver<'_>) -> Option<Finding> {
    let span = one.symbol.span;
    let mut having = Vec::new();
    let mut names = Vec::new();
    for (relation, called) in &one.rivals {
        let known = resolver.relation(relation)?;
        if !resolver.catalogue().sureness(known.id).is_certain() {
            return None;
        }
        if resolver.column(known.id, column).is_some() {
            having.push((known.name.clone(), called.clone()));
        }
        names.push(format!("`{}`", known.name));
    }
    match having.as_slice() {
        [] => Some(Finding {
            span,
            severity: Severity::Warning,
            code: Code::UnknownColumn,
            message: format!("none of {} has a column `{column}`", names.join(", ")),
            fixes: Vec::new(),
        }),
        [_] => None,
        _ => {
            let list: Vec<String> = having.iter().map(|(name, _)| format!("`{name}`")).collect();
            let fix = |(_, called): &(String, String)| Fix {
                title: format!("Take it from `{called}`"),
                edits: vec![(Span::new(span.start, span.start), format!("{called}."))],
                is_preferred: false,
            };
            Some(Finding {
                span,
                severity: Severity::Warning,
                code: Code::AmbiguousColumn,
                message: format!(
                    "`{column}` is a column of {}: say which one by its table's name or alias",
                    list.join(" and ")
                ),
                fixes: having.iter().map(fix).collect(),
            })
        }
    }
}

fn unknown(span: Span, relation: &RelationName, column: &str, resolver: &Resolver<'_>) -> Option<Finding> {
    let known = resolver
        .relation(relation)
        .filter(|_| *relation != RelationName::ThisFile)?;
    let columns = resolver.columns(known.id);
    let sureness = resolver.catalogue().sureness(known.id);
    let is_made = |name: &str| !sureness.is_missing(name);
    let has = columns
        .iter()
        .any(|c| c.name.eq_ignore_ascii_case(column) && is_made(&c.name));
    if has || columns.is_empty() || !sureness.is_certain() || column == "*" {
        return None;
    }
    let made = columns
        .iter()
        .map(|c| c.name.clone())
        .filter(|name| is_made(name));
    let near = nearest(made, column);
    Some(Finding {
        span,
        severity: Severity::Warning,
        code: Code::UnknownColumn,
        message: format!("`{}` has no column `{column}`", known.name),
        fixes: replacements(span, near),
    })
}

/// Columns that some join of the text merges: `using (a, b)`. They belong to all its relations at once.
fn merged_columns(text: &str) -> HashSet<String> {
    let folded = text.to_lowercase();
    let mut found = HashSet::new();
    if folded.contains("natural") {
        // every common column is merged, and which ones are common is not told by the text
        found.extend(words(&folded).map(str::to_owned));
    }
    for part in folded.split("using").skip(1) {
        let Some(list) = part.trim_start().strip_prefix('(') else {
            continue;
        };
        let list = list.split(')').next().unwrap_or_default();
        found.extend(
            list.split(',')
                .map(|name| name.trim().trim_matches(['"', '`']).to_owned()),
        );
    }
    found
}
