//! The session of a workspace with its hub: which cache, which connections, which hub; and the
//! steps of one sync.

mod connections;
mod organization;
mod status;

use std::{sync::Arc, time::Instant};

use metasync_cache::{Cache, CacheError};
use metasync_client::ClientError;
use metasync_protocol::{
    connections::{Connection, MatchAnswer},
    editor::{OrganizationRef, State, SyncAnswer},
};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    answer::{self, SyncError, Tally},
    cause::Cause,
    index,
    link::Link,
    local_hub::{Election, LocalHub, Over},
    memory::Memory,
    progress::{Event, Outlook},
    pull::{self, Pulled, Scope},
    view::View,
};
use crate::{
    settings::{Effective, Mode},
    workspace::{Found, Places},
};

/// A workspace and its hub.
pub struct Session {
    found: Found,
    settings: Effective,
    places: Places,
    cache: Option<Arc<Mutex<Cache>>>,
    broken: Option<String>,
    election: Option<Election>,
    matched: Option<MatchAnswer>,
    connections: Vec<Connection>,
    organization: Option<OrganizationRef>,
    session_id: Option<Uuid>,
    registered: Vec<Uuid>,
    told: Option<String>,
    /// When the cache last changed, and how many objects it had then.
    counted: Mutex<Option<(Option<String>, u64)>>,
    events: mpsc::UnboundedSender<Event>,
    view: View,
}

impl Session {
    /// Opens the cache, so that features answer from it before anything else happens.
    pub fn new(
        found: Found,
        settings: Effective,
        starter: Arc<dyn LocalHub>,
        events: mpsc::UnboundedSender<Event>,
        view: View,
    ) -> Session {
        let places = Places::of(&settings.cache_dir, &settings.mode, &found);
        let over = match &settings.mode {
            Mode::Local => Some(Over::Workspace {
                root: found.root.clone(),
                full_name: found.identity.identifier.clone(),
            }),
            Mode::Folder(folder) => Some(Over::Folder(folder.clone())),
            Mode::Hub { .. } | Mode::Off => None,
        };
        let election = over.map(|over| Election::new(places.clone(), over, starter));
        let mut session = Session {
            found,
            settings,
            places,
            cache: None,
            broken: None,
            election,
            matched: None,
            connections: Vec::new(),
            organization: None,
            session_id: None,
            registered: Vec::new(),
            told: None,
            counted: Mutex::new(None),
            events,
            view,
        };
        if session.settings.mode != Mode::Off
            && let Err(error) = session.open_cache()
        {
            session.broken = Some(error.to_string());
        }
        session
    }

    fn open_cache(&mut self) -> Result<Arc<Mutex<Cache>>, CacheError> {
        if let Some(cache) = &self.cache {
            return Ok(cache.clone());
        }
        self.places.create().map_err(|e| CacheError::ReadOnly {
            path: self.places.folder.clone(),
            why: e.to_string(),
        })?;
        let opened = Cache::open(&self.places.cache())?;
        if let Some(why) = opened.rebuilt {
            tracing::warn!(why, "the cache was built anew");
        }
        if let Err(error) = self.places.remember(&self.settings.cache_dir, &self.found.root) {
            tracing::warn!(%error, "the place of the cache could not be noted");
        }
        let memory = Memory::of(&opened.cache);
        self.connections = memory.connections();
        self.organization = memory.organization();
        self.session_id = memory.session_id();
        self.view.set_own(memory.own());
        if memory.may_serve(&self.settings.mode) {
            self.view.set_reader(Some(opened.cache.reader()));
        } else {
            self.tell_once(
                "access could not be confirmed for too long; the copy is not shown until a sync ends well",
            );
        }
        let cache = Arc::new(Mutex::new(opened.cache));
        self.cache = Some(cache.clone());
        self.refresh_status(State::Starting, "Starting");
        Ok(cache)
    }

    /// Nothing is synced any more: a hub of our own is free for others.
    pub fn let_go(&mut self) {
        self.view.set_link(None);
        self.election = None;
    }

