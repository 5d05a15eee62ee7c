//! What an edit breaks elsewhere: columns that were there, are used, and are written no more.

use std::collections::HashSet;

use metasync_analysis::{Makes, RelationName, ResultItem, Span, result_items};

use super::{Code, Finding, Severity, words};
use crate::{
    catalogue::{Resolver, User},
    file::File,
};

/// Most users that one message names.
const MAX_USERS: usize = 5;

/// Columns of this file's object that its text makes no more, though others use them. What the text made before tells
/// that it is read rightly: `before` is the text that the catalogue was made from.
pub fn removed(file: &File<'_>, before: Option<&str>, resolver: &Resolver<'_>) -> Vec<Finding> {
    let Some(before) = before.filter(|before| *before != file.text) else {
        return Vec::new();
    };
    let Some(known) = resolver.relation(&RelationName::ThisFile) else {
        return Vec::new();
    };
    let sureness = resolver.catalogue().sureness(known.id);
    if !sureness.is_closed {
        return Vec::new();
    }
    let Some(items) = result_items(file.text, file.dialect) else {
        return Vec::new();
    };
    let made_before = result_items(before, file.dialect).and_then(|items| columns_made(&items, resolver));
    let (Some(made), Some(made_before)) = (columns_made(&items, resolver), made_before) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for column in resolver.columns(known.id).iter() {
        let name = column.name.to_lowercase();
        if made.contains(&name) || !made_before.contains(&name) || sureness.is_missing(&name) {
            continue;
        }
        let users = resolver.catalogue().users(known.id, &column.name);
        if !users.is_empty() {
            found.push(Finding {
                span: place(file.text, &items, &name, &made_before),
                severity: Severity::Warning,
                code: Code::BreakingChange,
                message: message(&known.name, &column.name, users),
                fixes: Vec::new(),
            });
        }
    }
    found
}

/// The columns that the items make, in lower case; `None` where there may be others.
fn columns_made(items: &[ResultItem], resolver: &Resolver<'_>) -> Option<HashSet<String>> {
    let mut made = HashSet::new();
    for item in items {
        match &item.makes {
            Makes::Column { name, .. } => {
                made.insert(name.to_lowercase());
            }
            Makes::Star {
                local,
                relations,
                is_plain,
            } => {
                if !is_plain || (local.is_empty() && relations.is_empty()) {
                    return None;
                }
                made.extend(local.iter().map(|name| name.to_lowercase()));
                for relation in relations {
                    let known = resolver.relation(relation)?;
                    if !resolver.catalogue().sureness(known.id).is_closed {
                        return None;
                    }
                    made.extend(resolver.columns(known.id).iter().map(|c| c.name.to_lowercase()));
                }
            }
            Makes::Unknown => return None,
        }
    }
    Some(made)
}

/// The item that still mentions the column, as after a rename; else one that is new; else the first one.
fn place(text: &str, items: &[ResultItem], column: &str, before: &HashSet<String>) -> Span {
    let mentions = |item: &&ResultItem| {
        let written = text
            .get(item.span.start..item.span.end)
            .unwrap_or_default()
            .to_lowercase();
        words(&written).any(|word| word == column)
    };
    let is_new = |item: &&ResultItem| match &item.makes {
        Makes::Column { name, .. } => !before.contains(&name.to_lowercase()),
        _ => false,
    };
    let found = items
        .iter()
        .find(mentions)
        .or_else(|| items.iter().find(is_new))
        .or(items.first());
    found.map_or(Span::default(), |item| item.span)
}

fn message(object: &str, column: &str, mut users: Vec<User>) -> String {
    // what lies in other repositories can't be seen from here, so it comes first
    users.sort_by(|a, b| {
        (a.elsewhere.is_none(), &a.name, &a.column).cmp(&(b.elsewhere.is_none(), &b.name, &b.column))
    });
    users.dedup();
    let shown: Vec<String> = users
        .iter()
        .take(MAX_USERS)
        .map(|user| {
            let what = if user.column == "*" {
                format!("`{}`", user.name)
            } else {
                format!("`{}.{}`", user.name, user.column)
            };
            match &user.elsewhere {
                Some(connection) => format!("{what} in {connection}"),
                None => what,
            }
        })
        .collect();
    let more = users.len().saturating_sub(MAX_USERS);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "`{object}` loses its column `{column}`, which is used by {}{more}",
        shown.join(", ")
    )
}
