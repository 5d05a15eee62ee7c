//! `POST /v1/sync/trigger`: a sync of a source, or what one would do.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use metasync_store::{Run, Started, SyncRun};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::Envelope;
use crate::{
    http::{App, access::Writer, body::Body, error::ApiError},
    runs::entries::{Asked, Refusal},
};

/// The seed's message.
pub(super) const SCHEDULED: &str = "Sync scheduled successfully";

/// How long a dry run may take: somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Body of the trigger.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct TriggerRequest {
    /// `csv`, `api`, `jsonl`.
    source_type: String,
    /// Path of a file below the hub's folders for imports, or address.
    source_identifier: String,
    /// What the seed shows, and more; each type of source reads its own.
    #[serde(default)]
    options: Option<Value>,
    /// Only says what a sync would do.
    #[serde(default)]
    dry_run: bool,
    /// Cron expression: do it again then. Empty: not any more.
    #[serde(default)]
    schedule: Option<String>,
    /// Time zone of the schedule.
    #[serde(default)]
    time_zone: Option<String>,
    /// Called at each change of the run's state.
    #[serde(default)]
    progress_webhook: Option<String>,
}

/// A run that was started.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Triggered {
    sync_run_id: u64,
}

impl Triggered {
    pub(super) fn of(run: &SyncRun) -> Triggered {
        Triggered {
            sync_run_id: run.number,
        }
    }
}

pub(super) async fn trigger(
    Writer(access): Writer,
    State(app): State<App>,
    Body(request): Body<TriggerRequest>,
) -> Result<Response, ApiError> {
    if let Some(url) = &request.progress_webhook {
        let checked = app.runs.check_webhook(url).await;
        checked.map_err(|why| ApiError::invalid(format!("progressWebhook: {why}")))?;
    }
    let zone = request.time_zone.unwrap_or_else(|| "UTC".into());
    let asked = Asked {
        source_type: request.source_type,
        source_identifier: request.source_identifier,
        options: request.options.unwrap_or_default(),
        webhook: request.progress_webhook,
        schedule: request.schedule.map(|cron| (cron.trim().to_owned(), zone)),
        cause: "api",
    };
    let asked = app.runs.check_source(asked).await?;
    if request.dry_run {
        return preview(&app, &access, &asked).await;
    }
    match app.runs.start_source(access.org(), access.user(), &asked).await? {
        Started::New(run) => {
            let body = Envelope::of(Triggered::of(&run)).saying(SCHEDULED);
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        Started::Active(run) => Err(in_progress(&run)),
    }
}

pub(super) fn in_progress(run: &SyncRun) -> ApiError {
    let message = format!("sync run {} of this source is in progress", run.number);
    ApiError::new(StatusCode::CONFLICT, "sync_in_progress", message.as_str())
        .with("success", false)
        .with("message", message)
        .with("syncRunId", run.number)
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::Invalid(why) => ApiError::invalid(why.as_str())
                .with("success", false)
                .with("message", why),
            Refusal::Store(error) => error.into(),
        }
    }
}

async fn preview(app: &App, access: &crate::auth::Access, asked: &Asked) -> Result<Response, ApiError> {
    let run = app.runs.start_preview(access.org(), access.user(), asked).await?;
    let ended: Option<Run> = app.runs.ended(access.org(), run.id, PATIENCE).await?;
    let ended = ended.ok_or_else(|| ApiError::not_found("dry run"))?;
    match ended.state.as_str() {
        "completed" => Ok(Json(Envelope::of(ended.result.unwrap_or_default())).into_response()),
        "failed" | "dead" | "cancelled" | "retry_wait" => {
            let message = ended.error.unwrap_or_else(|| "the dry run was cancelled".into());
            if ended.finished_at.is_none() {
                app.runs.cancel(access.org(), run.id).await?;
            }
            let code = ended.code.unwrap_or_else(|| "dry_run_failed".into());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(ApiError::new(status, &code, message.as_str())
                .with("success", false)
                .with("message", message))
        }
        _ => {
            app.runs.cancel(access.org(), run.id).await?;
            let seconds = PATIENCE.as_secs();
            Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "dry_run_too_long",
                format!("the source was not read within {seconds} s; try a part of it"),
            )
            .with("success", false))
        }
    }
}
