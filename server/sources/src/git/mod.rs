//! Git repositories: a bare clone per connection, fetched by the git program (ssh keys, proxies and
//! certificates as the machine has them), blobs read without a checkout (security.md 13 to 17).

mod access;
mod blobs;
mod clone;
mod command;
mod location;
mod names;
mod releases;
#[cfg(test)]
mod tests;
mod tree;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

pub use access::GitAccess;
pub use location::{Location, Refused};
pub use names::is_branch_name;
pub use releases::{BranchState, FetchedBranches, ReleaseRepository, ReleaseRepositorySpec};

use crate::{
    ChangedFiles, Contents, Entry, ListRequest, Listing, Pending, RefreshRequest, Refreshed, Source,
    SourceError, SourceSpec, ignored::Ignored,
};
use blobs::Objects;
use command::Git;

/// Adapter for connections of type `github`; `url` is https, ssh or, where allowed, a local path.
pub struct GitSource {
    location: Location,
    branch: Option<String>,
    git: Git,
    objects: Objects,
}

impl GitSource {
    pub(crate) fn new(spec: SourceSpec, clones: &Path, access: &GitAccess) -> Result<GitSource, SourceError> {
        let location = Location::parse(&spec.url).map_err(|e| SourceError::Configuration(e.to_string()))?;
        if location.is_local() && !spec.local_allowed {
            return Err(SourceError::Configuration(
                "repositories on the hub's machine may not be read: set `[sources] allow_local_paths = true`"
                    .into(),
            ));
        }
        if let Some(branch) = spec.branch.as_deref() {
            names::check_branch(branch)?;
        }
        let git = Git::new(Self::clone_dir(clones, spec.id), &location, access)?;
        Ok(GitSource {
            location,
            branch: spec.branch,
            git,
            objects: Objects::new(),
        })
    }

    /// Commit and tree that were fetched last for a branch.
    async fn state_of(&self, branch: &str) -> Result<(String, String), SourceError> {
        let found = self.objects.commit(&self.git, &clone::tracking(branch)).await?;
        found.ok_or_else(|| SourceError::NotFound(format!("branch {branch:?} is not in {}", self.location)))
    }

    pub(crate) fn clone_dir(clones: &Path, connection: Uuid) -> PathBuf {
        clones.join(format!("{connection}.git"))
    }
}

impl Source for GitSource {
    fn refresh<'a>(&'a self, request: &'a RefreshRequest) -> Pending<'a, Refreshed> {
        Box::pin(async move {
            for branch in &request.branches {
                names::check_branch(branch)?;
            }
            self.objects.forget().await;
            clone::refresh(&self.git, &self.location, self.branch.as_deref(), request).await
        })
    }

    fn list<'a>(&'a self, request: &'a ListRequest<'a>) -> Pending<'a, Listing> {
        Box::pin(async move {
            let ignored = Ignored::new(request.ignore_patterns)?;
            let branch = request.branch.ok_or_else(|| {
                SourceError::Configuration("a git repository is read by its branches".into())
            })?;
            names::check_branch(branch)?;
            let (commit, tree) = self.state_of(branch).await?;
            let changed = match request
                .previous
                .and_then(|p| p.get("tree"))
                .and_then(Value::as_str)
            {
                Some(old) => tree::changed(&self.git, old, &tree).await?,
                None => None,
            };
            let wanted = |path: &str| (request.wanted)(path) && !ignored.matches(path);
            let (entries, errors) = tree::list(&self.git, &tree, &wanted).await?;
            Ok(Listing {
                entries,
                changed,
                errors,
                unknown: Vec::new(),
                state: json!({"tree": tree, "commit": commit}),
            })
        })
    }

    fn changes<'a>(&'a self, request: &'a ListRequest<'a>) -> Pending<'a, Option<ChangedFiles>> {
        Box::pin(async move {
            let ignored = Ignored::new(request.ignore_patterns)?;
            let previous = request.previous.and_then(|p| p.get("tree"));
            let (Some(branch), Some(old)) = (request.branch, previous.and_then(Value::as_str)) else {
                return Ok(None);
            };
            names::check_branch(branch)?;
            let known = request.previous.and_then(|p| p.get("commit")?.as_str());
            if known.is_some() && clone::commit_of(&self.git, branch).await?.as_deref() == known {
                return Ok(Some(ChangedFiles {
                    state: request.previous.cloned().unwrap_or_default(),
                    ..ChangedFiles::default()
                }));
            }
            let (commit, tree) = self.state_of(branch).await?;
            let wanted = |path: &str| (request.wanted)(path) && !ignored.matches(path);
            let found = tree::changes(&self.git, (old, &tree), &wanted).await?;
            Ok(found.map(|found| ChangedFiles {
                state: json!({"tree": tree, "commit": commit}),
                ..found
            }))
        })
    }

    fn entry(&self, state: &Value, path: &str) -> Option<Entry> {
        let tree = state.get("tree")?.as_str()?;
        // One line names one object.
        (!path.contains('\n')).then(|| Entry {
            path: path.to_owned(),
            size: 0,
            content_hash: None,
            handle: format!("{tree}:{path}"),
        })
    }

    fn read<'a>(
        &'a self,
        entries: &'a [Entry],
        seen: &'a (dyn Fn(&str) + Send + Sync),
    ) -> Pending<'a, Contents> {
        Box::pin(self.objects.read(&self.git, entries, seen))
    }
}
