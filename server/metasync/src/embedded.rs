//! Where the two worlds meet: the language server's local mode asks for a hub, and here it gets an
//! embedded one.

use std::path::PathBuf;

use futures_util::{FutureExt, future::BoxFuture};
use metasync_language_server::sync::{Endpoint, LocalHub};
use tokio_util::sync::CancellationToken;

/// Starts embedded hubs that run until `shutdown`.
pub struct EmbeddedHubs {
    shutdown: CancellationToken,
}

impl EmbeddedHubs {
    /// Hubs that run until `shutdown`.
    pub fn new(shutdown: CancellationToken) -> EmbeddedHubs {
        EmbeddedHubs { shutdown }
    }
}

impl LocalHub for EmbeddedHubs {
    fn start(
        &self,
        root: PathBuf,
        data_dir: PathBuf,
        full_name: String,
    ) -> BoxFuture<'static, Result<Endpoint, String>> {
        let shutdown = self.shutdown.clone();
        async move {
            let hub = metasync_hub::embedded(&root, &data_dir, &full_name, shutdown).await;
            let hub = hub.map_err(|error| error.to_string())?;
            Ok(Endpoint {
                url: hub.url,
                token: hub.token,
                organization: hub.organization_id,
                connection: hub.connection_id,
            })
        }
        .boxed()
    }
}
