//! `GET /api/repositories/{id}/search`.

use axum::{Json, extract::State};
use metasync_store::FoundObject;
use serde::Serialize;

use super::{
    App,
    access::Member,
    error::ApiError,
    params::{Params, PathParams},
    repositories,
};

/// Objects in an answer where nothing else is asked for, and at most.
const DEFAULT_LIMIT: u32 = 20;
pub(super) const MAX_LIMIT: u32 = 1_000;

/// Longest text that is searched for.
pub(super) const MAX_WORDS: usize = 500;

/// Answer of the search.
#[derive(Serialize)]
pub(super) struct SearchAnswer {
    results: Vec<FoundObject>,
}

pub(super) async fn search(
    Member(access): Member,
    State(app): State<App>,
    path: PathParams,
    params: Params,
) -> Result<Json<SearchAnswer>, ApiError> {
    let stored = repositories::find(&app, &access, &path).await?;
    let words = params.one("q")?.unwrap_or_default().trim();
    if words.is_empty() || words.len() > MAX_WORDS {
        return Err(ApiError::invalid(format!("q must hold 1 to {MAX_WORDS} bytes")));
    }
    let limit = match params.number("limit")? {
        None => DEFAULT_LIMIT,
        Some(n) => u32::try_from(n)
            .ok()
            .filter(|n| (1..=MAX_LIMIT).contains(n))
            .ok_or_else(|| ApiError::invalid(format!("limit must be 1 to {MAX_LIMIT}, not {n}")))?,
    };
    let results = app
        .store
        .search_objects(access.org(), stored.connection.id, words, limit)
        .await?;
    Ok(Json(SearchAnswer { results }))
}
