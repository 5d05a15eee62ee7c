//! A sync: the nine steps of seed 001. Under load they interleave: what others publish meanwhile is taken
//! in, and data files are sent before the ticket is taken, so that it is held briefly.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use metasync_protocol::library::{LibraryProblem, LibraryStatus, LibrarySummary, LibrarySyncRequest};
use metasync_sources::{ShareError, SharedFolder, Ticket, shared_folder::View};
use metasync_store::{LibraryState, Store, StoreError};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{
    Library,
    progress::Teller,
    pull::{self, Remote},
    push::{self, Published},
    share::Share,
};

/// How long the right to sync holds without being renewed.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(10);
/// Times that a sync begins again because others published meanwhile.
const MAX_ROUNDS: u32 = 30;
/// Publications after which a manifest may not tell of a commit any more.
const REMEMBERED: u64 = 400;
/// The highest number in `version.txt` that is believed.
const BELIEVED: u64 = 1_000_000_000_000;
/// What is asked of those who always met others, to wait.
const RETRY_AFTER: Duration = Duration::from_secs(15);

/// Why a sync could not do anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncError {
    /// There is no share.
    #[error(
        "this organization's library is not shared: set `[webdav] base_url` in hub.toml, or WEBDAV_BASE_URL"
    )]
    NotConfigured,
    /// This hub is at it.
    #[error("a sync of this library is running already")]
    Running,
    /// The share can't be used.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The hub's own tables can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It broke off.
    #[error("the sync stopped because of an error in the hub itself; its log says more")]
    Broken,
}

impl From<metasync_sources::webdav::DavError> for SyncError {
    fn from(error: metasync_sources::webdav::DavError) -> SyncError {
        SyncError::Share(error.into())
    }
}

impl From<std::io::Error> for SyncError {
    fn from(error: std::io::Error) -> SyncError {
        SyncError::Share(error.into())
    }
}

impl SyncError {
    /// How long to wait, where waiting helps.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            SyncError::Share(ShareError::Publishing { retry_after }) => Some(*retry_after),
            _ => None,
        }
    }

    /// A stable word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            SyncError::NotConfigured => "webdav_not_configured",
            SyncError::Running => metasync_protocol::error::codes::SYNC_IN_PROGRESS,
            SyncError::Share(error) => error.code(),
            SyncError::Store(_) => "database",
            SyncError::Broken => metasync_protocol::error::codes::INTERNAL,
        }
    }
}

/// A sync under way.
pub(super) struct Run {
    pub(super) store: Store,
    pub(super) org: Uuid,
    pub(super) share: SharedFolder,
    pub(super) teller: Teller,
    pub(super) summary: LibrarySummary,
    /// Entries that changed without a data file, each counted once.
    pub(super) updated: HashSet<Uuid>,
    /// Conflicts that were found.
    pub(super) conflicts: HashSet<Uuid>,
    /// Contents that are on the share for sure, or could not be brought there.
    pub(super) sent: HashMap<String, Result<(), String>>,
    /// Contents that could not be fetched.
    pub(super) unfetched: HashSet<String>,
    /// Somebody changed rows here that were just being merged.
    pub(super) again: bool,
    /// Files on their way; they go with it.
    pub(super) work: tempfile::TempDir,
    ticket: Option<Ticket>,
    /// Whether to look at everything.
    force: bool,
    state: LibraryState,
}

impl Run {
    /// Something could not be done with a file, while the rest goes on.
    pub(super) fn problem(&mut self, file: Option<Uuid>, message: impl Into<String>) {
        let problem = LibraryProblem {
            file_id: file,
            message: message.into(),
        };
        self.teller.log(problem.message.clone());
        if !self.summary.errors.contains(&problem) {
            self.summary.errors.push(problem);
        }
    }
}

impl Library {
    /// Where the library stands; one small request to the share, and counts of what changed.
    pub(crate) async fn status(&self, org: Uuid) -> Result<LibraryStatus, StoreError> {
        let mut status = LibraryStatus {
            unsynced_count: self.store.library_unsynced(org).await?,
            conflicts: self.store.library_conflict_count(org).await?,
            remote_version: Some(0),
            server_strength: "unknown".into(),
            ..LibraryStatus::default()
        };
        let Some(share) = self.share_of(org) else {
            status.remote_version = None;
            status.error = Some(SyncError::NotConfigured.to_string());
            return Ok(status);
        };
        let state = self.store.library_state(org, &share.place()).await?;
        match self.remote_version(share, &state).await {
            Ok(version) => status.remote_version = Some(version.unwrap_or(0)),
            Err(error) => {
                status.remote_version = None;
                status.error = Some(error.to_string());
            }
        }
        let behind = status
            .remote_version
            .is_some_and(|version| version != state.version);
        status.needs_sync = status.unsynced_count > 0 || behind || !state.is_complete;
        status.local_version = state.version;
        status.last_sync_time = state.last_sync_at;
        status.sync_in_progress = state.is_syncing;
        status.server_strength = state.strength;
        Ok(status)
    }

