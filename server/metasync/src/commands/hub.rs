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

/// Files and connections that a hub opens at most. Each editor that listens is one; the usual limit of
/// 1,024 is a soft one, which a program may raise by itself.
const OPEN_FILES: u64 = 65_536;

/// Raises the limit of open files as far as this process may.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if now.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: now.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit of open files stays as it is: {:?}", now.current);
        }
    }
}

/// A limit on the size of files is to be told as an error of the write, as a full disk is; without a handler the
/// system ends the process.
#[cfg(unix)]
fn survive_file_limits() {
    use tokio::signal::unix::{SignalKind, signal};
    const SIGXFSZ: i32 = 25;
    match signal(SignalKind::from_raw(SIGXFSZ)) {
        // the handler stays when its stream is gone
        Ok(stream) => drop(stream),
        Err(error) => tracing::debug!(%error, "a limit on the size of files would end the hub"),
    }
}

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
    #[cfg(unix)]
    {
        raise_open_files();
        survive_file_limits();
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
