//! `GET /v1/sync/stats`, `GET /v1/sync/runs`, `GET` and `DELETE /v1/sync/{n}`.

use axum::{Json, extract::State};
use metasync_store::{ListedError, SyncRun, SyncStats};
use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::Envelope;
use crate::{
    auth::Access,
    http::{
        App,
        access::{Member, Writer},
        error::ApiError,
        params::{Params, PathParams},
    },
};

/// Runs in a list where nothing else is asked for, and at most.
const DEFAULT_LIMIT: u32 = 20;
pub(in crate::http) const MAX_LIMIT: u32 = 1_000;

/// Errors of a run that are shown; all that are listed stand in the table.
const MOST_ERRORS: u32 = 1_000;

/// The seed's words for states.
pub(in crate::http) const STATUSES: [&str; 5] =
    ["pending", "in_progress", "completed", "failed", "cancelled"];

/// How many runs there are.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Stats {
    total: u64,
    pending: u64,
    in_progress: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
}

impl From<SyncStats> for Stats {
    fn from(s: SyncStats) -> Stats {
        Stats {
            total: s.total,
            pending: s.pending,
            in_progress: s.in_progress,
            completed: s.completed,
            failed: s.failed,
            cancelled: s.cancelled,
        }
    }
}

/// A run.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct ShownRun {
    sync_run_id: u64,
    source_type: String,
    source_identifier: String,
    /// `pending`, `in_progress`, `completed`, `failed`, `cancelled`.
    status: String,
    items_processed: u64,
    items_failed: u64,
    items_skipped: u64,
    /// Why it failed.
    error_message: Option<String>,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
    /// The first errors; lists of runs have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<ShownError>>,
}

/// An error of a run.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ShownError {
    /// `validation`, `network`, `parsing`, `authentication`, `system`.
    #[serde(rename = "type")]
    kind: String,
    code: String,
    message: String,
    item: Option<String>,
    line: Option<u64>,
    retryable: bool,
}

impl From<SyncRun> for ShownRun {
    fn from(run: SyncRun) -> ShownRun {
        ShownRun {
            sync_run_id: run.number,
            source_type: run.source_type,
            source_identifier: run.source_identifier,
            status: run.status,
            items_processed: run.items_processed,
            items_failed: run.items_failed,
            items_skipped: run.items_skipped,
            error_message: run.error_message,
            created_at: run.created_at,
            started_at: run.started_at,
            completed_at: run.completed_at,
            errors: None,
        }
    }
}

impl From<ListedError> for ShownError {
    fn from(listed: ListedError) -> ShownError {
        let error = listed.error;
        ShownError {
            kind: error.kind,
            code: error.code,
            message: error.message,
            item: error.item,
            line: error.line,
            retryable: error.is_retryable,
        }
    }
}

pub(super) async fn stats(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<Envelope<Stats>>, ApiError> {
    let stats = app.store.sync_stats(access.org()).await?;
    Ok(Json(Envelope::of(stats.into())))
}

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
    params: Params,
) -> Result<Json<Envelope<Vec<ShownRun>>>, ApiError> {
    let limit = limit(&params, DEFAULT_LIMIT, MAX_LIMIT)?;
    let status = params.one("status")?;
    if let Some(status) = status.filter(|status| !STATUSES.contains(status)) {
        return Err(ApiError::invalid(format!(
            "status {status:?} is not known; known are {}",
            STATUSES.join(", ")
        )));
    }
    let runs = app.store.sync_runs(access.org(), status, limit).await?;
    Ok(Json(Envelope::of(runs.into_iter().map(ShownRun::from).collect())))
}

/// The parameter `limit`.
pub(super) fn limit(params: &Params, default: u32, most: u32) -> Result<u32, ApiError> {
    match params.number("limit")? {
        None => Ok(default),
        Some(n) => u32::try_from(n)
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| ApiError::invalid(format!("limit must be 1 to {most}, not {n}"))),
    }
}

pub(super) async fn get(
    Member(access): Member,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Envelope<ShownRun>>, ApiError> {
    let run = find(&app, &access, &path).await?;
    shown(&app, &access, run).await
}

async fn shown(app: &App, access: &Access, run: SyncRun) -> Result<Json<Envelope<ShownRun>>, ApiError> {
    let errors = app
        .store
        .sync_errors(access.org(), run.number, MOST_ERRORS)
        .await?;
    let mut shown = ShownRun::from(run);
    shown.errors = Some(errors.into_iter().map(ShownError::from).collect());
    Ok(Json(Envelope::of(shown)))
}

/// The run that the path names by its number.
async fn find(app: &App, access: &Access, path: &PathParams) -> Result<SyncRun, ApiError> {
    let text = path.text("sync_run_id");
    let number = text
        .parse()
        .ok()
        .filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let found = match number {
        Some(number) => app.store.sync_run(access.org(), number).await?,
        None => None,
    };
    found.ok_or_else(|| ApiError::not_found("sync run"))
}

pub(super) async fn cancel(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Envelope<ShownRun>>, ApiError> {
    let run = find(&app, &access, &path).await?;
    app.runs.cancel(access.org(), run.run).await?;
    let run = find(&app, &access, &path).await?;
    shown(&app, &access, run).await
}
