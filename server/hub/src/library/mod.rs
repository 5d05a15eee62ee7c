//! The shared library (seed 001): files with metadata that several hubs share through a WebDAV folder.
//!
//! - [`merge`]: three sides of a file, and what follows; pure.
//! - [`sync`]: the nine steps of the seed, over [`metasync_sources::SharedFolder`] and the store.
//! - [`resolve`]: settling conflicts; [`intake`] and [`content`]: contents on their way in and out.
//! - [`clients`]: the queues of those who are told what a sync does; [`audience`]: here and at other nodes.
//!
//! It knows no HTTP. A sync may be cut off at any point: nothing counts as published before the share has
//! it, and what was done twice is the same as once.

mod audience;
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

use audience::Audience;
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
    /// Who listens at this node to what a sync does.
    pub(crate) clients: Arc<Clients>,
    /// Who is told, here and at other nodes.
    audience: Audience,
}

impl Library {
    /// Reads the configuration and the environment; a share that makes no sense is told when it is used, so
    /// that the rest of the hub works.
    pub(crate) fn new(config: &HubConfig, store: Store, bells: Arc<Bells>) -> Library {
        let (clients, process) = (Arc::<Clients>::default(), Uuid::new_v4());
        Library {
            audience: Audience::new(Arc::clone(&clients), store.clone(), process),
            share: share::configured(config),
            store,
            bells,
            linking: tokio::sync::Mutex::default(),
            work_dir: config.data_dir.join(WORK_DIR),
            opened: Mutex::default(),
            process,
            running: Arc::default(),
            clients,
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

    /// Tells here what other nodes tell, for as long as it is polled.
    pub(crate) async fn pass_on_from_others(self: Arc<Self>) {
        let Some(org) = self.share.as_ref().map(|share| share.org) else {
            return;
        };
        let mut heard = 0;
        loop {
            match self.store.library_heard(org, self.process, heard).await {
                Ok((_, last)) if last == heard => self.bells.library.notified().await,
                Ok((events, last)) => {
                    events
                        .into_iter()
                        .for_each(|event| self.audience.pass_on(org, &event));
                    heard = last;
                }
                Err(error) => {
                    tracing::debug!(%error, "what other nodes tell can't be read; it is looked for again");
                    self.bells.library.notified().await;
                }
            }
        }
    }

    /// The share of an organization.
    fn share_of(&self, org: Uuid) -> Option<&Share> {
        self.share.as_ref().filter(|share| share.org == org)
    }
}
