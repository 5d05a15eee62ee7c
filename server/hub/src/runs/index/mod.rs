//! Indexing a repository or folder: bring the source up to date, find what changed, let the analysis
//! read it, store what differs.

mod analysis;
mod branch;
mod branches;
mod catalogue;
mod changes;
mod circle;
mod closure;
mod compare;
mod difference;
mod follow;
mod found;
mod memory;
pub(super) mod rows;
mod write;

use metasync_protocol::repositories::{JobResult, SyncRequest};
use metasync_sources::{RefreshRequest, Source, SourceSpec};
use metasync_store::StoredConnection;
use serde_json::Value;

use super::{
    context::{Failure, RunContext},
    jobs::COMMITS_PULLED,
};
#[cfg(test)]
pub(super) use branch::FOLLOWED;
use branch::IndexBranch;

/// Shares of the whole work, in percent: fetched, read, analysed, stored.
pub(super) mod share {
    pub(in crate::runs) const FETCHED: f64 = 2.0;
    pub(in crate::runs) const READ: f64 = 40.0;
    pub(in crate::runs) const ANALYSED: f64 = 65.0;
    pub(in crate::runs) const STORED: f64 = 99.0;
}

/// The run; its result is a [`JobResult`].
pub(super) async fn index(context: &RunContext) -> Result<Value, Failure> {
    let mut result = JobResult::default();
    let ended = work(context, &mut result).await;
    result.duration_ms = elapsed_ms(context);
    let value = serde_json::to_value(&result).unwrap_or_default();
    match ended {
        Ok(()) => Ok(value),
        Err(failure) => Err(Failure {
            result: value,
            ..failure
        }),
    }
}

async fn work(context: &RunContext, result: &mut JobResult) -> Result<(), Failure> {
    let run = &context.run;
    let options: SyncRequest = serde_json::from_value(run.options.clone())
        .map_err(|e| Failure::new("invalid_options", format!("the run's options can't be read: {e}")))?;
    let connection = context
        .runs
        .store
        .connection(run.org, &run.target)
        .await?
        .ok_or_else(|| Failure::new("connection_removed", "the connection was removed"))?;
    if connection.connection.kind == crate::published::KIND {
        return catalogue::read(context, &connection, &options, result).await;
    }
    check_remote(&options)?;
    let source = open(context, &connection)?;
    let refreshed = source
        .refresh(&RefreshRequest {
            branches: branches(&options),
            must_fetch: options.pull_remote,
        })
        .await?;
    result.commits_pulled = count_commits(context, refreshed.commits_pulled).await?;
    result.warnings = refreshed.warnings;
    for warning in &result.warnings {
        context.log(warning.clone()).await;
    }
    if result.commits_pulled > 0 {
        context
            .log(format!("Fetched {} commits", result.commits_pulled))
            .await;
    }
    context.reporter.percentage(share::FETCHED);

    // Fetching waits for others; from here on it is this machine that works.
    let _worker = context.runs.workers.acquire().await;
    let names: Vec<Option<String>> = if refreshed.branches.is_empty() {
        vec![None]
    } else {
        refreshed.branches.into_iter().map(Some).collect()
    };
    for (nth, name) in names.iter().enumerate() {
        let branch = IndexBranch {
            context,
            connection: &connection,
            source: source.as_ref(),
            options: &options,
            name: name.as_deref(),
            is_default: *name == refreshed.default_branch,
            part: (nth, names.len()),
        };
        if let Some(name) = name.as_deref().filter(|_| branch.is_default) {
            branches::merge_into_own(context, &connection, name).await?;
        }
        branch.index(result).await?;
    }
    Ok(())
}

fn open(context: &RunContext, connection: &StoredConnection) -> Result<Box<dyn Source>, Failure> {
    let spec = SourceSpec {
        id: connection.connection.id,
        kind: connection.connection.kind.clone(),
        url: connection.connection.url.clone(),
        branch: connection.branch.clone(),
        settings: connection.settings.clone(),
        local_allowed: connection.declared || context.runs.allow_local_paths,
    };
    Ok(context.runs.sources.open(spec)?)
}

/// `origin` is the connection's `url`; a clone has no other remotes, and a path is no name.
fn check_remote(options: &SyncRequest) -> Result<(), Failure> {
    match options.remote.as_deref() {
        None | Some(ORIGIN) => Ok(()),
        Some(other) => Err(Failure::new(
            "unknown_remote",
            format!("remote {other:?} is not known: the connection's url is `{ORIGIN}`"),
        )),
    }
}

/// The only remote of a connection.
pub(crate) const ORIGIN: &str = "origin";

fn branches(options: &SyncRequest) -> Vec<String> {
    let mut all = options.branches.clone().unwrap_or_default();
    all.extend(options.branch.clone());
    all
}

/// Adds to what earlier attempts of this run pulled, so that the job tells the whole.
async fn count_commits(context: &RunContext, pulled: u64) -> Result<u64, Failure> {
    let run = &context.run;
    let before = run
        .checkpoint
        .as_ref()
        .and_then(|c| c.get(COMMITS_PULLED))
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let total = before + pulled;
    let checkpoint = serde_json::json!({ COMMITS_PULLED: total });
    context
        .runs
        .store
        .run_checkpoint(run.id, run.fence, &checkpoint)
        .await?;
    context.reporter.commits(total);
    Ok(total)
}

fn elapsed_ms(context: &RunContext) -> u64 {
    let begun = context
        .run
        .started_at
        .as_ref()
        .and_then(|at| at.parse::<jiff::Timestamp>().ok());
    begun.map_or(0, |begun| {
        u64::try_from(jiff::Timestamp::now().duration_since(begun).as_millis()).unwrap_or(0)
    })
}
