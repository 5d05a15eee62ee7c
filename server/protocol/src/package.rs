//! The sync package of seed 002 with the fields that sync-protocol.md adds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    catalog::{ColumnRow, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow},
    hash::RowHash,
};

/// One page of the feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SyncPackage {
    /// The rows.
    pub metadata: PackageMetadata,
    /// Documentation, where it was asked for.
    pub documentation: Vec<DocumentationRow>,
    /// Where the client stands after this page.
    pub sync_metadata: SyncMetadata,
}

/// The rows of a page: everything that an object owns stands on the object's own page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PackageMetadata {
    /// Files.
    pub files: Vec<FileRow>,
    /// Objects.
    pub objects: Vec<ObjectRow>,
    /// Columns of these objects.
    pub columns: Vec<ColumnRow>,
    /// Dependencies of these objects, and edges between connections.
    pub dependencies: Vec<DependencyRow>,
    /// Lineage into these objects, and edges between connections.
    pub columns_lineage: Vec<LineageRow>,
    /// What is gone.
    #[serde(default)]
    pub deleted: Deleted,
}

/// Ids of what is gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// Files.
    #[serde(default)]
    pub files: Vec<Uuid>,
    /// Objects, with all that they owned.
    #[serde(default)]
    pub objects: Vec<Uuid>,
    /// Documentation rows.
    #[serde(default)]
    pub documentation: Vec<Uuid>,
    /// Edges between connections.
    #[serde(default)]
    pub dependencies: Vec<Uuid>,
    /// Edges between connections.
    #[serde(default)]
    pub columns_lineage: Vec<Uuid>,
}

impl Deleted {
    /// Whether nothing is gone.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many ids are named.
    pub fn len(&self) -> usize {
        self.files.len()
            + self.objects.len()
            + self.documentation.len()
            + self.dependencies.len()
            + self.columns_lineage.len()
    }
}

/// Where the client stands after a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SyncMetadata {
    /// The organization asked for.
    pub organization_id: Uuid,
    /// The connections served: requested ∩ allowed.
    pub connection_ids: Vec<Uuid>,
    /// Objects on this page.
    pub object_count: u64,
    /// Files on this page.
    pub file_count: u64,
    /// The sync point that a client without cursor echoes as `last_sync_timestamp`.
    pub timestamp: String,
    /// Whether a cursor or a timestamp was sent.
    pub incremental: bool,
    /// [`crate::PROTOCOL`].
    pub protocol: u32,
    /// Opaque position; only the hub reads it.
    pub cursor: String,
    /// `false` marks the checkpoint: every stream reached its head.
    pub has_more: bool,
    /// Changes when the database was restored or imported.
    pub epoch: Uuid,
    /// [`crate::SCHEMA`].
    pub schema: u32,
    /// Connections whose rows the client drops before it applies this page.
    #[serde(default)]
    pub reset_connections: Vec<Uuid>,
    /// Connections that the client may no longer see, or that are gone.
    #[serde(default)]
    pub removed_connections: Vec<Uuid>,
    /// State of each stream served.
    #[serde(default)]
    pub streams: Vec<StreamState>,
}

/// A stream of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Files and objects.
    Core,
    /// Documentation.
    Documentation,
    /// Edges to another connection.
    Pair,
}

impl Channel {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Core => "core",
            Channel::Documentation => "documentation",
            Channel::Pair => "pair",
        }
    }
}

/// State of one stream as of a page; the checksum only at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamState {
    /// The connection.
    pub connection_id: Uuid,
    /// The other one, for pair streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_connection_id: Option<Uuid>,
    /// Which stream of the connection.
    pub channel: Channel,
    /// Last sequence number given.
    pub head: u64,
    /// Live rows of its kind (core: files and objects).
    pub rows: u64,
    /// Sum of their `row_hash` mod 2^128; only at a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<RowHash>,
    /// `complete`, or `partial` while a run is still writing.
    pub state: String,
    /// What the source calls the state that the rows are of: for a git repository the commit of its
    /// default branch. Absent for other channels and for sources without history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// Body of `POST …/sync-package/query`: the parameters of the GET form, for long cursors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PackageQuery {
    /// Only these connections; all allowed ones if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Uuid>>")]
    pub connection_ids: Option<Vec<String>>,
    /// A sync point, for clients without cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub last_sync_timestamp: Option<String>,
    /// Whether documentation comes along.
    pub include_documentation: bool,
    /// Objects per page, 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: Option<i64>,
    /// Only without cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub offset: Option<i64>,
    /// Where the last page ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Most bytes of an uncompressed body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_bytes: Option<i64>,
    /// [`crate::PROTOCOL`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
}
