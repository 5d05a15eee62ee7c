//! The hub of local mode, and of a published catalogue. It is the same hub, embedded, reached over loopback like any other: one path,
//! no special case. Of all processes on one workspace (two windows, the command line) the one that
//! holds the lock runs it, and the others use it; when that process ends, another takes over.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    settings::Folder,
    workspace::{
        Places,
        places::{open_private, write_private},
    },
};

/// How long a process that holds the lock may take until its hub can be reached.
const ELECTION: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Where a running hub is reached.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// An owner's token.
    pub token: String,
    /// Its only organization.
    pub organization: Uuid,
    /// The connection of the workspace.
    pub connection: Uuid,
}

/// What an embedded hub is over.
#[derive(Clone, Debug)]
pub enum Over {
    /// A workspace.
    Workspace {
        /// Its root.
        root: PathBuf,
        /// Its identifier.
        full_name: String,
    },
    /// A catalogue that somebody published.
    Folder(Folder),
}

/// Why an embedded hub did not start.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NotStarted {
    /// A word, where the hub has one.
    pub code: Option<String>,
    /// For people.
    pub message: String,
}

impl From<String> for NotStarted {
    fn from(message: String) -> NotStarted {
        NotStarted { code: None, message }
    }
}

/// Embedded hubs. The binary implements it, so that nothing in this crate links the hub.
pub trait LocalHub: Send + Sync + 'static {
    /// Starts a hub with its state in `data_dir`. It runs as long as this process, or until another one is
    /// started there.
    fn start(&self, over: Over, data_dir: PathBuf) -> BoxFuture<'static, Result<Endpoint, NotStarted>>;

    /// What is published in a folder, in a few words for people; nothing is started or pulled for that.
    fn look(&self, folder: Folder) -> BoxFuture<'static, Result<String, NotStarted>>;
}

/// The hub of one workspace, wherever it runs.
pub struct Election {
    places: Places,
    over: Over,
    starter: Arc<dyn LocalHub>,
    /// Held as long as this process runs the hub.
    held: Option<(File, Endpoint)>,
}

impl Election {
    /// Nothing is started yet.
    pub fn new(places: Places, over: Over, starter: Arc<dyn LocalHub>) -> Election {
        Election {
            places,
            over,
            starter,
            held: None,
        }
    }

    /// The hub that runs, or else one of our own.
    pub async fn endpoint(&mut self) -> Result<Endpoint, NotStarted> {
        if let Some((_, endpoint)) = &self.held {
            return Ok(endpoint.clone());
        }
        let told = |what: &Path, error: std::io::Error| format!("{}: {error}", what.display());
        self.places.create().map_err(|e| told(&self.places.folder, e))?;
        let path = self.places.hub_lock();
        let started = tokio::time::Instant::now();
        loop {
            let lock = open_private(&path).map_err(|e| told(&path, e))?;
            let mine = match lock.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(error)) => return Err(told(&path, error).into()),
            };
            if mine {
                // what stands there is of a process that ended
                let _ = std::fs::remove_file(self.places.hub_endpoint());
                let start = self.starter.start(self.over.clone(), self.places.hub_data());
                let endpoint = start.await?;
                let text = serde_json::to_vec(&endpoint).map_err(|e| e.to_string())?;
                write_private(&self.places.hub_endpoint(), &text)
                    .map_err(|e| told(&self.places.hub_endpoint(), e))?;
                self.held = Some((lock, endpoint.clone()));
                return Ok(endpoint);
            }
            let theirs = std::fs::read(self.places.hub_endpoint()).ok();
            if let Some(endpoint) = theirs.and_then(|text| serde_json::from_slice(&text).ok()) {
                return Ok(endpoint);
            }
            if started.elapsed() > ELECTION {
                return Err(format!(
                    "another process holds {} but its hub can't be reached; end it, or remove the file",
                    path.display()
                )
                .into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Election {
    fn drop(&mut self) {
        if self.held.is_some() {
            let _ = std::fs::remove_file(self.places.hub_endpoint());
        }
    }
}
