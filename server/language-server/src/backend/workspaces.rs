//! The workspaces that are open: one sync task and one cache each. A document belongs to the one
//! with the deepest root around it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use metasync_protocol::editor::{State, StatusParams};
use parking_lot::RwLock;
use tokio::{sync::mpsc, task::JoinHandle};
use tower_lsp::ls_types::ProgressToken;

use super::projects::PROJECT;
use crate::{
    settings::Effective,
    sync::{Engine, Event, Handle, LocalHub},
    workspace::{Found, detect},
};

/// An open workspace.
#[derive(Clone)]
pub struct Workspace {
    /// Where and which it is.
    pub found: Arc<Found>,
    /// Its sync task and cache.
    pub handle: Handle,
    task: Arc<JoinHandle<()>>,
}

/// All open workspaces.
pub struct Workspaces {
    starter: Arc<dyn LocalHub>,
    open: RwLock<Vec<Workspace>>,
    /// Progress that the editor shows, and the sync behind it: for cancelling.
    watched: RwLock<HashMap<ProgressToken, Handle>>,
}

impl Workspaces {
    /// None is open.
    pub fn new(starter: Arc<dyn LocalHub>) -> Workspaces {
        Workspaces {
            starter,
            open: RwLock::default(),
            watched: RwLock::default(),
        }
    }

    /// Where embedded hubs come from.
    pub fn hubs(&self) -> &dyn LocalHub {
        &*self.starter
    }

    /// Opens exactly these folders with these settings: what is open already with the same settings
    /// stays, the rest ends. `listen` is called with the events of each new one.
    pub fn set(
        &self,
        folders: &[PathBuf],
        settings: &Effective,
        restart: bool,
        listen: impl Fn(Handle, mpsc::UnboundedReceiver<Event>),
    ) {
        let mut found: Vec<Found> = Vec::new();
        for folder in folders {
            match detect(folder) {
                Ok(workspace) if found.iter().any(|f| f.root == workspace.root) => {}
                Ok(workspace) => found.push(workspace),
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "a folder can't be opened"),
            }
        }
        let mut open = self.open.write();
        let (stay, go): (Vec<_>, Vec<_>) = open
            .drain(..)
            .partition(|w| !restart && found.iter().any(|f| f.root == w.found.root));
        for workspace in go {
            workspace.handle.stop();
            workspace.task.abort();
            // whoever still tells of it keeps the session alive; its hub must not stay for that
            let session = workspace.handle.session();
            tokio::spawn(async move { session.lock().await.let_go() });
        }
        *open = found
            .into_iter()
            .map(|found| match stay.iter().find(|w| w.found.root == found.root) {
                Some(workspace) => workspace.clone(),
                None => {
                    let (events, told) = mpsc::unbounded_channel();
                    let (handle, task) = Engine::start(
                        found.clone(),
                        settings.clone(),
                        self.starter.clone(),
                        events,
                        true,
                    );
                    listen(handle.clone(), told);
                    Workspace {
                        found: Arc::new(found),
                        handle,
                        task: Arc::new(task),
                    }
                }
            })
            .collect();
    }

    /// All of them, in the order of the editor's folders.
    pub fn all(&self) -> Vec<Workspace> {
        self.open.read().clone()
    }

    /// The one that commands without a document mean.
    pub fn first(&self) -> Option<Workspace> {
        self.open.read().first().cloned()
    }

    /// The one that a path belongs to; else the first, so that a file from elsewhere (an untitled
    /// document) is still explained by what is open. A file of a project that is not open has none: what other
    /// projects call the same is something else.
    pub fn of_path(&self, path: &Path) -> Option<Workspace> {
        let open = self.open.read();
        let around = open.iter().filter(|w| path.starts_with(&w.found.root));
        let found = around.max_by_key(|w| w.found.root.components().count());
        let linked = || open.iter().filter_map(|w| through_link(path, w)).next_back();
        let is_of_a_project = || {
            path.ancestors()
                .skip(1)
                .any(|folder| folder.join(PROJECT).is_file())
        };
        match found {
            Some(found) => Some(found.clone()),
            None => match linked() {
                None if is_of_a_project() => None,
                None => open.first().cloned(),
                linked => linked,
            },
        }
    }

    /// The status of all together: the most noteworthy state, all connections and objects.
    pub fn status(&self) -> Option<StatusParams> {
        let rank = |state: State| match state {
            State::SignedOut => 0,
            State::Error => 1,
            State::Offline => 2,
            State::Starting => 3,
            State::Syncing => 4,
            State::UpToDate => 5,
            State::Local => 6,
        };
        let all: Vec<StatusParams> = self.open.read().iter().map(|w| w.handle.view.status()).collect();
        let mut worst = all.iter().min_by_key(|s| rank(s.state))?.clone();
        if all.len() > 1 {
            worst.objects = all.iter().map(|s| s.objects).sum();
            worst.connections = all.iter().flat_map(|s| s.connections.clone()).collect();
            worst.connections.dedup();
        }
        Some(worst)
    }

    /// A progress is shown for a sync.
    pub fn watch(&self, token: ProgressToken, handle: &Handle) {
        self.watched.write().insert(token, handle.clone());
    }

    /// It is shown no more.
    pub fn unwatch(&self, token: &ProgressToken) {
        self.watched.write().remove(token);
    }

    /// The editor cancels a progress.
    pub fn cancel(&self, token: &ProgressToken) {
        if let Some(handle) = self.watched.read().get(token) {
            handle.cancel();
        }
    }

    /// Ends all.
    pub fn stop(&self) {
        for workspace in self.open.write().drain(..) {
            workspace.handle.stop();
            workspace.task.abort();
        }
    }
}

/// A workspace to which a path leads through a symbolic link: the same one, with its folder called as the editor calls
/// it, so that what it is told of is what it has open.
fn through_link(path: &Path, workspace: &Workspace) -> Option<Workspace> {
    let real = path
        .canonicalize()
        // a file that is not there yet
        .or_else(|_| {
            Ok::<_, std::io::Error>(
                path.parent()
                    .unwrap_or(path)
                    .canonicalize()?
                    .join(path.file_name().unwrap_or_default()),
            )
        })
        .ok()?;
    let below = real.strip_prefix(&workspace.found.root).ok()?;
    if !path.ends_with(below) {
        return None;
    }
    let root = path.ancestors().nth(below.components().count())?.to_owned();
    let found = Found {
        root,
        ..(*workspace.found).clone()
    };
    Some(Workspace {
        found: Arc::new(found),
        ..workspace.clone()
    })
}
