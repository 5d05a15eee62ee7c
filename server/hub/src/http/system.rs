//! Routes for machines and operators; no tenant's data in any of them, no token needed.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{App, error::ApiError, openapi};

/// `GET /healthz`: 200 while the database answers.
pub(super) async fn healthz(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    app.store.organizations().await?;
    Ok(Json(
        json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}),
    ))
}

/// `GET /metrics`.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], app.metrics.text())
}

/// `GET /openapi.json`.
pub(super) async fn description() -> Json<Value> {
    Json(openapi::description())
}

pub(super) async fn not_found() -> ApiError {
    ApiError::not_found("this address was")
}

pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this address does not take that method",
    )
}
