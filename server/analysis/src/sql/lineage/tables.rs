//! Tables that statements name, without looking into columns: for the order in which files are read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, Statement, TableObject, Visit, Visitor};

use super::names::{TableName, key};

/// The names (lower case) of what a statement creates or fills.
pub(crate) fn provides(statement: &Statement) -> Option<String> {
    let name = match statement {
        Statement::CreateTable(create) => &create.name,
        Statement::CreateView(create) => &create.name,
        Statement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => name,
            _ => return None,
        },
        _ => return None,
    };
    Some(key(&TableName::of(name).full()))
}

/// The names (lower case) of every table, view and CTE that a statement mentions.
pub(crate) fn reads(statement: &Statement) -> BTreeSet<String> {
    let mut names = Names(BTreeSet::new());
    let _: ControlFlow<()> = statement.visit(&mut names);
    names.0
}

/// Whether a query mentions a relation of that name (lower case).
pub(super) fn mentions(query: &Query, name: &str) -> bool {
    let mut names = Names(BTreeSet::new());
    let _: ControlFlow<()> = query.visit(&mut names);
    names.0.contains(name)
}

struct Names(BTreeSet<String>);

impl Visitor for Names {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.0.insert(key(&TableName::of(relation).full()));
        ControlFlow::Continue(())
    }
}
