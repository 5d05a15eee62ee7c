//! Lets in whoever sends the PIN.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{StatusCode, request::Parts},
};

use super::super::{App, error::ApiError, rate::Expensive};
use crate::auth::PinRefusal;

/// The seed's header.
const PIN: &str = "x-admin-pin";

/// The user under whom the operator's requests are counted and their runs stand.
pub(super) const OPERATOR: &str = "admin-pin";

/// Whoever knows the PIN.
pub(in crate::http) struct Operator;

impl FromRequestParts<App> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Operator, ApiError> {
        let given = parts.headers.get(PIN).map(axum::http::HeaderValue::as_bytes);
        app.pin.check(given, address(parts)).map_err(refused)?;
        if parts.extensions.get::<Expensive>().is_some() {
            app.rates.take(OPERATOR).map_err(ApiError::too_many)?;
        }
        Ok(Operator)
    }
}

/// The other end of the connection; what headers say of it is not believed (security.md 5).
fn address(parts: &Parts) -> Option<IpAddr> {
    let info = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(info.0.ip())
}

fn refused(refusal: PinRefusal) -> ApiError {
    match refusal {
        PinRefusal::NotConfigured => ApiError::new(
            StatusCode::UNAUTHORIZED,
            "pin_not_configured",
            "this hub has no admin PIN: name its environment variable in `[auth] admin_pin_env` and set it",
        ),
        PinRefusal::Missing => ApiError::new(
            StatusCode::UNAUTHORIZED,
            "pin_required",
            "the admin PIN is needed: send the header X-Admin-PIN",
        ),
        PinRefusal::Wrong => ApiError::new(StatusCode::FORBIDDEN, "wrong_pin", "the admin PIN is wrong"),
        PinRefusal::LockedOut(wait) => ApiError::locked_out(wait),
    }
}
