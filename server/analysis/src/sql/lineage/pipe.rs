//! BigQuery's and Databricks' pipes: `FROM t |> WHERE … |> SELECT …`.

use std::sync::Arc;

use sqlparser::ast::{PipeOperator, WildcardAdditionalOptions};

use super::Session;
use super::names::{key, shown};
use super::rows::{Column, Rows};
use super::scope::{Relation, Scope};
use super::select::made_up_name;

impl Session<'_> {
    /// BigQuery's and Databricks' `|>`.
    pub(super) fn pipe(&mut self, operator: &PipeOperator, rows: Rows, outer: Option<&Scope<'_>>) -> Rows {
        let relation = |rows: &Rows| Relation::named(Vec::new(), Vec::new(), Arc::new(rows.clone()));
        let mut scope = Scope::inside(outer);
        scope.relations.push(relation(&rows));
        match operator {
            PipeOperator::Select { exprs } => self.items(exprs, &scope),
            PipeOperator::Extend { exprs } => {
                let more = self.items(exprs, &scope);
                let mut rows = rows;
                rows.columns.extend(more.columns);
                rows
            }
            PipeOperator::Aggregate {
                full_table_exprs,
                group_by_expr,
            } => {
                let mut made = Rows::default();
                for item in group_by_expr.iter().chain(full_table_exprs) {
                    let origins = self.expression(&item.expr.expr, &scope, &[]);
                    let name = item
                        .expr
                        .alias
                        .as_ref()
                        .map_or_else(|| made_up_name(&item.expr.expr).0, shown);
                    made.columns.push(Column::new(&name, origins));
                }
                made
            }
            PipeOperator::Set { assignments } => {
                let mut changed = rows;
                for assignment in assignments {
                    let origins = self.expression(&assignment.value, &scope, &[]);
                    let name = key(&assignment.target.to_string());
                    if let Some(column) = changed.columns.iter_mut().find(|column| *column.key == *name) {
                        column.origins = Arc::new(origins);
                    }
                }
                changed
            }
            PipeOperator::Drop { columns } => {
                let mut rows = rows;
                rows.columns
                    .retain(|column| !columns.iter().any(|dropped| key(&dropped.value) == *column.key));
                rows
            }
            PipeOperator::Rename { mappings } => {
                let mut rows = rows;
                for mapping in mappings {
                    let from = key(&mapping.ident.value);
                    if let Some(column) = rows.columns.iter_mut().find(|column| *column.key == *from) {
                        *column = column.renamed(&shown(&mapping.alias));
                    }
                }
                rows
            }
            PipeOperator::Union { queries, .. }
            | PipeOperator::Intersect { queries, .. }
            | PipeOperator::Except { queries, .. } => queries.iter().fold(rows, |rows, query| {
                Rows::union(&rows, &self.query(query, outer), false)
            }),
            PipeOperator::Join(join) => {
                self.join(join, &mut scope);
                let mut joined = Rows::default();
                let relations = scope.relations.clone();
                self.star(
                    &relations,
                    &WildcardAdditionalOptions::default(),
                    &scope,
                    &mut joined,
                );
                joined
            }
            PipeOperator::Where { expr } => {
                self.touch(expr, Some(&scope));
                rows
            }
            _ => rows,
        }
    }
}
