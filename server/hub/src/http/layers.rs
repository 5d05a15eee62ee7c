//! What every request and answer passes: request ids, limits, compression, counting, and a net for
//! panics.

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use metasync_protocol::error::codes;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

use tracing::Instrument as _;

use super::{App, error::ApiError, inflate};

/// Most bytes of a request's body.
pub(super) const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Longest request id that is taken over from a client.
const MAX_ID_BYTES: usize = 64;

const REQUEST_ID: &str = "x-request-id";

pub(super) fn around(router: Router<App>, app: &App) -> Router<App> {
    inflate::around(router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
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
        .layer(from_fn(doubtful_id))
}

/// A client may name its request; an id that is too long for a log, or would look like something
/// else in it, is replaced.
async fn doubtful_id(mut request: Request, next: Next) -> Response {
    let good = |id: &HeaderValue| {
        id.len() <= MAX_ID_BYTES
            && id
                .as_bytes()
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
    };
    if request.headers().get(REQUEST_ID).is_some_and(|id| !good(id)) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    // The route, never the address: a query may hold what nobody else may read.
    let span = tracing::info_span!("request", id, %method, route);
    let started = std::time::Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), started.elapsed());
    app.metrics.request(method.as_str(), &route, status.as_u16());
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(%status, ?took, "answered");
        } else {
            tracing::debug!(%status, ?took, "answered");
        }
    });
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
