//! Statements: what each makes or changes.

use std::sync::Arc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, ColumnOption, CommentDef, CreateTable, CreateTableLikeKind, CreateView,
    DataType, Expr, HiveDistributionStyle, ObjectType, SetExpr, Statement,
};

use super::names::{TableName, key, shown};
use super::query::named;
use super::rows::{Column, Origins, Rows};
use super::scope::Scope;
use super::{Session, TableSchema};
use crate::Dialect;
use crate::jinja::mask::mentions_placeholder;
use crate::sql::rewrite::{TYPED, UNTYPED};

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
    /// Other columns of a table; `columns` are all of them as they are now.
    Altered,
    /// What people say about a table or some of its columns.
    Described,
    /// The table is gone.
    Dropped,
    /// The table has another name, `new_name`.
    Renamed,
}

impl Made {
    /// Whether it changes an object rather than makes one or flows into one.
    pub(crate) const fn is_change(self) -> bool {
        matches!(
            self,
            Self::Altered | Self::Described | Self::Dropped | Self::Renamed
        )
    }
}

/// A column of what a statement writes.
#[derive(Debug, Clone)]
pub(crate) struct WrittenColumn {
    pub(crate) name: String,
    pub(crate) data_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) origins: Arc<Origins>,
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
    pub(crate) open: Vec<Arc<str>>,
    /// Tables read.
    pub(crate) reads: Vec<Arc<str>>,
    /// Whether there are columns whose names only Jinja knows.
    pub(crate) hides: bool,
    /// Of what is renamed.
    pub(crate) new_name: Option<String>,
    /// Columns that have other names now: before and after.
    pub(crate) renamed_columns: Vec<(String, String)>,
}

