//! Statements that change tables: ALTER, DROP, RENAME, COMMENT.

use std::sync::Arc;

use sqlparser::ast::{
    AlterColumnOperation, AlterTableOperation, CommentObject, ObjectName, RenameTableNameKind,
};

use super::names::{TableName, key, shown};
use super::rows::Rows;
use super::statement::{Made, Write, WrittenColumn, typed};
use super::{Session, TableSchema};

impl Session<'_> {
    /// ALTER TABLE: what becomes of its columns, as far as they are known.
    pub(super) fn alter(&mut self, table: &str, operations: &[AlterTableOperation]) -> Vec<Write> {
        let mut writes = Vec::new();
        let name = self.catalog.name(table).to_string();
        let (known, complete) = self.catalog.as_known(table);
        let mut columns: Vec<(String, Option<String>)> = known
            .map(|rows| {
                rows.columns
                    .iter()
                    .map(|column| {
                        let data_type = column.data_type.as_deref().map(str::to_owned);
                        (column.name.to_string(), data_type)
                    })
                    .collect()
            })
            .unwrap_or_default();
        let mut renamed = Vec::new();
        let mut changes = false;
        for operation in operations {
            match operation {
                AlterTableOperation::RenameTable {
                    table_name: RenameTableNameKind::As(new) | RenameTableNameKind::To(new),
                } => {
                    writes.extend(self.rename(&name, new));
                    continue;
                }
                AlterTableOperation::AddColumn { column_def, .. } => {
                    let data_type = typed(&column_def.data_type).to_lowercase();
                    let added = shown(&column_def.name);
                    if !columns.iter().any(|(name, _)| key(name) == key(&added)) {
                        columns.push((added, Some(data_type).filter(|name| !name.is_empty())));
                    }
                }
                AlterTableOperation::DropColumn { column_names, .. } => {
                    columns
                        .retain(|(name, _)| !column_names.iter().any(|gone| key(&gone.value) == key(name)));
                }
                AlterTableOperation::RenameColumn {
                    old_column_name: old,
                    new_column_name: new,
                } => {
                    rename_column(&mut columns, &old.value, &shown(new));
                    renamed.push((shown(old), shown(new)));
                }
                AlterTableOperation::ChangeColumn {
                    old_name,
                    new_name,
                    data_type,
                    ..
                } => {
                    rename_column(&mut columns, &old_name.value, &shown(new_name));
                    retype(&mut columns, &new_name.value, &typed(data_type));
                    renamed.push((shown(old_name), shown(new_name)));
                }
                AlterTableOperation::ModifyColumn {
                    col_name, data_type, ..
                } => retype(&mut columns, &col_name.value, &typed(data_type)),
                AlterTableOperation::AlterColumn {
                    column_name,
                    op: AlterColumnOperation::SetDataType { data_type, .. },
                } => retype(&mut columns, &column_name.value, &typed(data_type)),
                _ => continue,
            }
            changes = true;
        }
        if changes {
            let schema = TableSchema { columns, complete };
            self.catalog.define(&name, &schema);
            let mut write = self.write(Made::Altered, &name, Rows::default());
            write.columns = schema.columns.into_iter().map(column).collect();
            if !complete {
                write.open.push(name.into());
            }
            write.renamed_columns = renamed;
            writes.insert(0, write);
        }
        self.reads.clear();
        writes
    }

    /// Another name for a table; one without a schema stays in the old one's.
    pub(super) fn rename(&mut self, old: &str, new: &ObjectName) -> Vec<Write> {
        let old = self.catalog.name(old).to_string();
        let new = TableName::of(new);
        let target = match (new.parts.as_slice(), old.rsplit_once('.')) {
            ([only], Some((schema, _))) => format!("{schema}.{only}"),
            _ => new.full(),
        };
        let (known, complete) = self.catalog.as_known(&old);
        let schema = TableSchema {
            columns: known
                .map(|rows| {
                    let columns = rows.columns.iter();
                    columns
                        .map(|column| {
                            let data_type = column.data_type.as_deref().map(str::to_owned);
                            (column.name.to_string(), data_type)
                        })
                        .collect()
                })
                .unwrap_or_default(),
            complete,
        };
        self.catalog.forget(&old);
        self.catalog.define(&target, &schema);
        let mut write = self.write(Made::Renamed, &old, Rows::default());
        write.new_name = Some(target);
        vec![write]
    }

    pub(super) fn drop(&mut self, table: &str) -> Write {
        let name = self.catalog.name(table).to_string();
        self.catalog.forget(&name);
        self.reads.clear();
        self.write(Made::Dropped, &name, Rows::default())
    }

    /// COMMENT ON.
    pub(super) fn describe(&mut self, about: CommentObject, name: &TableName, text: &str) -> Vec<Write> {
        let mut parts = name.parts.clone();
        let is_column = matches!(about, CommentObject::Column);
        let column_name = if is_column { parts.pop() } else { None };
        if !is_column
            && !matches!(
                about,
                CommentObject::Table | CommentObject::View | CommentObject::MaterializedView
            )
            || parts.is_empty()
        {
            return Vec::new();
        }
        let target = self.catalog.name(&parts.join(".")).to_string();
        let mut write = self.write(Made::Described, &target, Rows::default());
        match column_name {
            Some(name) => write.columns.push(WrittenColumn {
                description: Some(text.to_owned()),
                ..column((name, None))
            }),
            None => write.description = Some(text.to_owned()),
        }
        vec![write]
    }
}

fn column((name, data_type): (String, Option<String>)) -> WrittenColumn {
    WrittenColumn {
        name,
        data_type,
        description: None,
        origins: Arc::default(),
    }
}

fn rename_column(columns: &mut [(String, Option<String>)], old: &str, new: &str) {
    for (name, _) in columns.iter_mut().filter(|(name, _)| key(name) == key(old)) {
        new.clone_into(name);
    }
}

fn retype(columns: &mut [(String, Option<String>)], column: &str, data_type: &str) {
    for (_, known) in columns.iter_mut().filter(|(name, _)| key(name) == key(column)) {
        *known = Some(data_type.to_lowercase());
    }
}
