//! The columns that the query of an SQL file makes, as far as its text alone tells.

use super::{Span, sql::reading};
use crate::{Dialect, RelationName};

/// One item of a file's own SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultItem {
    /// The item as written.
    pub span: Span,
    /// What it makes.
    pub makes: Makes,
}

/// What a select item makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Makes {
    /// One column.
    Column {
        /// Its name.
        name: String,
        /// Where the name stands.
        name_span: Span,
    },
    /// All columns of relations: a star.
    Star {
        /// Columns that this text itself makes.
        local: Vec<String>,
        /// Relations whose columns pass unchanged.
        relations: Vec<RelationName>,
        /// Whether nothing else comes with it: `* except (…)` and its like do more than pass columns on.
        is_plain: bool,
    },
    /// What only the warehouse or dbt knows: an expression without a name, Jinja.
    Unknown,
}

/// The items of the first SELECT of the file's last query; `None` where the file has none.
pub fn result_items(text: &str, dialect: Option<Dialect>) -> Option<Vec<ResultItem>> {
    if text.len() > super::MAX_TEXT_BYTES {
        return None;
    }
    reading(text, dialect.unwrap_or(Dialect::Ansi), |sketch, queries, _| {
        let query = queries.iter().rev().find(|query| !query.blocks.is_empty())?;
        let block = query.blocks.first()?;
        let ctes: Vec<_> = query.ctes.iter().collect();
        let mut items = Vec::new();
        for item in &block.items {
            let first = sketch.span(item.first);
            let last = sketch.span(item.end.checked_sub(1)?);
            let span = Span::new(first.start, last.end);
            let makes = if let Some(name) = sketch.output(item) {
                let name_span = item.alias.as_ref().map_or(last, |alias| alias.span);
                Makes::Column { name, name_span }
            } else if let Some(owner) = sketch.star(item) {
                let (mut local, mut relations) = (Vec::new(), Vec::new());
                for relation in &block.relations {
                    let named = owner
                        .as_deref()
                        .is_none_or(|owner| sketch.is_called(relation, owner));
                    if named {
                        local.extend(sketch.columns_of_relation(relation, &ctes, super::sql::MAX_CHAIN));
                        sketch.bases(relation, &ctes, &mut relations);
                    }
                }
                let is_plain = sketch
                    .sql
                    .get(span.start..span.end)
                    .is_some_and(|text| text.ends_with('*'));
                Makes::Star {
                    local,
                    relations,
                    is_plain,
                }
            } else {
                Makes::Unknown
            };
            items.push(ResultItem { span, makes });
        }
        Some(items)
    })
}
