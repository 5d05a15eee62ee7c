//! Logs go to stderr, never to stdout. `METASYNC_LOG` is a level (`debug`) or a filter of
//! tracing-subscriber (`metasync_hub=debug,info`), optionally `json:` before it.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::arguments::Command;

/// Starts logging. Commands that answer people are silent unless asked; servers tell what they do.
pub fn start(command: &Command) {
    let quiet = !matches!(command, Command::Lsp | Command::Hub(_));
    let wish = std::env::var("METASYNC_LOG").unwrap_or_default();
    let (json, filter) = match wish.strip_prefix("json:") {
        Some(filter) => (true, filter),
        None => (false, wish.as_str()),
    };
    let default = if quiet {
        "off"
    } else {
        "warn,metasync=info,metasync_hub=info,metasync_language_server=info"
    };
    let filter = if filter.trim().is_empty() { default } else { filter };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(true);
    let started = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    // a second start is no reason to end
    drop(started);
}
