//! `GET …/sync-package` and `POST …/sync-package/query`: the feed (seed 002, section 1;
//! sync-protocol.md).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use metasync_protocol::{
    CompactPage, HEADER_SESSION, MEDIA_TYPE_COMPACT, PROTOCOL, Page, error::codes, package::PackageQuery,
};
use metasync_store::{
    DEFAULT_LIMIT, DEFAULT_MAX_BYTES, MAX_LIMIT, MIN_MAX_BYTES, PageAnswer, PageForm, PageFrom, PageRequest,
    Standing,
};
use uuid::Uuid;

use super::{
    App,
    access::Member,
    body::Body,
    error::ApiError,
    params::{self, Params},
};
use crate::auth::Access;

/// The form that the client asks for: MessagePack only where it names that and likes it no less than
/// JSON in seed 002's shape, which is for everybody.
fn accepted(headers: &HeaderMap) -> PageForm {
    let (mut compact, mut json) = (0.0, 0.0);
    let values = headers.get_all(header::ACCEPT).iter();
    for range in values.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or("").to_ascii_lowercase();
        let weight = parts
            .find_map(|p| p.strip_prefix("q="))
            .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
        match media_type.as_str() {
            MEDIA_TYPE_COMPACT => compact = weight,
            "application/json" => json = weight,
            _ => {}
        }
    }
    if compact > 0.0 && compact >= json {
        PageForm::Compact
    } else {
        PageForm::Rows
    }
}

/// The word for a form in ETags.
fn word(form: PageForm) -> &'static str {
    match form {
        PageForm::Rows => "json",
        PageForm::Compact => "msgpack",
    }
}

/// Longest cursor that is looked at.
const MAX_CURSOR_BYTES: usize = 1024 * 1024;

pub(super) async fn get(
    Member(access): Member,
    State(app): State<App>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let query = PackageQuery {
        connection_ids: None,
        last_sync_timestamp: params.one("last_sync_timestamp")?.map(str::to_owned),
        include_documentation: params.flag("include_documentation")?,
        limit: params.number("limit")?,
        offset: params.number("offset")?,
        cursor: params.one("cursor")?.map(str::to_owned),
        max_bytes: params.number("max_bytes")?,
        protocol: params
            .number("protocol")?
            .map(|n| u32::try_from(n).map_err(|_| wrong_protocol(n)))
            .transpose()?,
    };
    answer(&app, &access, &headers, query, params.ids("connection_ids")?).await
}

pub(super) async fn query(
    Member(access): Member,
    State(app): State<App>,
    headers: HeaderMap,
    Body(query): Body<PackageQuery>,
) -> Result<Response, ApiError> {
    let connections = match &query.connection_ids {
        Some(texts) => Some(params::ids("connection_ids", texts.iter().map(String::as_str))?),
        None => None,
    };
    answer(&app, &access, &headers, query, connections).await
}

async fn answer(
    app: &App,
    access: &Access,
    headers: &HeaderMap,
    query: PackageQuery,
    connections: Option<Vec<Uuid>>,
) -> Result<Response, ApiError> {
    let session = session_of(headers);
    let form = accepted(headers);
    let request = PageRequest {
        org: access.org(),
        user: access.user().to_owned(),
        client: client_of(headers, session),
        connections,
        include_documentation: query.include_documentation,
        limit: limit(query.limit)?,
        max_bytes: max_bytes(query.max_bytes)?,
        from: from(&query)?,
        form,
    };
    // The tag first: should rows change in between, it is older than the page, and the next question
    // brings them once more.
    let standing = app.store.standing(&request, word(form)).await?;
    let tag = &standing.etag;
    let later_page = matches!(&request.from, PageFrom::Timestamp { offset, .. } if *offset > 0);
    if !later_page && has_it_already(app, &request, headers, &standing).await? {
        count_for_session(app, access, session, 0, "completed").await?;
        let unchanged = [(header::ETAG, tag_value(tag)?), (header::VARY, VARY)];
        return Ok((StatusCode::NOT_MODIFIED, unchanged).into_response());
    }
    match app.store.page(&request).await? {
        PageAnswer::Page(page) => {
            let sync = page.sync_metadata();
            let status = if sync.has_more { "syncing" } else { "completed" };
            count_for_session(app, access, session, sync.object_count, status).await?;
            reply(page, tag, later_page).await
        }
        PageAnswer::InvalidCursor => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            codes::INVALID_CURSOR,
            "invalid_cursor: the cursor is not one of yours in this organization; drop it and sync fully",
        )),
        PageAnswer::ResyncRequired { reason } => Err(ApiError::new(
            StatusCode::GONE,
            codes::RESYNC_REQUIRED,
            format!("resync_required ({reason}): this copy can't be brought up to date; build a new one"),
        )
        .with("reason", reason)),
    }
}

