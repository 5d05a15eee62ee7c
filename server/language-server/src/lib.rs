//! The language server: the only crate that knows the Language Server Protocol. It detects the
//! workspace, keeps its cache in step with a hub, and answers every request from that cache.
//!
//! It links no hub, no store and no source: local mode talks to an embedded hub over loopback HTTP,
//! which the binary starts through [`sync::LocalHub`].

pub mod answers;
mod backend;
pub mod doctor;
pub mod documents;
pub mod settings;
pub mod sync;
pub mod transport;
pub mod workspace;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

use settings::Environment;
use sync::LocalHub;

/// Serves one editor until it says `exit` or goes away. `true`: it said `shutdown` before, so the
/// process ends with status 0, else with 1 (LSP 3.17, "Exit Notification").
pub async fn run<I, O>(input: I, output: O, environment: Environment, starter: Arc<dyn LocalHub>) -> bool
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + Send + 'static,
{
    let shut_down = Arc::new(AtomicBool::new(false));
    let (service, socket) = LspService::build(|client| {
        backend::Backend::new(client, environment.clone(), starter.clone(), shut_down.clone())
    })
    .custom_method(
        "window/workDoneProgress/cancel",
        backend::Backend::cancel_progress,
    )
    .custom_method("metasync/objects", backend::Backend::objects)
    .custom_method("metasync/columns", backend::Backend::columns)
    .custom_method("metasync/objectAt", backend::Backend::object_at)
    .finish();
    transport::serve(input, output, socket, service).await;
    shut_down.load(Ordering::Acquire)
}
