//! The shared folder: one snapshot of a database that many hubs publish to, and data files named by
//! their SHA-256, on a plain WebDAV server (design page shared-folder.md).
//!
//! No single request of WebDAV is atomic on all servers, so publishing rests on none: a publisher makes
//! a folder with a number that nobody had (its ticket), writes its snapshot there, and the manifest that it
//! writes last is the commit. Who finds later that its commit is not among the ancestors of the head does
//! it again. `metadata.db` and `version.txt` are copies for readers; nothing is decided by them.

mod catalogue;
mod contents;
mod error;
mod head;
pub mod layout;
mod publish;
pub mod snapshot;
#[cfg(test)]
mod tests;
mod ticket;

pub use catalogue::Published;
pub use contents::Arriving;
pub use error::ShareError;
pub use head::{Head, Manifest, View};
pub use publish::{Draft, Outcome};
pub use snapshot::{Catalogue, CatalogueWriter, LibraryEntry};
pub use ticket::{Pace, Ticket};

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use uuid::Uuid;

use crate::webdav::{Dav, DavError, DavOptions, probe};
use ticket::Seen;

/// A shared folder, and what was seen of others there. Cheap to clone.
#[derive(Clone)]
pub struct SharedFolder {
    dav: Dav,
    /// Who we are there, across restarts.
    hub: Uuid,
    pace: Pace,
    /// The beats of others, by ticket, on this machine's own clock.
    seen: Arc<Mutex<HashMap<u64, Seen>>>,
}

impl SharedFolder {
    /// Nothing is asked yet. `hub` is the same for all syncs of one hub, and for no other hub's.
    pub fn new(options: DavOptions, hub: Uuid) -> Result<SharedFolder, DavError> {
        Ok(SharedFolder {
            dav: Dav::new(options)?,
            hub,
            pace: Pace::default(),
            seen: Arc::default(),
        })
    }

    /// The same with other times; tests have less patience.
    pub fn at_pace(mut self, pace: Pace) -> SharedFolder {
        self.pace = pace;
        self
    }

    /// A folder in it that is a shared folder of its own.
    pub fn within(&self, folder: &str) -> SharedFolder {
        SharedFolder {
            dav: self.dav.within(folder),
            hub: self.hub,
            pace: self.pace,
            seen: Arc::default(),
        }
    }

    /// Where it is, for people.
    pub fn place(&self) -> String {
        self.dav.place()
    }

    /// What `version.txt` says: the whole of the skip check. `Ok(None)`: there is none, or it says nothing.
    pub async fn version(&self) -> Result<Option<u64>, DavError> {
        match self.dav.read(layout::VERSION, layout::MAX_VERSION_BYTES).await {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes)
                .ok()
                .and_then(|t| t.trim().parse().ok())),
            Err(DavError::NotFound(_) | DavError::Untrusted(_)) => Ok(None),
            // Cut off by a server that answers: it is as good as none.
            Err(DavError::Unreachable(_)) if self.dav.answers().await => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the folders that publishing needs.
    pub async fn prepare(&self) -> Result<(), DavError> {
        self.dav.ensure_root().await?;
        self.prepare_folders().await
    }

    /// The same in a root that is there.
    pub async fn prepare_folders(&self) -> Result<(), DavError> {
        self.dav.ensure_folder(layout::TICKETS).await?;
        self.dav.ensure_folder(layout::TMP).await
    }

    /// What the server promises; [`SharedFolder::prepare`] came before.
    pub async fn strength(&self) -> Result<probe::Strength, DavError> {
        probe::probe(&self.dav, layout::TMP).await
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Seen>> {
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
