//! The branches of releases (seed 000): one bare clone serves all of a repository, one fetch brings all that
//! are asked for, and a branch that is not there fails alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use super::{GitAccess, Location, blobs::Objects, clone, command::Git, names, tree};
use crate::{Contents, Entry, SourceError, limits::FETCH_TIMEOUT};
use metasync_protocol::repositories::FileError;

/// Where the tests of releases are.
#[derive(Clone, Debug)]
pub struct ReleaseRepositorySpec {
    /// https, ssh or a path on this machine; may hold credentials.
    pub url: String,
    /// Folder of the bare clone. It is the clone's alone: it is made anew when the address changes.
    pub clone_dir: PathBuf,
    /// Who the hub is to its server.
    pub access: GitAccess,
    /// How long a fetch may take; left out: [`FETCH_TIMEOUT`].
    pub timeout: Option<Duration>,
}

/// A repository with a branch for each release.
pub struct ReleaseRepository {
    location: Location,
    git: Git,
    objects: Objects,
}

/// What a branch points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchState {
    /// The commit, in hex.
    pub commit: String,
    /// Its tree: the same one means the same files.
    pub tree: String,
}

/// What a fetch brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchedBranches {
    /// The branches that are there.
    pub states: BTreeMap<String, BranchState>,
    /// Those that are not.
    pub missing: BTreeSet<String>,
}

impl ReleaseRepository {
    /// Nothing is touched until something is fetched.
    ///
    /// # Errors
    /// [`SourceError::Configuration`] for an address that may not be used, or a key that is no file.
    pub fn new(spec: &ReleaseRepositorySpec) -> Result<ReleaseRepository, SourceError> {
        let location = Location::parse(&spec.url).map_err(|e| SourceError::Configuration(e.to_string()))?;
        let git = Git::new(spec.clone_dir.clone(), &location, &spec.access)?
            .patient(spec.timeout.unwrap_or(FETCH_TIMEOUT));
        Ok(ReleaseRepository {
            location,
            git,
            objects: Objects::new(),
        })
    }

    /// Fetches these branches at once. One at a time may do so: leftovers of a killed one are removed first.
    pub async fn fetch(&self, branches: &[String]) -> Result<FetchedBranches, SourceError> {
        let mut wanted: BTreeSet<String> = branches.iter().cloned().collect();
        for branch in &wanted {
            names::check_branch(branch)?;
        }
        self.objects.forget().await;
        clone::prepare(&self.git, &self.location).await?;
        let mut fetched = FetchedBranches::default();
        if wanted.len() > 1 {
            // git fetches nothing at all where one branch is missing
            let there = self.heads().await?;
            fetched.missing = wanted.difference(&there).cloned().collect();
            wanted.retain(|branch| there.contains(branch));
        }
        if wanted.is_empty() {
            return Ok(fetched);
        }
        let wanted: Vec<String> = wanted.into_iter().collect();
        match clone::fetch(&self.git, &self.location, &wanted).await {
            Ok(()) => {}
            Err(SourceError::NotFound(reason)) if wanted.len() == 1 && reason.starts_with("branch ") => {
                fetched.missing.extend(wanted);
                return Ok(fetched);
            }
            Err(error) => return Err(error),
        }
        for branch in wanted {
            match self.objects.commit(&self.git, &clone::tracking(&branch)).await? {
                Some((commit, tree)) => {
                    fetched.states.insert(branch, BranchState { commit, tree });
                }
                None => {
                    fetched.missing.insert(branch);
                }
            }
        }
        Ok(fetched)
    }

    /// The branches of the remote.
    async fn heads(&self) -> Result<BTreeSet<String>, SourceError> {
        let args = ["ls-remote", "--heads", "--end-of-options", self.location.as_git()];
        let asked = self.git.run(&args, self.git.fetch_timeout()).await?;
        if !asked.status.success() {
            return Err(clone::refusal(&self.location, "read", &asked.reason()));
        }
        let text = String::from_utf8_lossy(&asked.stdout).into_owned();
        let heads = text
            .lines()
            .filter_map(|line| line.split_once("\trefs/heads/"))
            .map(|(_, branch)| branch.to_owned());
        Ok(heads.collect())
    }

    /// The regular files of a tree that are wanted, by path, and those that can't be read.
    pub async fn list(
        &self,
        tree: &str,
        wanted: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<(Vec<Entry>, Vec<FileError>), SourceError> {
        tree::list(&self.git, tree, wanted).await
    }

    /// Reads files of a listing.
    pub async fn read(&self, entries: &[Entry]) -> Result<Contents, SourceError> {
        self.objects.read(&self.git, entries, &|_| {}).await
    }

    /// The address, without credentials.
    pub fn shown(&self) -> String {
        self.location.to_string()
    }
}
