//! The library's files: listed, shown, changed, deleted.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use metasync_protocol::library::{LibraryFile, LibraryList};
use metasync_store::LibraryFilter;

use super::super::{
    App,
    access::{Member, Writer},
    body::Body as JsonBody,
    error::ApiError,
    params::{Params, PathParams},
};
use super::reading;
use crate::library::content_stream;

/// Files of a page where nothing is said.
const DEFAULT_LIMIT: i64 = 1_000;
/// Most files of a page (contract.md, "Seed 001", "Decided").
const MAX_LIMIT: i64 = 100_000;
/// Longest text to search for.
const MAX_TEXT: usize = 1_000;

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
    params: Params,
) -> Result<Json<LibraryList>, ApiError> {
    let limit = params.number("limit")?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::invalid(format!(
            "limit must be 1 to {MAX_LIMIT}, not {limit}"
        )));
    }
    let offset = params.number("offset")?.unwrap_or(0);
    let text = |name| -> Result<Option<String>, ApiError> {
        let text = params.one(name)?;
        if text.is_some_and(|text| text.len() > MAX_TEXT) {
            return Err(ApiError::invalid(format!(
                "{name} is longer than {MAX_TEXT} bytes"
            )));
        }
        Ok(text.map(str::to_owned))
    };
    let filter = LibraryFilter {
        text: text("q")?,
        collection: text("collection")?,
        limit: limit.unsigned_abs(),
        offset: u64::try_from(offset).map_err(|_| ApiError::invalid("offset must not be negative"))?,
    };
    Ok(Json(app.store.library_list(access.org(), &filter).await?))
}

pub(super) async fn get(
    Member(access): Member,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<LibraryFile>, ApiError> {
    let found = app.store.library_file(access.org(), id(&path)?).await?;
    found.map(Json).ok_or_else(not_found)
}

/// One that is no id is none of ours, like one that nobody has.
pub(super) fn id(path: &PathParams) -> Result<uuid::Uuid, ApiError> {
    path.id("file_id").map_err(|_| not_found())
}

pub(super) fn not_found() -> ApiError {
    ApiError::not_found("file")
}

pub(super) async fn change(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
    JsonBody(body): JsonBody<serde_json::Map<String, serde_json::Value>>,
) -> Result<Json<LibraryFile>, ApiError> {
    let change = reading::change(&body)?;
    let changed = app
        .store
        .library_change(access.org(), id(&path)?, &change)
        .await?;
    let file = changed.ok_or_else(not_found)?;
    app.library.entries_changed(access.org());
    Ok(Json(file))
}

pub(super) async fn remove(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
) -> Result<StatusCode, ApiError> {
    match app.store.library_delete(access.org(), id(&path)?).await? {
        true => {
            app.library.entries_changed(access.org());
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(not_found()),
    }
}

/// The file as it is here, or the share's side of it while it is in conflict.
async fn side(
    app: &App,
    org: uuid::Uuid,
    id: uuid::Uuid,
    side: Option<&str>,
) -> Result<LibraryFile, ApiError> {
    let found = match side {
        None | Some("local") => app.store.library_file(org, id).await?,
        Some("remote") => app
            .store
            .library_conflict(org, id)
            .await?
            .map(|(conflict, _)| conflict.remote),
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "side must be local or remote, not {other:?}"
            )));
        }
    };
    found.filter(|file| !file.deleted).ok_or_else(not_found)
}

pub(super) async fn content(
    Member(access): Member,
    State(app): State<App>,
    headers: HeaderMap,
    path: PathParams,
    params: Params,
) -> Result<Response, ApiError> {
    let org = access.org();
    let file = side(&app, org, id(&path)?, params.one("side")?).await?;
    let tag = format!("\"{}\"", file.sha256);
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let Some(content) = app.store.library_content(org, &file.sha256).await? else {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "content_missing",
            "the content of this file has not arrived from the share yet; sync the library",
        ));
    };
    let value = |text: &str| HeaderValue::from_str(text).ok();
    let mut response = Response::new(Body::empty());
    let answer = response.headers_mut();
    let unknown = HeaderValue::from_static("application/octet-stream");
    answer.insert(header::CONTENT_TYPE, value(&file.media_type).unwrap_or(unknown));
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(content.size));
    if let Some(tag) = value(&tag) {
        answer.insert(header::ETAG, tag);
    }
    if let Some(disposition) = value(&reading::disposition(&file.name)) {
        answer.insert(header::CONTENT_DISPOSITION, disposition);
    }
    // What others uploaded must not run in the hub's name.
    answer.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox"),
    );
    *response.body_mut() = Body::from_stream(content_stream(app.store.clone(), org, content, |_| {}));
    Ok(response)
}
