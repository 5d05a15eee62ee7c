//! Statements: what each makes or changes.

use std::rc::Rc;

use sqlparser::ast::{
    AlterTableOperation, Assignment, AssignmentTarget, ColumnOption, CommentDef, CreateTable,
    CreateTableLikeKind, CreateView, Delete, Expr, FromTable, Insert, Merge, MergeAction, MergeInsertKind,
    MergeUpdateKind, MultiTableInsertValue, SetExpr, Statement, TableFactor, TableObject, TableWithJoins,
    Update, UpdateTableFromKind,
};

use super::names::{TableName, key, shown};
use super::rows::{Column, Kind, Origins, Rows, absorb};
use super::scope::{Relation, Scope};
use super::{Session, TableSchema};
use crate::Dialect;

/// What a statement does to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// A new table.
    Table,
    /// A new temporary table.
    TemporaryTable,
    /// A new view.
    View,
    /// A new materialized view.
    MaterializedView,
    /// Rows of a table that may be defined elsewhere.
    Filled,
    /// Nothing: a query on its own.
    Query,
}

/// A column of what a statement writes.
#[derive(Debug, Clone)]
pub(crate) struct WrittenColumn {
    pub(crate) name: String,
    pub(crate) data_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) origins: Rc<Origins>,
}

/// What a statement makes or changes.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) made: Made,
    /// The target; empty for a query.
    pub(crate) target: String,
    pub(crate) description: Option<String>,
    pub(crate) columns: Vec<WrittenColumn>,
    /// Tables whose stars could not be resolved.
    pub(crate) open: Vec<Rc<str>>,
    /// Tables read.
    pub(crate) reads: Vec<Rc<str>>,
}

