//! Compressed bodies of requests, within limits: by bytes, and by how much more comes out than went
//! in (security.md 12).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use tower_http::decompression::RequestDecompressionLayer;

use super::{App, error::ApiError, layers::MAX_BODY_BYTES};

/// Most bytes that may come out of one that went in.
const MAX_RATIO: usize = 100;

/// So much may come out whatever went in: short texts compress well.
const ALWAYS_BYTES: usize = 64 * 1024;

/// Compressed bytes that were read of a request.
#[derive(Clone, Default)]
struct Read(Arc<AtomicUsize>);

pub(super) fn around(router: Router<App>) -> Router<App> {
    router
        .layer(from_fn(collect))
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn(count))
}

/// Counts what comes in, of the encodings that are known here.
async fn count(request: Request, next: Next) -> Response {
    match request.headers().get(header::CONTENT_ENCODING) {
        None => return next.run(request).await,
        Some(encoding) if encoding == "gzip" => {}
        Some(_) => return unknown().into_response(),
    }
    let read = Read::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(read.clone());
    let counted = body.into_data_stream().inspect(move |chunk| {
        let bytes = chunk.as_ref().map_or(0, |chunk| chunk.len());
        read.0.fetch_add(bytes, Ordering::Relaxed);
    });
    next.run(Request::from_parts(parts, Body::from_stream(counted)))
        .await
}

/// Takes what comes out as a whole; handlers want it so, and nobody else sees the ratio.
async fn collect(mut request: Request, next: Next) -> Response {
    let Some(read) = request.extensions_mut().remove::<Read>() else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let mut whole = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else {
            return ApiError::invalid("the body is no gzip, as its Content-Encoding says").into_response();
        };
        whole.extend_from_slice(&chunk);
        let allowed = ALWAYS_BYTES.max(read.0.load(Ordering::Relaxed).saturating_mul(MAX_RATIO));
        if whole.len() > MAX_BODY_BYTES.min(allowed) {
            return ApiError::too_large().into_response();
        }
    }
    next.run(Request::from_parts(parts, Body::from(whole))).await
}

fn unknown() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_encoding",
        "bodies may be compressed with gzip, or not at all",
    )
}
