//! SELECT: its FROM, then its items in their order, then what only reads.

use std::sync::Arc;

use sqlparser::ast::{
    ExcludeSelectItem, Expr, GroupByExpr, PipeOperator, RenameSelectItem, Select, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::Session;
use super::names::{TableName, key, shown};
use super::query::renamed;
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};

/// How many characters of an unnamed expression become its name.
const MAX_MADE_UP_NAME: usize = 80;

impl Session<'_> {
    pub(super) fn select(&mut self, select: &Select, outer: Option<&Scope<'_>>) -> Rows {
        let mut scope = Scope::inside(outer);
        for table in &select.from {
            self.from(table, &mut scope);
        }
        for view in &select.lateral_views {
            self.lateral_view(view, &mut scope);
        }
        let mut rows = self.items(&select.projection, &scope);
        if select.projection.is_empty() {
            // DuckDB: `FROM t`.
            for relation in &scope.relations {
                rows.columns.extend(relation.rows.columns.iter().cloned());
                for table in &relation.rows.open {
                    rows.opened(table);
                }
            }
        }
        let inner = Some(&scope);
        for expr in [
            &select.selection,
            &select.having,
            &select.qualify,
            &select.prewhere,
        ]
        .into_iter()
        .flatten()
        {
            self.touch(expr, inner);
        }
        if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
            for expr in exprs {
                self.touch(expr, inner);
            }
        }
        rows
    }

    pub(super) fn items(&mut self, items: &[SelectItem], scope: &Scope<'_>) -> Rows {
        let mut rows = Rows::default();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let origins = self.expression(expr, scope, &rows.columns);
                    let name = made_up_name(expr);
                    let mut column = Column::new(&name.0, origins);
                    column.unnamed = name.1;
                    column.data_type = cast_type(expr);
                    rows.columns.push(column);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let origins = self.expression(expr, scope, &rows.columns);
                    let mut column = Column::new(&shown(alias), origins);
                    column.data_type = cast_type(expr);
                    rows.columns.push(column);
                }
                SelectItem::ExprWithAliases { expr, aliases } => {
                    let origins = Arc::new(self.expression(expr, scope, &rows.columns));
                    for alias in aliases {
                        rows.columns.push(Column::shared(&shown(alias), origins.clone()));
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    let parts: Vec<_> = TableName::of(name).parts.iter().map(|part| key(part)).collect();
                    let mut owner = Some(scope);
                    let relation = loop {
                        let Some(here) = owner else { break None };
                        if let Some(found) = here.relation(&parts) {
                            break Some(found.clone());
                        }
                        owner = here.parent;
                    };
                    match relation {
                        Some(relation) => {
                            self.star(std::slice::from_ref(&relation), options, scope, &mut rows);
                        }
                        None => {
                            // `record.*`: all fields of a column.
                            if let Some(origins) = scope.resolve(&parts, &[], false) {
                                let name = parts.last().map_or("*", String::as_str).to_owned() + ".*";
                                rows.columns.push(Column::shared(&name, origins));
                            }
                        }
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    let origins = self.expression(expr, scope, &[]);
                    rows.columns.push(Column::new(&format!("{expr}.*"), origins));
                }
                SelectItem::Wildcard(options) => {
                    let relations = scope.relations.clone();
                    self.star(&relations, options, scope, &mut rows);
                }
            }
        }
        rows
    }

    fn star(
        &mut self,
        relations: &[Relation],
        options: &WildcardAdditionalOptions,
        scope: &Scope<'_>,
        rows: &mut Rows,
    ) {
        let excluded = excluded(options);
        let renames = renames(options);
        let mut seen_merged: Vec<&str> = Vec::new();
        for relation in relations {
            for column in &relation.rows.columns {
                if excluded.iter().any(|name| **name == *column.key) {
                    continue;
                }
                let merged = relations.len() > 1 && scope.merged.iter().any(|name| **name == *column.key);
                if merged {
                    if seen_merged.contains(&&*column.key) {
                        continue;
                    }
                    seen_merged.push(&column.key);
                }
                if let Some(element) = options
                    .opt_replace
                    .iter()
                    .flat_map(|replace| &replace.items)
                    .find(|element| key(&element.column_name.value) == *column.key)
                {
                    let origins = self.expression(&element.expr, scope, &[]);
                    rows.columns.push(Column::new(&column.name, origins));
                    continue;
                }
                let mut column = column.clone();
                if merged && let Some(origins) = scope.resolve(&[column.key.to_string()], &[], false) {
                    column.origins = origins;
                }
                match renames.iter().find(|(from, _)| **from == *column.key) {
                    Some((_, to)) => rows.columns.push(column.renamed(to)),
                    None => rows.columns.push(column),
                }
            }
            for table in &relation.rows.open {
                rows.opened(table);
            }
            if !relation.rows.open.is_empty() {
                self.named_out_of_star(relation, options, &renames, scope, rows);
            }
        }
    }

    /// A star over unknown columns still says something about those that it replaces or renames.
    fn named_out_of_star(
        &mut self,
        relation: &Relation,
        options: &WildcardAdditionalOptions,
        renames: &[(String, String)],
        scope: &Scope<'_>,
        rows: &mut Rows,
    ) {
        for element in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let origins = self.expression(&element.expr, scope, &[]);
            let column = Column::new(&shown(&element.column_name), origins);
            if rows.find(&column.key).is_none() {
                rows.columns.push(column);
            }
        }
        for (from, to) in renames {
            if rows.find(&key(to)).is_none()
                && let Some(origins) = relation.column(from)
            {
                rows.columns.push(Column::shared(to, origins));
            }
        }
    }

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

    /// Rows under an alias, as a relation.
    pub(super) fn derived(&self, rows: Rows, alias: Option<&sqlparser::ast::TableAlias>) -> Relation {
        let name = alias.map(|alias| vec![shown(&alias.name)]).unwrap_or_default();
        Relation::named(name, Vec::new(), Arc::new(renamed(rows, alias)))
    }

    /// Where the values of expressions come from, all together.
    pub(super) fn together<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Origins {
        let mut origins = Origins::new();
        for expr in exprs {
            let found = self.expression(expr, scope, &[]);
            absorb(&mut origins, &found, Kind::Expression);
        }
        origins
    }
}

