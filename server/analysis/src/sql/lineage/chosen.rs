//! DuckDB's `COLUMNS('pattern')`: many columns out of one item.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value, Visit, Visitor,
};

use super::Session;
use super::names::key;
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::Scope;

/// Whether an item yields a column for each of those that `COLUMNS` names in it.
pub(super) fn chosen_columns(expr: &Expr) -> bool {
    call(expr).is_some()
}

impl Session<'_> {
    pub(super) fn chosen(&mut self, expr: &Expr, scope: &Scope<'_>, rows: &mut Rows) {
        let Some(pattern) = call(expr) else { return };
        let alone = matches!(expr, Expr::Function(function) if is_columns(function));
        let kind = if alone { Kind::Plain } else { Kind::Expression };
        for relation in &scope.relations {
            for column in &relation.rows.columns {
                if rows.is_full() || !fits(&pattern, &column.key) {
                    continue;
                }
                let mut origins = Origins::new();
                absorb(&mut origins, &column.origins, kind);
                rows.columns.push(Column::shared(&column.name, Arc::new(origins)));
            }
            for table in &relation.rows.open {
                rows.opened(table);
            }
        }
    }
}

fn is_columns(function: &Function) -> bool {
    function.name.0.len() == 1 && key(&function.name.to_string()) == "columns"
}

/// The pattern of the `COLUMNS` in an expression; empty: all.
fn call(expr: &Expr) -> Option<String> {
    struct Calls(Option<String>);
    impl Visitor for Calls {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> std::ops::ControlFlow<()> {
            let Expr::Function(function) = expr else {
                return std::ops::ControlFlow::Continue(());
            };
            if !is_columns(function) {
                return std::ops::ControlFlow::Continue(());
            }
            let mut pattern = String::new();
            if let FunctionArguments::List(list) = &function.args
                && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) =
                    list.args.first()
                && let Value::SingleQuotedString(text) = &value.value
            {
                pattern.clone_from(text);
            }
            self.0 = Some(pattern);
            std::ops::ControlFlow::Break(())
        }
    }
    let mut calls = Calls(None);
    let _ = expr.visit(&mut calls);
    calls.0
}

/// Whether a name fits the simple part of a pattern: its anchors and plain text. Others fit.
fn fits(pattern: &str, name: &str) -> bool {
    let core = pattern.trim_start_matches('^').trim_end_matches('$');
    let open_start = !pattern.starts_with('^') || core.starts_with(".*");
    let open_end = !pattern.ends_with('$') || core.ends_with(".*");
    let plain = core
        .trim_start_matches(".*")
        .trim_end_matches(".*")
        .to_lowercase();
    if !plain.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return true;
    }
    match (open_start, open_end) {
        (true, true) => name.contains(&plain),
        (true, false) => name.ends_with(&plain),
        (false, true) => name.starts_with(&plain),
        (false, false) => name == plain,
    }
}
