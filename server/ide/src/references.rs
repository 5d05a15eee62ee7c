//! Where a thing is named: references over files, highlights in one.

use metasync_analysis::{Occurrence, Passes, Role, Span, SymbolKind};
use uuid::Uuid;

use crate::{
    catalogue::{Catalogue, Resolver, Target},
    file::{File, names},
};

/// A place where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name.
    pub span: Span,
    /// Whether the thing is made or described here, rather than used.
    pub is_definition: bool,
}

/// What stands at a byte offset, and what it means.
pub fn target_at(
    file: &File<'_>,
    offset: usize,
    catalogue: &dyn Catalogue,
) -> Option<(Occurrence, Vec<Target>)> {
    let names = names(file);
    let here = at(&names, offset)?;
    let targets = Resolver::new(catalogue, file.path).targets(here);
    Some((here.clone(), targets))
}

/// The name around an offset; a cursor right behind it counts, as editors put it there.
fn at(names: &[Occurrence], offset: usize) -> Option<&Occurrence> {
    let around = names.iter().find(|one| one.symbol.span.contains(offset));
    around.or_else(|| names.iter().rfind(|one| one.symbol.span.touches(offset)))
}

/// Where `target` is named in a file. Other names for it (an alias of a table) are no reference.
pub fn references(file: &File<'_>, target: &Target, catalogue: &dyn Catalogue) -> Vec<Place> {
    let resolver = Resolver::new(catalogue, file.path);
    names(file)
        .iter()
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
    let Some(here) = at(&all, offset) else {
        return Vec::new();
    };
    let resolver = Resolver::new(catalogue, file.path);
    let target = resolver.targets(here).into_iter().next();
    all.iter()
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
    let here = at(&all, offset)?;
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
