//! dbt's YAML: descriptions that are missing, columns that are not there.

use metasync_analysis::{Described, RelationName, described};

use super::{Code, Finding, Fix, Severity};
use crate::{catalogue::Resolver, file::File};

/// What is to be written where a description is missing.
const PLACEHOLDER: &str = "description: \"\"";

/// All findings about the entries of a file.
pub fn findings(file: &File<'_>, resolver: &Resolver<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for one in described(file.text) {
        found.extend(undescribed(file.text, &one));
        found.extend(undeclared(&one, resolver));
    }
    found
}

fn undescribed(text: &str, one: &Described) -> Option<Finding> {
    if one.has_description {
        return None;
    }
    let name = text.get(one.name.start..one.name.end)?;
    let kind = match (&one.column, &one.relation) {
        (Some(_), _) => "column",
        (None, RelationName::Source { .. }) => "source table",
        (None, _) => "model",
    };
    Some(Finding {
        span: one.name,
        severity: Severity::Hint,
        code: Code::MissingDescription,
        message: format!("the {kind} `{name}` has no description"),
        fixes: add_description(text, one).into_iter().collect(),
    })
}

/// A description behind the name, in the entry's own indent and line ends.
fn add_description(text: &str, one: &Described) -> Option<Fix> {
    let edit = match one.empty_description {
        Some(empty) => (empty, PLACEHOLDER.to_owned()),
        None => {
            let lines = one.lines?;
            let rest = text.get(one.name.end..lines.end.max(one.name.end))?;
            let at = one.name.end + rest.find('\n').unwrap_or(rest.len());
            let (at, newline) = match text.as_bytes().get(at.wrapping_sub(1)) {
                Some(b'\r') => (at - 1, "\r\n"),
                _ => (at, "\n"),
            };
            let indent = " ".repeat(one.indent);
            (
                metasync_analysis::Span::new(at, at),
                format!("{newline}{indent}{PLACEHOLDER}"),
            )
        }
    };
    Some(Fix {
        title: "Add a description".to_owned(),
        edits: vec![edit],
        is_preferred: true,
    })
}

fn undeclared(one: &Described, resolver: &Resolver<'_>) -> Option<Finding> {
    let column = one.column.as_deref()?;
    let known = resolver.relation(&one.relation)?;
    let sureness = resolver.catalogue().sureness(known.id);
    let is_there = resolver.column(known.id, column).is_some();
    let is_missing = sureness.is_missing(column);
    if !sureness.is_certain() || (is_there && !is_missing) {
        return None;
    }
    let fixes = one.lines.map(|lines| Fix {
        title: format!("Remove `{column}` from the description of `{}`", known.name),
        edits: vec![(lines, String::new())],
        is_preferred: false,
    });
    Some(Finding {
        span: one.name,
        severity: Severity::Warning,
        code: Code::UndeclaredColumn,
        message: format!(
            "the {} `{}` has no column `{column}`",
            known.object_type, known.name
        ),
        fixes: fixes.into_iter().collect(),
    })
}
