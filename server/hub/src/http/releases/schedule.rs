//! `POST …/configure`.

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{App, body::Body, error::ApiError},
    operator::Operator,
};
use crate::{config::releases::INTERVAL_HOURS, runs::releases::Schedule};

/// What is to be another; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    enabled: Option<bool>,
    interval_hours: Option<f64>,
}

/// Answer.
#[derive(Serialize, JsonSchema)]
pub(super) struct Changed {
    message: &'static str,
}

pub(super) async fn configure(
    _: Operator,
    State(app): State<App>,
    Body(wanted): Body<Configuration>,
) -> Result<Json<Changed>, ApiError> {
    if wanted.enabled.is_none() && wanted.interval_hours.is_none() {
        return Err(ApiError::invalid(
            "the body must have enabled, interval_hours, or both",
        ));
    }
    if let Some(hours) = wanted
        .interval_hours
        .filter(|hours| !INTERVAL_HOURS.contains(hours))
    {
        return Err(ApiError::invalid(format!(
            "interval_hours must be between {:.4} and {}, not {hours}",
            INTERVAL_HOURS.start(),
            INTERVAL_HOURS.end()
        )));
    }
    let now = app.runs.release_schedule().await?;
    let schedule = Schedule {
        enabled: wanted.enabled.unwrap_or(now.enabled),
        interval_hours: wanted.interval_hours.unwrap_or(now.interval_hours),
    };
    app.runs.set_release_schedule(schedule).await?;
    tracing::info!(
        schedule.enabled,
        schedule.interval_hours,
        "the schedule of releases was set"
    );
    Ok(Json(Changed {
        message: "Configuration updated successfully",
    }))
}
