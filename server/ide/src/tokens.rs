//! Semantic tokens: names that the catalogue knows are shown as what they are.

use metasync_analysis::{Role, Span, SymbolKind};

use crate::{
    catalogue::{Catalogue, Resolver},
    file::{File, names},
};

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A model, seed, snapshot, table or view.
    Object,
    /// A source table.
    Source,
    /// A column.
    Column,
    /// A macro.
    Macro,
    /// A CTE.
    Cte,
}

/// All kinds, in the order of their numbers on the wire.
pub const KINDS: &[Kind] = &[Kind::Object, Kind::Source, Kind::Column, Kind::Macro, Kind::Cte];

/// A name that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The name.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// Whether it is made or described here.
    pub is_definition: bool,
}

/// The known names of a file, in its order, none overlapping another.
pub fn tokens(file: &File<'_>, catalogue: &dyn Catalogue) -> Vec<Token> {
    let resolver = Resolver::new(catalogue, file.path);
    let mut end = 0;
    names(file)
        .iter()
        .filter_map(|one| {
            let kind = match &one.symbol.kind {
                SymbolKind::Cte { .. } => Kind::Cte,
                SymbolKind::Column { local: Some(_), .. } => Kind::Column,
                SymbolKind::Relation(name) => match resolver.relation(name)?.object_type.as_str() {
                    "source" => Kind::Source,
                    _ => Kind::Object,
                },
                SymbolKind::Column { .. } => {
                    let known = resolver.targets(one);
                    known.iter().find_map(|target| match target {
                        crate::catalogue::Target::Column(object, column) => resolver.column(*object, column),
                        _ => None,
                    })?;
                    Kind::Column
                }
                SymbolKind::Macro { .. } => {
                    resolver.targets(one).first()?;
                    Kind::Macro
                }
                _ => return None,
            };
            Some(Token {
                span: one.symbol.span,
                kind,
                is_definition: one.role == Role::Definition,
            })
        })
        .filter(|token| {
            let is_free = token.span.start >= end;
            end = end.max(token.span.end);
            is_free
        })
        .collect()
}
