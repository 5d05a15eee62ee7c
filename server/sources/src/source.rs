//! What every adapter answers.

use std::{future::Future, pin::Pin};

use serde_json::Value;
use uuid::Uuid;

use crate::{ChangedFiles, Contents, Entry, ListRequest, Listing, SourceError};

/// A future of an adapter; dropping it stops the work.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// A connection as an adapter sees it.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Names the place where an adapter may keep what it fetched.
    pub id: Uuid,
    /// `github`, `workspace`, ….
    pub kind: String,
    /// Where it lives; may hold credentials.
    pub url: String,
    /// The connection's branch, where it has one.
    pub branch: Option<String>,
    /// Settings of this kind of source.
    pub settings: Value,
    /// Whether a path on this machine may be read.
    pub local_allowed: bool,
}

/// The word that stands for the connection's own branch (seed 004, `branches`).
pub const CURRENT_BRANCH: &str = "current";

/// What a run asks for before it reads.
#[derive(Clone, Debug, Default)]
pub struct RefreshRequest {
    /// Branches to bring up to date; [`CURRENT_BRANCH`], or none at all, means the connection's own.
    pub branches: Vec<String>,
    /// Whether a failed fetch is an error; otherwise the last fetched state serves, with a warning.
    pub must_fetch: bool,
}

/// What bringing it up to date brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// The connection's own branch; `None` for sources without branches.
    pub default_branch: Option<String>,
    /// The branches asked for, by their names.
    pub branches: Vec<String>,
    /// Commits that were not here before.
    pub commits_pulled: u64,
    /// What was done although something was missing.
    pub warnings: Vec<String>,
}

/// An adapter for one connection. It reads, and saves nothing in the hub's tables.
pub trait Source: Send + Sync {
    /// Brings what the adapter keeps beside the hub (a clone) up to date.
    fn refresh<'a>(&'a self, request: &'a RefreshRequest) -> Pending<'a, Refreshed>;

    /// Lists the files of a branch.
    fn list<'a>(&'a self, request: &'a ListRequest<'a>) -> Pending<'a, Listing>;

    /// What changed since [`ListRequest::previous`], without looking at the rest; `None` where all has to
    /// be listed to tell.
    fn changes<'a>(&'a self, _request: &'a ListRequest<'a>) -> Pending<'a, Option<ChangedFiles>> {
        Box::pin(async { Ok(None) })
    }

    /// The entry of a file that is there in a `state` that was listed; `None` where only a listing tells.
    fn entry(&self, _state: &Value, _path: &str) -> Option<Entry> {
        None
    }

    /// Reads files of a listing; `seen` is called with each path once it is read.
    fn read<'a>(
        &'a self,
        entries: &'a [Entry],
        seen: &'a (dyn Fn(&str) + Send + Sync),
    ) -> Pending<'a, Contents>;
}
