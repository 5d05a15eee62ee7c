//! Column lineage of syntax trees: which columns of which tables flow into which columns of what a statement makes,
//! with CTEs and subqueries dissolved.

mod alter;
mod catalog;
mod change;
mod chosen;
mod expression;
mod from;
mod functions;
mod insert;
mod made;
mod names;
mod pipe;
mod pivot;
mod query;
mod rows;
mod scope;
mod select;
mod statement;
mod tables;

pub(crate) use catalog::{Catalog, TableSchema, Trace};
pub(crate) use rows::Kind;
pub(crate) use statement::{Made, Write};
pub(crate) use tables::{creates, provides, reads};

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sqlparser::ast::Statement;

use crate::Dialect;
use rows::Rows;

/// Reads the statements of one file one after another; what one makes, the next one knows.
pub(crate) struct Session<'c> {
    dialect: Dialect,
    catalog: &'c mut Catalog,
    /// Names in this file that stand for something else: dbt's placeholders, to the key in the catalogue.
    substitutes: &'c HashMap<String, Arc<str>>,
    /// CTEs in sight, the innermost last.
    ctes: Vec<(String, Arc<Rows>)>,
    /// Tables read by the statement at hand.
    reads: BTreeSet<Arc<str>>,
    /// How deep queries are nested at the moment.
    depth: usize,
    /// What statements inside CTEs make or change.
    side: Vec<Write>,
    /// Whether names in the text may stand for Jinja.
    masked: bool,
}

/// How deep queries may be nested; deeper ones say nothing.
const MAX_DEPTH: usize = 200;

impl<'c> Session<'c> {
    pub(crate) fn new(
        dialect: Dialect,
        catalog: &'c mut Catalog,
        substitutes: &'c HashMap<String, Arc<str>>,
        masked: bool,
    ) -> Self {
        Self {
            dialect,
            catalog,
            substitutes,
            ctes: Vec::new(),
            reads: BTreeSet::new(),
            depth: 0,
            side: Vec::new(),
            masked,
        }
    }

    /// What one statement makes or changes.
    pub(crate) fn run(&mut self, statement: &Statement) -> Vec<Write> {
        self.ctes.clear();
        self.reads.clear();
        let mut writes = self.statement(statement);
        writes.append(&mut self.side);
        writes
    }
}
