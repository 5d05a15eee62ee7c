//! The hub's configuration: `hub.toml` exactly as contract.md, "Hub configuration", has it, or the
//! same built in code. Unknown keys are errors; every error names the file, the line and the key.

pub mod address;
mod connection;
mod error;
mod file;
pub(crate) mod releases;
mod sections;
#[cfg(test)]
mod tests;
mod timetable;
mod validate;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use metasync_protocol::ids;

use crate::published::CatalogueShare;

pub use connection::ConnectionConfig;
pub(crate) use connection::git_access;
pub use error::ConfigError;
pub use sections::{
    Auth, Member, MemberRole, MetadataSync, Organization, Release, Repositories, SigningKeys, SourcesPolicy,
    Webdav, Webhooks,
};
pub use timetable::Timetable;

/// Where a hub listens when nothing says otherwise: loopback only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8750);

/// The data directory when nothing says otherwise.
pub const DEFAULT_DATA_DIR: &str = "hub-data";

/// The organization of a hub without configuration, and of the embedded one.
pub const LOCAL_ORGANIZATION: &str = "local";

/// The user of a hub without configuration, and of the embedded one: its owner.
pub const LOCAL_USER: &str = "owner";

/// All that a hub is told. [`HubConfig::local`] is the hub without configuration; [`load`] reads a
/// file; every field may be set in code.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder for the database, clones, secrets.
    pub data_dir: PathBuf,
    /// Address of a database server; `None`: SQLite in `data_dir`.
    pub database: Option<String>,
    /// Who may come in.
    pub auth: Auth,
    /// Whose data it is.
    pub organizations: Vec<Organization>,
    /// When repositories are indexed.
    pub repositories: Repositories,
    /// Where the hub may reach.
    pub sources: SourcesPolicy,
    /// Release test metadata (seed 000).
    pub metadata_sync: MetadataSync,
    /// The shared library (seed 001).
    pub webdav: Option<Webdav>,
    /// The published catalogue of a connection of type `catalogue`; only in code, for an editor without a hub.
    pub catalogue: Option<CatalogueShare>,
    /// Signatures of webhooks.
    pub webhooks: Webhooks,
    /// Whether members and connections come from this configuration alone: true for files and code.
    /// A hub without configuration keeps a token for its owner in the data directory.
    pub owner_token: bool,
}

impl HubConfig {
    /// The hub without configuration: SQLite in `data_dir`, loopback only, organization `local` whose
    /// owner's token is written to `<data_dir>/token`.
    pub fn local(data_dir: impl Into<PathBuf>) -> HubConfig {
        HubConfig {
            listen: DEFAULT_LISTEN,
            data_dir: data_dir.into(),
            database: None,
            auth: Auth::default(),
            organizations: vec![Organization {
                id: ids::organization(LOCAL_ORGANIZATION),
                name: LOCAL_ORGANIZATION.to_owned(),
                members: vec![Member {
                    user: LOCAL_USER.to_owned(),
                    role: MemberRole::Owner,
                }],
                connections: Vec::new(),
                releases: Vec::new(),
            }],
            repositories: Repositories::default(),
            sources: SourcesPolicy::default(),
            metadata_sync: MetadataSync::default(),
            webdav: None,
            catalogue: None,
            webhooks: Webhooks::default(),
            owner_token: true,
        }
    }

    /// The organizations as the store wants them.
    pub(crate) fn declared(&self) -> Vec<metasync_store::DeclaredOrganization> {
        let declared = |organization: &Organization| organization.declared(&self.metadata_sync);
        self.organizations.iter().map(declared).collect()
    }
}

/// Reads a `hub.toml`. Relative paths in it count from its own folder.
pub fn load(path: &Path) -> Result<HubConfig, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    file::parse(path, &text)
}
