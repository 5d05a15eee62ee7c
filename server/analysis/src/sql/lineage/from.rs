//! FROM: relations, joins, what is made from expressions (UNNEST, FLATTEN), PIVOT and UNPIVOT.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, ObjectName, RowsPerMatch,
    TableAlias, TableFactor, TableWithJoins, Value,
};

use super::Session;
use super::names::{TableName, key, shown, spelled};
use super::query::renamed;
use super::rows::{Column, MAX_COLUMNS, Origins, Rows};
use super::scope::{Relation, Scope};
use crate::Dialect;

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
        use JoinOperator as J;
        let before = scope.relations.len();
        if matches!(
            join.join_operator,
            J::ArrayJoin | J::LeftArrayJoin | J::InnerArrayJoin
        ) && let TableFactor::Table { name, alias, .. } = &join.relation
        {
            self.array_join(&TableName::of(name), alias.as_ref(), scope);
            return;
        }
        self.factor(&join.relation, scope);
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
                match &join.join_operator {
                    J::RightSemi(_) | J::RightAnti(_) => drop(scope.relations.drain(..before)),
                    _ => scope.relations.truncate(before),
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
                if let Some(parts) = spelled_table(name, &exprs) {
                    let relation = self.named(&TableName { parts }, alias.as_ref(), scope);
                    scope.relations.push(relation);
                    return;
                }
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
                with_ordinality,
                ..
            } => {
                self.unnest(array_exprs, alias.as_ref(), *with_ordinality, scope);
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
            TableFactor::XmlTable { passing, alias, .. } => {
                let exprs: Vec<_> = passing.arguments.iter().map(|passed| &passed.expr).collect();
                self.function(None, &exprs, alias.as_ref(), scope);
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
                partition_by,
                rows_per_match,
                ..
            } => {
                let mut rows = self.inner(table, scope);
                let mut inner = Scope::inside(None);
                inner
                    .relations
                    .push(Relation::named(Vec::new(), Vec::new(), Arc::new(rows.clone())));
                if !matches!(rows_per_match, Some(RowsPerMatch::AllRows(_))) {
                    rows = Rows::default();
                    for expr in partition_by {
                        let origins = self.expression(expr, &inner, &[]);
                        rows.columns
                            .push(Column::new(&super::select::made_up_name(expr).0, origins));
                    }
                }
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

    /// Oracle's `dual`, Snowflake's files on stages.
    fn is_no_table(&self, name: &TableName) -> bool {
        match name.parts.as_slice() {
            [only] if key(only) == "dual" => !self.catalog.is_known(only),
            [first, ..] => self.dialect == Dialect::Snowflake && first.starts_with('@'),
            [] => false,
        }
    }

    fn named(&mut self, name: &TableName, alias: Option<&TableAlias>, scope: &Scope<'_>) -> Relation {
        let alias_name = alias.map(|alias| vec![shown(&alias.name)]);
        if self.is_no_table(name) {
            let nothing = alias_name.unwrap_or_else(|| name.parts.clone());
            return Relation::named(nothing, Vec::new(), Arc::new(Rows::default()));
        }
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

    /// The rows of a factor on its own.
    fn inner(&mut self, factor: &TableFactor, outer: &Scope<'_>) -> Rows {
        let mut inner = Scope::inside(Some(outer));
        self.factor(factor, &mut inner);
        all(&inner.relations)
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
        let left = MAX_COLUMNS.saturating_sub(rows.columns.len());
        rows.columns
            .extend(relation.rows.columns.iter().take(left).cloned());
        for table in &relation.rows.open {
            rows.opened(table);
        }
    }
    rows
}

/// `IDENTIFIER('a.b')` and `TABLE('a.b')`: the name of a table in a string.
fn spelled_table(name: &ObjectName, args: &[&Expr]) -> Option<Vec<String>> {
    let [Expr::Value(value)] = args else { return None };
    let (Value::SingleQuotedString(text) | Value::DoubleQuotedString(text)) = &value.value else {
        return None;
    };
    let function = key(&name.to_string());
    matches!(function.as_str(), "identifier" | "table").then(|| spelled(text))
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