    async fn remote_version(&self, share: &Share, state: &LibraryState) -> Result<Option<u64>, ShareError> {
        Ok(self.open(share, state)?.version().await?)
    }

    /// The share, by the name of this hub. A restored or copied database is another hub.
    fn open(&self, share: &Share, state: &LibraryState) -> Result<SharedFolder, ShareError> {
        let hub = Uuid::new_v5(&state.hub_id, self.store.epoch().as_bytes());
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, folder)) = opened.as_ref()
            && *of == hub
        {
            return Ok(folder.clone());
        }
        let folder = share.open(hub)?;
        *opened = Some((hub, folder.clone()));
        Ok(folder)
    }

    /// One sync, to its end; whoever asked may go away meanwhile.
    pub(crate) async fn sync(
        self: &Arc<Self>,
        org: Uuid,
        user: &str,
        request: LibrarySyncRequest,
    ) -> Result<LibrarySummary, SyncError> {
        let Some(share) = self.share_of(org).cloned() else {
            return Err(SyncError::NotConfigured);
        };
        let started = Instant::now();
        let state = self.store.library_state(org, &share.place()).await?;
        let folder = self.open(&share, &state)?;
        // Step 1, before anything is locked.
        let version = folder.version().await?;
        let unsynced = self.store.library_unsynced(org).await?;
        let nothing_new = version == Some(state.version) && unsynced == 0 && state.is_complete;
        if nothing_new && !request.force {
            let summary = LibrarySummary {
                skipped: true,
                new_version: state.version,
                duration_ms: millis(started),
                ..LibrarySummary::default()
            };
            if !state.is_syncing {
                Teller::begin(self.audience.clone(), org, user, request.client_id).complete(&summary);
            }
            return Ok(summary);
        }
        let guard = Arc::clone(&self.running)
            .try_lock_owned()
            .map_err(|_| SyncError::Running)?;
        if !self.store.library_lease(org, self.process, LEASE).await? {
            return Err(SyncError::Running);
        }
        std::fs::create_dir_all(&self.work_dir)?;
        let teller = Teller::begin(self.audience.clone(), org, user, request.client_id);
        let mut run = Run {
            store: self.store.clone(),
            org,
            share: folder,
            teller,
            summary: LibrarySummary::default(),
            updated: HashSet::new(),
            conflicts: HashSet::new(),
            sent: HashMap::new(),
            unfetched: HashSet::new(),
            again: false,
            work: tempfile::tempdir_in(&self.work_dir)?,
            ticket: None,
            force: request.force,
            state,
        };
        let library = Arc::clone(self);
        let job = tokio::spawn(async move {
            let _held = guard;
            let lease = library.keep_lease(org);
            let ended = run.all(version).await;
            if let Some(ticket) = run.ticket.take() {
                ticket.abandon().await;
            }
            drop(lease);
            if let Err(error) = library.store.library_release(org, Some(library.process)).await {
                tracing::warn!(%error, "the right to sync ends by itself");
            }
            library.show_linked(org).await;
            run.summary.duration_ms = millis(started);
            match ended {
                Ok(()) => {
                    run.teller.complete(&run.summary);
                    tracing::info!(
                        version = run.summary.new_version,
                        errors = run.summary.errors.len(),
                        "library synced"
                    );
                    Ok(run.summary)
                }
                Err(error) => {
                    tracing::warn!(%error, code = error.code(), "the library can't be synced");
                    run.teller.failed(error.code(), &error.to_string());
                    Err(error)
                }
            }
        });
        job.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a sync of the library broke off");
            Err(SyncError::Broken)
        })
    }

    /// Renews the right to sync as long as this lives.
    fn keep_lease(&self, org: Uuid) -> AbortOnDropHandle<()> {
        let (store, process) = (self.store.clone(), self.process);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                if let Err(error) = store.library_lease(org, process, LEASE).await {
                    tracing::warn!(%error, "the right to sync can't be renewed");
                }
            }
        }))
    }
}

