//! Document links: from a `ref()` or `source()` to the file behind it.

use metasync_analysis::{RelationName, Role, Span, SymbolKind};

use crate::{
    catalogue::{Catalogue, Known, Resolver},
    file::{File, names},
};

/// A name that opens a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name.
    pub span: Span,
    /// What it opens.
    pub object: Known,
}

/// The links of a file.
pub fn links(file: &File<'_>, catalogue: &dyn Catalogue) -> Vec<Link> {
    let resolver = Resolver::new(catalogue, file.path);
    names(file)
        .iter()
        .filter(|one| one.role == Role::Reference)
        .filter_map(|one| match &one.symbol.kind {
            SymbolKind::Relation(name @ (RelationName::Ref { .. } | RelationName::Source { .. })) => {
                let object = resolver.relation(name)?;
                let is_elsewhere = object.path.as_deref().is_some_and(|path| path != file.path);
                is_elsewhere.then_some(Link {
                    span: one.symbol.span,
                    object,
                })
            }
            _ => None,
        })
        .collect()
}
