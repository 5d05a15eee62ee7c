//! The tests of releases (seed 000): a run for each, one that does all, one clone for their branches.

mod all;
mod compare;
mod discover;
mod fetch;
mod result;
mod schedule;
mod staging;
mod start;
mod sync;
mod write;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use metasync_sources::{
    SourceError,
    git::{GitAccess, ReleaseRepository, ReleaseRepositorySpec},
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::config::{
    HubConfig,
    releases::{ReleaseSettings, connection_id},
};

pub(super) use all::sync_all;
pub(crate) use result::{FileDetail, ReleaseResult};
pub(crate) use schedule::Schedule;
pub(super) use schedule::schedule;
pub(crate) use start::{NothingToSync, Started};
pub(super) use sync::sync;

/// The kind of the runs that sync one release.
pub(crate) const RELEASE: &str = "release";

/// The kind of the run that syncs all active releases.
pub(crate) const RELEASES: &str = "releases";

/// The target of that run.
const ALL: &str = "all";

/// File name of the clone, in a folder of the operator's or among the hub's other clones.
const CLONE: &str = "metasync-releases.git";

/// A release of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// 1, 2, … in the order of the configuration.
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) git_branch: Option<String>,
    pub(crate) active: bool,
    pub(crate) organization: String,
    pub(crate) org: Uuid,
    /// Holds its tests.
    pub(crate) connection: Uuid,
}

/// All releases, and where their tests come from.
#[derive(Default)]
pub(crate) struct Releases {
    list: Vec<Release>,
    settings: ReleaseSettings,
    /// Folder of the clone.
    clone_dir: PathBuf,
    turn: fetch::Turn,
    /// One run at a time works on a branch.
    branches: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Rung when the schedule is another one.
    planned: Notify,
}

impl Releases {
    pub(crate) fn new(config: &HubConfig, settings: ReleaseSettings, clones: PathBuf) -> Releases {
        let all = config
            .organizations
            .iter()
            .flat_map(|o| o.releases.iter().map(move |r| (o, r)));
        let list = (1..).zip(all).map(|(id, (organization, release))| Release {
            id,
            name: release.name.clone(),
            git_branch: release.git_branch.clone().filter(|branch| !branch.is_empty()),
            active: release.active,
            organization: organization.name.clone(),
            org: organization.id,
            connection: connection_id(organization.id, &release.name),
        });
        Releases {
            list: list.collect(),
            clone_dir: settings.local_path.clone().unwrap_or(clones).join(CLONE),
            settings,
            ..Releases::default()
        }
    }

    /// Every release, by its number.
    pub(crate) fn list(&self) -> &[Release] {
        &self.list
    }

    pub(crate) fn settings(&self) -> &ReleaseSettings {
        &self.settings
    }

    fn of_connection(&self, connection: &str) -> Option<&Release> {
        self.list
            .iter()
            .find(|release| release.connection.to_string() == connection)
    }

    /// Active ones with a branch: what a run of all does.
    fn due(&self) -> impl Iterator<Item = (&Release, &str)> {
        let active = self.list.iter().filter(|release| release.active);
        active.filter_map(|release| Some((release, release.git_branch.as_deref()?)))
    }

    fn repository(&self) -> Result<ReleaseRepository, SourceError> {
        let Some(url) = self.settings.url.clone() else {
            return Err(SourceError::Configuration(start::NO_REPOSITORY.to_owned()));
        };
        ReleaseRepository::new(&ReleaseRepositorySpec {
            url,
            clone_dir: self.clone_dir.clone(),
            access: GitAccess {
                ssh_key: self.settings.ssh_key.clone(),
                strict_host_keys: Some(self.settings.strict_host_keys),
                ..GitAccess::default()
            },
            timeout: self.settings.git_timeout,
        })
    }

    /// Waits until nobody else works on a branch.
    async fn lock_branch(&self, branch: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut branches = self.branches.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(branches.entry(branch.to_owned()).or_default())
        };
        lock.lock_owned().await
    }
}
