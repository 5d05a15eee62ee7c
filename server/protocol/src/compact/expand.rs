//! From the compact form to the rows of the JSON form.

use serde_json::Value;

use super::{CompactObject, CompactPage, CompactRows};
use crate::{
    bundle::Compact,
    catalog::{FileRow, ObjectRow},
    package::{PackageMetadata, SyncPackage},
};

impl CompactPage {
    /// The same page with all ids, as JSON carries it.
    pub fn expand(self) -> SyncPackage {
        let rows = self.rows;
        let mut metadata = PackageMetadata::default();
        for file in &rows.files {
            metadata.files.push(FileRow {
                id: rows.id(file.id),
                connection_id: rows.id(file.connection),
                relative_path: file.relative_path.clone(),
                language: rows.word(file.language).to_owned(),
                content_hash: file.content_hash.to_string(),
                size: file.size,
                branch: file.branch.map(|word| rows.word(word).to_owned()),
                row_hash: file.row_hash,
            });
        }
        for object in &rows.objects {
            let row = rows.object_row(object);
            let (columns, dependencies, lineage) = rows.owned(object).expand(row.id);
            metadata.objects.push(row);
            metadata.columns.extend(columns);
            metadata.dependencies.extend(dependencies);
            metadata.columns_lineage.extend(lineage);
        }
        metadata.dependencies.extend(rows.dependencies);
        metadata.columns_lineage.extend(rows.columns_lineage);
        metadata.deleted = rows.deleted;
        SyncPackage {
            metadata,
            documentation: rows.documentation,
            sync_metadata: self.sync_metadata,
        }
    }
}

impl CompactRows {
    fn object_row(&self, object: &CompactObject) -> ObjectRow {
        let metadata = object.metadata.as_deref();
        ObjectRow {
            id: self.id(object.id),
            connection_id: self.id(object.connection),
            file_id: object.file.map(|id| self.id(id)),
            name: object.name.clone(),
            full_name: object.full_name.clone(),
            object_type: self.word(object.object_type).to_owned(),
            description: object.description.clone(),
            metadata: metadata.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_default()),
            line_start: object.line_start,
            line_end: object.line_end,
            branch: object.branch.map(|word| self.word(word).to_owned()),
            row_hash: object.row_hash,
        }
    }

    fn owned(&self, object: &CompactObject) -> Compact {
        let word = |number: u32| self.word(number).to_owned();
        Compact {
            columns: object
                .columns
                .iter()
                .map(|c| (word(c.name), c.data_type.map(word), c.description.clone()))
                .collect(),
            dependencies: object
                .dependencies
                .iter()
                .map(|d| {
                    (
                        d.target.map(|id| self.id(id)),
                        d.target_name.map(word),
                        word(d.dependency_type),
                    )
                })
                .collect(),
            lineage: object
                .lineage
                .iter()
                .map(|l| {
                    (
                        l.source.map(|id| self.id(id)),
                        l.source_name.map(word),
                        word(l.source_column),
                        word(l.target_column),
                        word(l.transformation),
                    )
                })
                .collect(),
        }
    }
}
