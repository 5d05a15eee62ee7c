//! Expressions: which columns a value is made from, and how.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, FunctionArguments, OneOrManyWithParens, Query, Value, Visit, Visitor,
};

use super::Session;
use super::functions::{is_aggregate, is_pseudo_column, is_row_word, takes_functions, units};
use super::names::key;
use super::rows::{Column, Kind, Origins, absorb};
use super::scope::Scope;
use crate::Dialect;

impl Session<'_> {
    /// Where the value of `expr` comes from. `aliases` are the select items before this one.
    pub(super) fn expression(&mut self, expr: &Expr, scope: &Scope<'_>, aliases: &[Column]) -> Origins {
        let plain = is_plain(expr);
        let base = if plain { Kind::Plain } else { Kind::Expression };
        let aliases_first = self.dialect.has_lateral_aliases();
        let mut walk = Walk {
            session: self,
            scope,
            aliases,
            aliases_first,
            origins: Origins::new(),
            base,
            queries: 0,
            aggregates: 0,
            windows: 0,
            parameters: Vec::new(),
            lambdas: Vec::new(),
            passed: Vec::new(),
        };
        let _: ControlFlow<()> = expr.visit(&mut walk);
        walk.origins
    }

    /// Reads the subqueries of something whose value flows nowhere, for the tables in them.
    pub(super) fn touch(&mut self, part: &impl Visit, scope: Option<&Scope<'_>>) {
        let mut walk = Touch {
            session: self,
            scope,
            queries: 0,
        };
        let _: ControlFlow<()> = part.visit(&mut walk);
    }
}

fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_plain(inner),
        _ => false,
    }
}

struct Walk<'s, 'c, 'p> {
    session: &'s mut Session<'c>,
    scope: &'s Scope<'p>,
    aliases: &'s [Column],
    aliases_first: bool,
    origins: Origins,
    base: Kind,
    /// How many queries, aggregates and windows are open around the node at hand.
    queries: usize,
    aggregates: usize,
    windows: usize,
    /// Parameters of lambdas around it.
    parameters: Vec<String>,
    /// Arrows that are lambdas although the parser takes them for operators, by address, with
    /// their parameters.
    lambdas: Vec<(*const Expr, Vec<String>)>,
    /// Nodes that are words of a function (`month`), by address.
    passed: Vec<*const Expr>,
}

impl Walk<'_, '_, '_> {
    fn kind(&self) -> Kind {
        if self.windows > 0 {
            Kind::Window
        } else if self.aggregates > 0 {
            Kind::Aggregation
        } else {
            self.base
        }
    }

    fn column(&mut self, parts: &[String]) {
        match parts {
            [name]
                if self.parameters.contains(name)
                    || name.starts_with('@')
                    || is_row_word(name, self.session.dialect) =>
            {
                return;
            }
            [first, ..] if parts.len() > 1 && self.parameters.contains(first) => return,
            // The next number of a sequence.
            [.., last] if parts.len() > 1 && matches!(last.as_str(), "nextval" | "currval") => return,
            _ => {}
        }
        if let Some(found) = self.scope.resolve(parts, self.aliases, self.aliases_first) {
            let kind = self.kind();
            absorb(&mut self.origins, &found, kind);
        }
    }

    /// `(a).b` and `a[1].b` are a's; `t.a[1]` and `(t).a` begin with a relation.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) {
        let mut names = Vec::new();
        let mut inner = root;
        while let Expr::Nested(nested) = inner {
            inner = nested;
        }
        match inner {
            Expr::Identifier(ident) => names.push(key(&ident.value)),
            Expr::CompoundIdentifier(parts) => names.extend(parts.iter().map(|part| key(&part.value))),
            _ => {}
        }
        let dots = chain.iter().map_while(|access| match access {
            AccessExpr::Dot(Expr::Identifier(name)) => Some(key(&name.value)),
            _ => None,
        });
        if !names.is_empty() {
            names.extend(dots);
            if names.len() > 1 {
                self.column(&names);
                self.passed.push(std::ptr::from_ref(inner));
            }
        }
        for access in chain {
            if let AccessExpr::Dot(name) = access {
                self.passed.push(std::ptr::from_ref(name));
            }
        }
    }

    /// Arrows among the arguments that stand for functions.
    fn arrows(&mut self, arguments: &FunctionArguments) {
        let FunctionArguments::List(list) = arguments else {
            return;
        };
        for argument in list.args.iter().filter_map(super::from::argument) {
            let Expr::BinaryOp {
                left,
                op: BinaryOperator::Arrow,
                right,
            } = argument
            else {
                continue;
            };
            let names: Vec<String> = match &**left {
                Expr::Identifier(ident) if !matches!(**right, Expr::Value(_)) => vec![key(&ident.value)],
                Expr::Tuple(parts) => parts.iter().filter_map(plain_name).collect(),
                Expr::Nested(inner) => plain_name(inner).into_iter().collect(),
                _ => continue,
            };
            self.lambdas.push((std::ptr::from_ref(argument), names));
        }
    }
}

