//! Options of a REST source.

use std::time::Duration;

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{
    super::{
        EntryError, EntrySpec,
        json::{Fields, Path},
        limits::{DEFAULT_MAX_PAGES, DEFAULT_PAGE_ITEMS},
    },
    auth::AuthOptions,
};

/// Most items of a page that somebody may ask for.
const MAX_LIMIT: u64 = 100_000;

/// Most headers that somebody may add.
const MAX_HEADERS: usize = 50;

/// Headers that are not for anybody to set.
const OWN_HEADERS: [&str; 8] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "proxy-authorization",
];

/// How a source is asked.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    pub(super) auth: AuthOptions,
    pub(super) data_path: Option<Path>,
    pub(super) fields: Fields,
    pub(super) pagination: Option<Pagination>,
    /// Least time between the beginnings of two requests.
    pub(super) interval: Duration,
}

/// How pages follow each other.
#[derive(Clone, Debug)]
pub(super) struct Pagination {
    pub(super) kind: Paging,
    pub(super) limit: u64,
    pub(super) limit_param: Option<String>,
    pub(super) max_pages: u64,
    /// Parameters stand in the JSON body instead of the query.
    pub(super) in_body: bool,
    /// The first page's `ETag` or `Last-Modified` is one of the whole source, somebody says.
    pub(super) first_tells_all: bool,
}

/// The seed's `type` of pagination, with what it needs.
#[derive(Clone, Debug)]
pub(super) enum Paging {
    Page {
        param: String,
        first: u64,
    },
    Offset {
        param: String,
    },
    Cursor {
        param: String,
        path: Path,
    },
    /// The header `Link`, or an address in the body.
    Link {
        path: Option<Path>,
    },
}

impl Options {
    pub(super) fn read(spec: &EntrySpec) -> Result<Options, EntryError> {
        let options = &spec.options;
        let method = match text(options, "method")?
            .unwrap_or("GET")
            .to_ascii_uppercase()
            .as_str()
        {
            "GET" => Method::GET,
            "POST" => Method::POST,
            other => {
                return Err(EntryError::option(
                    "method",
                    format!("{other:?} must be GET or POST"),
                ));
            }
        };
        let body = options.get("body").filter(|body| !body.is_null()).cloned();
        let data_path = text(options, "dataPath")?.filter(|path| !path.is_empty());
        Ok(Options {
            method,
            headers: headers(options)?,
            body,
            auth: AuthOptions::read(options)?,
            data_path: data_path.map(|path| Path::new("dataPath", path)).transpose()?,
            fields: Fields::read(options, spec.fields)?,
            pagination: pagination(options)?,
            interval: interval(options)?,
        })
    }
}

pub(super) fn text<'a>(options: &'a Value, name: &str) -> Result<Option<&'a str>, EntryError> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EntryError::option(name, "must be a text")),
    }
}

fn headers(options: &Value) -> Result<HeaderMap, EntryError> {
    let mut headers = HeaderMap::new();
    let members = match options.get("headers") {
        None | Some(Value::Null) => return Ok(headers),
        Some(Value::Object(members)) if members.len() <= MAX_HEADERS => members,
        Some(_) => return Err(EntryError::option("headers", "must be an object of texts")),
    };
    for (name, value) in members {
        let wrong = || EntryError::option("headers", format!("{name:?} can't be sent"));
        let value = value.as_str().ok_or_else(wrong)?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(wrong());
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// `rateLimit {requests, perSeconds}`.
fn interval(options: &Value) -> Result<Duration, EntryError> {
    let Some(limit) = options.get("rateLimit").filter(|limit| !limit.is_null()) else {
        return Ok(Duration::ZERO);
    };
    let number = |name: &str, default: f64| match limit.get(name) {
        None | Some(Value::Null) => Some(default),
        Some(value) => value.as_f64().filter(|n| n.is_finite() && *n > 0.0 && *n <= 1e6),
    };
    let interval = match (number("requests", 1.0), number("perSeconds", 1.0)) {
        (Some(requests), Some(seconds)) => Duration::try_from_secs_f64(seconds / requests).ok(),
        _ => None,
    };
    interval.ok_or_else(|| {
        EntryError::option(
            "rateLimit",
            "must be {requests, perSeconds}, both numbers greater than 0",
        )
    })
}

fn pagination(options: &Value) -> Result<Option<Pagination>, EntryError> {
    let wrong = |name: &str, problem: &str| EntryError::option(&format!("pagination.{name}"), problem);
    let given = match options.get("pagination") {
        None | Some(Value::Null) => return Ok(None),
        Some(given @ Value::Object(_)) => given,
        Some(_) => return Err(EntryError::option("pagination", "must be an object")),
    };
    if given.get("enabled").and_then(Value::as_bool) == Some(false) {
        return Ok(None);
    }
    let word = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(wrong(name, "must be a text")),
    };
    let number = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| wrong(name, "must be a whole number that is not negative")),
    };
    let path = |name: &str| {
        let written = word(name)?;
        written
            .map(|written| Path::new(&format!("pagination.{name}"), &written))
            .transpose()
    };
    let (cursor_path, next_path) = (path("cursorPath")?, path("nextPath")?);
    let kind = match word("type")? {
        Some(kind) => kind,
        None if cursor_path.is_some() => "cursor".into(),
        None if next_path.is_some() => "link".into(),
        None if given.get("offsetParam").is_some() => "offset".into(),
        None => "page".into(),
    };
    let param = |name: &str, default: &str| Ok::<_, EntryError>(word(name)?.unwrap_or(default.into()));
    let kind = match kind.as_str() {
        "page" => Paging::Page {
            param: param("pageParam", "page")?,
            first: number("startPage")?.unwrap_or(1),
        },
        "offset" => Paging::Offset {
            param: param("offsetParam", "offset")?,
        },
        "cursor" => Paging::Cursor {
            param: param("cursorParam", "cursor")?,
            path: cursor_path
                .ok_or_else(|| wrong("cursorPath", "is needed: where the next cursor stands"))?,
        },
        "link" => Paging::Link { path: next_path },
        other => {
            return Err(wrong(
                "type",
                &format!("{other:?} must be page, offset, cursor or link"),
            ));
        }
    };
    let limit = number("limit")?;
    if limit.is_some_and(|limit| limit == 0 || limit > MAX_LIMIT) {
        return Err(wrong("limit", &format!("must be 1 to {MAX_LIMIT}")));
    }
    let limit_param = word("limitParam")?;
    // Who names a limit wants it sent.
    let limit_param = limit_param.or_else(|| limit.map(|_| "limit".to_owned()));
    let max_pages = number("maxPages")?.unwrap_or(DEFAULT_MAX_PAGES);
    if max_pages == 0 {
        return Err(wrong("maxPages", "must be 1 or more"));
    }
    let in_body = match word("in")?.as_deref() {
        None | Some("query") => false,
        Some("body") => true,
        Some(_) => return Err(wrong("in", "must be query or body")),
    };
    let first_tells_all = match word("validators")?.as_deref() {
        None | Some("page") => false,
        Some("source") => true,
        Some(_) => return Err(wrong("validators", "must be page or source")),
    };
    Ok(Some(Pagination {
        first_tells_all,
        kind,
        limit: limit.unwrap_or(DEFAULT_PAGE_ITEMS),
        limit_param,
        max_pages,
        in_body,
    }))
}
