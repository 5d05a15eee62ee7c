//! Extractors that let in members, or those who may write. They come first in every handler, so that
//! nobody else learns whether their parameters would be right.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header, request::Parts},
};

use super::{App, error::ApiError, rate::Expensive};
use crate::auth::{self, Access, Identity, TokenError};

/// Names the organization of routes without one in their path.
const ORGANIZATION_HEADER: &str = "x-organization";

/// Whoever has a good token, of whatever organization.
pub(super) struct User(pub(super) Identity);

impl FromRequestParts<App> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<User, ApiError> {
        identify(parts, app).await.map(User)
    }
}

/// A member of the organization: reads.
pub(super) struct Member(pub(super) Access);

/// An owner or maintainer: reads and writes.
pub(super) struct Writer(pub(super) Access);

impl FromRequestParts<App> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Member, ApiError> {
        let identity = identify(parts, app).await?;
        let path = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::invalid("the path is not UTF-8"))?;
        let named = path
            .iter()
            .find(|(name, _)| *name == "org")
            .map(|(_, value)| value);
        let header = match parts.headers.get(ORGANIZATION_HEADER) {
            None => None,
            Some(value) => Some(
                value
                    .to_str()
                    .map_err(|_| ApiError::invalid("the header X-Organization is no text"))?,
            ),
        };
        let access = auth::resolve(&app.store, identity, named, header).await?;
        if parts.extensions.get::<Expensive>().is_some() {
            app.rates.take(access.user()).map_err(ApiError::too_many)?;
        }
        Ok(Member(access))
    }
}

impl FromRequestParts<App> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Writer, ApiError> {
        let Member(access) = Member::from_request_parts(parts, app).await?;
        if access.may_write() {
            return Ok(Writer(access));
        }
        Err(ApiError::forbidden())
    }
}

async fn identify(parts: &Parts, app: &App) -> Result<Identity, ApiError> {
    let missing =
        || ApiError::unauthenticated("a token is needed: send the header `Authorization: Bearer <token>`");
    let value = parts.headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|v| v.split_once(' '))
        .ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    app.verifier
        .verify(token.trim())
        .await
        .map_err(|error| match error {
            TokenError::Unavailable => ApiError::busy(error.to_string()),
            _ => ApiError::unauthenticated(error.to_string()),
        })
}
