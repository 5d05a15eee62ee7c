//! Query parameters, checked to the letter of contract.md, "Seed 002", "Decided".

use axum::{
    extract::{FromRequestParts, Query, RawPathParams},
    http::request::Parts,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{App, error::ApiError};

/// Most ids in one list.
const MAX_IDS: usize = 10_000;

/// The query as it stands, in order.
pub(super) struct Params(Vec<(String, String)>);

impl FromRequestParts<App> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Params, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, app)
            .await
            .map_err(|e| ApiError::invalid(format!("the query can't be read: {}", e.body_text())))?;
        Ok(Params(pairs))
    }
}

impl Params {
    /// A parameter that may stand once; an empty one counts as left out.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        let mut values = self.all(name).filter(|v| !v.is_empty());
        let first = values.next();
        if values.next().is_some() {
            return Err(ApiError::invalid(format!("{name} stands more than once")));
        }
        Ok(first)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| ApiError::invalid(format!("{name} must be a whole number, not {text:?}")))
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.one(name)? {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(ApiError::invalid(format!(
                "{name} must be true or false, not {other:?}"
            ))),
        }
    }

    /// Ids, comma-separated or repeated; `None` if the parameter is left out.
    pub(super) fn ids(&self, name: &'static str) -> Result<Option<Vec<Uuid>>, ApiError> {
        let texts: Vec<&str> = self
            .all(name)
            .filter(|v| !v.is_empty())
            .flat_map(|v| v.split(','))
            .collect();
        if texts.is_empty() {
            return Ok(None);
        }
        ids(name, texts.into_iter()).map(Some)
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Ids as texts; each once.
pub(super) fn ids<'a>(name: &str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Uuid>, ApiError> {
    let mut ids = texts.map(|text| id(name, text)).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MAX_IDS {
        return Err(ApiError::invalid(format!("{name} names more than {MAX_IDS} ids")));
    }
    Ok(ids)
}

/// An id as text.
pub(super) fn id(name: &str, text: &str) -> Result<Uuid, ApiError> {
    Uuid::try_parse(text.trim()).map_err(|_| ApiError::invalid(format!("{name}: {text:?} is no UUID")))
}

/// An RFC 3339 time, given back in UTC. A `+` that a client forgot to encode arrives as a space.
pub(super) fn time(name: &str, text: &str) -> Result<String, ApiError> {
    let repaired = match text.rsplit_once(' ') {
        Some((at, zone)) if at.contains('T') && zone.contains(':') => format!("{at}+{zone}"),
        _ => text.to_owned(),
    };
    match repaired.parse::<Timestamp>() {
        Ok(_) => Ok(repaired),
        Err(_) => Err(ApiError::invalid(format!("{name}: {text:?} is no RFC 3339 time"))),
    }
}

/// Named parts of the path.
pub(super) struct PathParams(Vec<(String, String)>);

impl FromRequestParts<App> for PathParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<PathParams, ApiError> {
        let raw = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::invalid("the path is not UTF-8"))?;
        Ok(PathParams(
            raw.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        ))
    }
}

impl PathParams {
    /// A part of the path as text.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    /// A part of the path as an id.
    pub(super) fn id(&self, name: &str) -> Result<Uuid, ApiError> {
        id(name, self.text(name))
    }
}
