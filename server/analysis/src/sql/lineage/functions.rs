//! What the analysis knows about functions by their names, and about words that look like columns.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value};

use super::names::key;
use crate::Dialect;

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

pub(super) fn is_aggregate(function: &Function) -> bool {
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

/// The argument of a function that is a unit of time, and what stands in it: one at most, the first or the last one.
pub(super) fn units(function: &Function, dialect: Dialect) -> Vec<*const Expr> {
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
    let FunctionArguments::List(list) = &function.args else {
        return Vec::new();
    };
    let arguments: Vec<&Expr> = list
        .args
        .iter()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect();
    let (Some(first), Some(last)) = (arguments.first(), arguments.last()) else {
        return Vec::new();
    };
    // `DATE_TRUNC('month', h)`: h is no unit.
    if !about_time || arguments.len() < 2 || is_unit_text(first) {
        return Vec::new();
    }
    let order = match dialect {
        Dialect::BigQuery => [last, first],
        _ => [first, last],
    };
    match order.into_iter().find(|expr| is_unit(expr)) {
        // `WEEK(MONDAY)`
        Some(Expr::Function(unit)) => {
            let inner = match &unit.args {
                FunctionArguments::List(list) => list.args.iter().filter_map(super::from::argument).collect(),
                _ => Vec::new(),
            };
            inner.into_iter().map(std::ptr::from_ref).collect()
        }
        Some(unit) => vec![std::ptr::from_ref(*unit)],
        None => Vec::new(),
    }
}

fn is_unit(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(ident) => DATE_PARTS.binary_search(&key(&ident.value).as_str()).is_ok(),
        Expr::Function(unit) => unit.name.to_string().eq_ignore_ascii_case("week"),
        _ => false,
    }
}

fn is_unit_text(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => {
                DATE_PARTS.binary_search(&key(text).as_str()).is_ok()
            }
            _ => false,
        },
        _ => false,
    }
}

/// Words without parentheses that are values, not columns.
pub(super) fn is_pseudo_column(ident: &Ident) -> bool {
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

/// Words that are values in the dialects of Oracle's kind and that others know as names.
pub(super) fn is_row_word(name: &str, dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Oracle | Dialect::Snowflake)
        && matches!(name, "level" | "rownum" | "connect_by_isleaf")
        || matches!(
            name,
            "$action" | "_table_suffix" | "_partitiontime" | "_partitiondate"
        )
}

/// Functions that take functions: `x -> x + 1` in their arguments is one.
pub(super) fn takes_functions(function: &Function) -> bool {
    const NAMES: &[&str] = &[
        "aggregate",
        "all_match",
        "any_match",
        "array_sort",
        "arrayall",
        "arraycount",
        "arrayexists",
        "arrayfilter",
        "arrayfirst",
        "arraymap",
        "arraysort",
        "exists",
        "filter",
        "forall",
        "list_apply",
        "list_filter",
        "list_reduce",
        "list_transform",
        "map_filter",
        "map_zip_with",
        "none_match",
        "reduce",
        "reduce_agg",
        "transform",
        "transform_keys",
        "transform_values",
        "zip_with",
    ];
    function
        .name
        .0
        .last()
        .is_some_and(|part| NAMES.binary_search(&key(&part.to_string()).as_str()).is_ok())
}
