//! A hub alone, with the arguments of `metasync hub`: for looking at the hub without the rest.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::{error::Error, path::PathBuf};

use metasync_hub::{Hub, HubConfig, config, load};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(std::env::var("METASYNC_LOG").unwrap_or_else(|_| "info".into()))
        .init();
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |flag: &str| {
        let at = args.iter().position(|a| a == flag)?;
        args.get(at + 1).cloned()
    };
    let mut hub = match value("--config") {
        Some(path) => load(&PathBuf::from(path))?,
        None => HubConfig::local(config::DEFAULT_DATA_DIR),
    };
    if let Some(dir) = value("--data-dir") {
        hub.data_dir = dir.into();
    }
    if let Some(address) = value("--listen") {
        hub.listen = address.parse()?;
    }
    let listener = TcpListener::bind(hub.listen).await?;
    let address = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let hub = Hub::open(hub, shutdown.clone()).await?;
    println!("listening on http://{address}");
    tokio::spawn(async move {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        terminate.recv().await;
        shutdown.cancel();
        Ok::<_, std::io::Error>(())
    });
    Ok(hub.serve(listener).await?)
}
