//! The words for the shape of SQL that `sketch` reads: queries, CTEs, items, relations, with places.

use super::lex::Token;
use crate::span::Span;

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// A query: its CTEs and the SELECTs that set operations join.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) span: Span,
    pub(crate) ctes: Vec<Cte>,
    pub(crate) blocks: Vec<Block>,
}

/// A CTE.
#[derive(Debug, Clone)]
pub(crate) struct Cte {
    pub(crate) name: Named,
    pub(crate) columns: Vec<Named>,
    pub(crate) query: Query,
}

/// One SELECT.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) span: Span,
    pub(crate) items: Vec<Item>,
    pub(crate) relations: Vec<Relation>,
    /// Queries in expressions.
    pub(crate) nested: Vec<Query>,
    /// Where the list of items ends: behind it aliases of items may be used.
    pub(crate) items_end: usize,
}

/// A select item: its expression as a range of tokens, and its alias.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) alias: Option<Named>,
}

/// What a relation of a FROM clause is.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// The parts of a table's name.
    Table(Vec<Named>),
    Query(Box<Query>),
    /// A function or anything else: its tokens.
    Other,
}

/// A relation of a FROM clause.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) origin: Origin,
    pub(crate) alias: Option<Named>,
    pub(crate) columns: Vec<Named>,
}

/// Words that end a relation or item rather than name it.
const RESERVED: &[&str] = &[
    "select",
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "intersect",
    "except",
    "minus",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "outer",
    "lateral",
    "as",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "case",
    "when",
    "then",
    "else",
    "end",
    "between",
    "like",
    "ilike",
    "rlike",
    "exists",
    "distinct",
    "all",
    "any",
    "qualify",
    "window",
    "with",
    "recursive",
    "over",
    "partition",
    "by",
    "rows",
    "range",
    "unbounded",
    "preceding",
    "following",
    "current",
    "row",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "fetch",
    "offset",
    "only",
    "for",
    "set",
    "values",
    "insert",
    "into",
    "update",
    "delete",
    "merge",
    "matched",
    "create",
    "table",
    "view",
    "replace",
    "temporary",
    "temp",
    "if",
    "cast",
    "interval",
    "true",
    "false",
    "top",
    "pivot",
    "unpivot",
    "tablesample",
    "sample",
    "asof",
    "anti",
    "semi",
    "apply",
    "ties",
    "filter",
    "within",
    "materialized",
    "returning",
    "limit",
    "grant",
    "drop",
    "alter",
    "primary",
    "key",
    "foreign",
    "references",
    "default",
    "constraint",
    "check",
    "collate",
    "escape",
    "similar",
    "to",
    "at",
];

/// Whether a word is a keyword rather than a name.
pub(crate) fn is_reserved(token: &Token, sql: &str) -> bool {
    token.is_any(sql, RESERVED)
}
