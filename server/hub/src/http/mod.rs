//! The hub's HTTP interfaces: one module per part of a seed's API. Handlers extract, authorise, call
//! once, reply; they never reach sources. Errors have one shape ([`error::ApiError`]).

mod access;
mod body;
mod connections;
mod docs;
mod documentation;
mod error;
mod inflate;
mod job_events;
mod layers;
mod library;
mod membership;
mod openapi;
mod organizations;
mod params;
mod push;
pub(crate) mod rate;
mod releases;
mod repositories;
mod routes;
mod search;
mod sessions;
mod sources;
mod sync_package;
mod system;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{Extension, Router};
use metasync_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{PinGuard, Verifier},
    events::Bells,
    library::Library,
    metrics::Metrics,
    runs::Runs,
};

/// The description of all routes, as `GET /openapi.json` answers it.
pub fn description() -> serde_json::Value {
    openapi::description()
}

/// What handlers may use.
#[derive(Clone)]
pub(crate) struct App(Arc<AppInner>);

pub(crate) struct AppInner {
    pub(crate) store: Store,
    pub(crate) verifier: Verifier,
    pub(crate) pin: PinGuard,
    pub(crate) runs: Arc<Runs>,
    pub(crate) library: Arc<Library>,
    pub(crate) bells: Arc<Bells>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) rates: rate::Rates,
    /// Whether connections added over HTTP may name local paths.
    pub(crate) allow_local_paths: bool,
    /// Ends open event streams.
    pub(crate) shutdown: CancellationToken,
}

impl App {
    pub(crate) fn new(inner: AppInner) -> App {
        App(Arc::new(inner))
    }
}

impl std::ops::Deref for App {
    type Target = AppInner;

    fn deref(&self) -> &AppInner {
        &self.0
    }
}

/// All routes, with what every answer needs around them.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for endpoint in routes::endpoints() {
        let handler = match endpoint.expensive {
            true => endpoint.handler.layer(Extension(rate::Expensive)),
            false => endpoint.handler,
        };
        router = router.route(endpoint.path, handler);
    }
    let router = router
        .fallback(system::not_found)
        .method_not_allowed_fallback(system::method_not_allowed);
    layers::around(router, &app).with_state(app)
}
