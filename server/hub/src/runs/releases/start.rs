//! Asking for syncs.

use jiff::Timestamp;
use metasync_store::{Enqueued, NewRun, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{super::Runs, ALL, RELEASE, RELEASES, Release};

/// Why nothing can be fetched.
pub(super) const NO_REPOSITORY: &str =
    "no repository is configured: set git_repo_url in [metadata_sync], or GIT_REPO_URL";

/// What a run of a release is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    /// The run of all that asked for it, which tells what it does, too.
    pub(super) parent: Option<Uuid>,
    /// A fetch that began after this serves it.
    pub(super) since: Option<Timestamp>,
}

/// Why there is nothing to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NothingToSync {
    /// There is no such release.
    NotFound,
    /// What is missing.
    NotConfigured(String),
}

/// A run, or why there is none.
pub(crate) type Started = Result<Enqueued, NothingToSync>;

impl Runs {
    /// Asks for a sync of a release, by its number, unless one is active.
    pub(crate) async fn start_release(&self, number: &str, user: &str) -> Result<Started, StoreError> {
        let found = self
            .releases
            .list
            .iter()
            .find(|release| release.id.to_string() == number);
        let Some(release) = found else {
            return Ok(Err(NothingToSync::NotFound));
        };
        if release.git_branch.is_none() {
            let message = format!("Release {} has no git_branch configured", release.name);
            return Ok(Err(NothingToSync::NotConfigured(message)));
        }
        if self.releases.settings.url.is_none() {
            return Ok(Err(no_repository()));
        }
        let options = Options::default();
        self.queue_release(release, user, "manual", &options)
            .await
            .map(Ok)
    }

    /// Asks for a sync of all active releases, unless one is active.
    pub(crate) async fn start_releases(&self, user: &str, cause: &str) -> Result<Started, StoreError> {
        let Some((first, _)) = self.releases.due().next() else {
            let message = "No active release has a git_branch configured".to_owned();
            return Ok(Err(NothingToSync::NotConfigured(message)));
        };
        if self.releases.settings.url.is_none() {
            return Ok(Err(no_repository()));
        }
        let new = NewRun {
            org: first.org,
            kind: RELEASES.to_owned(),
            target: ALL.to_owned(),
            user: user.to_owned(),
            options: serde_json::json!({}),
            cause: cause.to_owned(),
        };
        let enqueued = self.store.run_enqueue(&new).await?;
        if let Enqueued::New(run) = &enqueued {
            tracing::info!(run = %run.id, cause, "sync of all releases queued");
            self.bells.runs.ring_work();
        }
        Ok(Ok(enqueued))
    }

    pub(super) async fn queue_release(
        &self,
        release: &Release,
        user: &str,
        cause: &str,
        options: &Options,
    ) -> Result<Enqueued, StoreError> {
        let new = NewRun {
            org: release.org,
            kind: RELEASE.to_owned(),
            target: release.connection.to_string(),
            user: user.to_owned(),
            options: serde_json::to_value(options).unwrap_or_default(),
            cause: cause.to_owned(),
        };
        let enqueued = self.store.run_enqueue(&new).await?;
        if let Enqueued::New(run) = &enqueued {
            tracing::info!(run = %run.id, release = release.name, cause, "sync of a release queued");
            self.store
                .number_release_sync(release.org, run.id, release.connection, &release.name)
                .await?;
            self.store
                .set_connection_status(release.org, release.connection, super::super::SYNCING, None, None)
                .await?;
            self.bells.runs.ring_work();
        }
        Ok(enqueued)
    }
}

fn no_repository() -> NothingToSync {
    NothingToSync::NotConfigured(format!("Nothing can be synced: {NO_REPOSITORY}"))
}