fn plain_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(key(&ident.value)),
        _ => None,
    }
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.queries == 0 {
            let rows = self.session.query(query, Some(self.scope));
            let kind = self.kind().max(Kind::Expression);
            for column in &rows.columns {
                absorb(&mut self.origins, &column.origins, kind);
            }
            // `EXISTS (SELECT * …)`: what it reads is a dependency, no flow.
        }
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.queries > 0 || self.passed.iter().any(|passed| std::ptr::eq(*passed, expr)) {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(ident) if is_pseudo_column(ident) => {}
            Expr::Identifier(ident) => self.column(&[key(&ident.value)]),
            Expr::CompoundIdentifier(parts) => {
                let mut names = Vec::with_capacity(parts.len());
                for part in parts {
                    // BigQuery: one pair of backticks around a dotted name.
                    if part.quote_style == Some('`') && part.value.contains('.') {
                        names.extend(part.value.split('.').map(key));
                    } else {
                        names.push(key(&part.value));
                    }
                }
                self.column(&names);
            }
            // Snowflake: `$1` is the first column.
            Expr::Value(value)
                if let Value::Placeholder(name) = &value.value
                    && self.session.dialect == Dialect::Snowflake
                    && name.len() > 1
                    && name[1..].bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                self.column(std::slice::from_ref(name));
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::BinaryOp {
                op: BinaryOperator::Arrow,
                ..
            } => {
                let known = self.lambdas.iter().find(|(place, _)| std::ptr::eq(*place, expr));
                if let Some((_, names)) = known {
                    self.parameters.extend(names.iter().cloned());
                }
            }
            Expr::Function(function) => {
                self.passed.extend(units(function, self.session.dialect));
                if takes_functions(function) {
                    self.arrows(&function.args);
                }
                // `user` without parentheses is a column in most places.
                if matches!(function.args, FunctionArguments::None)
                    && let [part] = function.name.0.as_slice()
                    && part.to_string().eq_ignore_ascii_case("user")
                {
                    self.column(&["user".to_owned()]);
                }
                if function.over.is_some() {
                    self.windows += 1;
                } else if is_aggregate(function) {
                    self.aggregates += 1;
                }
            }
            Expr::Lambda(lambda) => match &lambda.params {
                OneOrManyWithParens::One(one) => self.parameters.push(key(&one.name.value)),
                OneOrManyWithParens::Many(many) => {
                    self.parameters
                        .extend(many.iter().map(|parameter| key(&parameter.name.value)));
                }
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.queries > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Function(function) => {
                if function.over.is_some() {
                    self.windows -= 1;
                } else if is_aggregate(function) {
                    self.aggregates -= 1;
                }
            }
            Expr::BinaryOp {
                op: BinaryOperator::Arrow,
                ..
            } => {
                if let Some(at) = self
                    .lambdas
                    .iter()
                    .position(|(place, _)| std::ptr::eq(*place, expr))
                {
                    let (_, names) = self.lambdas.swap_remove(at);
                    self.parameters
                        .truncate(self.parameters.len().saturating_sub(names.len()));
                }
            }
            Expr::Lambda(lambda) => {
                let count = match &lambda.params {
                    OneOrManyWithParens::One(_) => 1,
                    OneOrManyWithParens::Many(many) => many.len(),
                };
                self.parameters
                    .truncate(self.parameters.len().saturating_sub(count));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

struct Touch<'s, 'c, 'p> {
    session: &'s mut Session<'c>,
    scope: Option<&'s Scope<'p>>,
    queries: usize,
}

impl Visitor for Touch<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.queries == 0 {
            let _ = self.session.query(query, self.scope);
        }
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }
}