    /// Whether nothing was ever pulled.
    pub fn is_empty(&self) -> bool {
        self.cache
            .as_ref()
            .is_none_or(|cache| cache.lock().position().is_ok_and(|p| p.cursor.is_none()))
    }

    /// Nothing is synced unasked: the copy is what there is.
    pub fn rest(&self) {
        let state = if self.settings.mode == Mode::Local {
            State::Local
        } else {
            State::UpToDate
        };
        self.refresh_status(
            state,
            "The background sync is switched off; this is the copy of the last sync",
        );
    }

    /// The hub and the connections in use, once there is a hub.
    pub fn linked(&self) -> Option<(Link, Vec<Uuid>)> {
        Some((self.view.link()?, self.connections.iter().map(|c| c.id).collect()))
    }

    /// One sync from end to end.
    pub async fn sync(
        &mut self,
        cause: Cause,
        full: bool,
        cancel: &CancellationToken,
        outlook: &mut Outlook,
    ) -> (SyncAnswer, Result<(), SyncError>) {
        let started = Instant::now();
        let started_at = jiff::Timestamp::now().to_string();
        let before = self.view.status();
        self.refresh_status(State::Syncing, "Syncing metadata");
        if cause.is_asked_for() || cause == Cause::Start {
            outlook.begin("Syncing metadata");
        }
        let mut outcome = self.attempt(cause, full, cancel, outlook).await;
        let away = |o: &Result<Tally, SyncError>| matches!(o, Err(SyncError::Client(e)) if e.is_offline() || matches!(e, ClientError::Unauthenticated { .. }));
        if away(&outcome) && self.settings.mode.is_embedded() {
            // the process that ran the embedded hub has ended: find or start another
            self.view.set_link(None);
            outcome = self.attempt(cause, full, cancel, outlook).await;
        }
        let local = self.settings.mode == Mode::Local;
        let answer = answer::answer(&outcome, local, started.elapsed().as_millis() as u64);
        self.note(&answer, cause, started_at);
        if outcome.as_ref().is_ok_and(Tally::changed) {
            let _ = self.events.send(Event::FactsChanged);
        }
        match &outcome {
            Ok(_) => {
                self.told = None;
                let state = if local { State::Local } else { State::UpToDate };
                self.refresh_status(state, &self.good_words());
            }
            Err(SyncError::Cancelled) => self.refresh_status(before.state, &before.message),
            Err(error) => {
                self.after(error);
                self.refresh_status(error.state(), &error.to_string());
                if error.state() != State::Offline {
                    self.tell_once(&error.to_string());
                }
            }
        }
        (answer, outcome.map(|_| ()))
    }

    async fn attempt(
        &mut self,
        cause: Cause,
        full: bool,
        cancel: &CancellationToken,
        outlook: &mut Outlook,
    ) -> Result<Tally, SyncError> {
        let cache = self.open_cache()?;
        self.broken = None;
        let known = self.view.link();
        let fresh = known.is_none();
        let link = match known {
            Some(link) => link,
            None => self.open_link().await?,
        };
        self.view.set_link(Some(link.clone()));
        if self.organization.is_none() || fresh {
            let known = self.organization.as_ref().and_then(|o| o.id.parse().ok());
            self.organization = Some(link.organization_ref(known));
        }
        if fresh || self.connections.is_empty() || matches!(cause, Cause::Command | Cause::Reconnected) {
            self.choose_connections(&link).await?;
        }
        self.register(&link).await?;
        let (mut from, mut index_ms) = (0, None);
        if let Some(connection) = link.local {
            let began = Instant::now();
            let job = index::index(&link.client, connection, full, cancel, outlook).await;
            if cancel.is_cancelled() {
                return Err(SyncError::Cancelled);
            }
            let job = job?;
            if job.status != "completed" {
                let message = job.error.unwrap_or(job.status);
                return Err(match (&self.settings.mode, job.code) {
                    (Mode::Folder(_), code) => SyncError::Folder {
                        code: code.unwrap_or_default(),
                        message,
                    },
                    _ => SyncError::Index(message),
                });
            }
            from = index::INDEX_SHARE;
            index_ms = Some(began.elapsed().as_millis() as u64);
        }
        let scope = Scope {
            organization: link.organization.clone(),
            connections: self.connections.iter().map(|c| c.id).collect(),
            session: self.session_id,
        };
        let mut tally = self
            .bring_up(&link, &scope, &cache, full, cancel, outlook, from)
            .await?;
        tally.index_ms = index_ms;
        if tally.changed() {
            cache.lock().rest();
        }
        let own = self.view.own();
        Memory::writing(&cache).remember(
            self.organization.as_ref(),
            &self.connections,
            &own,
            self.session_id,
        );
        if self.view.reader().is_none() {
            self.view.set_reader(Some(cache.lock().reader()));
        }
        Ok(tally)
    }

