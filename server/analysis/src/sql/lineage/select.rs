//! SELECT: its FROM, then its items in their order, then what only reads.

use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, ExcludeSelectItem, Expr, GroupByExpr, RenameSelectItem, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Value, WildcardAdditionalOptions,
};

use super::Session;
use super::chosen::chosen_columns;
use super::names::{TableName, key, shown};
use super::query::renamed;
use super::rows::{Column, Kind, MAX_COLUMNS, Origins, Rows, absorb};
use super::scope::{Relation, Scope};
use crate::Dialect;

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
                let left = MAX_COLUMNS.saturating_sub(rows.columns.len());
                rows.columns
                    .extend(relation.rows.columns.iter().take(left).cloned());
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
            if assigns_variable(item) {
                self.touch(item, Some(scope));
                continue;
            }
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }
                    if chosen_columns(expr) =>
                {
                    self.chosen(expr, scope, &mut rows);
                }
                SelectItem::UnnamedExpr(Expr::BinaryOp {
                    left,
                    op: BinaryOperator::Eq,
                    right,
                }) if self.dialect == Dialect::Tsql && text_of(left).is_some() => {
                    // T-SQL: `'name' = expression`.
                    let origins = self.expression(right, scope, &rows.columns);
                    let name = text_of(left).unwrap_or_default().to_lowercase();
                    rows.columns.push(Column::new(&name, origins));
                }
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

    pub(super) fn star(
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
                if rows.is_full() {
                    break;
                }
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

/// T-SQL's `@a = b` and MySQL's `@a := b` as a select item.
pub(super) fn assigns_variable(item: &SelectItem) -> bool {
    let is_variable = |expr: &Expr| match expr {
        Expr::Identifier(ident) => ident.quote_style.is_none() && ident.value.starts_with('@'),
        _ => false,
    };
    match item {
        SelectItem::UnnamedExpr(Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            ..
        }) => is_variable(left),
        SelectItem::ExprWithAlias { alias, .. } => {
            alias.quote_style.is_none() && alias.value.starts_with('@')
        }
        _ => false,
    }
}

/// A string literal.
fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The name of an item without an alias, and whether it is made up.
pub(super) fn made_up_name(expr: &Expr) -> (String, bool) {
    match expr {
        Expr::Identifier(ident) => (shown(ident), false),
        Expr::CompoundIdentifier(parts) => (parts.last().map(shown).unwrap_or_default(), false),
        Expr::Nested(inner) => made_up_name(inner),
        // Postgres, Snowflake: `x::int` keeps its name.
        Expr::Cast { expr, .. } if matches!(**expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
            made_up_name(expr)
        }
        Expr::CompoundFieldAccess { access_chain, root } => {
            let last = access_chain.iter().rev().find_map(|access| match access {
                sqlparser::ast::AccessExpr::Dot(last) => Some(last),
                sqlparser::ast::AccessExpr::Subscript(_) => None,
            });
            made_up_name(last.unwrap_or(root))
        }
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
