//! From rows to the compact form.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::{
    ColumnRef, CompactFile, CompactObject, CompactPage, CompactRows, ContentHash, DependencyRef, IdRef,
    LineageRef, WordRef,
};
use crate::{
    catalog::{FileRow, ObjectRow},
    package::SyncPackage,
};

/// Gives numbers to what repeats.
#[derive(Default)]
struct Numbers {
    ids: HashMap<Uuid, IdRef>,
    words: HashMap<String, WordRef>,
    rows: CompactRows,
}

impl Numbers {
    fn id(&mut self, id: Uuid) -> IdRef {
        *self.ids.entry(id).or_insert_with(|| {
            self.rows.ids.push(id);
            self.rows.ids.len() as IdRef - 1
        })
    }

    fn word(&mut self, word: &str) -> WordRef {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.rows.words.len() as WordRef;
        self.rows.words.push(word.to_owned());
        self.words.insert(word.to_owned(), number);
        number
    }

    fn optional_id(&mut self, id: Option<Uuid>) -> Option<IdRef> {
        id.map(|id| self.id(id))
    }

    fn optional_word(&mut self, word: Option<&str>) -> Option<WordRef> {
        word.map(|word| self.word(word))
    }

    fn file(&mut self, row: &FileRow) {
        let file = CompactFile {
            id: self.id(row.id),
            connection: self.id(row.connection_id),
            relative_path: row.relative_path.clone(),
            language: self.word(&row.language),
            content_hash: ContentHash::of(&row.content_hash),
            size: row.size,
            branch: self.optional_word(row.branch.as_deref()),
            row_hash: row.row_hash,
        };
        self.rows.files.push(file);
    }

    fn object(&mut self, row: &ObjectRow) {
        let object = CompactObject {
            id: self.id(row.id),
            connection: self.id(row.connection_id),
            file: self.optional_id(row.file_id),
            name: row.name.clone(),
            full_name: row.full_name.clone(),
            object_type: self.word(&row.object_type),
            description: row.description.clone(),
            metadata: (row.metadata != Value::Null).then(|| row.metadata.to_string()),
            line_start: row.line_start,
            line_end: row.line_end,
            branch: self.optional_word(row.branch.as_deref()),
            row_hash: row.row_hash,
            columns: Vec::new(),
            dependencies: Vec::new(),
            lineage: Vec::new(),
        };
        self.rows.objects.push(object);
    }
}

impl CompactPage {
    /// The compact form of a page whose columns stand in order, as the hub's do. Edges between
    /// connections and those of objects that are not on the page stay rows of
    /// their own; columns of such objects are left out, as a client would.
    pub fn of(package: SyncPackage) -> CompactPage {
        let mut numbers = Numbers::default();
        let metadata = package.metadata;
        for row in &metadata.files {
            numbers.file(row);
        }
        let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(metadata.objects.len());
        for (place, row) in metadata.objects.iter().enumerate() {
            numbers.object(row);
            places.insert(row.id, place);
        }
        for row in &metadata.columns {
            if let Some(place) = places.get(&row.object_id) {
                let column = ColumnRef {
                    name: numbers.word(&row.name),
                    data_type: numbers.optional_word(row.data_type.as_deref()),
                    description: row.description.clone(),
                };
                numbers.rows.objects[*place].columns.push(column);
            }
        }
        for row in metadata.dependencies {
            let owner = places.get(&row.source_object_id);
            let Some(place) = owner.filter(|_| row.pair.is_none()) else {
                numbers.rows.dependencies.push(row);
                continue;
            };
            let dependency = DependencyRef {
                target: numbers.optional_id(row.target_object_id),
                target_name: numbers.optional_word(row.target_name.as_deref()),
                dependency_type: numbers.word(&row.dependency_type),
            };
            numbers.rows.objects[*place].dependencies.push(dependency);
        }
        for row in metadata.columns_lineage {
            let owner = places.get(&row.target_object_id);
            let Some(place) = owner.filter(|_| row.pair.is_none()) else {
                numbers.rows.columns_lineage.push(row);
                continue;
            };
            let edge = LineageRef {
                source: numbers.optional_id(row.source_object_id),
                source_name: numbers.optional_word(row.source_name.as_deref()),
                source_column: numbers.word(&row.source_column),
                target_column: numbers.word(&row.target_column),
                transformation: numbers.word(&row.transformation),
            };
            numbers.rows.objects[*place].lineage.push(edge);
        }
        CompactPage {
            rows: CompactRows {
                documentation: package.documentation,
                deleted: metadata.deleted,
                ..numbers.rows
            },
            sync_metadata: package.sync_metadata,
        }
    }
}
