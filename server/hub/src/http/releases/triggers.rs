//! `POST …/trigger/{release_id}`, `POST …/trigger` and `GET /api/v1/admin/releases`.

use std::collections::HashMap;

use axum::{Json, extract::State, http::StatusCode};
use metasync_store::{Enqueued, Run};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    super::{App, error::ApiError, params::PathParams},
    operator::{OPERATOR, Operator},
};
use crate::runs::releases::{NothingToSync, Started};

/// The cause of what the operator asks for.
const MANUAL: &str = "manual";

/// Answer of a trigger.
#[derive(Serialize, JsonSchema)]
pub(super) struct Triggered {
    job_id: Uuid,
    status: &'static str,
    message: String,
}

/// A release.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReleaseRow {
    /// 1, 2, … in the order of the configuration.
    id: u32,
    name: String,
    git_branch: Option<String>,
    active: bool,
    organization: String,
    /// The connection that holds its tests.
    connection_id: Uuid,
    /// `pending`, `syncing`, `completed`, `failed`.
    status: Option<String>,
    /// Why the status is what it is.
    message: Option<String>,
    /// Tests in the catalogue.
    tests: u64,
    last_synced_at: Option<String>,
}

/// Answer of `GET /api/v1/admin/releases`.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReleaseList {
    releases: Vec<ReleaseRow>,
}

pub(super) async fn list(_: Operator, State(app): State<App>) -> Result<Json<ReleaseList>, ApiError> {
    let mut connections = HashMap::new();
    let mut organizations: Vec<Uuid> = app
        .runs
        .releases
        .list()
        .iter()
        .map(|release| release.org)
        .collect();
    organizations.dedup();
    for org in organizations {
        let stored = app.store.connections(org).await?;
        connections.extend(stored.into_iter().map(|stored| (stored.connection.id, stored)));
    }
    let releases = app.runs.releases.list().iter().map(|release| {
        let stored = connections.remove(&release.connection);
        let (connection, message) = stored.map(|s| (s.connection, s.status_message)).unzip();
        ReleaseRow {
            id: release.id,
            name: release.name.clone(),
            git_branch: release.git_branch.clone(),
            active: release.active,
            organization: release.organization.clone(),
            connection_id: release.connection,
            message: message.flatten(),
            tests: connection.as_ref().map_or(0, |c| c.object_count),
            status: connection.as_ref().map(|c| c.status.clone()),
            last_synced_at: connection.and_then(|c| c.last_extracted_at),
        }
    });
    Ok(Json(ReleaseList {
        releases: releases.collect(),
    }))
}

pub(super) async fn one(
    _: Operator,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Triggered>, ApiError> {
    let number = path.text("release_id");
    let started = app.runs.start_release(number, OPERATOR).await?;
    let run = started_run(started, number)?;
    let named = app
        .runs
        .releases
        .list()
        .iter()
        .find(|release| release.id.to_string() == number);
    let name = named.map_or(number, |release| release.name.as_str());
    Ok(triggered(
        &run,
        format!("Metadata sync started for release: {name}"),
    ))
}

pub(super) async fn all(_: Operator, State(app): State<App>) -> Result<Json<Triggered>, ApiError> {
    let started = app.runs.start_releases(OPERATOR, MANUAL).await?;
    let run = started_run(started, "")?;
    Ok(triggered(
        &run,
        "Metadata sync started for all active releases".to_owned(),
    ))
}

fn triggered(run: &Run, message: String) -> Json<Triggered> {
    Json(Triggered {
        job_id: run.id,
        status: "started",
        message,
    })
}

fn started_run(started: Started, number: &str) -> Result<Run, ApiError> {
    match started {
        Ok(Enqueued::New(run)) => Ok(run),
        Ok(Enqueued::Active(run)) => Err(in_progress(&run)),
        Err(NothingToSync::NotFound) => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            metasync_protocol::error::codes::NOT_FOUND,
            format!("Release {number} not found"),
        )),
        Err(NothingToSync::NotConfigured(what)) => Err(ApiError::invalid(what)),
    }
}

fn in_progress(run: &Run) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        metasync_protocol::error::codes::SYNC_IN_PROGRESS,
        "Metadata sync already in progress",
    )
    .with("job_id", run.id.to_string())
}
