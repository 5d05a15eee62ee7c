//! SQL: tokens, statements, and the column lineage of their syntax trees.

pub(crate) mod lex;
pub(crate) mod lineage;
pub(crate) mod parse;
pub(crate) mod repair;
pub(crate) mod shape;
pub(crate) mod sketch;
pub(crate) mod split;
