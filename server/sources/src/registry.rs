//! Which adapter reads which type of connection.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use uuid::Uuid;

use crate::{
    Source, SourceError, SourceSpec,
    git::{GitAccess, GitSource},
    workspace::{StatCache, WorkspaceSource},
};

/// Types of connections that can be indexed, as [`Sources::open`] knows them.
pub const INDEXED_KINDS: &[&str] = &["github", "workspace"];

/// Where adapters may keep what they fetched.
#[derive(Clone, Debug, Default)]
pub struct SourcesOptions {
    /// Folder for the clones of git repositories, one per connection.
    pub clones_dir: PathBuf,
    /// Who the hub is to the servers of git repositories, by connection, where that is configured.
    pub git_access: HashMap<Uuid, GitAccess>,
}

/// Opens adapters, and remembers between runs what makes them quick (time stamps of files). It lives
/// as long as the hub.
pub struct Sources {
    options: SourcesOptions,
    stat_caches: Mutex<HashMap<Uuid, Arc<StatCache>>>,
}

impl Sources {
    /// Nothing is touched until something is read.
    pub fn new(options: SourcesOptions) -> Sources {
        Sources {
            options,
            stat_caches: Mutex::default(),
        }
    }

    /// The adapter for a connection.
    pub fn open(&self, spec: SourceSpec) -> Result<Box<dyn Source>, SourceError> {
        match spec.kind.as_str() {
            "github" => {
                let access = self.options.git_access.get(&spec.id).cloned().unwrap_or_default();
                Ok(Box::new(GitSource::new(spec, &self.options.clones_dir, &access)?))
            }
            "workspace" => Ok(Box::new(WorkspaceSource::new(&spec, self.stat_cache(spec.id))?)),
            _ => Err(SourceError::UnknownKind(spec.kind)),
        }
    }

    /// Removes what an adapter kept for a connection that is gone.
    pub fn forget(&self, connection: Uuid) -> std::io::Result<()> {
        self.locked().remove(&connection);
        match std::fs::remove_dir_all(GitSource::clone_dir(&self.options.clones_dir, connection)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn stat_cache(&self, connection: Uuid) -> Arc<StatCache> {
        Arc::clone(self.locked().entry(connection).or_default())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<StatCache>>> {
        self.stat_caches
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
