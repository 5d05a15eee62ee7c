//! The language server inside this process: the same messages as over the pipe, but without a pipe,
//! a second process and its scheduling. What is left is parsing, look-up, rendering and the server's
//! own machinery.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use futures_util::future::BoxFuture;
use metasync_language_server::{
    settings::{Environment, Folder},
    sync::{Endpoint, LocalHub, NotStarted, Over},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf},
    runtime::Runtime,
    task::LocalSet,
};

use super::lsp::Start;

/// Bytes that wait between the two ends.
const BUFFER: usize = 1024 * 1024;

/// A server in this process.
pub struct Inside {
    runtime: Runtime,
    tasks: LocalSet,
    to: WriteHalf<DuplexStream>,
    from: BufReader<ReadHalf<DuplexStream>>,
    last: i64,
}

/// These benchmarks have a hub; nothing else is started.
struct NoLocalHub;

impl LocalHub for NoLocalHub {
    fn start(&self, _: Over, _: PathBuf) -> BoxFuture<'static, Result<Endpoint, NotStarted>> {
        Box::pin(async { Err("a benchmark has no local mode".to_owned().into()) })
    }

    fn look(&self, _: Folder) -> BoxFuture<'static, Result<String, NotStarted>> {
        Box::pin(async { Err("a benchmark has no published catalogue".to_owned().into()) })
    }
}

impl Inside {
    /// Starts the server, up to `initialized`.
    pub fn start(start: &Start<'_>) -> Result<Inside> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let tasks = LocalSet::new();
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let environment = Environment {
            cache_dir: start.cache.to_owned(),
            ..Environment::default()
        };
        tasks.spawn_local(async move {
            let (input, output) = tokio::io::split(theirs);
            metasync_language_server::run(input, output, environment, Arc::new(NoLocalHub)).await
        });
        let (from, to) = tokio::io::split(ours);
        let mut inside = Inside {
            runtime,
            tasks,
            to,
            from: BufReader::new(from),
            last: 0,
        };
        inside.request("initialize", &start.initialize())?;
        inside.notify("initialized", &json!({}))?;
        Ok(inside)
    }

    /// Sends a request and waits for its answer; what the server asks meanwhile gets `null`.
    pub fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.last += 1;
        let id = self.last;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let (to, from) = (&mut self.to, &mut self.from);
        self.tasks.block_on(&self.runtime, async {
            send(to, &message).await?;
            loop {
                let message = receive(from).await?;
                if message.get("method").is_some() {
                    if let Some(asked) = message.get("id") {
                        send(to, &json!({"jsonrpc": "2.0", "id": asked, "result": null})).await?;
                    }
                } else if message["id"] == id {
                    if let Some(error) = message.get("error") {
                        bail!("{method} failed: {error}");
                    }
                    return Ok(message["result"].clone());
                }
            }
        })
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: &Value) -> Result<()> {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        let to = &mut self.to;
        self.tasks.block_on(&self.runtime, send(to, &message))
    }
}

async fn send(to: &mut WriteHalf<DuplexStream>, message: &Value) -> Result<()> {
    to.write_all(&super::lsp::framed(message)?).await?;
    Ok(())
}

async fn receive(from: &mut BufReader<ReadHalf<DuplexStream>>) -> Result<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).await? == 0 {
            bail!("the server ended");
        }
        if line.trim_end().is_empty() {
            break;
        }
        length = super::lsp::length(&line)?.or(length);
    }
    let mut body = vec![0; length.context("a message without length")?];
    from.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}
