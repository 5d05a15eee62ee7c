//! The only place that knows the Language Server Protocol: it turns requests into questions,
//! questions into cache look-ups, and facts into answers. No handler waits for the network or for
//! a sync; what needs the client's answer runs in a task of its own.

mod around;
mod browsing;
mod calls;
mod capabilities;
mod catalogue;
mod changes;
mod checking;
mod commands;
mod completion;
mod conflicts;
mod convert;
mod definition;
mod elsewhere;
mod hints;
mod hover;
mod library;
mod lookup;
mod projects;
mod references;
mod reporter;
mod server;
mod symbols;
mod texts;
mod watching;
mod workspaces;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::RwLock;
use tower_lsp::Client;

use crate::{
    documents::{Documents, Encoding},
    settings::{Environment, Told},
    sync::LocalHub,
};
use capabilities::Offers;
use checking::Checker;
use metasync_protocol::settings::Settings;
use workspaces::Workspaces;

/// How long a command waits for the workspaces to be open.
const OPENING: std::time::Duration = std::time::Duration::from_secs(10);

/// The language server behind the protocol.
pub struct Backend {
    client: Client,
    environment: Environment,
    documents: Arc<Documents>,
    workspaces: Arc<Workspaces>,
    offers: RwLock<Offers>,
    /// The editor's folders.
    folders: RwLock<Vec<std::path::PathBuf>>,
    /// The editor's settings, as last told.
    editor_settings: RwLock<Told>,
    /// Becomes true once the workspaces are open, which waits for the editor's settings.
    opened: tokio::sync::watch::Sender<bool>,
    /// What is shown around the text.
    features: RwLock<Settings>,
    checker: Checker,
    /// What the open documents' objects looked like.
    seen: Arc<changes::Seen>,
    /// Files of the shared library on their way.
    library: library::Fetching,
    shut_down: Arc<AtomicBool>,
}

impl Backend {
    /// A server that has not been initialized. `shut_down` becomes true with `shutdown`.
    pub fn new(
        client: Client,
        environment: Environment,
        starter: Arc<dyn LocalHub>,
        shut_down: Arc<AtomicBool>,
    ) -> Backend {
        let documents: Arc<Documents> = Arc::default();
        let workspaces = Arc::new(Workspaces::new(starter));
        Backend {
            checker: Checker::new(client.clone(), documents.clone(), workspaces.clone()),
            client,
            environment,
            documents,
            workspaces,
            features: RwLock::default(),
            seen: Arc::default(),
            library: library::Fetching::default(),
            offers: RwLock::default(),
            folders: RwLock::default(),
            editor_settings: RwLock::default(),
            opened: tokio::sync::watch::Sender::new(false),
            shut_down,
        }
    }

    fn encoding(&self) -> Encoding {
        self.offers.read().encoding
    }

    /// Waits until the workspaces are open: a command may come on the heels of `initialized`.
    async fn until_opened(&self) {
        let mut opened = self.opened.subscribe();
        let open = opened.wait_for(|opened| *opened);
        if tokio::time::timeout(OPENING, open).await.is_err() {
            tracing::warn!("a command came before `initialized`");
        }
    }

    fn end(&self) {
        self.shut_down.store(true, Ordering::Release);
        self.workspaces.stop();
    }
}
