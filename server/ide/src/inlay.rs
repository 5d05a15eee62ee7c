//! Inlay hints: the type behind a column that a model makes, and what a star stands for.

use metasync_analysis::{Makes, RelationName, Span, result_items};

use crate::{
    catalogue::{Catalogue, Resolver},
    file::File,
};

/// Most columns of a star that are written out in the text; the tooltip has all.
const MAX_STAR_COLUMNS: usize = 6;

/// A hint behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Where it stands.
    pub at: usize,
    /// What it says.
    pub label: String,
    /// More of it, in plain text.
    pub tooltip: Option<String>,
    /// Whether it is a type.
    pub is_type: bool,
}

/// The hints for the part of a file that is shown.
pub fn hints(file: &File<'_>, shown: Span, catalogue: &dyn Catalogue) -> Vec<Hint> {
    let resolver = Resolver::new(catalogue, file.path);
    let own = resolver.relation(&RelationName::ThisFile);
    let items = result_items(file.text, file.dialect).unwrap_or_default();
    items
        .into_iter()
        .filter(|item| shown.start <= item.span.end && item.span.start <= shown.end)
        .filter_map(|item| match item.makes {
            Makes::Column { name, .. } => {
                let column = resolver.column(own.as_ref()?.id, &name)?;
                Some(Hint {
                    at: item.span.end,
                    label: format!(": {}", column.data_type?),
                    tooltip: column.description,
                    is_type: true,
                })
            }
            Makes::Star {
                mut local,
                relations,
                is_plain: true,
            } => {
                for relation in &relations {
                    let known = resolver.relation(relation)?;
                    local.extend(
                        resolver
                            .columns(known.id)
                            .iter()
                            .map(|column| column.name.clone()),
                    );
                }
                star(item.span.end, &local)
            }
            _ => None,
        })
        .collect()
}

fn star(at: usize, columns: &[String]) -> Option<Hint> {
    if columns.is_empty() {
        return None;
    }
    let mut label = columns
        .iter()
        .take(MAX_STAR_COLUMNS)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if columns.len() > MAX_STAR_COLUMNS {
        label = format!("{label}, … {} more", columns.len() - MAX_STAR_COLUMNS);
    }
    Some(Hint {
        at,
        label: format!(" = {label}"),
        tooltip: Some(columns.join("\n")),
        is_type: false,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::fake::Fake;

    #[test]
    fn types_and_stars() {
        let catalogue = Fake::new(
            "model stg models/stg.sql: id integer, note text, a, b, c, d, e, f
             model orders models/orders.sql: id integer, total decimal, later",
        );
        let text = "select id, 1 + 1 as total, later, s.* from {{ ref('stg') }} s";
        let file = File::new("models/orders.sql", text);
        let shown = |span| {
            let hints = hints(&file, span, &catalogue);
            let mut out = text.to_owned();
            for hint in hints.iter().rev() {
                out.insert_str(hint.at, &format!("⟨{}⟩", hint.label));
            }
            out
        };
        expect!["select id⟨: integer⟩, 1 + 1 as total⟨: decimal⟩, later, s.*⟨ = id, note, a, b, c, d, … 2 more⟩ from {{ ref('stg') }} s"]
            .assert_eq(&shown(Span::new(0, text.len())));
        // only what is shown
        expect!["select id⟨: integer⟩, 1 + 1 as total, later, s.* from {{ ref('stg') }} s"]
            .assert_eq(&shown(Span::new(0, 9)));
    }
}
