//! `GET …/status` and `GET …/history`.

use axum::{Json, extract::State};
use jiff::Timestamp;
use metasync_store::{ReleaseSync, Run};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    super::{App, error::ApiError, params::Params},
    operator::Operator,
};
use crate::runs::releases::{FileDetail, ReleaseResult};

/// Rows of a history where no limit is given (seed 000).
const DEFAULT_LIMIT: u32 = 50;

/// Most rows of a history.
const MAX_LIMIT: u32 = 1_000;

/// How many syncs are looked through for the last one that ended.
const LOOK_BACK: u32 = 200;

/// A sync, as the seed shows it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Sync {
    id: u64,
    /// `running`, `success`, `failed`, `cancelled`.
    status: &'static str,
    /// `manual`, `scheduled`, `startup`.
    sync_type: String,
    git_commit_hash: Option<String>,
    tests_discovered: u64,
    tests_added: u64,
    tests_updated: u64,
    tests_removed: u64,
    /// UTC.
    started_at: Option<String>,
    /// UTC; `null` while it runs.
    completed_at: Option<String>,
    error_message: Option<String>,
    /// Files that failed, and what of the staging configuration says nothing.
    error_details: Vec<FileDetail>,
    /// Name of the release.
    release: String,
    job_id: Uuid,
}

/// Answer of `GET …/status`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Status {
    enabled: bool,
    interval_hours: f64,
    /// UTC; `null` where nothing is scheduled.
    next_run: Option<String>,
    /// The last one that ended.
    last_sync: Option<Sync>,
}

pub(super) async fn status(_: Operator, State(app): State<App>) -> Result<Json<Status>, ApiError> {
    let schedule = app.runs.release_schedule().await?;
    let next = app.runs.next_release_sync().await?;
    let syncs = app.store.release_syncs(LOOK_BACK).await?;
    Ok(Json(Status {
        enabled: schedule.enabled,
        interval_hours: schedule.interval_hours,
        next_run: next.map(shown),
        last_sync: syncs.into_iter().find(|sync| sync.run.is_final()).map(Sync::from),
    }))
}

pub(super) async fn history(
    _: Operator,
    State(app): State<App>,
    query: Params,
) -> Result<Json<Vec<Sync>>, ApiError> {
    let limit = match query.number("limit")? {
        None => DEFAULT_LIMIT,
        Some(limit) => u32::try_from(limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| ApiError::invalid(format!("limit must be between 1 and {MAX_LIMIT}")))?,
    };
    let syncs = app.store.release_syncs(limit).await?;
    Ok(Json(syncs.into_iter().map(Sync::from).collect()))
}

impl From<ReleaseSync> for Sync {
    fn from(sync: ReleaseSync) -> Sync {
        let run = sync.run;
        let result: ReleaseResult = run
            .result
            .clone()
            .and_then(|result| serde_json::from_value(result).ok())
            .unwrap_or_default();
        Sync {
            id: sync.id,
            status: word(&run),
            sync_type: run.cause,
            git_commit_hash: result.git_commit_hash,
            tests_discovered: result.tests_discovered,
            tests_added: result.tests_added,
            tests_updated: result.tests_updated,
            tests_removed: result.tests_removed,
            started_at: time(run.started_at.as_ref().unwrap_or(&run.created_at)),
            completed_at: run.finished_at.as_deref().and_then(time),
            error_message: run.error.filter(|_| run.finished_at.is_some()),
            error_details: result.errors,
            release: sync.release,
            job_id: run.id,
        }
    }
}

fn word(run: &Run) -> &'static str {
    match run.state.as_str() {
        "completed" => "success",
        "failed" | "dead" => "failed",
        "cancelled" => "cancelled",
        _ => "running",
    }
}

fn time(text: &str) -> Option<String> {
    text.parse().ok().map(shown)
}

/// A time as the seed shows it: UTC to the second, without a zone.
fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
