//! SQL: tokens, statements, and the column lineage of their syntax trees.

mod attempt;
mod body;
mod hive;
mod ignored;
pub(crate) mod lex;
pub(crate) mod lineage;
pub(crate) mod parse;
pub(crate) mod rewrite;
pub(crate) mod shape;
pub(crate) mod sketch;
pub(crate) mod split;
