//! Queries: WITH, set operations, VALUES.

use std::sync::Arc;

use sqlparser::ast::{
    Cte, FromTable, Query, SetExpr, SetOperator, SetQuantifier, Statement, TableAlias, TableFactor,
    TableObject, Values,
};

use super::names::{TableName, key, shown};
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};
use super::{MAX_DEPTH, Session};
use crate::Dialect;

/// How often a recursive CTE is gone through until its columns' sources no longer change.
const MAX_ROUNDS: usize = 8;

impl Session<'_> {
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Rows {
        if self.depth >= MAX_DEPTH {
            return Rows::default();
        }
        self.depth += 1;
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            let may_recurse = with.recursive || matches!(self.dialect, Dialect::Tsql | Dialect::Oracle);
            for cte in &with.cte_tables {
                let rows = self.cte(cte, may_recurse, outer);
                self.ctes.push((key(&shown(&cte.alias.name)), Arc::new(rows)));
            }
        }
        let mut rows = self.set_expression(&query.body, outer);
        if let Some(order) = &query.order_by {
            self.touch(order, outer);
        }
        for operator in &query.pipe_operators {
            rows = self.pipe(operator, rows, outer);
        }
        self.ctes.truncate(before);
        self.depth -= 1;
        rows
    }

    pub(super) fn cte(&mut self, cte: &Cte, may_recurse: bool, outer: Option<&Scope<'_>>) -> Rows {
        let name = key(&shown(&cte.alias.name));
        if may_recurse
            && let SetExpr::SetOperation { left, .. } = &*cte.query.body
            && super::tables::mentions(&cte.query, &name)
        {
            let mut rows = renamed(self.set_expression(left, outer), Some(&cte.alias));
            for _ in 0..MAX_ROUNDS {
                let before: Vec<_> = rows.columns.iter().map(|column| column.origins.len()).collect();
                self.ctes.push((name.clone(), Arc::new(rows)));
                rows = renamed(self.query(&cte.query, outer), Some(&cte.alias));
                self.ctes.pop();
                if rows.columns.iter().map(|column| column.origins.len()).eq(before) {
                    break;
                }
            }
            return rows;
        }
        let rows = self.query(&cte.query, outer);
        renamed(rows, Some(&cte.alias))
    }

    pub(super) fn set_expression(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Rows {
        match body {
            SetExpr::Select(select) => self.select(select, outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation {
                left,
                right,
                set_quantifier,
                op,
            } => {
                let by_name = matches!(
                    set_quantifier,
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName
                );
                let (left, right) = (
                    self.set_expression(left, outer),
                    self.set_expression(right, outer),
                );
                // What EXCEPT takes away does not flow anywhere, but both sides decide: as the peers count it.
                let _: &SetOperator = op;
                Rows::union(&left, &right, by_name)
            }
            SetExpr::Values(values) => self.values(values, outer),
            SetExpr::Table(table) => {
                let parts: Vec<_> = [&table.schema_name, &table.table_name]
                    .into_iter()
                    .flatten()
                    .map(|part| key(part))
                    .collect();
                (*self.table(&parts).1).clone()
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => {
                let writes = self.statement(statement);
                self.side.extend(writes);
                self.returned(statement)
            }
        }
    }

    /// What `RETURNING` of a statement in a CTE yields.
    fn returned(&mut self, statement: &Statement) -> Rows {
        let (items, name) = match statement {
            Statement::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => (&insert.returning, TableName::of(name)),
                _ => return Rows::default(),
            },
            Statement::Update(update) => match &update.table.relation {
                TableFactor::Table { name, .. } => (&update.returning, TableName::of(name)),
                _ => return Rows::default(),
            },
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
                match tables.first().map(|table| &table.relation) {
                    Some(TableFactor::Table { name, .. }) => (&delete.returning, TableName::of(name)),
                    _ => return Rows::default(),
                }
            }
            _ => return Rows::default(),
        };
        let Some(items) = items else {
            return Rows::default();
        };
        let (_, rows) = self.catalog.rows(&name.parts);
        let mut scope = Scope::default();
        scope
            .relations
            .push(Relation::named(name.parts, Vec::new(), rows));
        self.items(items, &scope)
    }

    fn values(&mut self, values: &Values, outer: Option<&Scope<'_>>) -> Rows {
        let scope = Scope::inside(outer);
        let width = values.rows.first().map_or(0, |row| row.content.len());
        let mut columns = vec![Origins::new(); width];
        for row in &values.rows {
            for (expr, origins) in row.content.iter().zip(&mut columns) {
                let found = self.expression(expr, &scope, &[]);
                absorb(origins, &found, Kind::Expression);
            }
        }
        let columns = columns
            .into_iter()
            .enumerate()
            .map(|(nth, origins)| Column::new(&format!("column{}", nth + 1), origins))
            .collect();
        Rows {
            columns,
            open: Vec::new(),
        }
    }
}

/// The columns under the names that an alias gives them: `AS t (a, b)`.
pub(super) fn renamed(rows: Rows, alias: Option<&TableAlias>) -> Rows {
    let Some(alias) = alias else { return rows };
    let names: Vec<String> = alias.columns.iter().map(|name| shown(&name.name)).collect();
    named(rows, &names)
}

/// The columns under other names, by position; what stars hide is in those that are left.
pub(super) fn named(mut rows: Rows, names: &[String]) -> Rows {
    for (nth, name) in names.iter().enumerate() {
        match rows.columns.get_mut(nth) {
            Some(column) => *column = column.renamed(name),
            None => {
                let mut origins = Origins::new();
                for table in &rows.open {
                    origins.insert((table.clone(), Arc::from("*")), Kind::Plain);
                }
                rows.columns.push(Column::new(name, origins));
            }
        }
    }
    if !names.is_empty() {
        rows.open.clear();
    }
    rows
}
