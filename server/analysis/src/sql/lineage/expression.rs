//! Expressions: which columns a value is made from, and how.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, OneOrManyWithParens, Query,
    Visit, Visitor,
};

use super::Session;
use super::names::key;
use super::rows::{Column, Kind, Origins, absorb};
use super::scope::Scope;

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
        if let [name] = parts
            && (self.parameters.contains(name) || name.starts_with('@'))
        {
            return;
        }
        if let Some(found) = self.scope.resolve(parts, self.aliases, self.aliases_first) {
            let kind = self.kind();
            absorb(&mut self.origins, &found, kind);
        }
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
            Expr::CompoundFieldAccess { root, access_chain } => {
                // `(a).b` and `a[1].b` are a's; `t.a[1]` begins with an identifier and a dot.
                if let (
                    Expr::Identifier(owner),
                    Some(sqlparser::ast::AccessExpr::Dot(Expr::Identifier(name))),
                ) = (&**root, access_chain.first())
                {
                    self.column(&[key(&owner.value), key(&name.value)]);
                    self.passed.push(&raw const **root);
                }
                for access in access_chain {
                    if let sqlparser::ast::AccessExpr::Dot(name) = access {
                        self.passed.push(std::ptr::from_ref(name));
                    }
                }
            }
            Expr::Function(function) => {
                self.passed.extend(words(function));
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

/// Functions that make one value out of many rows, in lower case and order.
const AGGREGATES: &[&str] = &[
    "any_value",
    "approx_count_distinct",
    "approx_distinct",
    "approx_percentile",
    "approx_quantile",
    "approx_quantiles",
    "approx_top_count",
    "arbitrary",
    "array_agg",
    "array_concat_agg",
    "arrayagg",
    "avg",
    "avgif",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bitmap_union",
    "bool_and",
    "bool_or",
    "booland_agg",
    "boolor_agg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_if",
    "countif",
    "covar_pop",
    "covar_samp",
    "every",
    "first",
    "first_value",
    "group_concat",
    "grouparray",
    "groupuniqarray",
    "hll",
    "hll_count",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "kurtosis",
    "last",
    "last_value",
    "list",
    "listagg",
    "logical_and",
    "logical_or",
    "map_agg",
    "max",
    "max_by",
    "median",
    "min",
    "min_by",
    "mode",
    "object_agg",
    "objectagg",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "quantile",
    "regr_slope",
    "skewness",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "sumif",
    "total",
    "uniq",
    "uniqexact",
    "var_pop",
    "var_samp",
    "variance",
    "xmlagg",
];

fn is_aggregate(function: &Function) -> bool {
    let name = function
        .name
        .0
        .last()
        .map(|part| key(&part.to_string()))
        .unwrap_or_default();
    AGGREGATES.binary_search(&name.as_str()).is_ok()
}

/// Units of time that look like columns: `DATE_TRUNC(month, x)`.
const DATE_PARTS: &[&str] = &[
    "century",
    "d",
    "day",
    "dayofweek",
    "dayofyear",
    "days",
    "dd",
    "decade",
    "doy",
    "dow",
    "epoch",
    "h",
    "hh",
    "hour",
    "hours",
    "isoweek",
    "isoyear",
    "m",
    "mi",
    "microsecond",
    "microseconds",
    "millisecond",
    "milliseconds",
    "minute",
    "minutes",
    "mm",
    "mon",
    "month",
    "months",
    "n",
    "nanosecond",
    "ns",
    "q",
    "qq",
    "quarter",
    "quarters",
    "s",
    "second",
    "seconds",
    "ss",
    "week",
    "weekday",
    "weeks",
    "wk",
    "ww",
    "y",
    "year",
    "years",
    "yy",
    "yyyy",
];

/// Arguments of a function that are units of time.
fn words(function: &Function) -> Vec<*const Expr> {
    let name = function
        .name
        .0
        .last()
        .map(|part| key(&part.to_string()))
        .unwrap_or_default();
    let about_time = ["date", "time", "day", "month", "year"]
        .iter()
        .any(|word| name.contains(word))
        || matches!(name.as_str(), "extract" | "trunc" | "last_day" | "next_day");
    if !about_time {
        return Vec::new();
    }
    let FunctionArguments::List(list) = &function.args else {
        return Vec::new();
    };
    list.args
        .iter()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .filter(|expr| match expr {
            Expr::Identifier(ident) => DATE_PARTS.binary_search(&key(&ident.value).as_str()).is_ok(),
            // `WEEK(MONDAY)`
            Expr::Function(unit) => unit.name.to_string().eq_ignore_ascii_case("week"),
            _ => false,
        })
        .map(std::ptr::from_ref)
        .collect()
}

/// Words without parentheses that are values, not columns.
fn is_pseudo_column(ident: &Ident) -> bool {
    ident.quote_style.is_none()
        && matches!(
            key(&ident.value).as_str(),
            "current_date"
                | "current_time"
                | "current_timestamp"
                | "current_user"
                | "current_role"
                | "session_user"
                | "localtime"
                | "localtimestamp"
                | "sysdate"
                | "systimestamp"
                | "default"
                | "null"
                | "true"
                | "false"
        )
}