/// The name of an item without an alias, and whether it is made up.
fn made_up_name(expr: &Expr) -> (String, bool) {
    match expr {
        Expr::Identifier(ident) => (shown(ident), false),
        Expr::CompoundIdentifier(parts) => (parts.last().map(shown).unwrap_or_default(), false),
        Expr::Nested(inner) => made_up_name(inner),
        // Postgres, Snowflake: `x::int` keeps its name.
        Expr::Cast { expr, .. } if matches!(**expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
            made_up_name(expr)
        }
        Expr::CompoundFieldAccess { access_chain, root } => match access_chain.last() {
            Some(sqlparser::ast::AccessExpr::Dot(last)) => made_up_name(last),
            _ => made_up_name(root),
        },
        other => {
            let mut name = other.to_string();
            if let Some((at, _)) = name.char_indices().nth(MAX_MADE_UP_NAME) {
                name.truncate(at);
            }
            (name.to_lowercase(), true)
        }
    }
}

/// The type that an expression is cast to at last.
fn cast_type(expr: &Expr) -> Option<Arc<str>> {
    match expr {
        Expr::Cast { data_type, .. } => Some(Arc::from(data_type.to_string().to_lowercase())),
        Expr::Nested(inner) => cast_type(inner),
        _ => None,
    }
}

fn excluded(options: &WildcardAdditionalOptions) -> Vec<String> {
    let mut names = Vec::new();
    match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => names.push(key(TableName::of(name).last())),
        Some(ExcludeSelectItem::Multiple(list)) => {
            names.extend(list.iter().map(|name| key(TableName::of(name).last())));
        }
        None => {}
    }
    if let Some(except) = &options.opt_except {
        names.push(key(&except.first_element.value));
        names.extend(except.additional_elements.iter().map(|ident| key(&ident.value)));
    }
    names
}

fn renames(options: &WildcardAdditionalOptions) -> Vec<(String, String)> {
    let list = match &options.opt_rename {
        Some(RenameSelectItem::Single(one)) => std::slice::from_ref(one),
        Some(RenameSelectItem::Multiple(many)) => many.as_slice(),
        None => &[],
    };
    list.iter()
        .map(|item| (key(&item.ident.value), shown(&item.alias)))
        .collect()
}
