//! Connections and workspace matching (seed 002, sections 2 and 3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A source of metadata as the organization sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Configured, or derived from organization and full name.
    pub id: Uuid,
    /// `github` (a git repository), `workspace` (a folder on disk), `release`, `csv`, `api`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// Where it lives; credentials never stand in it.
    #[serde(default)]
    pub url: String,
    /// `pending`, `syncing`, `completed`, `failed`, `held`.
    pub status: String,
    /// Live objects.
    pub object_count: u64,
    /// When its last run ended well.
    #[serde(default)]
    pub last_extracted_at: Option<String>,
}

/// Answer of `GET …/connections`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionList {
    /// All connections of the organization.
    pub connections: Vec<Connection>,
}

/// Body of `POST …/connections/match-workspace`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MatchRequest {
    /// Such as `company/jaffle_shop`.
    #[schemars(length(min = 1))]
    pub workspace_identifier: String,
}

/// Answer of `POST …/connections/match-workspace`: every connection is in exactly one list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MatchAnswer {
    /// The identifier is the connection's full name or name, to the letter.
    pub matched_connections: Vec<Connection>,
    /// One contains the other, case-insensitively.
    pub suggested_connections: Vec<Connection>,
    /// The rest.
    pub other_connections: Vec<Connection>,
}

/// Body of `POST …/connections` (owner, maintainer).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewConnection {
    /// As [`Connection::kind`].
    #[serde(rename = "type")]
    #[schemars(length(min = 1))]
    pub kind: String,
    /// Short name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// `owner/name`.
    #[schemars(length(min = 1))]
    pub full_name: String,
    /// https, ssh or (where allowed) a local path.
    #[schemars(length(min = 1))]
    pub url: String,
    /// Default: the remote's default branch.
    #[serde(default)]
    pub branch: Option<String>,
    /// SQL dialect.
    #[serde(default)]
    pub dialect: Option<String>,
    /// Settings of this kind of source.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
}

/// An organization that the user belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Organization {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// Answer of `GET /api/metadata-sync/organizations`: the user's own ones, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationList {
    /// The organizations.
    pub organizations: Vec<Organization>,
}
