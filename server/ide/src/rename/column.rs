//! Another name for a column: where it is made, described and used. A model that passes it on under its own name keeps
//! its own columns, unless it passes all of them on (`*`).

use std::collections::{BTreeSet, HashSet};

use metasync_analysis::{Dialect, Passes, RelationName, Role, Span, SymbolKind};
use uuid::Uuid;

use super::{Files, Renaming, mentioned, writing};
use crate::{
    catalogue::{Catalogue, Known, Resolver, Target},
    file::{File, names},
};

/// Most objects through which one rename spreads by stars.
const MAX_SPREAD: usize = 500;

/// What is renamed to what.
#[derive(Clone, Copy)]
pub struct Renamed<'r> {
    /// The object whose column it is.
    pub known: &'r Known,
    /// The column.
    pub column: &'r str,
    /// Its new name, without quotes.
    pub name: &'r str,
}

/// Whether a column's name can be changed from here.
pub fn check(known: &Known, column: &str, catalogue: &dyn Catalogue) -> Result<(), String> {
    let owner = &known.name;
    match (known.object_type.as_str(), &known.path) {
        ("source", _) => Err(format!(
            "`{column}` is a column of the source table `{owner}`: its name is the warehouse's"
        )),
        (_, None) => Err(format!(
            "`{owner}` is defined in another repository; rename `{column}` there"
        )),
        _ if catalogue
            .columns(known.id)
            .iter()
            .all(|c| !c.name.eq_ignore_ascii_case(column)) =>
        {
            Err(format!("`{owner}` has no column `{column}`"))
        }
        _ => Ok(()),
    }
}

/// The changes.
pub fn rename(
    files: &dyn Files,
    renamed: &Renamed<'_>,
    dialect: Option<Dialect>,
    catalogue: &dyn Catalogue,
) -> Result<Renaming, String> {
    let Renamed { known, column, name } = *renamed;
    check(known, column, catalogue)?;
    if name.contains('.') {
        return Err(format!("`{name}` is no name of a column: a point would part it"));
    }
    if catalogue
        .columns(known.id)
        .iter()
        .any(|c| c.name.eq_ignore_ascii_case(name))
        && !column.eq_ignore_ascii_case(name)
    {
        return Err(format!("`{}` has a column `{name}` already", known.name));
    }
    let path = known.path.as_deref().unwrap_or_default();
    if !defines(files, path, column, dialect, catalogue) {
        return Err(format!(
            "`{column}` comes into `{}` through a `*` or a macro; rename it where it is made",
            known.name
        ));
    }
    let mut notes = BTreeSet::new();
    let owners = spread(files, renamed, dialect, catalogue, &mut notes);
    let mut edits = Vec::new();
    for (path, text) in files.mentioning(mentioned(column)) {
        let file = File::new(&path, &text).in_dialect(dialect);
        let changed = in_file(&file, &owners, column, name, catalogue)?;
        if !changed.is_empty() {
            edits.push((path, changed));
        }
    }
    Ok(Renaming {
        edits,
        files: Vec::new(),
        notes: notes.into_iter().collect(),
    })
}

/// Whether a file itself names the column that its object makes.
fn defines(
    files: &dyn Files,
    path: &str,
    column: &str,
    dialect: Option<Dialect>,
    catalogue: &dyn Catalogue,
) -> bool {
    let Some(text) = files.text(path) else {
        return false;
    };
    let file = File::new(path, &text).in_dialect(dialect);
    let resolver = Resolver::new(catalogue, path);
    let Some(own) = resolver.relation(&RelationName::ThisFile) else {
        return false;
    };
    let target = Target::Column(own.id, column.to_lowercase());
    names(&file).iter().any(|one| {
        let makes = one.role == Role::Definition || one.passes == Passes::ToFile;
        makes && resolver.targets(one).contains(&target)
    })
}

/// The objects whose column gets the new name: the first, and those that pass it on by a star.
fn spread(
    files: &dyn Files,
    renamed: &Renamed<'_>,
    dialect: Option<Dialect>,
    catalogue: &dyn Catalogue,
    notes: &mut BTreeSet<String>,
) -> HashSet<Uuid> {
    let Renamed { known, column, .. } = *renamed;
    let mut found = HashSet::from([known.id]);
    let mut queue = vec![known.id];
    while let Some(object) = queue.pop() {
        for user in catalogue.users(object, column) {
            if let Some(connection) = &user.elsewhere {
                notes.insert(format!(
                    "`{}` in {connection} uses `{column}` and is not changed",
                    user.name
                ));
                continue;
            }
            let passes_on = user.column.eq_ignore_ascii_case(column) && user.transformation == "direct";
            let path = catalogue.object(user.object).and_then(|known| known.path);
            let is_star = path.is_some_and(|path| !defines(files, &path, column, dialect, catalogue));
            if passes_on && is_star && found.len() < MAX_SPREAD && found.insert(user.object) {
                queue.push(user.object);
            }
        }
    }
    found
}

fn in_file(
    file: &File<'_>,
    renamed: &HashSet<Uuid>,
    column: &str,
    name: &str,
    catalogue: &dyn Catalogue,
) -> Result<Vec<(Span, String)>, String> {
    let writing = writing(file);
    let resolver = Resolver::new(catalogue, file.path);
    let own = resolver.relation(&RelationName::ThisFile).map(|known| known.id);
    let mut edits = Vec::new();
    for one in names(file).iter() {
        let SymbolKind::Column { column: written, .. } = &one.symbol.kind else {
            continue;
        };
        if !written.eq_ignore_ascii_case(column) || !one.is_direct {
            continue;
        }
        let targets = resolver.targets(one);
        let is_hit = |target: &Target| match target {
            Target::Column(object, c) => renamed.contains(object) && c.eq_ignore_ascii_case(column),
            _ => false,
        };
        // in a select list the last target is this file's own column
        let (inputs, result) = match (one.passes, targets.split_last()) {
            (Passes::ToFile, Some((last, rest))) if own.is_some() => (rest, is_hit(last)),
            _ => (targets.as_slice(), false),
        };
        let is_input = inputs.iter().any(is_hit);
        let span = one.symbol.span;
        let raw = file.text.get(span.start..span.end).unwrap_or_default();
        if !is_input && !result {
            continue;
        }
        let name = writing.written(span, name)?;
        let replacement = match (is_input, result, one.passes) {
            (true, false, Passes::ToQuery | Passes::ToFile) => format!("{name} as {raw}"),
            (false, true, _) => format!("{raw} as {name}"),
            _ => name,
        };
        edits.push((span, replacement));
    }
    Ok(edits)
}