impl Run {
    async fn all(&mut self, version: Option<u64>) -> Result<(), SyncError> {
        self.teller.step(1, "Looking for changes");
        let (head, refreshed) = self.rounds(version).await?;
        if self.force && head.is_some() {
            push::heal(self).await?;
        }
        let complete = self.unfetched.is_empty() && !self.again;
        let commit = head.as_ref().map(|head| head.commit_id);
        let n = head.as_ref().map_or(0, |head| head.n);
        self.store
            .library_set_version(self.org, n, commit, complete, true)
            .await?;
        self.summary.new_version = n;
        self.summary.metadata_updated = self.updated.len() as u64;
        self.summary.conflicts = self.conflicts.len() as u64;
        self.teller.step(9, "Done");
        // Copies that are behind are brought up by whoever sees it.
        if !refreshed
            && version != Some(n)
            && let Some(head) = &head
            && let Err(error) = self.share.write_copies(head).await
        {
            self.problem(
                None,
                format!("version.txt and metadata.db can't be brought up to date: {error}"),
            );
        }
        if self.state.strength == "unknown" {
            self.probe(n == 0).await;
        }
        if n == 0 && self.summary.errors.is_empty() {
            self.summary.skipped = true;
        }
        Ok(())
    }

    /// What the server promises, told once. It changes nothing.
    async fn probe(&mut self, is_empty: bool) {
        let probed = async {
            if is_empty {
                self.share.prepare().await?;
            }
            self.share.strength().await
        };
        match probed.await {
            Ok(strength) => {
                if let Err(error) = self.store.library_set_strength(self.org, strength.as_str()).await {
                    tracing::debug!(%error, "the share's strength can't be stored");
                }
            }
            Err(error) => tracing::info!(%error, "it can't be seen what the share's server promises"),
        }
    }

    /// Merges and publishes until neither side has anything new. Gives the head, and whether the copies for
    /// others are up to it.
    async fn rounds(
        &mut self,
        version: Option<u64>,
    ) -> Result<(Option<metasync_sources::Manifest>, bool), SyncError> {
        // Never a number that anybody may have seen, also where all publications were removed.
        let told = version.filter(|version| *version <= BELIEVED).unwrap_or(0);
        let above = self.state.version.max(told);
        let mut remote: Option<Remote> = None;
        for _ in 0..MAX_ROUNDS {
            let view = self.share.look().await?;
            self.settle(&view).await?;
            let moved = remote.as_ref().is_none_or(|remote| remote.head != view.head);
            let now = match remote.take() {
                Some(remote) if !moved => remote,
                _ => pull::fetch(self, view.head.clone()).await?,
            };
            if moved || self.again {
                self.again = false;
                pull::merge_in(self, &now).await?;
            }
            let rows = push::ready(self, &now, view.numbers.is_empty()).await?;
            if rows.is_empty() {
                if self.again {
                    remote = Some(now);
                    continue;
                }
                return Ok((now.head.map(|head| head.manifest), false));
            }
            let Some(ticket) = self.ticket.take() else {
                self.teller.step(2, "Waiting for our turn to publish");
                let teller = self.teller.clone();
                let ticket = self
                    .share
                    .take_ticket(above, &|message| teller.log(message))
                    .await?;
                self.ticket = Some(ticket);
                // what was published until now is merged first
                remote = Some(now);
                continue;
            };
            match push::publish(self, ticket, &now, &rows).await? {
                Published::Head(manifest, refreshed) => {
                    if self.again {
                        // somebody went on here; that is for the next sync
                        self.again = false;
                    }
                    return Ok((Some(manifest), refreshed));
                }
                Published::Again(ticket) => {
                    self.ticket = ticket;
                    remote = Some(now);
                }
            }
        }
        Err(ShareError::Publishing {
            retry_after: RETRY_AFTER,
        }
        .into())
    }

    /// Step 9 of the last publication: did somebody build on it, or was it lost?
    async fn settle(&mut self, view: &View) -> Result<(), SyncError> {
        for commit in self.store.library_pending(self.org).await? {
            let long_ago = view.n() > self.state.version.saturating_add(REMEMBERED);
            let lost = !view.contains(commit) && !long_ago;
            let rows = self.store.library_settle(self.org, commit, lost).await?;
            if lost {
                tracing::warn!(%commit, rows, "a publication was lost on the share; its rows are published again");
                self.teller.log(format!(
                    "Version {} was lost on the share; {rows} entries are sent again",
                    self.state.version
                ));
            }
        }
        Ok(())
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
