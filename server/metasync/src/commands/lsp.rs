//! `metasync lsp`.

use std::sync::Arc;

use metasync_language_server::settings::Environment;
use tokio_util::sync::CancellationToken;

use crate::{embedded::EmbeddedHubs, terminal::Failure};

/// Serves one editor on stdio.
pub async fn run() -> Result<(), Failure> {
    let shutdown = CancellationToken::new();
    let hubs = Arc::new(EmbeddedHubs::new(shutdown.clone()));
    let environment = Environment::of_process();
    let serving = metasync_language_server::run(tokio::io::stdin(), tokio::io::stdout(), environment, hubs);
    let polite = tokio::select! {
        polite = serving => polite,
        // a terminal's Ctrl-C or a supervisor's SIGTERM
        _ = super::hub::asked_to_end() => true,
    };
    shutdown.cancel();
    if polite { Ok(()) } else { Err(Failure::Silent) }
}
