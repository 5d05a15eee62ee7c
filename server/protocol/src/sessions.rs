//! IDE sessions (seed 002, section 5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Body of `POST …/ide-sessions`. Idempotent by (organization, user, workspace_identifier,
/// workspace_hash, client_id).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegisterSession {
    /// Such as `company/jaffle_shop`.
    #[schemars(length(min = 1))]
    pub workspace_identifier: String,
    /// SHA-256 of the normalised identity.
    #[serde(default)]
    pub workspace_hash: Option<String>,
    /// Version of the language server.
    #[serde(default)]
    pub ide_version: Option<String>,
    /// Default `workspace-aware`.
    #[serde(default)]
    pub sync_mode: Option<String>,
    /// What it pulls.
    #[serde(default)]
    pub connection_ids: Option<Vec<Uuid>>,
    /// Tells windows of one user apart, where that is wanted.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// Answer of `POST …/ide-sessions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRegistered {
    /// Sent back as header `X-Session-Id` with each pull.
    pub session_id: Uuid,
    /// `Session registered successfully`.
    pub message: String,
}

/// The seed's message.
pub const REGISTERED: &str = "Session registered successfully";

/// The seed's default mode.
pub const DEFAULT_SYNC_MODE: &str = "workspace-aware";

/// A row of `GET …/ide-sessions`: the seed's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// The session.
    pub id: Uuid,
    /// Its organization.
    pub organization_id: Uuid,
    /// Whose it is.
    pub user_id: String,
    /// Such as `company/jaffle_shop`.
    pub workspace_identifier: String,
    /// SHA-256 of the normalised identity.
    pub workspace_hash: Option<String>,
    /// Version of the language server.
    pub ide_version: Option<String>,
    /// `workspace-aware`.
    pub sync_mode: String,
    /// What it pulls.
    pub connection_ids: Vec<Uuid>,
    /// When it last pulled.
    pub last_sync_at: Option<String>,
    /// `active`, `syncing`, `completed`, `error`.
    pub sync_status: String,
    /// Objects delivered to it.
    pub total_objects_synced: u64,
    /// What went wrong last.
    pub error_message: Option<String>,
    /// When it was registered first.
    pub created_at: String,
    /// When it changed last.
    pub updated_at: String,
}
