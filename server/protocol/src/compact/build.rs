//! From rows to the compact form.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    ColumnRef, CompactFile, CompactObject, CompactPage, CompactRows, ContentHash, DependencyRef, IdRef,
    LineageRef, WordRef,
};
use crate::{
    catalog::{DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow},
    package::{Deleted, SyncMetadata, SyncPackage},
};

/// What an object owns, in the JSON text in which a hub stores it ([`crate::Compact`]), read without a copy
/// of each word: on a page most of them repeat.
#[derive(Debug, Default, Deserialize)]
pub struct OwnedText<'a> {
    #[serde(borrow, default)]
    columns: Vec<ColumnText<'a>>,
    #[serde(borrow, default)]
    dependencies: Vec<DependencyText<'a>>,
    #[serde(borrow, default)]
    lineage: Vec<LineageText<'a>>,
}

/// As [`crate::bundle::CompactColumn`].
type ColumnText<'a> = (Word<'a>, Option<Word<'a>>, Option<Word<'a>>);
/// As [`crate::bundle::CompactDependency`].
type DependencyText<'a> = (Option<Uuid>, Option<Word<'a>>, Word<'a>);
/// As [`crate::bundle::CompactLineage`].
type LineageText<'a> = (Option<Uuid>, Option<Word<'a>>, Word<'a>, Word<'a>, Word<'a>);

/// Serde borrows a text only where a type of its own says so.
#[derive(Debug, Deserialize)]
struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> OwnedText<'a> {
    /// Reads the JSON text.
    ///
    /// # Errors
    /// For whatever is no [`crate::Compact`].
    pub fn parse(json: &'a str) -> Result<OwnedText<'a>, serde_json::Error> {
        serde_json::from_str(json)
    }
}

/// Makes a page row by row, giving numbers to what repeats.
#[derive(Debug, Default)]
pub struct CompactBuilder {
    ids: HashMap<Uuid, IdRef>,
    words: HashMap<String, WordRef>,
    rows: CompactRows,
}

impl CompactBuilder {
    /// A page with nothing on it.
    pub fn new() -> CompactBuilder {
        CompactBuilder::default()
    }

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

    /// Adds a file.
    pub fn file(&mut self, row: FileRow) {
        let file = CompactFile {
            id: self.id(row.id),
            connection: self.id(row.connection_id),
            relative_path: row.relative_path,
            language: self.word(&row.language),
            content_hash: ContentHash::of(&row.content_hash),
            size: row.size,
            branch: self.optional_word(row.branch.as_deref()),
            row_hash: row.row_hash,
        };
        self.rows.files.push(file);
    }

    /// Adds an object with what it owns. `metadata` is the JSON text of the row's, which may be left
    /// `null` there.
    pub fn object(&mut self, row: ObjectRow, metadata: Option<String>, owned: &OwnedText<'_>) {
        let mut object = self.head(row, metadata);
        object.columns.reserve_exact(owned.columns.len());
        for (name, data_type, description) in &owned.columns {
            object.columns.push(ColumnRef {
                name: self.word(&name.0),
                data_type: self.optional_word(data_type.as_ref().map(|word| &*word.0)),
                description: description.as_ref().map(|text| text.0.to_string()),
            });
        }
        object.dependencies.reserve_exact(owned.dependencies.len());
        for (target, name, kind) in &owned.dependencies {
            object.dependencies.push(DependencyRef {
                target: self.optional_id(*target),
                target_name: self.optional_word(name.as_ref().map(|word| &*word.0)),
                dependency_type: self.word(&kind.0),
            });
        }
        object.lineage.reserve_exact(owned.lineage.len());
        for (source, name, source_column, target_column, transformation) in &owned.lineage {
            object.lineage.push(LineageRef {
                source: self.optional_id(*source),
                source_name: self.optional_word(name.as_ref().map(|word| &*word.0)),
                source_column: self.word(&source_column.0),
                target_column: self.word(&target_column.0),
                transformation: self.word(&transformation.0),
            });
        }
        self.rows.objects.push(object);
    }

    fn head(&mut self, row: ObjectRow, metadata: Option<String>) -> CompactObject {
        CompactObject {
            id: self.id(row.id),
            connection: self.id(row.connection_id),
            file: self.optional_id(row.file_id),
            name: row.name,
            full_name: row.full_name,
            object_type: self.word(&row.object_type),
            description: row.description,
            metadata,
            line_start: row.line_start,
            line_end: row.line_end,
            branch: self.optional_word(row.branch.as_deref()),
            row_hash: row.row_hash,
            columns: Vec::new(),
            dependencies: Vec::new(),
            lineage: Vec::new(),
        }
    }

    /// Objects so far.
    pub fn objects(&self) -> usize {
        self.rows.objects.len()
    }

    /// Files so far.
    pub fn files(&self) -> usize {
        self.rows.files.len()
    }

    /// The page, with what has no numbers. The edges are those between connections.
    pub fn finish(
        self,
        documentation: Vec<DocumentationRow>,
        (dependencies, columns_lineage): (Vec<DependencyRow>, Vec<LineageRow>),
        deleted: Deleted,
        sync_metadata: SyncMetadata,
    ) -> CompactPage {
        CompactPage {
            rows: CompactRows {
                documentation,
                dependencies,
                columns_lineage,
                deleted,
                ..self.rows
            },
            sync_metadata,
        }
    }
}

impl CompactPage {
    /// The compact form of a page whose columns stand in order, as the hub's do. Edges between
    /// connections and those of objects that are not on the page stay rows of
    /// their own; columns of such objects are left out, as a client would.
    pub fn of(package: SyncPackage) -> CompactPage {
        let mut numbers = CompactBuilder::new();
        let (mut pair_dependencies, mut pair_lineage) = (Vec::new(), Vec::new());
        let metadata = package.metadata;
        for row in metadata.files {
            numbers.file(row);
        }
        let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(metadata.objects.len());
        for (place, row) in metadata.objects.into_iter().enumerate() {
            places.insert(row.id, place);
            let text = (row.metadata != Value::Null).then(|| row.metadata.to_string());
            numbers.object(row, text, &OwnedText::default());
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
                pair_dependencies.push(row);
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
                pair_lineage.push(row);
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
        numbers.finish(
            package.documentation,
            (pair_dependencies, pair_lineage),
            metadata.deleted,
            package.sync_metadata,
        )
    }
}
