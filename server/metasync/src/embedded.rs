//! Where the two worlds meet: the language server asks for a hub of its own, over a workspace (local mode) or
//! over a published catalogue, and here it gets an embedded one.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::{FutureExt, future::BoxFuture};
use metasync_hub::{CatalogueShare, Embedded, HubError};
use metasync_language_server::{
    settings::Folder,
    sync::{Endpoint, LocalHub, NotStarted, Over},
};
use metasync_sources::{ShareError, SharedFolder, webdav::DavOptions};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::terminal::count;

/// Starts embedded hubs that run until `shutdown`.
pub struct EmbeddedHubs {
    shutdown: CancellationToken,
    /// Those that run, by data directory: two over one would take each other's work.
    running: Arc<Mutex<HashMap<PathBuf, Running>>>,
}

struct Running {
    stop: CancellationToken,
    hub: Embedded,
}

impl EmbeddedHubs {
    /// Hubs that run until `shutdown`.
    pub fn new(shutdown: CancellationToken) -> EmbeddedHubs {
        EmbeddedHubs {
            shutdown,
            running: Arc::default(),
        }
    }
}

impl LocalHub for EmbeddedHubs {
    fn start(&self, over: Over, data_dir: PathBuf) -> BoxFuture<'static, Result<Endpoint, NotStarted>> {
        let (stop, running) = (self.shutdown.child_token(), Arc::clone(&self.running));
        async move {
            let mut running = running.lock().await;
            if let Some(before) = running.remove(&data_dir) {
                before.stop.cancel();
                if let Err(error) = before.hub.closed().await {
                    tracing::warn!(%error, "the embedded hub before did not end well");
                }
            }
            let hub = start(over, &data_dir, stop.clone()).await;
            let hub = hub.map_err(|error| NotStarted {
                code: error.code().map(str::to_owned),
                message: error.to_string(),
            })?;
            let endpoint = Endpoint {
                url: hub.url.clone(),
                token: hub.token.clone(),
                organization: hub.organization_id,
                connection: hub.connection_id,
            };
            running.insert(data_dir, Running { stop, hub });
            Ok(endpoint)
        }
        .boxed()
    }

    fn look(&self, folder: Folder) -> BoxFuture<'static, Result<String, NotStarted>> {
        async move {
            look(folder).await.map_err(|error| NotStarted {
                code: Some(error.code().to_owned()),
                message: error.to_string(),
            })
        }
        .boxed()
    }
}

/// How a folder is reached.
pub fn dav_options(folder: Folder) -> DavOptions {
    DavOptions {
        base_url: folder.url,
        root: String::new(),
        username: folder.username,
        password: folder.password,
    }
}

async fn look(folder: Folder) -> Result<String, ShareError> {
    // a reader publishes nothing, so nobody needs to know it
    let head = SharedFolder::of_catalogue(dav_options(folder), Uuid::new_v4())?
        .published()
        .await?;
    let bytes = count(head.manifest.size);
    Ok(match head.manifest.of {
        Some(whose) => format!("the catalogue of {whose}, version {} ({bytes} bytes)", head.n),
        None => format!("a catalogue, version {} ({bytes} bytes)", head.n),
    })
}

async fn start(over: Over, data_dir: &Path, stop: CancellationToken) -> Result<Embedded, HubError> {
    match over {
        Over::Workspace { root, full_name } => {
            metasync_hub::embedded(&root, data_dir, &full_name, stop).await
        }
        Over::Folder(folder) => {
            let share = CatalogueShare {
                url: folder.url,
                username: folder.username,
                password: folder.password,
            };
            metasync_hub::embedded_over(share, data_dir, stop).await
        }
    }
}
