//! Rows of a page, from the database into the form of the answer.

use metasync_protocol::{
    Compact, Deleted, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow, PackageMetadata, Page,
    SyncMetadata, SyncPackage,
    compact::{CompactBuilder, OwnedText},
};
use uuid::Uuid;

use super::{PageForm, read::Kind};
use crate::{
    database::Row,
    documentation::documentation_row,
    error::{Result, StoreError},
    rows::{hash, id, json, number, optional_id},
};

/// The rows of a page.
pub(super) struct Rows {
    core: Core,
    documentation: Vec<DocumentationRow>,
    /// Edges between connections.
    pairs: (Vec<DependencyRow>, Vec<LineageRow>),
    deleted: Deleted,
}

/// Files and objects, in the form of the answer: putting them together in one and taking them apart
/// for the other would cost more than reading them.
enum Core {
    Rows(Box<PackageMetadata>),
    Compact(Box<CompactBuilder>),
}

impl Rows {
    /// None yet.
    pub(super) fn of(form: PageForm) -> Rows {
        Rows {
            core: match form {
                PageForm::Rows => Core::Rows(Box::default()),
                PageForm::Compact => Core::Compact(Box::default()),
            },
            documentation: Vec::new(),
            pairs: Default::default(),
            deleted: Deleted::default(),
        }
    }

    /// How many objects and files there are.
    pub(super) fn counts(&self) -> (u64, u64) {
        let (objects, files) = match &self.core {
            Core::Rows(rows) => (rows.objects.len(), rows.files.len()),
            Core::Compact(rows) => (rows.objects(), rows.files()),
        };
        (objects as u64, files as u64)
    }

    /// The page: edges between connections after those of objects.
    pub(super) fn finish(mut self, sync_metadata: SyncMetadata) -> Page {
        match self.core {
            Core::Rows(mut metadata) => {
                metadata.dependencies.append(&mut self.pairs.0);
                metadata.columns_lineage.append(&mut self.pairs.1);
                metadata.deleted = self.deleted;
                Page::Rows(Box::new(SyncPackage {
                    metadata: *metadata,
                    documentation: self.documentation,
                    sync_metadata,
                }))
            }
            Core::Compact(rows) => {
                let page = rows.finish(self.documentation, self.pairs, self.deleted, sync_metadata);
                Page::Compact(Box::new(page))
            }
        }
    }

    /// Adds a row as it was read.
    pub(super) fn push(&mut self, kind: Kind, row: &Row) -> Result<()> {
        if !row.try_get::<bool, _>("live")? {
            self.delete(kind, id(row, "id")?);
            return Ok(());
        }
        match kind {
            Kind::File => match &mut self.core {
                Core::Rows(rows) => rows.files.push(file_row(row)?),
                Core::Compact(rows) => rows.file(file_row(row)?),
            },
            Kind::Documentation => self.documentation.push(documentation_row(row)?),
            Kind::PairDependency => self.pairs.0.push(json(row, "edge")?),
            Kind::PairLineage => self.pairs.1.push(json(row, "edge")?),
            Kind::Object => match &mut self.core {
                Core::Rows(rows) => push_object(rows, row)?,
                Core::Compact(rows) => {
                    let metadata: &str = row.try_get("metadata")?;
                    let metadata = (metadata != "null").then(|| metadata.to_owned());
                    let owned: &str = row.try_get("owned")?;
                    let owned = OwnedText::parse(owned).map_err(|e| StoreError::row("JSON", "owned", e))?;
                    rows.object(object_row(row)?, metadata, &owned);
                }
            },
        }
        Ok(())
    }

    /// Adds what is gone.
    pub(super) fn delete(&mut self, kind: Kind, id: Uuid) {
        let deleted = &mut self.deleted;
        match kind {
            Kind::File => deleted.files.push(id),
            Kind::Object => deleted.objects.push(id),
            Kind::Documentation => deleted.documentation.push(id),
            Kind::PairDependency => deleted.dependencies.push(id),
            Kind::PairLineage => deleted.columns_lineage.push(id),
        }
    }
}

fn push_object(rows: &mut PackageMetadata, row: &Row) -> Result<()> {
    let mut object = object_row(row)?;
    object.metadata = json(row, "metadata")?;
    let owned: Compact = json(row, "owned")?;
    let (columns, dependencies, lineage) = owned.expand(object.id);
    rows.objects.push(object);
    rows.columns.extend(columns);
    rows.dependencies.extend(dependencies);
    rows.columns_lineage.extend(lineage);
    Ok(())
}

fn file_row(row: &Row) -> Result<FileRow> {
    Ok(FileRow {
        id: id(row, "id")?,
        connection_id: id(row, "connection_id")?,
        relative_path: row.try_get("relative_path")?,
        language: row.try_get("language")?,
        content_hash: row.try_get("content_hash")?,
        size: number(row, "size")?,
        branch: row.try_get("branch")?,
        row_hash: hash(row, "row_hash")?,
    })
}

/// The row without its metadata, which each form keeps in its own way.
fn object_row(row: &Row) -> Result<ObjectRow> {
    Ok(ObjectRow {
        id: id(row, "id")?,
        connection_id: id(row, "connection_id")?,
        file_id: optional_id(row, "file_id")?,
        name: row.try_get("name")?,
        full_name: row.try_get("full_name")?,
        object_type: row.try_get("object_type")?,
        description: row.try_get("description")?,
        metadata: serde_json::Value::Null,
        line_start: line(row, "line_start")?,
        line_end: line(row, "line_end")?,
        branch: row.try_get("branch")?,
        row_hash: hash(row, "row_hash")?,
    })
}

fn line(row: &Row, column: &'static str) -> Result<Option<u32>> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|value| u32::try_from(value).map_err(|e| StoreError::row("objects", column, e)))
        .transpose()
}
