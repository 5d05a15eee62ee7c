//! INSERT: what flows into which columns of the target.

use std::sync::Arc;

use sqlparser::ast::{Assignment, Insert, MultiTableInsertValue, OnConflictAction, OnInsert, TableObject};

use super::Session;
use super::names::{TableName, shown};
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};
use super::statement::{Made, Write};

impl Session<'_> {
    /// Snowflake's and Oracle's `INSERT ALL INTO a … INTO b … SELECT`.
    pub(super) fn insert_into_many(&mut self, insert: &Insert) -> Vec<Write> {
        let rows = insert
            .source
            .as_ref()
            .map(|query| self.query(query, None))
            .unwrap_or_default();
        let reads = self.reads.clone();
        let mut scope = Scope::default();
        scope
            .relations
            .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows.clone())));
        let clauses = insert
            .multi_table_into_clauses
            .iter()
            .chain(
                insert
                    .multi_table_when_clauses
                    .iter()
                    .flat_map(|clause| &clause.into_clauses),
            )
            .chain(insert.multi_table_else_clause.iter().flatten());
        let mut writes = Vec::new();
        for clause in clauses {
            let mut made = match &clause.values {
                None => rows.clone(),
                Some(values) => {
                    let mut made = Rows::default();
                    for value in &values.values {
                        let (name, origins) = match value {
                            MultiTableInsertValue::Expr(expr) => (
                                super::super::parse::short(expr),
                                self.expression(expr, &scope, &[]),
                            ),
                            MultiTableInsertValue::Default => ("default".to_owned(), Origins::new()),
                        };
                        made.columns.push(Column::new(&name, origins));
                    }
                    made
                }
            };
            for (column, name) in made.columns.iter_mut().zip(&clause.columns) {
                *column = column.renamed(&shown(name));
            }
            let name = self.target(&TableName::of(&clause.table_name));
            self.reads.clone_from(&reads);
            writes.push(self.write(Made::Filled, &name, made));
        }
        writes
    }

    /// `ON CONFLICT … DO UPDATE SET a = excluded.b`, `ON DUPLICATE KEY UPDATE a = VALUES(b)`: what would have been
    /// inserted flows in another way too.
    fn on_conflict(&mut self, insert: &Insert, target: &str, rows: &mut Rows) {
        let assignments: &[Assignment] = match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => assignments,
            Some(OnInsert::OnConflict(conflict)) => match &conflict.action {
                OnConflictAction::DoUpdate(update) => &update.assignments,
                OnConflictAction::DoNothing => return,
            },
            _ => return,
        };
        let mut names = vec!["excluded".to_owned()];
        if let Some(aliases) = &insert.insert_alias {
            names = vec![TableName::of(&aliases.row_alias).full()];
        }
        let mut scope = Scope::default();
        scope
            .relations
            .push(Relation::named(names, Vec::new(), Arc::new(rows.clone())));
        let changed = self.assigned(assignments, &scope);
        for column in changed.columns {
            let mut origins: Origins = (*column.origins).clone();
            origins.retain(|(table, _), _| **table != *target);
            match rows.columns.iter_mut().find(|known| known.key == column.key) {
                Some(known) => {
                    let mut all = (*known.origins).clone();
                    absorb(&mut all, &origins, Kind::Plain);
                    known.origins = Arc::new(all);
                }
                None if !origins.is_empty() => rows.columns.push(Column::new(&column.name, origins)),
                None => {}
            }
        }
    }

    pub(super) fn insert(&mut self, insert: &Insert) -> Vec<Write> {
        let TableObject::TableName(name) = &insert.table else {
            return Vec::new();
        };
        let name = self.target(&TableName::of(name));
        let mut rows = match &insert.source {
            Some(query) => self.query(query, None),
            None => {
                let scope = Scope::default();
                self.assigned(&insert.assignments, &scope)
            }
        };
        let listed: Vec<String> = insert
            .columns
            .iter()
            .map(|column| TableName::of(column).last().to_owned())
            .chain(insert.after_columns.iter().map(shown))
            .collect();
        if !listed.is_empty() {
            for (column, name) in rows.columns.iter_mut().zip(&listed) {
                *column = column.renamed(name);
            }
        } else if rows.open.is_empty()
            && let Some(known) = self.catalog.complete(&name)
            && known.columns.len() >= rows.columns.len()
        {
            for (column, known) in rows.columns.iter_mut().zip(&known.columns) {
                *column = column.renamed(&known.name);
            }
        }
        self.on_conflict(insert, &name, &mut rows);
        vec![self.write(Made::Filled, &name, rows)]
    }
}
