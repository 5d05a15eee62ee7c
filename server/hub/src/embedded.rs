//! A hub inside another process, over one folder: what `metasync try` and the language server's local
//! mode speak to, over loopback HTTP like to any other hub.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    auth,
    config::{ConnectionConfig, HubConfig, LOCAL_USER, Repositories},
    hub::{Hub, HubError},
    published::{CatalogueShare, KIND, Published},
};

/// How long the embedded hub's token is good for; it stays in memory.
const TOKEN_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A running embedded hub.
pub struct Embedded {
    /// Its address.
    pub url: String,
    /// A token of its owner.
    pub token: String,
    /// Its only organization, `local`.
    pub organization_id: Uuid,
    /// The connection over the folder; `POST /api/repositories/{connection_id}/sync` indexes it.
    pub connection_id: Uuid,
    serving: JoinHandle<Result<(), HubError>>,
}

impl Embedded {
    /// Waits for its end, which the token given to [`embedded`] asks for.
    pub async fn closed(self) -> Result<(), HubError> {
        self.serving.await.unwrap_or_else(|error| {
            Err(HubError::Io {
                what: "the embedded hub".into(),
                source: std::io::Error::other(error),
            })
        })
    }
}

/// Starts a hub on a free loopback port with one connection of type `workspace` over a folder.
/// `identity` is what the workspace is known as (`company/jaffle_shop`, or the folder's name).
/// It indexes when asked, and never by itself.
pub async fn embedded(
    workspace: &Path,
    data_dir: &Path,
    identity: &str,
    shutdown: CancellationToken,
) -> Result<Embedded, HubError> {
    let root = std::path::absolute(workspace).map_err(failed(format!("finding {}", workspace.display())))?;
    let url = root.to_str().map(str::to_owned).ok_or_else(|| HubError::Io {
        what: format!("indexing {}", root.display()),
        source: std::io::Error::other("the folder's name is not UTF-8"),
    })?;
    let config = HubConfig::local(data_dir);
    let id = metasync_protocol::ids::connection(config.organizations[0].id, identity);
    start(config, connection(id, "workspace", identity, url), shutdown).await
}

/// Starts a hub on a free loopback port with one connection, over a published catalogue, which it reads when
/// asked. The first start asks the share whose catalogue it is.
pub async fn embedded_over(
    catalogue: CatalogueShare,
    data_dir: &Path,
    shutdown: CancellationToken,
) -> Result<Embedded, HubError> {
    std::fs::create_dir_all(data_dir).map_err(failed(format!("making {}", data_dir.display())))?;
    let published = Published::open(&catalogue, data_dir)?;
    let name = published.name().await?;
    let mut config = HubConfig::local(data_dir);
    // the same whoever publishes there
    let id = metasync_protocol::ids::connection(config.organizations[0].id, &catalogue.url);
    let connection = connection(id, KIND, &name, catalogue.url.clone());
    config.catalogue = Some(catalogue);
    start(config, connection, shutdown).await
}

fn failed(what: String) -> impl FnOnce(std::io::Error) -> HubError {
    move |source| HubError::Io { what, source }
}

fn connection(id: Uuid, kind: &str, identity: &str, url: String) -> ConnectionConfig {
    ConnectionConfig {
        id: Some(id),
        kind: kind.into(),
        name: identity.rsplit('/').next().unwrap_or(identity).to_owned(),
        full_name: identity.to_owned(),
        url,
        ..ConnectionConfig::default()
    }
}

async fn start(
    mut config: HubConfig,
    connection: ConnectionConfig,
    shutdown: CancellationToken,
) -> Result<Embedded, HubError> {
    config.owner_token = false;
    config.repositories = Repositories {
        on_startup: false,
        interval_minutes: 0.0,
    };
    let organization_id = config.organizations[0].id;
    let connection_id = connection.id.unwrap_or_default();
    config.organizations[0].connections.push(connection);
    let hub = Hub::open(config.clone(), shutdown).await?;
    let (token, _) = auth::mint(&config, LOCAL_USER, None, TOKEN_LIFETIME)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(failed("listening on 127.0.0.1".into()))?;
    let address = listener
        .local_addr()
        .map_err(failed("listening on 127.0.0.1".into()))?;
    Ok(Embedded {
        url: format!("http://{address}"),
        token,
        organization_id,
        connection_id,
        serving: tokio::spawn(hub.serve(listener)),
    })
}
