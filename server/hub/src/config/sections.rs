//! The sections of `hub.toml`, as the hub uses them and as they are written: one set of types.

use std::path::PathBuf;

use metasync_store::{DeclaredConnection, DeclaredOrganization, Role};
use serde::Deserialize;
use uuid::Uuid;

use super::ConnectionConfig;

/// `[auth]`.
#[derive(Clone, Debug, Default)]
pub struct Auth {
    /// How tokens are checked.
    pub keys: SigningKeys,
    /// Claim `iss` that tokens must carry.
    pub issuer: Option<String>,
    /// Claim `aud` that tokens must carry.
    pub audience: Option<String>,
    /// Variable that holds the PIN of seed 000's endpoints.
    pub admin_pin_env: Option<String>,
}

/// How tokens are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SigningKeys {
    /// HS256 with a secret that the hub made itself and keeps in its data directory.
    #[default]
    Generated,
    /// HS256 with the secret in this environment variable.
    Environment(String),
    /// RS256 or ES256 with the keys published at this address.
    Jwks(String),
}

/// `[[organizations]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its id.
    pub id: Uuid,
    /// Its name; stands for the id in paths.
    pub name: String,
    /// Who belongs to it.
    #[serde(default)]
    pub members: Vec<Member>,
    /// What it indexes.
    #[serde(default)]
    pub connections: Vec<ConnectionConfig>,
    /// Releases (seed 000); their ids are 1, 2, … in this order.
    #[serde(default)]
    pub releases: Vec<Release>,
}

/// A member of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Claim `sub` of that user's tokens.
    pub user: String,
    /// What they may do.
    pub role: MemberRole,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    /// Everything.
    Owner,
    /// Reads and writes.
    Maintainer,
    /// Reads.
    Member,
}

impl From<MemberRole> for Role {
    fn from(role: MemberRole) -> Role {
        match role {
            MemberRole::Owner => Role::Owner,
            MemberRole::Maintainer => Role::Maintainer,
            MemberRole::Member => Role::Member,
        }
    }
}

/// `[[organizations.releases]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The branch that holds its tests.
    #[serde(default)]
    pub git_branch: Option<String>,
    /// Whether it is kept up to date.
    #[serde(default = "yes")]
    pub active: bool,
}

/// `[repositories]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repositories {
    /// Index what was never indexed, or changed, when the hub starts.
    pub on_startup: bool,
    /// Minutes between two runs of a connection; 0: only when asked.
    pub interval_minutes: f64,
}

/// Minutes between two runs of a connection where nothing is configured.
const DEFAULT_INTERVAL_MINUTES: f64 = 15.0;

impl Default for Repositories {
    fn default() -> Repositories {
        Repositories {
            on_startup: true,
            interval_minutes: DEFAULT_INTERVAL_MINUTES,
        }
    }
}

/// `[sources]`: where the hub may reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourcesPolicy {
    /// Connections added over HTTP may name local repositories.
    pub allow_local_paths: bool,
    /// Folders for CSV files, relative to the data directory.
    pub csv_roots: Vec<PathBuf>,
    /// REST sources and webhooks may reach loopback and private addresses.
    pub allow_private_networks: bool,
    /// Variables that may hold secrets of sources, `*` at the end for all that begin so; left out: all but
    /// the hub's own and some well-known ones.
    pub secret_variables: Vec<String>,
    /// Variable with the key that seals secrets of sources; left out: a key in the data directory.
    pub secrets_key_env: Option<String>,
    /// When what failed for a passing reason is tried again, as cron writes it.
    pub check: String,
    /// The time zone of `check`.
    pub time_zone: String,
    /// Days that runs are kept; 0: for ever.
    pub keep_runs_days: u32,
    /// Days that entries are kept that no run saw; 0: for ever.
    pub keep_content_days: u32,
}

/// Three in the morning (seed 003).
const DEFAULT_CHECK: &str = "0 3 * * *";

/// Days that runs are kept where nothing is configured (seed 003).
const DEFAULT_KEEP_RUNS: u32 = 30;

/// Days that entries are kept which no run saw, where nothing is configured (seed 003).
const DEFAULT_KEEP_CONTENT: u32 = 90;

impl Default for SourcesPolicy {
    fn default() -> SourcesPolicy {
        SourcesPolicy {
            allow_local_paths: false,
            csv_roots: vec!["imports".into()],
            allow_private_networks: false,
            secret_variables: Vec::new(),
            secrets_key_env: None,
            check: DEFAULT_CHECK.to_owned(),
            time_zone: "UTC".to_owned(),
            keep_runs_days: DEFAULT_KEEP_RUNS,
            keep_content_days: DEFAULT_KEEP_CONTENT,
        }
    }
}

/// `[metadata_sync]` (seed 000).
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetadataSync {
    /// The repository with the tests.
    pub git_repo_url: Option<String>,
    /// Folder for its clone; left out: among the hub's other clones.
    pub git_repo_local_path: Option<PathBuf>,
    /// Fetched with the branches of the releases.
    pub git_repo_branch: Option<String>,
    /// Key for it.
    pub git_repo_ssh_key_path: Option<PathBuf>,
    /// Whether its host must be known to ssh; left out: it must.
    pub git_ssh_strict_host_key_checking: Option<bool>,
    /// Seconds that git may take to fetch.
    pub git_operation_timeout_seconds: Option<f64>,
    /// Folder in it with the tests.
    pub test_discovery_base_path: Option<String>,
    /// INI file with the staging states.
    pub test_discovery_staging_config: Option<String>,
    /// Share of the test files, 0 to 1, that may fail before a run fails; left out: half.
    pub max_failure_rate: Option<f64>,
    /// Whether the schedule runs.
    pub enabled: Option<bool>,
    /// Hours between two runs.
    pub interval_hours: Option<f64>,
    /// Whether it runs at start.
    pub on_startup: Option<bool>,
}

/// `[webdav]` (seed 001).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webdav {
    /// Whose library it is; left out: the first organization's.
    #[serde(default)]
    pub organization: Option<String>,
    /// Address of the server.
    #[serde(default)]
    pub base_url: Option<String>,
    /// User there.
    #[serde(default)]
    pub username: Option<String>,
    /// Variable with the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// Folder there.
    #[serde(default)]
    pub remote_root: Option<String>,
}

/// `[webhooks]`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Variable with the secret that signs them.
    pub secret_env: Option<String>,
}

impl Organization {
    pub(crate) fn declared(&self, releases: &MetadataSync) -> DeclaredOrganization {
        DeclaredOrganization {
            id: self.id,
            name: self.name.clone(),
            members: self
                .members
                .iter()
                .map(|m| metasync_store::Member {
                    user: m.user.clone(),
                    role: m.role.into(),
                })
                .collect(),
            connections: self
                .connections
                .iter()
                .map(|c| DeclaredConnection {
                    id: c.id,
                    kind: c.kind.clone(),
                    name: c.name.clone(),
                    full_name: c.full_name.clone(),
                    url: c.url.clone(),
                    branch: c.branch.clone(),
                    dialect: c.dialect.clone(),
                    settings: serde_json::json!({}),
                })
                .chain(super::releases::declared(self, releases))
                .collect(),
        }
    }
}

fn yes() -> bool {
    true
}
