//! Rows of the catalogue as they travel (contract.md, "Seed 002": which fields each row carries).
//!
//! Times are RFC 3339 text in UTC. A field that is not known is `null`, never left out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::hash::{RowHash, RowHasher};

/// A file of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileRow {
    /// Derived from connection, branch and path ([`crate::ids::file`]).
    pub id: Uuid,
    /// The connection that the file belongs to.
    pub connection_id: Uuid,
    /// Path from the root of the repository or workspace, with `/`.
    pub relative_path: String,
    /// `sql`, `yaml`, `csv`, `python`, `markdown`, …
    pub language: String,
    /// SHA-256 of the content, lower-case hex.
    pub content_hash: String,
    /// Bytes.
    pub size: u64,
    /// The branch, where it is not the connection's default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Hash of this row.
    pub row_hash: RowHash,
}

impl FileRow {
    /// Sets `row_hash` from the other fields.
    pub fn seal(&mut self) {
        let mut h = RowHasher::new("file");
        h.id(Some(self.id));
        h.id(Some(self.connection_id));
        h.text(&self.relative_path);
        h.text(&self.language);
        h.text(&self.content_hash);
        h.number(self.size);
        h.optional(self.branch.as_deref());
        self.row_hash = h.finish();
    }
}

/// An object: a model, source, seed, table, view, macro, test, catalogue entry, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectRow {
    /// Derived from connection, branch, type and full name ([`crate::ids::object`]).
    pub id: Uuid,
    /// The connection that the object belongs to.
    pub connection_id: Uuid,
    /// The file that defines it; `null` where none does.
    pub file_id: Option<Uuid>,
    /// Short name, as one writes it in `ref()`.
    pub name: String,
    /// Name that is unique within connection and type; ends with `name`.
    pub full_name: String,
    /// `model`, `source`, `seed`, `snapshot`, `macro`, `table`, `view`, `test`, …
    pub object_type: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Whatever else is known: tags, materialization, tests, arguments, …
    pub metadata: Value,
    /// First line in its file, from 1.
    pub line_start: Option<u32>,
    /// Last line in its file, from 1.
    pub line_end: Option<u32>,
    /// The branch, where it is not the connection's default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Hash of the whole bundle: this row and all that it owns ([`crate::ObjectBundle::seal`]).
    pub row_hash: RowHash,
}

/// A column of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnRow {
    /// Derived from object and name ([`crate::ids::column`]).
    pub id: Uuid,
    /// The object that owns it.
    pub object_id: Uuid,
    /// Name as written.
    pub name: String,
    /// Place within the object, from 1.
    pub ordinal: u32,
    /// Data type as written or inferred.
    pub data_type: Option<String>,
    /// What people wrote about it.
    pub description: Option<String>,
}

/// What an edge between two connections has beside the fields of every edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PairOf {
    /// The connection of its stream: the one with the smaller id, whichever end it is.
    pub connection_id: Uuid,
    /// The other one.
    pub other_connection_id: Uuid,
    /// Hash of the edge.
    pub row_hash: RowHash,
}

impl PairOf {
    fn new(one: Uuid, other: Uuid, row_hash: RowHash) -> PairOf {
        PairOf {
            connection_id: one.min(other),
            other_connection_id: one.max(other),
            row_hash,
        }
    }
}

/// `source` depends on `target`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DependencyRow {
    /// Derived ([`crate::ids::dependency`]).
    pub id: Uuid,
    /// The object that depends.
    pub source_object_id: Uuid,
    /// What it depends on; `null` where that is not known here.
    pub target_object_id: Option<Uuid>,
    /// Name of an unknown target; between connections the name by which it was found.
    pub target_name: Option<String>,
    /// `ref`, `source`, `table`, `macro`, …
    pub dependency_type: String,
    /// Only of an edge between connections, which stands by itself: its stream and hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<PairOf>,
}

impl DependencyRow {
    /// Makes it an edge between two connections, with a hash of its other fields.
    pub fn seal(&mut self, one: Uuid, other: Uuid) {
        let mut h = RowHasher::new("pair dependency");
        h.id(Some(self.id));
        h.id(Some(self.source_object_id));
        h.id(self.target_object_id);
        h.optional(self.target_name.as_deref());
        h.text(&self.dependency_type);
        self.pair = Some(PairOf::new(one, other, h.finish()));
    }
}

/// Data flows from a column of `source` into a column of `target`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageRow {
    /// Derived ([`crate::ids::lineage`]).
    pub id: Uuid,
    /// Where data comes from; `null` where that object is not known here.
    pub source_object_id: Option<Uuid>,
    /// Name of an unknown source; between connections the name by which it was found.
    pub source_name: Option<String>,
    /// Its column; `*` where a star could not be resolved.
    pub source_column: String,
    /// Where data goes.
    pub target_object_id: Uuid,
    /// Its column.
    pub target_column: String,
    /// `direct`, `renamed`, `expression`, `aggregation`, `window`, …
    pub transformation: String,
    /// Only of an edge between connections, which stands by itself: its stream and hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<PairOf>,
}

impl LineageRow {
    /// Makes it an edge between two connections, with a hash of its other fields.
    pub fn seal(&mut self, one: Uuid, other: Uuid) {
        let mut h = RowHasher::new("pair lineage");
        h.id(Some(self.id));
        h.id(self.source_object_id);
        h.optional(self.source_name.as_deref());
        h.text(&self.source_column);
        h.id(Some(self.target_object_id));
        h.text(&self.target_column);
        h.text(&self.transformation);
        self.pair = Some(PairOf::new(one, other, h.finish()));
    }
}

/// Documentation of an object, written elsewhere (by people or by a language model).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentationRow {
    /// Derived from the object ([`crate::ids::documentation`]).
    pub id: Uuid,
    /// The connection of the object.
    pub connection_id: Uuid,
    /// The object that is documented.
    pub object_id: Uuid,
    /// One paragraph.
    pub executive_summary: Option<String>,
    /// The longer story.
    pub business_narrative: Option<String>,
    /// Free JSON.
    pub transformation_cards: Value,
    /// Free JSON.
    pub code_explanations: Value,
    /// Free JSON.
    pub business_rules: Value,
    /// What breaks when it changes.
    pub impact_analysis: Option<String>,
    /// When it was written.
    pub generated_at: String,
    /// Who or what wrote it.
    pub model: Option<String>,
    /// Hash of this row.
    pub row_hash: RowHash,
}

impl DocumentationRow {
    /// Sets `row_hash` from the other fields.
    pub fn seal(&mut self) {
        let mut h = RowHasher::new("documentation");
        h.id(Some(self.id));
        h.id(Some(self.connection_id));
        h.id(Some(self.object_id));
        h.optional(self.executive_summary.as_deref());
        h.optional(self.business_narrative.as_deref());
        h.json(&self.transformation_cards);
        h.json(&self.code_explanations);
        h.json(&self.business_rules);
        h.optional(self.impact_analysis.as_deref());
        h.text(&self.generated_at);
        h.optional(self.model.as_deref());
        self.row_hash = h.finish();
    }
}