/// Only a checkpoint carries a tag: who holds one has a whole copy, so that a 304 is never wrong.
async fn reply(page: Page, tag: &str, later_page: bool) -> Result<Response, ApiError> {
    let whole = !page.sync_metadata().has_more && !later_page;
    let mut response = match page {
        Page::Rows(package) => Json(package).into_response(),
        Page::Compact(page) => compact(page).await,
    };
    let headers = response.headers_mut();
    if whole {
        headers.insert(header::ETAG, tag_value(tag)?);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.append(header::VARY, VARY);
    Ok(response)
}

/// The form depends on what the client accepts, its content on who it is.
const VARY: HeaderValue = HeaderValue::from_static("accept, authorization");

/// JSON where the page is too large for the compact form: a client reads what the media type says.
async fn compact(page: Box<CompactPage>) -> Response {
    // Thousands of rows would hold up every other request of this thread.
    let encoding = tokio::task::spawn_blocking(move || page.encode().map_err(|error| (error, page)));
    match encoding.await {
        Ok(Ok(bytes)) => ([(header::CONTENT_TYPE, MEDIA_TYPE_COMPACT)], bytes).into_response(),
        Ok(Err((error, page))) => {
            tracing::warn!(%error, "a page goes out as JSON");
            Json(page.expand()).into_response()
        }
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

fn from(query: &PackageQuery) -> Result<PageFrom, ApiError> {
    match query.protocol {
        None | Some(1 | PROTOCOL) => {}
        Some(other) => return Err(wrong_protocol(i64::from(other))),
    }
    let offset = match query.offset.unwrap_or(0) {
        n if n < 0 => {
            return Err(ApiError::invalid(format!(
                "offset must not be negative, as {n} is"
            )));
        }
        n => n.unsigned_abs(),
    };
    let at = query
        .last_sync_timestamp
        .as_deref()
        .map(|text| params::time("last_sync_timestamp", text))
        .transpose()?;
    Ok(match &query.cursor {
        Some(cursor) if cursor.len() > MAX_CURSOR_BYTES => {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                codes::INVALID_CURSOR,
                "invalid_cursor: it is too long",
            ));
        }
        Some(cursor) => PageFrom::Cursor(cursor.clone()),
        None if query.protocol == Some(PROTOCOL) && at.is_none() && offset == 0 => PageFrom::Start,
        None => PageFrom::Timestamp { at, offset },
    })
}

fn wrong_protocol(number: i64) -> ApiError {
    ApiError::invalid(format!("protocol {number} is not spoken here; {PROTOCOL} is"))
}

fn limit(limit: Option<i64>) -> Result<u32, ApiError> {
    let Some(limit) = limit else {
        return Ok(DEFAULT_LIMIT);
    };
    u32::try_from(limit)
        .ok()
        .filter(|n| (1..=MAX_LIMIT).contains(n))
        .ok_or_else(|| ApiError::invalid(format!("limit must be 1 to {MAX_LIMIT}, not {limit}")))
}

fn max_bytes(bytes: Option<i64>) -> Result<u64, ApiError> {
    match bytes {
        None => Ok(DEFAULT_MAX_BYTES),
        Some(n) if n < 0 => Err(ApiError::invalid(format!(
            "max_bytes must not be negative, as {n} is"
        ))),
        Some(n) => Ok(n.unsigned_abs().clamp(MIN_MAX_BYTES, MAX_MAX_BYTES)),
    }
}

/// More bytes than this count as this.
const MAX_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Whether the client's tag is that of now, and its cursor has reached every head.
async fn has_it_already(
    app: &App,
    request: &PageRequest,
    headers: &HeaderMap,
    standing: &Standing,
) -> Result<bool, ApiError> {
    for value in headers.get_all(header::IF_NONE_MATCH) {
        let Ok(tags) = value.to_str() else { continue };
        if app.store.is_current(request, standing, tags).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tag_value(tag: &str) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_str(tag).map_err(|_| ApiError::invalid("no tag"))
}

fn session_of(headers: &HeaderMap) -> Option<Uuid> {
    let value = headers.get(HEADER_SESSION)?.to_str().ok()?;
    Uuid::try_parse(value.trim()).ok()
}

/// Tells clients of one user apart, as far as they tell themselves.
fn client_of(headers: &HeaderMap, session: Option<Uuid>) -> String {
    match session {
        Some(session) => session.to_string(),
        None => headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Another user's session is left alone, silently: it may just as well not exist.
async fn count_for_session(
    app: &App,
    access: &Access,
    session: Option<Uuid>,
    objects: u64,
    status: &str,
) -> Result<(), ApiError> {
    if let Some(session) = session {
        app.store
            .update_session_statistics(access.org(), access.user(), session, objects, status, None)
            .await?;
    }
    Ok(())
}
