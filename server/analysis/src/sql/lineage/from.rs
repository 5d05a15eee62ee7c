//! FROM: relations, joins, what is made from expressions (UNNEST, FLATTEN), PIVOT and UNPIVOT.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, ExprWithAlias, FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, LateralView,
    PivotValueSource, TableAlias, TableFactor, TableWithJoins,
};

use super::Session;
use super::names::{TableName, key, shown};
use super::query::renamed;
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};

/// The columns of Snowflake's FLATTEN.
const FLATTEN: &[&str] = &["seq", "key", "path", "index", "value", "this"];

impl Session<'_> {
    /// The name that a table goes by and what it yields; notes that it was read.
    pub(super) fn table(&mut self, parts: &[String]) -> (Arc<str>, Arc<Rows>) {
        if let [only] = parts
            && let Some(name) = self.substitutes.get(only.as_str())
        {
            let (name, rows) = self.catalog.rows(std::slice::from_ref(&name.to_string()));
            self.reads.insert(name.clone());
            return (name, rows);
        }
        let (name, rows) = self.catalog.rows(parts);
        self.reads.insert(name.clone());
        (name, rows)
    }

    pub(super) fn from(&mut self, table: &TableWithJoins, scope: &mut Scope<'_>) {
        self.factor(&table.relation, scope);
        for join in &table.joins {
            self.join(join, scope);
        }
    }

    pub(super) fn join(&mut self, join: &Join, scope: &mut Scope<'_>) {
        let before = scope.relations.len();
        self.factor(&join.relation, scope);
        use JoinOperator as J;
        let constraint = match &join.join_operator {
            J::Join(c)
            | J::Inner(c)
            | J::Left(c)
            | J::LeftOuter(c)
            | J::Right(c)
            | J::RightOuter(c)
            | J::FullOuter(c)
            | J::CrossJoin(c)
            | J::StraightJoin(c) => Some(c),
            J::AsOf { constraint, .. } => Some(constraint),
            J::Semi(c) | J::LeftSemi(c) | J::RightSemi(c) | J::Anti(c) | J::LeftAnti(c) | J::RightAnti(c) => {
                // Only decides which rows stay.
                if let JoinConstraint::On(on) = c {
                    self.touch(on, Some(scope));
                }
                None
            }
            _ => None,
        };
        match constraint {
            Some(JoinConstraint::On(on)) => self.touch(on, Some(scope)),
            Some(JoinConstraint::Using(names)) => {
                scope
                    .merged
                    .extend(names.iter().map(|name| key(TableName::of(name).last())));
            }
            Some(JoinConstraint::Natural) => {
                let (left, right) = scope.relations.split_at(before);
                let common: Vec<_> = right
                    .iter()
                    .flat_map(|relation| &relation.rows.columns)
                    .filter(|column| {
                        left.iter()
                            .any(|relation| relation.rows.find(&column.key).is_some())
                    })
                    .map(|column| column.key.to_string())
                    .collect();
                scope.merged.extend(common);
            }
            Some(JoinConstraint::None) | None => {}
        }
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: Some(args),
                ..
            } => {
                let exprs: Vec<_> = args.args.iter().filter_map(argument).collect();
                self.function(
                    name.0.last().map(ToString::to_string),
                    &exprs,
                    alias.as_ref(),
                    scope,
                );
            }
            TableFactor::Table { name, alias, .. } => {
                let name = TableName::of(name);
                let relation = self.named(&name, alias.as_ref(), scope);
                scope.relations.push(relation);
            }
            TableFactor::Derived { subquery, alias, .. } => {
                // What stands to the left is in sight where the subquery is lateral; elsewhere it does no harm, as
                // the subquery's own relations come first.
                let rows = self.query(subquery, Some(scope));
                let relation = self.derived(rows, alias.as_ref());
                scope.relations.push(relation);
            }
            TableFactor::TableFunction { expr, alias } => {
                if let Expr::Function(function) = expr
                    && let sqlparser::ast::FunctionArguments::List(list) = &function.args
                {
                    let exprs: Vec<_> = list.args.iter().filter_map(argument).collect();
                    self.function(
                        function.name.0.last().map(ToString::to_string),
                        &exprs,
                        alias.as_ref(),
                        scope,
                    );
                } else {
                    self.function(None, &[expr], alias.as_ref(), scope);
                }
            }
            TableFactor::Function {
                name, args, alias, ..
            } => {
                let exprs: Vec<_> = args.iter().filter_map(argument).collect();
                self.function(
                    name.0.last().map(ToString::to_string),
                    &exprs,
                    alias.as_ref(),
                    scope,
                );
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset_alias,
                ..
            } => {
                let exprs: Vec<_> = array_exprs.iter().collect();
                self.function(None, &exprs, alias.as_ref(), scope);
                if let Some(offset) = with_offset_alias {
                    let rows = Rows {
                        columns: vec![Column::new(&shown(offset), Origins::new())],
                        open: Vec::new(),
                    };
                    scope
                        .relations
                        .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows)));
                }
            }
            TableFactor::JsonTable { json_expr, alias, .. }
            | TableFactor::OpenJsonTable { json_expr, alias, .. } => {
                self.function(None, &[json_expr], alias.as_ref(), scope);
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => match alias {
                None => self.from(table_with_joins, scope),
                Some(alias) => {
                    let mut inner = Scope::inside(Some(scope));
                    self.from(table_with_joins, &mut inner);
                    let rows = all(&inner.relations);
                    let relation = self.derived(rows, Some(alias));
                    scope.relations.push(relation);
                }
            },
            TableFactor::Pivot {
                table,
                aggregate_functions,
                value_column,
                value_source,
                alias,
                ..
            } => {
                let rows = self.inner(table, scope);
                let pivoted = self.pivot(rows, aggregate_functions, value_column, value_source, scope);
                let relation = self.derived(pivoted, alias.as_ref());
                scope.relations.push(with_hidden(relation, table));
            }
            TableFactor::Unpivot {
                table,
                value,
                name,
                columns,
                alias,
                ..
            } => {
                let rows = self.inner(table, scope);
                let unpivoted = self.unpivot(&rows, value, &shown(name), columns, scope);
                let relation = self.derived(unpivoted, alias.as_ref());
                scope.relations.push(with_hidden(relation, table));
            }
            TableFactor::MatchRecognize {
                table,
                measures,
                alias,
                ..
            } => {
                let mut rows = self.inner(table, scope);
                let mut inner = Scope::inside(None);
                inner
                    .relations
                    .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows.clone())));
                for measure in measures {
                    let origins = self.together([&measure.expr], &inner);
                    rows.columns.push(Column::new(&shown(&measure.alias), origins));
                }
                let relation = self.derived(rows, alias.as_ref());
                scope.relations.push(relation);
            }
            _ => {}
        }
    }

    fn named(&mut self, name: &TableName, alias: Option<&TableAlias>, scope: &Scope<'_>) -> Relation {
        let alias_name = alias.map(|alias| vec![shown(&alias.name)]);
        if let [only] = name.parts.as_slice() {
            let wanted = key(only);
            if let Some((_, rows)) = self.ctes.iter().rev().find(|(cte, _)| *cte == wanted) {
                let rows = if alias.is_some_and(|alias| !alias.columns.is_empty()) {
                    Arc::new(renamed((**rows).clone(), alias))
                } else {
                    rows.clone()
                };
                return Relation::named(
                    alias_name.unwrap_or_else(|| name.parts.clone()),
                    name.parts.clone(),
                    rows,
                );
            }
        } else if let Some((first, rest)) = name.parts.split_first()
            && let Some(owner) = scope.relation(&[key(first)])
            && !self.catalog.is_known(&name.full())
            && let Some(column) = rest.first()
            && let Some(origins) = owner.column(&key(column))
        {
            // BigQuery, Redshift: `FROM t, t.items AS item`.
            let shown_as = alias_name.unwrap_or_else(|| vec![name.last().to_owned()]);
            let mut relation = Relation::named(shown_as, Vec::new(), Arc::new(Rows::default()));
            relation.made_from = Some(origins);
            return relation;
        }
        let (_, rows) = self.table(&name.parts);
        let rows = if alias.is_some_and(|alias| !alias.columns.is_empty()) {
            Arc::new(renamed((*rows).clone(), alias))
        } else {
            rows
        };
        Relation::named(
            alias_name.unwrap_or_else(|| name.parts.clone()),
            name.parts.clone(),
            rows,
        )
    }

    /// What a table function yields: whatever it is called, it comes from the arguments.
    fn function(
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

    /// The rows of a factor on its own.
    fn inner(&mut self, factor: &TableFactor, outer: &Scope<'_>) -> Rows {
        let mut inner = Scope::inside(Some(outer));
        self.factor(factor, &mut inner);
        all(&inner.relations)
    }

    fn pivot(
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

    fn unpivot(
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

fn with_hidden(mut relation: Relation, table: &TableFactor) -> Relation {
    if relation.name.is_empty()
        && let TableFactor::Table { name, alias, .. } = table
    {
        relation.name = match alias {
            Some(alias) => vec![key(&shown(&alias.name))],
            None => TableName::of(name).parts.iter().map(|part| key(part)).collect(),
        };
    }
    relation
}

/// The rows of relations side by side.
fn all(relations: &[Relation]) -> Rows {
    let mut rows = Rows::default();
    for relation in relations {
        rows.columns.extend(relation.rows.columns.iter().cloned());
        for table in &relation.rows.open {
            rows.opened(table);
        }
    }
    rows
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

pub(super) fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } => {
            match arg {
                FunctionArgExpr::Expr(expr) => Some(expr),
                _ => None,
            }
        }
    }
}
