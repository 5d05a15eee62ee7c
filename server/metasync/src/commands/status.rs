//! `metasync status`.

use metasync_language_server::settings::Mode;
use metasync_protocol::editor::{ConnectionRef, State, StatusParams};

use super::opened;
use crate::{
    arguments::CacheOptions,
    terminal::{self, Failure, count},
};

/// What the cache holds, and how old it is.
pub fn run(options: &CacheOptions) -> Result<(), Failure> {
    let (workspace, reader) = opened::cache(options)?;
    let counts = reader.status()?;
    let connections = reader.connections()?;
    let local = workspace.settings.mode == Mode::Local;
    let age = counts
        .last_sync_at
        .as_deref()
        .and_then(|at| metasync_ide::time::age(at, jiff::Timestamp::now()));
    let synced = age
        .as_deref()
        .map_or_else(|| "never synced".to_owned(), |age| format!("synced {age}"));
    let status = StatusParams {
        state: if local { State::Local } else { State::UpToDate },
        message: format!("{} objects, {synced}", count(counts.objects)),
        organization: reader.get_meta("organization")?,
        connections: connections
            .iter()
            .map(|c| ConnectionRef {
                id: c.id,
                name: c.name.clone(),
            })
            .collect(),
        objects: counts.objects,
        last_sync_at: counts.last_sync_at.clone(),
        // the next one is an editor's affair
        next_sync_at: None,
        hub: workspace.settings.mode.address(),
        cache: Some(reader.path().display().to_string()),
        session_id: reader.get_meta("session_id")?,
    };
    if options.json {
        return terminal::print_json(&status);
    }
    let names: Vec<&str> = connections.iter().map(|c| c.full_name.as_str()).collect();
    let lines = [
        format!(
            "Workspace    {} ({})",
            workspace.found.identity.identifier,
            workspace.found.root.display()
        ),
        format!(
            "Hub          {}",
            status.hub.as_deref().unwrap_or("none: the workspace itself")
        ),
        format!(
            "Connections  {}",
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        ),
        format!(
            "Holds        {} objects, {} columns, {} dependencies, {} lineage edges, {} files",
            count(counts.objects),
            count(counts.columns),
            count(counts.dependencies),
            count(counts.columns_lineage),
            count(counts.files)
        ),
        format!("Last sync    {}", age.unwrap_or_else(|| "never".to_owned())),
        format!("Cache        {}", reader.path().display()),
    ];
    terminal::print(&lines.join("\n"))
}
