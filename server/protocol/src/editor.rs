//! What the language server and an editor say to each other beyond the Language Server Protocol:
//! the notification `metasync/status` and the answers of the commands (contract.md, "The language
//! server", "Decided"). The extension's types are generated from these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the language server is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is known yet.
    Starting,
    /// Up to date in local mode.
    Local,
    /// A sync is running.
    Syncing,
    /// The cache is a copy of the hub.
    UpToDate,
    /// The hub can't be reached; the cache answers.
    Offline,
    /// The token was refused, or none is there.
    SignedOut,
    /// The last sync failed.
    Error,
}

/// Notification `metasync/status`, sent at each change; also what `metasync.status` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusParams {
    /// What it is doing.
    pub state: State,
    /// For people.
    pub message: String,
    /// Whose metadata it is.
    pub organization: Option<OrganizationRef>,
    /// The connections in use.
    pub connections: Vec<ConnectionRef>,
    /// Objects in the cache.
    pub objects: u64,
    /// When the last sync ended well, by the hub's clock.
    pub last_sync_at: Option<String>,
    /// When the next sync begins by itself, by this machine's clock; absent where none is planned, and during a sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_sync_at: Option<String>,
    /// Address of the hub; only in the answer of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Path of the cache; only in the answer of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// The session at the hub; only in the answer of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
}

/// An organization by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A connection by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionRef {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// Answer of `metasync.sync` and `metasync.syncFull`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SyncAnswer {
    /// `up_to_date`, `local`, `cancelled`, `offline`, `signed_out`, `error`.
    pub state: String,
    /// Objects received.
    pub objects: u64,
    /// Columns received.
    pub columns: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Pages pulled.
    pub pages: u64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Whether there was nothing new.
    pub up_to_date: bool,
    /// Milliseconds of it that indexing the workspace took; only in local mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ms: Option<u64>,
    /// What went wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An object as commands answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectAnswer {
    /// Its id.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// Unique name.
    pub full_name: String,
    /// `model`, `source`, ….
    pub object_type: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Name of its connection.
    pub connection: Option<String>,
    /// Relative path of its file.
    pub path: Option<String>,
    /// First line, from 1.
    pub line: Option<u32>,
}

/// Answer of `metasync.search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchAnswer {
    /// Best first.
    pub results: Vec<ObjectAnswer>,
}

/// Answer of `metasync.lineage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageAnswer {
    /// The object asked for.
    pub object: ObjectAnswer,
    /// What it is built from.
    pub upstream: Vec<LineageNode>,
    /// What uses it.
    pub downstream: Vec<LineageNode>,
}

/// A node of a lineage tree: an object with its own list in the same direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageNode {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectAnswer,
    /// With `column`: the columns concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// What it is built from (in the upstream tree).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Vec<LineageNode>>,
    /// What uses it (in the downstream tree).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downstream: Option<Vec<LineageNode>>,
}

/// Answer of `metasync.history`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryAnswer {
    /// The syncs of this workspace.
    pub runs: Vec<HistoryRun>,
}

/// One sync.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryRun {
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Why it ran: `start`, `command`, `timer`, `push`, `file_change`, `settings`, ….
    pub cause: String,
    /// As [`SyncAnswer::state`].
    pub state: String,
    /// Objects received.
    pub objects: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Pages pulled.
    pub pages: u64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Answer of `metasync.selectConnections`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionsAnswer {
    /// All connections of the organization.
    pub connections: Vec<ConnectionChoice>,
}

/// A connection that one may choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionChoice {
    /// Its id.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// As the hub says.
    pub status: String,
    /// `exact`, `suggested`, `other`.
    #[serde(rename = "match")]
    pub matching: String,
    /// Whether this workspace uses it.
    pub selected: bool,
}

/// Answer of `metasync.doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorAnswer {
    /// Whether all checks hold.
    pub ok: bool,
    /// One after the other.
    pub checks: Vec<DoctorCheck>,
}

/// One check of the doctor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorCheck {
    /// `hub`, `token`, `match`, `cache`, `clock`, ….
    pub name: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// What to do; empty where all is well.
    pub advice: String,
}

/// Notification `metasync/changed`, sent after a sync that changed what is known of an open file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedParams {
    /// What changed.
    pub objects: Vec<ChangedObject>,
    /// One line for people, such as "2 columns of orders changed".
    pub message: String,
}

/// An object that a sync changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedObject {
    /// Its id.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// `model`, `source`, ….
    pub object_type: String,
    /// Relative path of its file.
    pub path: Option<String>,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// For people, such as "2 columns changed".
    pub what: String,
}

/// Request `metasync/objects`: the objects of one connection, page by page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectsParams {
    /// Id or name of the connection.
    pub connection: String,
    /// Only objects of this type.
    #[serde(default, rename = "type")]
    pub object_type: Option<String>,
    /// Only objects in whose name this stands, in any case.
    #[serde(default)]
    pub filter: Option<String>,
    /// How many to leave out first.
    #[serde(default)]
    pub offset: Option<u64>,
    /// Most objects: 200 if left out, never more than 1,000.
    #[serde(default)]
    pub limit: Option<u64>,
}

/// The answer to `metasync/objects`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectsAnswer {
    /// The page, by type and name.
    pub objects: Vec<ObjectAnswer>,
    /// How many fit, on all pages.
    pub total: u64,
    /// How many fit of each type, whatever type was asked for.
    pub types: Vec<TypeCount>,
}

/// How many objects of one type there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TypeCount {
    /// The type.
    pub object_type: String,
    /// How many.
    pub count: u64,
}

/// Request `metasync/objectAt`: what a place in an open document is about, for views that follow the editor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectAtParams {
    /// Address of the document.
    pub uri: String,
    /// Line, from 0.
    pub line: u32,
    /// Character in the line, in the units of the protocol's positions.
    pub character: u32,
}

/// The answer to `metasync/objectAt`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectAtAnswer {
    /// What the name at the place means; of a column, its object.
    pub named: Option<ObjectAnswer>,
    /// The column that the name at the place means.
    pub column: Option<String>,
    /// What the file makes, or describes, around the place.
    pub own: Option<ObjectAnswer>,
}

/// Request `metasync/columns`: the columns of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnsParams {
    /// Id of the object.
    pub id: String,
}

/// The answer to `metasync/columns`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnsAnswer {
    /// By ordinal.
    pub columns: Vec<ColumnAnswer>,
}

/// A column as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnAnswer {
    /// Its name.
    pub name: String,
    /// Its type, where it is known.
    pub data_type: Option<String>,
    /// What people wrote about it.
    pub description: Option<String>,
}
