//! PIVOT and UNPIVOT.

use std::sync::Arc;

use sqlparser::ast::{Expr, ExprWithAlias, PivotValueSource};

use super::Session;
use super::names::{key, shown};
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};
use crate::Dialect;

impl Session<'_> {
    pub(super) fn pivot(
        &mut self,
        rows: Rows,
        aggregates: &[ExprWithAlias],
        value_columns: &[Expr],
        values: &PivotValueSource,
        outer: &Scope<'_>,
    ) -> Rows {
        let mut inner = Scope::inside(Some(outer));
        let open = rows.open.clone();
        inner
            .relations
            .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows)));
        let sources: Vec<(Option<String>, Arc<Origins>)> = aggregates
            .iter()
            .map(|aggregate| {
                let mut origins = Origins::new();
                let found = self.expression(&aggregate.expr, &inner, &[]);
                absorb(&mut origins, &found, Kind::Aggregation);
                (aggregate.alias.as_ref().map(shown), Arc::new(origins))
            })
            .collect();
        let used: Vec<(Arc<str>, Arc<str>)> = {
            let pivoted = self.together(value_columns, &inner);
            sources
                .iter()
                .flat_map(|(_, origins)| origins.keys().cloned())
                .chain(pivoted.into_keys())
                .collect()
        };
        let mut result = Rows {
            columns: Vec::new(),
            open,
        };
        if let Some(relation) = inner.relations.first() {
            for column in &relation.rows.columns {
                if !column.origins.keys().any(|origin| used.contains(origin)) || column.origins.is_empty() {
                    result.columns.push(column.clone());
                }
            }
        }
        match values {
            PivotValueSource::List(list) => {
                for value in list {
                    let name = value
                        .alias
                        .as_ref()
                        .map_or_else(|| literal_name(&value.expr), shown);
                    for (alias, origins) in &sources {
                        let name = match alias {
                            // Spark calls the columns of one aggregate after the values alone.
                            Some(_) if sources.len() == 1 && self.is_spark() => name.clone(),
                            Some(alias) if self.dialect == Dialect::BigQuery => format!("{alias}_{name}"),
                            Some(alias) => format!("{name}_{alias}"),
                            None => name.clone(),
                        };
                        result.columns.push(Column::shared(&name, origins.clone()));
                    }
                }
            }
            PivotValueSource::Subquery(query) => {
                let _ = self.query(query, None);
            }
            PivotValueSource::Any(_) => {}
        }
        result
    }

    fn is_spark(&self) -> bool {
        matches!(self.dialect, Dialect::Spark | Dialect::Databricks)
    }

    pub(super) fn unpivot(
        &mut self,
        rows: &Rows,
        value: &Expr,
        name: &str,
        columns: &[ExprWithAlias],
        outer: &Scope<'_>,
    ) -> Rows {
        let mut inner = Scope::inside(Some(outer));
        inner
            .relations
            .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows.clone())));
        let origins = Arc::new(self.together(columns.iter().map(|column| &column.expr), &inner));
        let gone: Vec<String> = columns
            .iter()
            .flat_map(|column| identifiers(&column.expr))
            .collect();
        let mut result = Rows {
            columns: Vec::new(),
            open: rows.open.clone(),
        };
        result.columns.extend(
            rows.columns
                .iter()
                .filter(|column| !gone.iter().any(|name| **name == *column.key))
                .cloned(),
        );
        result.columns.push(Column::shared(name, origins.clone()));
        for value in identifiers(value) {
            result.columns.push(Column::shared(&value, origins.clone()));
        }
        result
    }
}

fn identifiers(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Identifier(ident) => vec![key(&ident.value)],
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| key(&part.value)).into_iter().collect(),
        Expr::Tuple(exprs) => exprs.iter().flat_map(identifiers).collect(),
        Expr::Nested(inner) => identifiers(inner),
        _ => Vec::new(),
    }
}

/// The name of the column that a pivoted value becomes.
fn literal_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(ident) => shown(ident),
        other => key(other.to_string().trim_matches(['\'', '"'])),
    }
}