impl Write {
    /// Whether `columns` are all.
    pub(crate) fn is_complete(&self) -> bool {
        self.open.is_empty() && !self.hides && !self.columns.is_empty()
    }
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
                if only_assigns(&query.body) {
                    return Vec::new();
                }
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
            Statement::AlterTable(alter) => self.alter(&TableName::of(&alter.name).full(), &alter.operations),
            Statement::RenameTable(renames) => renames
                .iter()
                .flat_map(|rename| self.rename(&TableName::of(&rename.old_name).full(), &rename.new_name))
                .collect(),
            Statement::Drop {
                object_type: ObjectType::Table | ObjectType::View | ObjectType::MaterializedView,
                names,
                ..
            } => names
                .iter()
                .map(|name| self.drop(&TableName::of(name).full()))
                .collect(),
            Statement::AlterView {
                name, columns, query, ..
            } => {
                let rows = self.query(query, None);
                let names: Vec<String> = columns.iter().map(shown).collect();
                vec![self.write(Made::View, &TableName::of(name).full(), named(rows, &names))]
            }
            Statement::Comment {
                object_type,
                object_name,
                comment: Some(comment),
                ..
            } => self.describe(*object_type, &TableName::of(object_name), comment),
            Statement::Cache {
                table_name,
                query: Some(query),
                ..
            } => {
                let rows = self.query(query, None);
                vec![self.write(Made::TemporaryTable, &TableName::of(table_name).full(), rows)]
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
                self.ctes.push((key(&shown(&cte.alias.name)), Arc::new(rows)));
            }
        }
        let writes = self.statement(inner);
        self.ctes.truncate(before);
        writes
    }

    pub(super) fn write(&mut self, made: Made, target: &str, mut rows: Rows) -> Write {
        let hides = self.masked && without_placeholders(&mut rows);
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
            hides,
            new_name: None,
            renamed_columns: Vec::new(),
        };
        if matches!(
            made,
            Made::Table | Made::TemporaryTable | Made::View | Made::MaterializedView
        ) {
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
            complete: write.is_complete(),
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
                    column.origins = Arc::default();
                }
                rows.open.clear();
                rows
            }
            _ => Rows::default(),
        };
        if create.query.is_some() {
            let names: Vec<String> = create.columns.iter().map(|column| shown(&column.name)).collect();
            rows = named(rows, &names);
        }
        for (nth, column) in create.columns.iter().enumerate() {
            let data_type = typed(&column.data_type);
            let name = shown(&column.name);
            let mut made = match rows.columns.get(nth) {
                Some(known) if create.query.is_some() => known.renamed(&name),
                _ => Column::new(&name, Origins::new()),
            };
            made.data_type =
                (!data_type.is_empty() && data_type != UNTYPED).then(|| Arc::from(data_type.to_lowercase()));
            match rows.columns.get_mut(nth) {
                Some(place) if create.query.is_some() => *place = made,
                _ => rows.columns.push(made),
            }
        }
        if let HiveDistributionStyle::PARTITIONED { columns } = &create.hive_distribution {
            for column in columns {
                let mut made = Column::new(&shown(&column.name), Origins::new());
                let data_type = typed(&column.data_type);
                made.data_type = (!data_type.is_empty()).then(|| Arc::from(data_type.to_lowercase()));
                if rows.find(&made.key).is_none() {
                    rows.columns.push(made);
                }
            }
        }
        let made = if create.temporary || create.volatile || target.starts_with(['#', '@']) {
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
        let names: Vec<String> = create.columns.iter().map(|column| shown(&column.name)).collect();
        rows = named(rows, &names);
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

    /// The name that a table to be filled goes by.
    pub(super) fn target(&self, name: &TableName) -> String {
        let full = name.full();
        if let Some(name) = self.substitutes.get(full.as_str()) {
            return name.to_string();
        }
        self.catalog.name(&full).to_string()
    }

    pub(super) fn assigned(&mut self, assignments: &[Assignment], scope: &Scope<'_>) -> Rows {
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
                    let origins = Arc::new(origins);
                    for (nth, name) in names.iter().enumerate() {
                        let own = parts.get(nth).cloned().unwrap_or_else(|| origins.clone());
                        rows.columns.push(Column::shared(TableName::of(name).last(), own));
                    }
                }
            }
        }
        rows
    }

    fn tuple(&mut self, value: &Expr, scope: &Scope<'_>, width: usize) -> Vec<Arc<Origins>> {
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
                .map(|expr| Arc::new(self.expression(expr, scope, &[])))
                .collect(),
            Expr::Nested(inner) => self.tuple(inner, scope, width),
            _ => Vec::new(),
        }
    }
}

/// A type as written, empty for what has none.
pub(super) fn typed(data_type: &DataType) -> String {
    let shown = data_type.to_string();
    if shown == UNTYPED {
        return String::new();
    }
    match shown.strip_prefix(TYPED) {
        Some(inner) => inner
            .trim_start_matches("('")
            .trim_start_matches('(')
            .trim_end_matches(')')
            .trim_end_matches('\'')
            .to_owned(),
        None => shown,
    }
}

/// Takes out what only Jinja knows the name of; whether there were such columns.
fn without_placeholders(rows: &mut Rows) -> bool {
    let before = rows.columns.len();
    rows.columns.retain(|column| !mentions_placeholder(&column.name));
    for column in &mut rows.columns {
        if column
            .data_type
            .as_ref()
            .is_some_and(|name| mentions_placeholder(name))
        {
            column.data_type = None;
        }
        if column
            .origins
            .keys()
            .any(|(_, source_column)| mentions_placeholder(source_column))
        {
            let mut origins = (*column.origins).clone();
            origins.retain(|(_, source_column), _| !mentions_placeholder(source_column));
            column.origins = Arc::new(origins);
        }
    }
    rows.columns.len() < before
}

/// T-SQL's `SELECT @a = b FROM t`: no rows.
fn only_assigns(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => {
            !select.projection.is_empty() && select.projection.iter().all(super::select::assigns_variable)
        }
        _ => false,
    }
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
