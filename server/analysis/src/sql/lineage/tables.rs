//! Tables that statements name, without looking into columns: for the order in which files are read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, Statement, TableObject, Visit, Visitor};

use super::names::{TableName, key};

/// The names (lower case) of what a statement creates, fills or alters.
pub(crate) fn provides(statement: &Statement) -> Option<String> {
    let name = match statement {
        Statement::CreateTable(create) => &create.name,
        Statement::CreateView(create) => &create.name,
        Statement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => name,
            _ => return None,
        },
        Statement::AlterTable(alter) => &alter.name,
        Statement::AlterView { name, .. } => name,
        _ => return None,
    };
    Some(key(&TableName::of(name).full()))
}

/// Whether a statement creates what it provides.
pub(crate) fn creates(statement: &Statement) -> bool {
    matches!(statement, Statement::CreateTable(_) | Statement::CreateView(_))
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
