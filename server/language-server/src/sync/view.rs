//! What the features read: the cache of a workspace, at once and without waiting for any sync.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use metasync_analysis::{Dialect, Options};
use metasync_cache::Reader;
use metasync_protocol::editor::{State, StatusParams};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use super::link::Link;
use crate::workspace::{Places, Stems};

/// The read side of a workspace's cache, and the status beside it.
#[derive(Clone)]
pub struct View {
    inner: Arc<Inner>,
}

struct Inner {
    /// The workspace's folder.
    root: PathBuf,
    reader: RwLock<Option<Reader>>,
    status: RwLock<StatusParams>,
    /// The dialect of the catalogue, and the sync after which it was looked up.
    dialect: RwLock<Option<(String, Option<Dialect>)>>,
    /// The connections whose files are the workspace's own; empty where that is not known.
    own: RwLock<Vec<Uuid>>,
    /// The pages about other repositories' objects that say what is known since this sync.
    pages: Mutex<(Option<String>, HashSet<Uuid>)>,
    /// The names of the workspace's files.
    stems: Stems,
    /// The hub that was asked last.
    link: RwLock<Option<Link>>,
}

impl View {
    /// Of the workspace in this folder; nothing is known yet.
    pub fn new(root: PathBuf) -> View {
        let status = StatusParams {
            state: State::Starting,
            message: "Starting".to_owned(),
            organization: None,
            connections: Vec::new(),
            objects: 0,
            last_sync_at: None,
            next_sync_at: None,
            hub: None,
            cache: None,
            session_id: None,
        };
        View {
            inner: Arc::new(Inner {
                root,
                reader: RwLock::new(None),
                status: RwLock::new(status),
                dialect: RwLock::new(None),
                own: RwLock::default(),
                pages: Mutex::default(),
                stems: Stems::default(),
                link: RwLock::default(),
            }),
        }
    }
}

impl View {
    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Serves another cache, or none.
    pub fn set_reader(&self, reader: Option<Reader>) {
        *self.inner.reader.write() = reader;
    }

    /// Asks the cache; `None` where there is none yet, or where it can't be read (which is logged).
    pub fn ask<T>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, metasync_cache::CacheError>,
    ) -> Option<T> {
        match question(&self.reader()?) {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::warn!(%error, "the cache could not be read");
                None
            }
        }
    }

    /// A reader of one's own, for long questions.
    pub fn reader(&self) -> Option<Reader> {
        self.inner.reader.read().clone()
    }

    /// Where pages about objects of other repositories lie: beside the cache, and gone with it.
    pub fn pages(&self) -> Option<PathBuf> {
        Some(Places::pages_beside(self.reader()?.path()))
    }

    /// Whether the page about an object is as new as the last sync.
    pub fn has_page(&self, object: Uuid) -> bool {
        let synced = self.ask(|reader| reader.last_sync_at()).flatten();
        let pages = self.inner.pages.lock();
        pages.0 == synced && pages.1.contains(&object)
    }

    /// The page about an object was written.
    pub fn page_is_written(&self, object: Uuid) {
        let synced = self.ask(|reader| reader.last_sync_at()).flatten();
        let mut pages = self.inner.pages.lock();
        if pages.0 != synced {
            *pages = (synced, HashSet::new());
        }
        pages.1.insert(object);
    }

    /// The connections whose files are the workspace's own; empty where that is not known.
    pub fn own(&self) -> Vec<Uuid> {
        self.inner.own.read().clone()
    }

    /// Tells them.
    pub fn set_own(&self, connections: Vec<Uuid>) {
        *self.inner.own.write() = connections;
    }

    /// How the analysis is to read the workspace's SQL: in the dialect of its project.
    pub fn options(&self) -> Options {
        let Some(synced) = self.ask(|reader| reader.last_sync_at()).flatten() else {
            return Options::default();
        };
        if let Some((at, dialect)) = &*self.inner.dialect.read()
            && *at == synced
        {
            return Options { dialect: *dialect };
        }
        let name = self.ask(|reader| reader.dialect()).flatten();
        let dialect = name.and_then(|name| name.parse().ok());
        *self.inner.dialect.write() = Some((synced, dialect));
        Options { dialect }
    }

    /// The names of the workspace's files that may make a model, as they are on disk.
    pub fn stems(&self) -> Arc<HashSet<String>> {
        self.inner.stems.below(&self.inner.root)
    }

    /// The hub that syncs ask; `None` before the first one and where it failed.
    pub fn link(&self) -> Option<Link> {
        self.inner.link.read().clone()
    }

    /// Tells it.
    pub fn set_link(&self, link: Option<Link>) {
        *self.inner.link.write() = link;
    }

    /// The status now.
    pub fn status(&self) -> StatusParams {
        self.inner.status.read().clone()
    }

    /// Changes the status; whether it differs from before.
    pub fn set_status(&self, change: impl FnOnce(&mut StatusParams)) -> Option<StatusParams> {
        let mut status = self.inner.status.write();
        let before = status.clone();
        change(&mut status);
        (*status != before).then(|| status.clone())
    }

    /// Whether what is shown is a copy that can't be confirmed now.
    pub fn is_offline(&self) -> bool {
        matches!(self.inner.status.read().state, State::Offline | State::SignedOut)
    }
}
