//! What every request and answer passes: request ids, limits, compression, counting, and a net for
//! panics.

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use metasync_protocol::error::codes;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

use super::{App, error::ApiError};

/// Most bytes of a request's body.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn around(router: Router<App>, app: &App) -> Router<App> {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        // Packages are large and repetitive: the quickest level takes most of it (sync-protocol.md,
        // "Wire format"). Event streams are left alone.
        .layer(
            CompressionLayer::new()
                .gzip(true)
                .zstd(true)
                .quality(CompressionLevel::Fastest),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), count))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let id = request.headers().get("x-request-id").cloned();
    let started = std::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status();
    app.metrics.request(method.as_str(), &route, status.as_u16());
    let (id, took) = (id.as_ref().and_then(|v| v.to_str().ok()), started.elapsed());
    if status.is_server_error() {
        tracing::warn!(%method, route, %status, ?took, id, "answered");
    } else {
        tracing::debug!(%method, route, %status, ?took, id, "answered");
    }
    response
}

#[allow(clippy::needless_pass_by_value, reason = "the layer wants it by value")]
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = said, "a handler panicked");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::INTERNAL,
        "the hub failed; its log says more under the answer's x-request-id",
    )
    .into_response()
}
