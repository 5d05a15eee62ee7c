//! Hovers: facts → markup.

mod column;
mod cte;
mod entry;
mod object;

pub use column::{column, local_column};
pub use cte::cte;
pub use entry::{ENTRY_TYPES, entry};
pub use object::{LIBRARY_FILE, object};

use std::borrow::Cow;

use metasync_protocol::ColumnRow;

use crate::{
    facts::{Neighbour, Origin},
    markup::Writer,
    time::age,
};

/// Most columns that a hover lists.
pub const MAX_COLUMNS: usize = 40;
/// Most neighbours that a hover lists in one direction.
pub const MAX_NEIGHBOURS: usize = 12;

/// Neighbours with what they are and where.
fn names(w: &mut Writer, label: &str, neighbours: &[&Neighbour]) {
    list(w, label, neighbours, |w, n| {
        match (n.object_type.as_deref(), n.elsewhere.as_deref()) {
            (Some("model"), None) => {}
            (Some("model"), Some(connection)) => {
                w.words(" (in ").line_of_text(connection).words(")");
            }
            (Some(kind), None) => {
                w.words(" (").line_of_text(kind).words(")");
            }
            (Some(kind), Some(connection)) => {
                w.words(" (").line_of_text(kind).words(" in ");
                w.line_of_text(connection).words(")");
            }
            (None, _) => {
                w.words(" (not in the catalogue)");
            }
        }
    });
}

/// The names of neighbours on a line, each with what `after` adds.
fn list(w: &mut Writer, label: &str, neighbours: &[&Neighbour], after: impl Fn(&mut Writer, &Neighbour)) {
    if neighbours.is_empty() {
        return;
    }
    w.line_break().label(label).words(" ");
    for (i, n) in neighbours.iter().take(MAX_NEIGHBOURS).enumerate() {
        if i > 0 {
            w.words(", ");
        }
        match &n.link {
            Some(link) => w.link(&n.name, link),
            None => w.code(&n.name),
        };
        after(w, n);
    }
    if neighbours.len() > MAX_NEIGHBOURS {
        w.words(&format!(" and {} more", neighbours.len() - MAX_NEIGHBOURS));
    }
}

/// A column as an item of a list: name, type, and what is shown of its description.
pub(crate) fn column_item(w: &mut Writer, column: &ColumnRow, shown: impl Fn(&str) -> Cow<'_, str>) {
    w.item().code(&column.name);
    if let Some(data_type) = column.data_type.as_deref().filter(|t| !t.is_empty()) {
        w.words(" ").line_of_text(data_type);
    }
    if let Some(description) = column.description.as_deref().filter(|d| !d.trim().is_empty()) {
        w.words(" — ").line_of_prose(&shown(description));
    }
}

/// Letters of a commit that are shown: git's own short form.
const REVISION_SHOWN: usize = 7;

/// Where a fact comes from and how old it is, as the last line of a hover.
fn origin(w: &mut Writer, origin: &Origin, path: Option<&str>, line: Option<u32>, now: jiff::Timestamp) {
    let mut parts: Vec<String> = Vec::new();
    let at = origin
        .revision
        .as_deref()
        .map(|r| r.chars().take(REVISION_SHOWN).collect::<String>());
    parts.extend(match (&origin.connection, at) {
        (Some(connection), Some(at)) => Some(format!("{connection} @ {at}")),
        (connection, at) => connection.clone().or(at),
    });
    parts.extend(path.map(|p| line.map_or(p.to_owned(), |l| format!("{p}:{l}"))));
    if let Some(age) = origin.synced_at.as_deref().and_then(|at| age(at, now)) {
        parts.push(format!("synced {age}"));
    }
    if origin.offline {
        parts.push("offline copy".to_owned());
    }
    if !parts.is_empty() {
        w.rule().line_of_text(&parts.join(" · "));
    }
}
