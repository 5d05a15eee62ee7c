//! `metasync sync`.

use std::sync::Arc;

use anyhow::anyhow;
use metasync_language_server::sync::{Cause, Engine};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{hub::asked_to_end, opened};
use crate::{
    arguments::SyncOptions,
    embedded::EmbeddedHubs,
    terminal::{self, Failure, bars, count},
};

/// One sync into the cache that the language server uses.
pub async fn run(options: SyncOptions) -> Result<(), Failure> {
    let workspace = opened::workspace(options.path.as_deref().or(options.workspace.as_deref()))?;
    let shutdown = CancellationToken::new();
    let (events, told) = mpsc::unbounded_channel();
    let hubs = Arc::new(EmbeddedHubs::new(shutdown.clone()));
    let (handle, task) = Engine::start(workspace.found.clone(), workspace.settings, hubs, events, false);
    let shown = bars::show(told);
    let answer = tokio::select! {
        answer = handle.sync(Cause::Command, options.full) => answer,
        () = asked_to_end() => {
            handle.stop();
            shutdown.cancel();
            return Err(anyhow!("interrupted; what was synced so far stays").into());
        }
    };
    let view = handle.view.clone();
    handle.stop();
    drop(handle);
    drop(task.await);
    shutdown.cancel();
    let said = shown.await.unwrap_or_default();
    if options.json {
        terminal::print_json(&answer)?;
    }
    match &answer.error {
        Some(error) => return Err(anyhow!("{error}").into()),
        None if options.json => return Ok(()),
        None => {}
    }
    for message in said {
        terminal::complain(&message);
    }
    let counts = view.ask(metasync_cache::Reader::status).unwrap_or_default();
    let what = if answer.up_to_date {
        "Nothing new".to_owned()
    } else {
        format!(
            "{} objects came, {} rows went",
            count(answer.objects),
            count(answer.deleted)
        )
    };
    terminal::print(&format!(
        "{what} in {} ms: {} has {} objects with {} columns",
        answer.duration_ms,
        workspace.found.identity.identifier,
        count(counts.objects),
        count(counts.columns)
    ))
}