impl Session<'_> {
    pub(super) fn statement(&mut self, statement: &Statement) -> Vec<Write> {
        match statement {
            Statement::Query(query) => {
                if let SetExpr::Insert(inner)
                | SetExpr::Update(inner)
                | SetExpr::Merge(inner)
                | SetExpr::Delete(inner) = &*query.body
                {
                    return self.behind_with(query, inner);
                }
                let rows = self.query(query, None);
                match into(&query.body) {
                    Some(name) => vec![self.write(Made::Table, &name, rows)],
                    None => vec![self.write_query(rows)],
                }
            }
            Statement::CreateTable(create) => self.create_table(create),
            Statement::CreateView(create) => self.create_view(create),
            Statement::Insert(insert) if insert.multi_table_insert_type.is_some() => {
                self.insert_into_many(insert)
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Merge(merge) => self.merge(merge),
            Statement::Delete(delete) => {
                self.delete(delete);
                Vec::new()
            }
            Statement::AlterTable(alter) => {
                self.alter(&TableName::of(&alter.name).full(), &alter.operations);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// `WITH … INSERT …`
    fn behind_with(&mut self, query: &sqlparser::ast::Query, inner: &Statement) -> Vec<Write> {
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            let may_recurse = with.recursive || matches!(self.dialect, Dialect::Tsql | Dialect::Oracle);
            for cte in &with.cte_tables {
                let rows = self.cte(cte, may_recurse, None);
                self.ctes.push((key(&shown(&cte.alias.name)), Rc::new(rows)));
            }
        }
        let writes = self.statement(inner);
        self.ctes.truncate(before);
        writes
    }

    fn write(&mut self, made: Made, target: &str, rows: Rows) -> Write {
        let columns = rows
            .columns
            .into_iter()
            .map(|column| WrittenColumn {
                name: column.name.to_string(),
                data_type: column.data_type.map(|data_type| data_type.to_string()),
                description: None,
                origins: column.origins,
            })
            .collect();
        let reads = std::mem::take(&mut self.reads).into_iter().collect();
        let write = Write {
            made,
            target: target.to_owned(),
            description: None,
            columns,
            open: rows.open,
            reads,
        };
        if !matches!(made, Made::Filled | Made::Query) {
            self.define(&write);
        }
        write
    }

    fn write_query(&mut self, rows: Rows) -> Write {
        self.write(Made::Query, "", rows)
    }

    fn define(&mut self, write: &Write) {
        let schema = TableSchema {
            columns: write
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.data_type.clone()))
                .collect(),
            complete: write.open.is_empty() && !write.columns.is_empty(),
        };
        self.catalog.define(&write.target, &schema);
    }

    fn create_table(&mut self, create: &CreateTable) -> Vec<Write> {
        let target = TableName::of(&create.name).full();
        let mut rows = match (&create.query, &create.clone, &create.like) {
            (Some(query), _, _) => self.query(query, None),
            (None, Some(source), _) => (*self.table(&TableName::of(source).parts).1).clone(),
            (
                None,
                None,
                Some(CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like)),
            ) => {
                let mut rows = (*self.table(&TableName::of(&like.name).parts).1).clone();
                for column in &mut rows.columns {
                    column.origins = Rc::default();
                }
                rows.open.clear();
                rows
            }
            _ => Rows::default(),
        };
        for (nth, column) in create.columns.iter().enumerate() {
            let data_type = column.data_type.to_string();
            let name = shown(&column.name);
            let mut made = match rows.columns.get(nth) {
                Some(known) if create.query.is_some() => known.renamed(&name),
                _ => Column::new(&name, Origins::new()),
            };
            made.data_type = (!data_type.is_empty()).then(|| Rc::from(data_type.to_lowercase()));
            match rows.columns.get_mut(nth) {
                Some(place) if create.query.is_some() => *place = made,
                _ => rows.columns.push(made),
            }
        }
        let made = if create.temporary || create.volatile || target.starts_with('#') {
            Made::TemporaryTable
        } else {
            Made::Table
        };
        let mut write = self.write(made, &target, rows);
        for (column, defined) in write.columns.iter_mut().zip(&create.columns) {
            column.description = defined.options.iter().find_map(|option| match &option.option {
                ColumnOption::Comment(comment) => Some(comment.clone()),
                _ => None,
            });
        }
        write.description = create.comment.as_ref().map(|comment| match comment {
            CommentDef::WithEq(text) | CommentDef::WithoutEq(text) => text.clone(),
        });
        vec![write]
    }

    fn create_view(&mut self, create: &CreateView) -> Vec<Write> {
        let target = TableName::of(&create.name).full();
        let mut rows = self.query(&create.query, None);
        for (nth, column) in create.columns.iter().enumerate() {
            let name = shown(&column.name);
            match rows.columns.get_mut(nth) {
                Some(place) => *place = place.renamed(&name),
                None => rows.columns.push(Column::new(&name, Origins::new())),
            }
        }
        let made = if create.materialized {
            Made::MaterializedView
        } else {
            Made::View
        };
        // ClickHouse: `CREATE MATERIALIZED VIEW v TO t` fills t.
        let mut writes = Vec::new();
        if let Some(to) = &create.to {
            let mut filled = self.write(Made::Filled, &TableName::of(to).full(), rows.clone());
            self.reads.extend(filled.reads.iter().cloned());
            filled.target = self.catalog.name(&filled.target).to_string();
            writes.push(filled);
        }
        let mut write = self.write(made, &target, rows);
        write.description = create.comment.clone();
        writes.push(write);
        writes
    }

    /// Snowflake's and Oracle's `INSERT ALL INTO a … INTO b … SELECT`.
    fn insert_into_many(&mut self, insert: &Insert) -> Vec<Write> {
        let rows = insert
            .source
            .as_ref()
            .map(|query| self.query(query, None))
            .unwrap_or_default();
        let reads = self.reads.clone();
        let mut scope = Scope::default();
        scope
            .relations
            .push(Relation::named(Vec::new(), Vec::new(), Rc::new(rows.clone())));
        let clauses = insert
            .multi_table_into_clauses
            .iter()
            .chain(
                insert
                    .multi_table_when_clauses
                    .iter()
                    .flat_map(|clause| &clause.into_clauses),
            )
            .chain(insert.multi_table_else_clause.iter().flatten());
        let mut writes = Vec::new();
        for clause in clauses {
            let mut made = match &clause.values {
                None => rows.clone(),
                Some(values) => {
                    let mut made = Rows::default();
                    for value in &values.values {
                        let (name, origins) = match value {
                            MultiTableInsertValue::Expr(expr) => (
                                super::super::parse::short(expr),
                                self.expression(expr, &scope, &[]),
                            ),
                            MultiTableInsertValue::Default => ("default".to_owned(), Origins::new()),
                        };
                        made.columns.push(Column::new(&name, origins));
                    }
                    made
                }
            };
            for (column, name) in made.columns.iter_mut().zip(&clause.columns) {
                *column = column.renamed(&shown(name));
            }
            let name = self.target(&TableName::of(&clause.table_name));
            self.reads.clone_from(&reads);
            writes.push(self.write(Made::Filled, &name, made));
        }
        writes
    }

    fn insert(&mut self, insert: &Insert) -> Vec<Write> {
        let TableObject::TableName(name) = &insert.table else {
            return Vec::new();
        };
        let name = self.target(&TableName::of(name));
        let mut rows = match &insert.source {
            Some(query) => self.query(query, None),
            None => {
                let scope = Scope::default();
                self.assigned(&insert.assignments, &scope)
            }
        };
        let listed: Vec<String> = insert
            .columns
            .iter()
            .map(|column| TableName::of(column).last().to_owned())
            .chain(insert.after_columns.iter().map(shown))
            .collect();
        if !listed.is_empty() {
            for (column, name) in rows.columns.iter_mut().zip(&listed) {
                *column = column.renamed(name);
            }
        } else if rows.open.is_empty()
            && let Some(known) = self.catalog.complete(&name)
            && known.columns.len() >= rows.columns.len()
        {
            for (column, known) in rows.columns.iter_mut().zip(&known.columns) {
                *column = column.renamed(&known.name);
            }
        }
        vec![self.write(Made::Filled, &name, rows)]
    }

    /// The name that a table to be filled goes by.
    fn target(&self, name: &TableName) -> String {
        let full = name.full();
        if let Some(name) = self.substitutes.get(full.as_str()) {
            return name.to_string();
        }
        self.catalog.name(&full).to_string()
    }

    fn assigned(&mut self, assignments: &[Assignment], scope: &Scope<'_>) -> Rows {
        let mut rows = Rows::default();
        for assignment in assignments {
            let origins = self.expression(&assignment.value, scope, &[]);
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => {
                    rows.columns
                        .push(Column::new(TableName::of(name).last(), origins));
                }
                AssignmentTarget::Tuple(names) => {
                    // `(a, b) = (SELECT x, y …)`: by position where the right side has as many columns.
                    let parts = self.tuple(&assignment.value, scope, names.len());
                    let origins = Rc::new(origins);
                    for (nth, name) in names.iter().enumerate() {
                        let own = parts.get(nth).cloned().unwrap_or_else(|| origins.clone());
                        rows.columns.push(Column::shared(TableName::of(name).last(), own));
                    }
                }
            }
        }
        rows
    }

    fn tuple(&mut self, value: &Expr, scope: &Scope<'_>, width: usize) -> Vec<Rc<Origins>> {
        match value {
            Expr::Subquery(query) => {
                let rows = self.query(query, Some(scope));
                if rows.columns.len() == width {
                    return rows.columns.into_iter().map(|column| column.origins).collect();
                }
                Vec::new()
            }
            Expr::Tuple(exprs) if exprs.len() == width => exprs
                .iter()
                .map(|expr| Rc::new(self.expression(expr, scope, &[])))
                .collect(),
            Expr::Nested(inner) => self.tuple(inner, scope, width),
            _ => Vec::new(),
        }
    }

    fn update(&mut self, update: &Update) -> Vec<Write> {
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
        let rows = self.assigned(&update.assignments, &scope);
        let Some((name, _)) = written else {
            return Vec::new();
        };
        let target = self.target(aliased.as_ref().unwrap_or(&name));
        vec![self.changed(&target, rows)]
    }

    fn merge(&mut self, merge: &Merge) -> Vec<Write> {
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
                            let fallback = super::super::parse::short(expr);
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

    fn delete(&mut self, delete: &Delete) {
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

    fn alter(&mut self, table: &str, operations: &[AlterTableOperation]) {
        let Some(known) = self.catalog.complete(table) else {
            return;
        };
        let mut columns: Vec<_> = known
            .columns
            .iter()
            .map(|column| {
                (
                    column.name.to_string(),
                    column.data_type.as_deref().map(str::to_owned),
                )
            })
            .collect();
        for operation in operations {
            match operation {
                AlterTableOperation::AddColumn { column_def, .. } => {
                    columns.push((
                        shown(&column_def.name),
                        Some(column_def.data_type.to_string().to_lowercase()),
                    ));
                }
                AlterTableOperation::DropColumn { column_names, .. } => {
                    columns
                        .retain(|(name, _)| !column_names.iter().any(|gone| key(&gone.value) == key(name)));
                }
                AlterTableOperation::RenameColumn {
                    old_column_name,
                    new_column_name,
                } => {
                    for (name, _) in &mut columns {
                        if key(name) == key(&old_column_name.value) {
                            *name = shown(new_column_name);
                        }
                    }
                }
                _ => {}
            }
        }
        self.catalog.define(
            table,
            &TableSchema {
                columns,
                complete: true,
            },
        );
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
            column.origins = Rc::new(origins);
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

/// The target of `SELECT … INTO t`.
fn into(body: &SetExpr) -> Option<String> {
    match body {
        SetExpr::Select(select) => {
            let targets = &select.into.as_ref()?.targets;
            match targets.first()? {
                Expr::Identifier(ident) => Some(shown(ident)),
                Expr::CompoundIdentifier(parts) => {
                    Some(parts.iter().map(shown).collect::<Vec<_>>().join("."))
                }
                _ => None,
            }
        }
        SetExpr::SetOperation { left, .. } => into(left),
        _ => None,
    }
}
