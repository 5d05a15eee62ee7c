//! Relations that are made from expressions: table functions, UNNEST, FLATTEN, LATERAL VIEW.

use std::sync::Arc;

use sqlparser::ast::{Expr, LateralView, TableAlias};

use super::Session;
use super::names::{TableName, key, shown};
use super::rows::{Column, Rows};
use super::scope::{Relation, Scope};

/// The columns of Snowflake's FLATTEN.
const FLATTEN: &[&str] = &["seq", "key", "path", "index", "value", "this"];

impl Session<'_> {
    /// What a table function yields: whatever it is called, it comes from the arguments.
    pub(super) fn function(
        &mut self,
        name: Option<String>,
        args: &[&Expr],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) {
        let origins = Arc::new(self.together(args.iter().copied(), scope));
        let name = name.map(|name| key(&name)).unwrap_or_default();
        let mut rows = Rows::default();
        match alias {
            Some(alias) if !alias.columns.is_empty() => {
                for column in &alias.columns {
                    rows.columns
                        .push(Column::shared(&shown(&column.name), origins.clone()));
                }
            }
            _ if name == "flatten" => {
                rows.columns.extend(
                    FLATTEN
                        .iter()
                        .map(|column| Column::shared(column, origins.clone())),
                );
            }
            _ => {}
        }
        let shown_as = match alias {
            Some(alias) => vec![shown(&alias.name)],
            None if name.is_empty() => Vec::new(),
            None => vec![name],
        };
        let mut relation = Relation::named(shown_as, Vec::new(), Arc::new(rows));
        relation.made_from = Some(origins);
        scope.relations.push(relation);
    }

    /// UNNEST: of several arrays each gives its own column; the last one may count.
    pub(super) fn unnest(
        &mut self,
        arrays: &[Expr],
        alias: Option<&TableAlias>,
        counted: bool,
        scope: &mut Scope<'_>,
    ) {
        let exprs: Vec<&Expr> = arrays.iter().collect();
        self.function(None, &exprs, alias, scope);
        let width = alias.map_or(0, |alias| alias.columns.len());
        let Some(mut relation) = scope.relations.pop() else {
            return;
        };
        let mut rows = (*relation.rows).clone();
        let values = width.saturating_sub(usize::from(counted));
        if arrays.len() > 1 && values == arrays.len() {
            for (array, column) in arrays.iter().zip(&mut rows.columns) {
                column.origins = Arc::new(self.together([array], scope));
            }
        }
        if counted && let Some(last) = rows.columns.last_mut() {
            last.origins = Arc::default();
        }
        relation.rows = Arc::new(rows);
        scope.relations.push(relation);
    }

    /// ClickHouse's `ARRAY JOIN column AS name`.
    pub(super) fn array_join(&mut self, name: &TableName, alias: Option<&TableAlias>, scope: &mut Scope<'_>) {
        let parts: Vec<String> = name.parts.iter().map(|part| key(part)).collect();
        let Some(origins) = scope.resolve(&parts, &[], false) else {
            return;
        };
        let shown_as = alias.map_or_else(|| name.last().to_owned(), |alias| shown(&alias.name));
        let mut relation = Relation::named(vec![shown_as.clone()], Vec::new(), Arc::default());
        relation.rows = Arc::new(Rows {
            columns: vec![Column::shared(&shown_as, origins)],
            open: Vec::new(),
        });
        scope.relations.insert(0, relation);
    }

    /// Hive's LATERAL VIEW.
    pub(super) fn lateral_view(&mut self, view: &LateralView, scope: &mut Scope<'_>) {
        let origins = Arc::new(self.together([&view.lateral_view], scope));
        let columns = view
            .lateral_col_alias
            .iter()
            .map(|name| Column::shared(&shown(name), origins.clone()))
            .collect();
        let rows = Rows {
            columns,
            open: Vec::new(),
        };
        let mut relation = Relation::named(
            TableName::of(&view.lateral_view_name).parts,
            Vec::new(),
            Arc::new(rows),
        );
        relation.made_from = Some(origins);
        scope.relations.push(relation);
    }
}