    #[allow(clippy::too_many_arguments)] // one sync's whole context, used in this one place
    async fn bring_up(
        &mut self,
        link: &Link,
        scope: &Scope,
        cache: &Arc<Mutex<Cache>>,
        full: bool,
        cancel: &CancellationToken,
        outlook: &mut Outlook,
        from: u32,
    ) -> Result<Tally, SyncError> {
        let mut why = full.then(|| "asked for".to_owned());
        if why.is_none() {
            match pull::pull(&link.client, scope, cache, cancel, outlook, (from, 100)).await? {
                Pulled::Checkpoint { tally, organization } => {
                    self.name_organization(link, organization);
                    return Ok(tally);
                }
                Pulled::Rebuild { why: reason } => why = Some(reason),
                Pulled::Mismatch {
                    connections,
                    repeated: true,
                } => {
                    return Err(SyncError::Diverged(format!("{connections:?}")));
                }
                Pulled::Mismatch {
                    connections,
                    repeated: false,
                } => {
                    why = Some(format!("the copy of {connections:?} did not add up"));
                }
            }
        }
        tracing::info!(why, "building a new copy beside the old one");
        let beside = Arc::new(Mutex::new(cache.lock().begin_rebuild()?));
        match pull::pull(&link.client, scope, &beside, cancel, outlook, (from, 100)).await? {
            Pulled::Checkpoint { tally, organization } => {
                let Some(finished) = Arc::into_inner(beside) else {
                    return Err(CacheError::Locked {
                        path: self.places.cache(),
                    }
                    .into());
                };
                cache.lock().swap(finished.into_inner())?;
                self.name_organization(link, organization);
                Ok(tally)
            }
            Pulled::Rebuild { why } => Err(SyncError::Diverged(why)),
            Pulled::Mismatch { connections, .. } => Err(SyncError::Diverged(format!("{connections:?}"))),
        }
    }

    fn name_organization(&mut self, link: &Link, id: Option<Uuid>) {
        if id.is_some() {
            self.organization = Some(link.organization_ref(id));
        }
    }

    /// What follows from a failure: revoked access takes the copy with it, a refused token is asked
    /// for again, and a hub that was replaced is connected to anew.
    fn after(&mut self, error: &SyncError) {
        match error {
            SyncError::Client(ClientError::Revoked { .. }) => {
                self.view.set_reader(None);
                if let Some(cache) = self.cache.take()
                    && let Err(error) = cache.lock().purge()
                {
                    tracing::error!(%error, "the cache could not be purged");
                }
                // what was written down of it goes too
                let pages = Places::pages_beside(&self.places.cache());
                if let Err(error) = std::fs::remove_dir_all(pages)
                    && error.kind() != std::io::ErrorKind::NotFound
                {
                    tracing::error!(%error, "pages about objects could not be removed");
                }
                self.view.set_link(None);
                self.connections.clear();
            }
            // the hub that was found may still be that of a session with other credentials
            SyncError::Client(_) | SyncError::Link(_) | SyncError::Folder { .. } => {
                self.view.set_link(None);
            }
            _ => {}
        }
    }
}
