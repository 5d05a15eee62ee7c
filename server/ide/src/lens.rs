//! Code lenses: how much an object is built from and how much uses it, above where it is made or described.

use metasync_analysis::{Language, RelationName, Role, Span, SymbolKind};

use crate::{
    catalogue::{Catalogue, Known, Resolver},
    file::{File, names},
    releases,
};

/// A line above a place, and the lineage that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The place.
    pub span: Span,
    /// What it says.
    pub title: String,
    /// The object whose lineage it opens, by its full name.
    pub object: String,
}

/// The lenses of a file.
pub fn lenses(file: &File<'_>, catalogue: &dyn Catalogue) -> Vec<Lens> {
    let resolver = Resolver::new(catalogue, file.path);
    match Language::of_path(file.path) {
        Language::Sql => {
            let own = resolver.relation(&RelationName::ThisFile);
            own.and_then(|known| lens(Span::new(0, 0), &known, catalogue))
                .into_iter()
                .collect()
        }
        Language::Yaml => names(file)
            .iter()
            .filter(|one| one.role == Role::Definition)
            .filter_map(|one| match &one.symbol.kind {
                SymbolKind::Relation(name) => lens(one.symbol.span, &resolver.relation(name)?, catalogue),
                _ => None,
            })
            .collect(),
        Language::Python => names(file)
            .iter()
            .filter_map(|one| match &one.symbol.kind {
                SymbolKind::Test { id } => {
                    let title = releases::title(&catalogue.releases(id))?;
                    Some(Lens {
                        span: one.symbol.span,
                        title,
                        object: id.clone(),
                    })
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn lens(span: Span, known: &Known, catalogue: &dyn Catalogue) -> Option<Lens> {
    let title = match catalogue.degrees(known.id) {
        (0, 0) => return None,
        (built, 0) => format!("built from {built} · used by nothing"),
        (0, uses) => format!("used by {uses}"),
        (built, uses) => format!("built from {built} · used by {uses}"),
    };
    Some(Lens {
        span,
        title,
        object: known.full_name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn above_a_model_and_in_yaml() {
        let catalogue = Fake::new(
            "model orders models/orders.sql: id
             model weekly models/weekly.sql: id
             model alone models/alone.sql: id
             use orders.id -> weekly.id",
        );
        let of = |path: &str, text: &str| {
            let lenses = lenses(&File::new(path, text), &catalogue);
            lenses
                .into_iter()
                .map(|lens| (text[lens.span.start..lens.span.end].to_owned(), lens.title))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("models/orders.sql", "select 1"),
            [(String::new(), "used by 1".to_owned())]
        );
        assert_eq!(of("models/alone.sql", "select 1"), []);
        let yaml = "models:\n  - name: weekly\n    columns: [{name: id}]\n  - name: nobody\n";
        assert_eq!(
            of("models/s.yml", yaml),
            [("weekly".to_owned(), "built from 1 · used by nothing".to_owned())]
        );
    }
}
