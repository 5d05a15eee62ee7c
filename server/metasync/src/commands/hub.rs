//! `metasync hub`.

use anyhow::Context;
use metasync_hub::Hub;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    arguments::HubOptions,
    terminal::{self, Failure},
};

/// Where the hub's state lives without a configuration: beside where it is started, so that it is
/// found again.
const DATA_DIR: &str = "hub-data";

/// Runs a hub until it is asked to end.
pub async fn run(options: HubOptions) -> Result<(), Failure> {
    let mut config = match &options.config {
        Some(path) => metasync_hub::load(path)?,
        None => metasync_hub::HubConfig::local(DATA_DIR),
    };
    if let Some(listen) = &options.listen {
        let wrong = |e| {
            Failure::Usage(format!(
                "--listen {listen:?} is no address such as 127.0.0.1:8750: {e}"
            ))
        };
        config.listen = listen.parse().map_err(wrong)?;
    }
    if let Some(data_dir) = options.data_dir {
        config.data_dir = data_dir;
    }
    if let Some(database) = options.database {
        config.database = Some(database);
    }
    let shutdown = CancellationToken::new();
    let ending = shutdown.clone();
    tokio::spawn(async move {
        asked_to_end().await;
        ending.cancel();
    });
    let address = config.listen;
    let listener = TcpListener::bind(address).await;
    let listener = listener
        .with_context(|| format!("can't listen on {address}: choose another address with --listen"))?;
    let address = listener.local_addr()?;
    let hub = Hub::open(config, shutdown).await?;
    if options.new_epoch {
        hub.renew_epoch().await?;
    }
    terminal::print(&format!("listening on http://{address}"))?;
    hub.serve(listener).await?;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
