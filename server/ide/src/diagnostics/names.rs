//! Names that lead to nothing, or to too much.

use std::collections::HashSet;

use metasync_analysis::{Occurrence, RelationName, Role, Span, SymbolKind};

use super::{Code, Finding, Fix, Severity};
use crate::{catalogue::Resolver, references::File};

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
            RelationName::Ref { name: model, package } if resolver.relation(name).is_none() => {
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

/// Columns that their relation does not have, and those that several have.
pub fn columns(file: &File<'_>, occurrences: &[Occurrence], resolver: &Resolver<'_>) -> Vec<Finding> {
    let merged = merged_columns(file.text);
    let mut found = Vec::new();
    for one in occurrences {
        let SymbolKind::Column {
            column,
            candidates,
            origins,
            local: None,
        } = &one.symbol.kind
        else {
            continue;
        };
        let span = one.symbol.span;
        if let ([(relation, name)], true) = (origins.as_slice(), one.is_direct) {
            found.extend(unknown(span, relation, name, resolver));
        } else if origins.is_empty() && candidates.len() > 1 {
            let owners: Vec<_> = candidates
                .iter()
                .filter_map(|name| resolver.relation(name))
                .collect();
            let has = |known: &&crate::catalogue::Known| resolver.column(known.id, column).is_some();
            let having: Vec<&str> = owners
                .iter()
                .filter(has)
                .map(|known| known.name.as_str())
                .collect();
            if having.len() > 1 && !merged.contains(&column.to_lowercase()) {
                let list = having
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(" and ");
                found.push(Finding {
                    span,
                    severity: Severity::Warning,
                    code: Code::AmbiguousColumn,
                    message: format!(
                        "`{column}` is a column of {list}: say which one by its table's name or alias"
                    ),
                    fixes: Vec::new(),
                });
            } else if having.is_empty() && owners.len() == candidates.len() {
                let all_closed = owners
                    .iter()
                    .all(|known| resolver.catalogue().sureness(known.id).is_closed);
                if all_closed {
                    let list: Vec<String> = owners.iter().map(|known| format!("`{}`", known.name)).collect();
                    found.push(Finding {
                        span,
                        severity: Severity::Warning,
                        code: Code::UnknownColumn,
                        message: format!("none of {} has a column `{column}`", list.join(", ")),
                        fixes: Vec::new(),
                    });
                }
            }
        }
    }
    found
}

fn unknown(span: Span, relation: &RelationName, column: &str, resolver: &Resolver<'_>) -> Option<Finding> {
    let known = resolver
        .relation(relation)
        .filter(|_| *relation != RelationName::ThisFile)?;
    let columns = resolver.columns(known.id);
    let sureness = resolver.catalogue().sureness(known.id);
    let is_made = |name: &str| {
        !sureness
            .missing
            .iter()
            .any(|missing| missing.eq_ignore_ascii_case(name))
    };
    let has = columns
        .iter()
        .any(|c| c.name.eq_ignore_ascii_case(column) && is_made(&c.name));
    if has || columns.is_empty() || !sureness.is_closed || column == "*" {
        return None;
    }
    let mut near: Vec<(usize, String)> = columns
        .iter()
        .filter(|c| is_made(&c.name))
        .map(|c| {
            (
                distance(&c.name.to_lowercase(), &column.to_lowercase()),
                c.name.clone(),
            )
        })
        .filter(|(distance, name)| *distance <= name.len().max(column.len()) / 3)
        .collect();
    near.sort();
    let near: Vec<String> = near.into_iter().map(|(_, name)| name).collect();
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
        found.extend(
            folded
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .map(str::to_owned),
        );
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

/// How many letters differ (Levenshtein's distance).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
