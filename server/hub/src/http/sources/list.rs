//! `GET /v1/sync/sources`, and links that start one: `POST /v1/sync/sources/{id}/link`,
//! `POST /v1/sync/links/{link}`.

use axum::{Json, extract::State, http::StatusCode};
use metasync_store::{Started, StoredConnection};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    envelope::Envelope,
    trigger::{SCHEDULED, Triggered, in_progress},
};
use crate::{
    http::{
        App,
        access::{Member, Writer},
        error::ApiError,
        params::PathParams,
    },
    runs::entries::is_source,
};

/// An external source.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct ShownSource {
    /// The connection.
    id: Uuid,
    source_type: String,
    source_identifier: String,
    status: String,
    /// Why the status is what it is.
    message: Option<String>,
    /// Entries that editors see.
    entries: u64,
    /// When its last sync ended well.
    last_synced_at: Option<String>,
    /// `{cron, timeZone}`.
    schedule: Option<Value>,
}

impl From<StoredConnection> for ShownSource {
    fn from(stored: StoredConnection) -> ShownSource {
        ShownSource {
            schedule: stored.settings.get("schedule").cloned(),
            id: stored.connection.id,
            source_type: stored.connection.kind,
            source_identifier: stored.connection.url,
            status: stored.connection.status,
            message: stored.status_message,
            entries: stored.connection.object_count,
            last_synced_at: stored.connection.last_extracted_at,
        }
    }
}

/// A link.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Link {
    /// To be sent a POST, without a token.
    path: String,
}

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<Envelope<Vec<ShownSource>>>, ApiError> {
    let all = app.store.connections(access.org()).await?;
    let sources = all.into_iter().filter(is_source).map(ShownSource::from);
    Ok(Json(Envelope::of(sources.collect())))
}

pub(super) async fn link(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Envelope<Link>>, ApiError> {
    let found = app.store.connection(access.org(), path.text("id")).await?;
    let stored = found
        .filter(is_source)
        .ok_or_else(|| ApiError::not_found("source"))?;
    let link = app.runs.source_link(access.org(), stored.connection.id);
    Ok(Json(Envelope::of(Link {
        path: format!("/v1/sync/links/{link}"),
    })))
}

/// Whoever has the link; what was sent along is not read.
pub(super) async fn follow(
    State(app): State<App>,
    path: PathParams,
) -> Result<(StatusCode, Json<Envelope<Triggered>>), ApiError> {
    let started = app.runs.follow_link(path.text("link")).await?;
    match started.ok_or_else(|| ApiError::not_found("link"))? {
        Started::New(run) => {
            let body = Envelope::of(Triggered::of(&run)).saying(SCHEDULED);
            Ok((StatusCode::ACCEPTED, Json(body)))
        }
        Started::Active(run) => Err(in_progress(&run)),
    }
}
