//! Statements that change the rows that are there: UPDATE, MERGE, DELETE.

use std::sync::Arc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, FromTable, Merge, MergeAction, MergeInsertKind, MergeUpdateKind,
    TableFactor, TableWithJoins, Update, UpdateTableFromKind,
};

use super::Session;
use super::names::{TableName, key, shown};
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::Scope;
use super::statement::{Made, Write};

impl Session<'_> {
    pub(super) fn update(&mut self, update: &Update) -> Vec<Write> {
        let mut scope = Scope::default();
        let written = plain_table(&update.table.relation);
        self.from(&update.table, &mut scope);
        let from: &[TableWithJoins] = match &update.from {
            Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) => tables,
            None => &[],
        };
        // T-SQL: `UPDATE x SET … FROM orders AS x`: x is an alias, no table.
        let aliased = written.as_ref().and_then(|(name, _)| aliased_table(name, from));
        if aliased.is_some() {
            scope.relations.clear();
            if let Some((name, _)) = &written {
                self.reads.remove(&self.catalog.name(&name.full()));
            }
        }
        for table in from {
            self.from(table, &mut scope);
        }
        if let Some(selection) = &update.selection {
            self.touch(selection, Some(&scope));
        }
        let Some((name, _)) = written else {
            return Vec::new();
        };
        let target = self.target(aliased.as_ref().unwrap_or(&name));
        // MySQL: `UPDATE a JOIN b … SET a.x = …, b.y = …`.
        let mut by_target: Vec<(String, Vec<Assignment>)> = vec![(target.clone(), Vec::new())];
        for assignment in &update.assignments {
            let owner = match aliased {
                Some(_) => None,
                None => self.owner(assignment, &update.table),
            };
            let owner = owner.unwrap_or_else(|| target.clone());
            match by_target.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, own)) => own.push(assignment.clone()),
                None => by_target.push((owner, vec![assignment.clone()])),
            }
        }
        let reads = self.reads.clone();
        let mut writes = Vec::new();
        for (target, assignments) in by_target {
            if assignments.is_empty() {
                continue;
            }
            let rows = self.assigned(&assignments, &scope);
            self.reads.extend(reads.iter().cloned());
            writes.push(self.changed(&target, rows));
        }
        writes
    }

    /// The table that an assignment names before its column, where it is one of those joined in an UPDATE.
    fn owner(&self, assignment: &Assignment, table: &TableWithJoins) -> Option<String> {
        let AssignmentTarget::ColumnName(column) = &assignment.target else {
            return None;
        };
        let parts = TableName::of(column).parts;
        let (_, owner) = parts.split_last()?;
        let owner = key(&owner.join("."));
        let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
        factors
            .filter_map(plain_table)
            .find(|(name, alias)| match alias {
                Some(alias) => key(alias) == owner,
                None => key(&name.full()) == owner || key(name.last()) == owner,
            })
            .map(|(name, _)| self.target(&name))
    }

    pub(super) fn merge(&mut self, merge: &Merge) -> Vec<Write> {
        let Some((name, _)) = plain_table(&merge.table) else {
            return Vec::new();
        };
        let target = self.target(&name);
        let mut sources = Scope::default();
        let lone = |relation: &TableFactor| TableWithJoins {
            relation: relation.clone(),
            joins: Vec::new(),
        };
        self.from(&lone(&merge.source), &mut sources);
        let mut both = Scope {
            relations: sources.relations.clone(),
            ..Scope::default()
        };
        self.from(&lone(&merge.table), &mut both);
        self.touch(&*merge.on, Some(&both));
        let mut rows = Rows::default();
        for clause in &merge.clauses {
            let made = match &clause.action {
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(assignments) => self.assigned(assignments, &both),
                    MergeUpdateKind::Wildcard => everything(&sources),
                },
                MergeAction::Insert(insert) => match &insert.kind {
                    MergeInsertKind::Values(values) => {
                        let listed: Vec<_> = insert
                            .columns
                            .iter()
                            .map(|name| TableName::of(name).last().to_owned())
                            .collect();
                        let known: Vec<String> = self
                            .catalog
                            .complete(&target)
                            .map(|rows| {
                                rows.columns
                                    .iter()
                                    .map(|column| column.name.to_string())
                                    .collect()
                            })
                            .unwrap_or_default();
                        let names = if listed.is_empty() { known } else { listed };
                        let mut made = Rows::default();
                        for (nth, expr) in values.rows.iter().flat_map(|row| &row.content).enumerate() {
                            let origins = self.expression(expr, &sources, &[]);
                            let fallback = super::select::made_up_name(expr).0;
                            made.columns
                                .push(Column::new(names.get(nth).unwrap_or(&fallback), origins));
                        }
                        made
                    }
                    MergeInsertKind::Row | MergeInsertKind::Wildcard => everything(&sources),
                },
                _ => Rows::default(),
            };
            rows = Rows::union(&rows, &made, true);
        }
        vec![self.changed(&target, rows)]
    }

    /// A write into an existing table, which was only read because it is written.
    fn changed(&mut self, target: &str, rows: Rows) -> Write {
        let mut write = self.write(Made::Filled, target, rows);
        let used = write
            .columns
            .iter()
            .any(|column| column.origins.keys().any(|(table, _)| **table == *target));
        if !used {
            write.reads.retain(|table| **table != *target);
        }
        write
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        let mut scope = Scope::default();
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        for table in tables.iter().chain(delete.using.iter().flatten()) {
            self.from(table, &mut scope);
        }
        if let Some(selection) = &delete.selection {
            self.touch(selection, Some(&scope));
        }
        self.reads.clear();
    }
}

fn everything(scope: &Scope<'_>) -> Rows {
    let mut rows = Rows::default();
    for relation in &scope.relations {
        let mut own = Rows {
            columns: relation.rows.columns.clone(),
            open: relation.rows.open.clone(),
        };
        for column in &mut own.columns {
            let mut origins = Origins::new();
            absorb(&mut origins, &column.origins, Kind::Plain);
            column.origins = Arc::new(origins);
        }
        rows = Rows::union(&rows, &own, true);
    }
    rows
}

/// The name and alias of a factor that is a table.
fn plain_table(factor: &TableFactor) -> Option<(TableName, Option<String>)> {
    match factor {
        TableFactor::Table { name, alias, .. } => Some((
            TableName::of(name),
            alias.as_ref().map(|alias| shown(&alias.name)),
        )),
        _ => None,
    }
}

/// The table that `name` is an alias of in a FROM clause.
fn aliased_table(name: &TableName, from: &[TableWithJoins]) -> Option<TableName> {
    let [only] = name.parts.as_slice() else {
        return None;
    };
    from.iter()
        .flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
        })
        .filter_map(plain_table)
        .find(|(_, alias)| alias.as_deref().is_some_and(|alias| key(alias) == key(only)))
        .map(|(table, _)| table)
}
