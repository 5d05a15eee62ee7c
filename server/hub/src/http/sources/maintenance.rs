//! `POST /v1/sync/resume` and `POST /v1/sync/cleanup`.

use axum::{Json, extract::State};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::envelope::{Envelope, Said};
use crate::http::{App, access::Writer, body::OptionalBody, error::ApiError};

/// The seed's message.
const RESUMED: &str = "Pending syncs resumed";

/// Most days.
const MAX_DAYS: u32 = 36_500;

/// Body of the clean-up.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::http) struct CleanUp {
    /// Remove runs that ended so many days ago.
    days: Option<u32>,
    /// Remove entries that no run saw for so many days.
    content_days: Option<u32>,
}

/// What was removed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Removed {
    runs: u64,
    content: u64,
}

pub(super) async fn resume(Writer(access): Writer, State(app): State<App>) -> Result<Json<Said>, ApiError> {
    app.runs
        .resume_sources(access.org(), access.user(), "resume")
        .await?;
    Ok(Json(Said::of(RESUMED)))
}

pub(super) async fn clean_up(
    Writer(access): Writer,
    State(app): State<App>,
    OptionalBody(wanted): OptionalBody<CleanUp>,
) -> Result<Json<Envelope<Removed>>, ApiError> {
    let age = |name: &str, days: Option<u32>| match days {
        None => Ok(None),
        Some(days @ 1..=MAX_DAYS) => Ok(Some(SignedDuration::from_hours(24 * i64::from(days)))),
        Some(_) => Err(ApiError::invalid(format!("{name} must be 1 to {MAX_DAYS}"))),
    };
    let (runs, content) = app
        .runs
        .clean_up_sources(
            access.org(),
            age("days", wanted.days)?,
            age("contentDays", wanted.content_days)?,
        )
        .await?;
    Ok(Json(Envelope::of(Removed { runs, content })))
}
