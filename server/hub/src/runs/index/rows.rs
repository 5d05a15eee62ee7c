//! Facts of the analysis as rows of the catalogue, with derived ids and sealed hashes.

use std::collections::HashMap;

use metasync_analysis::{Language, ObjectFact, Target};
use metasync_protocol::{Compact, FileRow, ObjectRow, RowHash, bundle, ids};
use metasync_sources::FileContent;
use serde_json::Value;
use uuid::Uuid;

/// Makes rows of one branch of a connection.
#[derive(Clone, Copy)]
pub(in crate::runs) struct Rows<'a> {
    pub(in crate::runs) connection: Uuid,
    /// Only where it is not the connection's own.
    pub(in crate::runs) branch: Option<&'a str>,
}

impl Rows<'_> {
    pub(in crate::runs) fn file_id(&self, path: &str) -> Uuid {
        ids::file(self.connection, self.branch, path)
    }

    pub(in crate::runs) fn file(&self, path: &str, size: u64, content_hash: &str) -> FileRow {
        let mut row = FileRow {
            id: self.file_id(path),
            connection_id: self.connection,
            relative_path: path.to_owned(),
            language: Language::of_path(path).as_str().to_owned(),
            content_hash: content_hash.to_owned(),
            size,
            branch: self.branch.map(str::to_owned),
            row_hash: RowHash::default(),
        };
        row.seal();
        row
    }

    pub(in crate::runs) fn file_of(&self, content: &FileContent) -> FileRow {
        self.file(&content.path, content.size, &content.content_hash)
    }

    pub(in crate::runs) fn object_id(&self, object_type: &str, full_name: &str) -> Uuid {
        ids::object(self.connection, self.branch, object_type, full_name)
    }

    /// The object with what it owns. Targets within the facts become ids; the rest keep their names.
    pub(in crate::runs) fn object(&self, fact: ObjectFact) -> (ObjectRow, Compact) {
        let mut owned = Compact {
            columns: Vec::with_capacity(fact.columns.len()),
            dependencies: fact
                .dependencies
                .into_iter()
                .map(|d| {
                    let (id, name) = self.target(d.target);
                    (id, name, d.dependency_type)
                })
                .collect(),
            lineage: fact
                .lineage
                .into_iter()
                .map(|l| {
                    let (id, name) = self.target(l.source);
                    (id, name, l.source_column, l.target_column, l.transformation)
                })
                .collect(),
        };
        let mut tests = HashMap::new();
        for column in fact.columns {
            if !column.tests.is_empty() {
                tests.insert(column.name.clone(), column.tests);
            }
            owned
                .columns
                .push((column.name, column.data_type, column.description));
        }
        owned.normalize();
        let mut row = ObjectRow {
            id: self.object_id(&fact.object_type, &fact.full_name),
            connection_id: self.connection,
            file_id: fact.path.as_deref().map(|path| self.file_id(path)),
            name: fact.name,
            full_name: fact.full_name,
            object_type: fact.object_type,
            description: fact.description,
            metadata: with_column_tests(fact.metadata, tests),
            line_start: fact.line_start,
            line_end: fact.line_end,
            branch: self.branch.map(str::to_owned),
            row_hash: RowHash::default(),
        };
        row.row_hash = bundle::compact_hash(&row, &owned);
        (row, owned)
    }

    fn target(&self, target: Target) -> (Option<Uuid>, Option<String>) {
        match target {
            Target::Object {
                object_type,
                full_name,
            } => (Some(self.object_id(&object_type, &full_name)), None),
            Target::Unknown { name } => (None, Some(name)),
        }
    }
}

/// Column rows carry no tests on the wire; they stand in the object's metadata, by column.
fn with_column_tests(metadata: Value, tests: HashMap<String, Vec<String>>) -> Value {
    if tests.is_empty() {
        return metadata;
    }
    let tests = serde_json::to_value(tests).unwrap_or_default();
    match metadata {
        Value::Null => serde_json::json!({ "column_tests": tests }),
        Value::Object(mut members) => {
            members.entry("column_tests").or_insert(tests);
            Value::Object(members)
        }
        other => other,
    }
}
