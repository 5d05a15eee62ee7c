//! `GET /v1/content` and `GET /v1/catalog`: what sources brought.

use axum::{Json, extract::State};
use metasync_store::{EntryQuery, EntryTable};
use serde_json::{Map, Value};

use super::{envelope::Envelope, runs::limit};
use crate::http::{App, access::Member, error::ApiError, params::Params};

/// Rows in an answer where nothing else is asked for, and at most.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = super::runs::MAX_LIMIT;

/// Longest text that is searched for, in bytes.
const MAX_WORDS: usize = 500;

type Rows = Json<Envelope<Vec<Map<String, Value>>>>;

pub(super) async fn content(member: Member, app: State<App>, params: Params) -> Result<Rows, ApiError> {
    let kind = params.one("contentType")?.map(str::to_owned);
    find(member, app, params, EntryTable::Content, kind).await
}

pub(super) async fn catalog(member: Member, app: State<App>, params: Params) -> Result<Rows, ApiError> {
    let kind = params.one("categoryId")?.map(str::to_owned);
    find(member, app, params, EntryTable::Catalog, kind).await
}

async fn find(
    Member(access): Member,
    State(app): State<App>,
    params: Params,
    table: EntryTable,
    kind: Option<String>,
) -> Result<Rows, ApiError> {
    let words = params.one("q")?.unwrap_or_default();
    if words.len() > MAX_WORDS {
        return Err(ApiError::invalid(format!("q may hold {MAX_WORDS} bytes")));
    }
    let offset = params.number("offset")?.unwrap_or(0);
    let wanted = EntryQuery {
        words: words.replace('\0', "\u{fffd}"),
        kind: kind.map(|kind| kind.replace('\0', "\u{fffd}")),
        available: match params.one("available")? {
            None | Some("true") => Some(true),
            Some("false") => Some(false),
            Some("all") => None,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "available must be true, false or all, not {other:?}"
                )));
            }
        },
        limit: limit(&params, DEFAULT_LIMIT, MAX_LIMIT)?,
        offset: u64::try_from(offset)
            .ok()
            .filter(|offset| i64::try_from(*offset).is_ok())
            .ok_or_else(|| ApiError::invalid(format!("offset must not be negative: {offset}")))?,
    };
    let found = app.store.entries_find(access.org(), table, &wanted).await?;
    Ok(Json(Envelope::of(found.rows).of_total(found.total)))
}
