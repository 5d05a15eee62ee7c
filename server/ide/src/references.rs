//! Where a thing is named: references over files, highlights in one.

use metasync_analysis::{
    Dialect, Language, Occurrence, Options, Passes, Role, Span, SymbolKind, occurrences,
};
use uuid::Uuid;

use crate::catalogue::{Catalogue, Resolver, Target};

/// A file to look into.
#[derive(Clone, Debug)]
pub struct File<'t> {
    /// Its path relative to the workspace.
    pub path: &'t str,
    /// Its text, saved or not.
    pub text: &'t str,
    /// The SQL that it is written in, where that is known.
    pub dialect: Option<Dialect>,
}

impl<'t> File<'t> {
    /// A file in a dialect that nobody told.
    pub fn new(path: &'t str, text: &'t str) -> File<'t> {
        File {
            path,
            text,
            dialect: None,
        }
    }

    /// How the analysis is to read it.
    pub fn options(&self) -> Options {
        Options {
            dialect: self.dialect,
        }
    }
}

/// A place where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name.
    pub span: Span,
    /// Whether the thing is made or described here, rather than used.
    pub is_definition: bool,
}

/// The names of a file with what they mean.
pub fn names(file: &File<'_>) -> Vec<Occurrence> {
    occurrences(
        Language::of_path(file.path),
        file.path,
        file.text,
        &file.options(),
    )
}

/// What stands at a byte offset, and what it means.
pub fn target_at(
    file: &File<'_>,
    offset: usize,
    catalogue: &dyn Catalogue,
) -> Option<(Occurrence, Vec<Target>)> {
    let here = at(names(file), offset)?;
    let targets = Resolver::new(catalogue, file.path).targets(&here);
    Some((here, targets))
}

/// The name around an offset; a cursor right behind it counts, as editors put it there.
fn at(names: Vec<Occurrence>, offset: usize) -> Option<Occurrence> {
    let behind = names.iter().rposition(|one| one.symbol.span.touches(offset));
    let around = names.iter().position(|one| one.symbol.span.contains(offset));
    let found = around.or(behind)?;
    names.into_iter().nth(found)
}

/// Where `target` is named in a file. Other names for it (an alias of a table) are no reference.
pub fn references(file: &File<'_>, target: &Target, catalogue: &dyn Catalogue) -> Vec<Place> {
    let resolver = Resolver::new(catalogue, file.path);
    names(file)
        .into_iter()
        .filter(|one| one.role != Role::Alias && resolver.targets(one).contains(target))
        .map(|one| Place {
            span: one.symbol.span,
            is_definition: one.role == Role::Definition,
        })
        .collect()
}

/// All places of a file that mean the same as what stands at an offset, aliases too.
pub fn highlights(file: &File<'_>, offset: usize, catalogue: &dyn Catalogue) -> Vec<Place> {
    let all = names(file);
    let Some(here) = at(all.clone(), offset) else {
        return Vec::new();
    };
    let resolver = Resolver::new(catalogue, file.path);
    let target = resolver.targets(&here).into_iter().next();
    all.into_iter()
        .filter(|one| match &target {
            Some(target) => resolver.targets(one).contains(target),
            // a name that the catalogue does not know yet still means the same at each of its places
            None => same_meaning(&one.symbol.kind, &here.symbol.kind),
        })
        .map(|one| Place {
            span: one.symbol.span,
            is_definition: one.role == Role::Definition,
        })
        .collect()
}

/// Where a file names the column of an object that it makes or describes.
pub fn column_made_in(
    file: &File<'_>,
    object: Uuid,
    column: &str,
    catalogue: &dyn Catalogue,
) -> Option<Span> {
    let resolver = Resolver::new(catalogue, file.path);
    let target = Target::Column(object, column.to_lowercase());
    let is_meant = |one: &&Occurrence| {
        let makes = one.role == Role::Definition || one.passes == Passes::ToFile;
        let bears = matches!(&one.symbol.kind, SymbolKind::Column { column: written, .. }
            if written.eq_ignore_ascii_case(column));
        makes && bears && resolver.targets(one).contains(&target)
    };
    let names = names(file);
    names.iter().find(is_meant).map(|one| one.symbol.span)
}

/// Where this file gives a column its name, for a column that a CTE, a subquery or a select item of it makes: the
/// alias before the use at an offset.
pub fn alias_of(file: &File<'_>, offset: usize) -> Option<Span> {
    let all = names(file);
    let here = at(all.clone(), offset)?;
    let SymbolKind::Column {
        column,
        local: Some(local),
        ..
    } = &here.symbol.kind
    else {
        return None;
    };
    let is_alias = |one: &&Occurrence| {
        one.role == Role::Definition
            && matches!(&one.symbol.kind, SymbolKind::Column { column: made, local: Some(by), .. }
                if made.eq_ignore_ascii_case(column) && by == local)
    };
    let mut found = all.iter().filter(is_alias).map(|one| one.symbol.span);
    found.rfind(|span| span.start <= here.symbol.span.start)
}

fn same_meaning(a: &SymbolKind, b: &SymbolKind) -> bool {
    match (a, b) {
        (
            SymbolKind::Column {
                column,
                origins,
                local,
                ..
            },
            SymbolKind::Column {
                column: other,
                origins: others,
                local: other_local,
                ..
            },
        ) => column.eq_ignore_ascii_case(other) && origins == others && local == other_local,
        _ => a == b,
    }
}
