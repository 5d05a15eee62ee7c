//! Repositories and their syncs (seed 004).

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use metasync_protocol::{
    connections::Connection,
    error::codes,
    repositories::{Job, Progress, SyncRequest},
};
use metasync_store::{Enqueued, Run, StoredConnection};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    App,
    access::{Member, Writer},
    body::OptionalBody,
    connections,
    error::ApiError,
    params::PathParams,
};
use crate::{
    auth::Access,
    config::address,
    runs::{self, REPOSITORY},
};

/// The seed's message.
const IN_PROGRESS: &str = "Sync already in progress";

/// How long `force` waits for the old run to stop (runs.md, 4: a cancel takes effect within 2 s).
const FORCE_PATIENCE: Duration = Duration::from_secs(10);

/// How often `force` tries, should somebody else start a run in between.
const FORCE_ATTEMPTS: u32 = 3;

/// Most branches, and most patterns, of one request.
const MAX_LIST: usize = 100;

/// A connection that can be indexed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Repository {
    #[serde(flatten)]
    connection: Connection,
    /// The branch that is indexed; `null` is the remote's default one.
    branch: Option<String>,
    dialect: Option<String>,
    /// Why the status is what it is.
    message: Option<String>,
    /// Whether it stands in the hub's configuration.
    declared: bool,
}

/// Answer of `GET /api/repositories`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RepositoryList {
    repositories: Vec<Repository>,
}

impl From<StoredConnection> for Repository {
    fn from(stored: StoredConnection) -> Repository {
        Repository {
            branch: stored.branch.clone(),
            dialect: stored.dialect.clone(),
            message: stored.status_message.clone(),
            declared: stored.declared,
            connection: connections::shown(stored),
        }
    }
}

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<RepositoryList>, ApiError> {
    let stored = app.store.connections(access.org()).await?;
    let repositories = stored
        .into_iter()
        .filter(is_repository)
        .map(Repository::from)
        .collect();
    Ok(Json(RepositoryList { repositories }))
}

pub(super) async fn get(
    Member(access): Member,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Repository>, ApiError> {
    Ok(Json(find(&app, &access, &path).await?.into()))
}

fn is_repository(stored: &StoredConnection) -> bool {
    runs::can_index(&stored.connection.kind)
}

/// The connection that the path names by id or name.
pub(super) async fn find(
    app: &App,
    access: &Access,
    path: &PathParams,
) -> Result<StoredConnection, ApiError> {
    let found = app.store.connection(access.org(), path.text("id")).await?;
    found
        .filter(is_repository)
        .ok_or_else(|| ApiError::not_found("repository"))
}

/// The run that the path names, of the connection that it names.
pub(super) async fn find_run(app: &App, access: &Access, path: &PathParams) -> Result<Run, ApiError> {
    let stored = find(app, access, path).await?;
    let found = app.store.run(access.org(), path.id("job_id")?).await?;
    found
        .filter(|run| run.kind == REPOSITORY && run.target == stored.connection.id.to_string())
        .ok_or_else(|| ApiError::not_found("job"))
}

pub(super) async fn sync(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
    OptionalBody(request): OptionalBody<SyncRequest>,
) -> Result<(StatusCode, Json<Job>), ApiError> {
    let stored = find(&app, &access, &path).await?;
    check(&request)?;
    if let Some(url) = &request.progress_webhook {
        let checked = app.runs.check_webhook(url).await;
        checked.map_err(|why| ApiError::invalid(format!("progress_webhook: {why}")))?;
    }
    let org = access.org();
    for _ in 0..FORCE_ATTEMPTS {
        let start = app.runs.start_sync(org, &stored, access.user(), &request, "api");
        match start.await? {
            Enqueued::New(run) => return Ok((StatusCode::ACCEPTED, Json(shown(&app, &run).await))),
            Enqueued::Active(run) if !request.force => return Err(in_progress(&run)),
            Enqueued::Active(run) => {
                app.runs.cancel(org, run.id).await?;
                app.runs.ended(org, run.id, FORCE_PATIENCE).await?;
            }
        }
    }
    let active = app
        .store
        .active_run(org, REPOSITORY, &stored.connection.id.to_string())
        .await?;
    match active {
        Some(run) => Err(in_progress(&run)),
        None => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "others keep starting syncs of this repository; try again",
        )),
    }
}

fn in_progress(run: &Run) -> ApiError {
    let progress: &Progress = &run.progress;
    ApiError::new(StatusCode::CONFLICT, codes::SYNC_IN_PROGRESS, IN_PROGRESS)
        .with("error", IN_PROGRESS)
        .with("message", IN_PROGRESS)
        .with("job_id", run.id.to_string())
        .with("progress", serde_json::to_value(progress).unwrap_or_default())
}

fn check(request: &SyncRequest) -> Result<(), ApiError> {
    if let Some(remote) = request.remote.as_deref()
        && remote != runs::ORIGIN
    {
        return Err(ApiError::invalid(format!(
            "remote {remote:?} is not known: `{}` is the connection's url",
            runs::ORIGIN
        )));
    }
    let branches = request.branches.as_deref().unwrap_or_default();
    if branches.len() > MAX_LIST || request.ignore_patterns.len() > MAX_LIST {
        return Err(ApiError::invalid(format!(
            "branches and ignore_patterns may name {MAX_LIST} each"
        )));
    }
    for branch in branches.iter().chain(&request.branch) {
        address::branch(branch).map_err(ApiError::invalid)?;
    }
    Ok(())
}

pub(super) async fn job(
    Member(access): Member,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Job>, ApiError> {
    let run = find_run(&app, &access, &path).await?;
    Ok(Json(shown(&app, &run).await))
}

/// 202 while the run is stopping, 200 once it is over (also if it was before).
pub(super) async fn cancel(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
) -> Result<(StatusCode, Json<Job>), ApiError> {
    let run = find_run(&app, &access, &path).await?;
    let run: Run = match app.runs.cancel(access.org(), run.id).await? {
        Some(run) => run,
        None => return Err(ApiError::not_found("job")),
    };
    let status = if run.is_final() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(shown(&app, &run).await)))
}

async fn shown(app: &App, run: &Run) -> Job {
    let estimate = if run.is_final() {
        None
    } else {
        runs::estimate(&app.store, run).await
    };
    runs::job(run, estimate)
}
