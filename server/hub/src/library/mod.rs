//! The shared library (seed 001): files with metadata that several hubs share through a WebDAV folder.
//!
//! - [`merge`]: three sides of a file, and what follows; pure.
//! - [`sync`]: the nine steps of the seed, over [`metasync_sources::SharedFolder`] and the store.
//! - [`resolve`]: settling conflicts; [`intake`] and [`content`]: contents on their way in and out.
//! - [`clients`]: the queues of those who are told what a sync does.
//!
//! It knows no HTTP. A sync may be cut off at any point: nothing counts as published before the share has
//! it, and what was done twice is the same as once.

mod clients;
mod content;
mod intake;
mod linked;
mod merge;
mod progress;
mod pull;
mod push;
mod resolve;
mod share;
mod sync;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use metasync_sources::SharedFolder;
use metasync_store::{Store, StoreError};
use uuid::Uuid;

use crate::{config::HubConfig, events::Bells};

pub(crate) use clients::{Client, Clients, Listener};
pub(crate) use content::stream as content_stream;
pub(crate) use intake::Intake;
pub(crate) use resolve::{Resolved, resolve};
pub(crate) use sync::SyncError;

use share::Share;

/// Folder below the data directory for files on their way.
const WORK_DIR: &str = "library";

/// The library of all organizations; one of them shares its.
pub(crate) struct Library {
    store: Store,
    bells: Arc<Bells>,
    /// Held by whoever brings the catalogue up to the entries.
    linking: tokio::sync::Mutex<()>,
    work_dir: PathBuf,
    share: Option<Share>,
    /// The share as it was opened last, with what was seen of other hubs there.
    opened: Mutex<Option<(Uuid, SharedFolder)>>,
    /// Names this process.
    process: Uuid,
    /// Held by the sync that runs here.
    running: Arc<tokio::sync::Mutex<()>>,
    /// Who is told what a sync does.
    pub(crate) clients: Arc<Clients>,
}

impl Library {
    /// Reads the configuration and the environment; a share that makes no sense is told when it is used, so
    /// that the rest of the hub works.
    pub(crate) fn new(config: &HubConfig, store: Store, bells: Arc<Bells>) -> Library {
        Library {
            share: share::configured(config),
            store,
            bells,
            linking: tokio::sync::Mutex::default(),
            work_dir: config.data_dir.join(WORK_DIR),
            opened: Mutex::default(),
            process: Uuid::new_v4(),
            running: Arc::default(),
            clients: Arc::default(),
        }
    }

    /// At the start of a process that is alone on its database: whoever synced was cut off, and so was what
    /// was on its way.
    pub(crate) async fn recover(&self, orgs: &[Uuid]) -> Result<(), StoreError> {
        for org in orgs {
            self.store.library_release(*org, None).await?;
            self.store.library_sweep_chunks(*org, Uuid::now_v7()).await?;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.work_dir)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what was left of a sync can't be removed");
        }
        Ok(())
    }

    /// The share of an organization.
    fn share_of(&self, org: Uuid) -> Option<&Share> {
        self.share.as_ref().filter(|share| share.org == org)
    }
}
