//! `[[organizations.connections]]`, and who the hub is to the servers of its repositories.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use metasync_protocol::ids;
use metasync_sources::git::GitAccess;
use serde::Deserialize;
use uuid::Uuid;

use super::{HubConfig, Organization};

/// `[[organizations.connections]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Left out: derived from organization and full name.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// `github`, `workspace`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// Where it lives.
    pub url: String,
    /// Left out: the remote's default branch.
    #[serde(default)]
    pub branch: Option<String>,
    /// SQL dialect.
    #[serde(default)]
    pub dialect: Option<String>,
    /// Private key for ssh; left out: as the machine's own ssh finds one.
    #[serde(default)]
    pub ssh_key_path: Option<PathBuf>,
    /// Keys of hosts for ssh; left out: the machine's own.
    #[serde(default)]
    pub ssh_known_hosts_path: Option<PathBuf>,
    /// Whether its host must be known to ssh; left out: as the machine's own ssh is configured, which asks nobody.
    #[serde(default)]
    pub ssh_strict_host_key_checking: Option<bool>,
    /// Name for https.
    #[serde(default)]
    pub username: Option<String>,
    /// Environment variable with the token (or password) for https.
    #[serde(default)]
    pub token_env: Option<String>,
}

impl ConnectionConfig {
    /// Its id in an organization: the configured one, or one that is the same at every start.
    pub(super) fn id_in(&self, organization: Uuid) -> Uuid {
        self.id
            .unwrap_or_else(|| ids::connection(organization, &self.full_name))
    }

    fn access(&self) -> GitAccess {
        GitAccess {
            ssh_key: self.ssh_key_path.clone(),
            known_hosts: self.ssh_known_hosts_path.clone(),
            strict_host_keys: self.ssh_strict_host_key_checking,
            username: self.username.clone(),
            token_env: self.token_env.clone(),
        }
    }
}

/// Who the hub is to the servers of its repositories, by connection. Only the file says so: who adds a
/// connection over HTTP could have the hub's secrets sent to a server of his own.
pub(crate) fn git_access(config: &HubConfig) -> HashMap<Uuid, GitAccess> {
    let mut access = HashMap::new();
    for organization in &config.organizations {
        for connection in &organization.connections {
            access.insert(connection.id_in(organization.id), connection.access());
        }
    }
    access
}

/// Relative paths of the file count from its folder.
pub(super) fn resolve_paths(organizations: &mut [Organization], base: &Path) {
    let connections = organizations.iter_mut().flat_map(|o| &mut o.connections);
    for connection in connections {
        let paths = [&mut connection.ssh_key_path, &mut connection.ssh_known_hosts_path];
        for path in paths.into_iter().flatten() {
            *path = base.join(&*path);
        }
    }
}
