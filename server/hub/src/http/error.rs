//! The one shape of an error at the door: `{"detail", "code"}` beside what a seed asks for. Details of
//! a 5xx are logged, never sent.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metasync_protocol::error::{ErrorBody, codes};
use metasync_store::{Organization, StoreError};
use serde_json::{Map, Value, json};

use crate::auth::AccessError;

/// Seconds after which a busy hub may be asked again.
const RETRY_AFTER_SECONDS: u16 = 1;

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    /// Seconds; told where waiting helps.
    retry_after: u16,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> ApiError {
        ApiError {
            status,
            retry_after: RETRY_AFTER_SECONDS,
            body: ErrorBody {
                detail: detail.into(),
                code: code.to_owned(),
                more: Map::new(),
            },
        }
    }

    /// 400 for a parameter or body.
    pub(crate) fn invalid(detail: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, codes::INVALID_REQUEST, detail)
    }

    pub(crate) fn unauthenticated(detail: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, codes::UNAUTHENTICATED, detail)
    }

    pub(crate) fn forbidden() -> ApiError {
        ApiError::new(
            StatusCode::FORBIDDEN,
            codes::FORBIDDEN,
            "this needs the role of a maintainer or owner of the organization",
        )
    }

    /// The same for what is not there and for what is another organization's; no id stands in it.
    pub(crate) fn not_found(what: &str) -> ApiError {
        ApiError::new(
            StatusCode::NOT_FOUND,
            codes::NOT_FOUND,
            format!("{what} not found"),
        )
    }

    /// 413.
    pub(crate) fn too_large() -> ApiError {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "the body is larger than the hub takes",
        )
    }

    /// 429: this user asks for too much.
    pub(crate) fn too_many(wait: Duration) -> ApiError {
        let mut error = ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "you ask for more than the hub can do for one user; wait as long as Retry-After says",
        );
        let seconds = wait.as_secs_f64().ceil().clamp(1.0, f64::from(u16::MAX));
        error.retry_after = seconds as u16;
        error
    }

    /// 429: too many PINs were wrong.
    pub(crate) fn locked_out(wait: Duration) -> ApiError {
        let mut error = ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "locked_out",
            "too many PINs were wrong; wait as long as Retry-After says",
        );
        error.retry_after = wait.as_secs_f64().ceil().clamp(1.0, f64::from(u16::MAX)) as u16;
        error
    }

    /// 503: it may work in a moment.
    pub(crate) fn busy(detail: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    }

    /// 503 with a code of its own, and how long to wait.
    pub(crate) fn busy_for(code: &str, detail: impl Into<String>, wait: Duration) -> ApiError {
        let mut error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        error.retry_after = wait.as_secs().clamp(1, u64::from(u16::MAX)) as u16;
        error
    }

    /// Adds a member that a seed asks for.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> ApiError {
        self.body.more.insert(name.to_owned(), value.into());
        self
    }

    /// 500; what happened stands in the log only.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> ApiError {
        tracing::error!(%error, "a request failed");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            codes::INTERNAL,
            "the hub failed; its log says more under the answer's x-request-id",
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match error {
            StoreError::Busy(_) | StoreError::Contended(_) => {
                tracing::warn!(%error, "a request has to wait");
                ApiError::busy("the hub is busy; try again")
            }
            StoreError::NotFound(_) => ApiError::not_found("it was"),
            StoreError::Conflict(_) => ApiError::new(StatusCode::CONFLICT, "conflict", error.to_string()),
            StoreError::Invalid(_) => ApiError::invalid(error.to_string()),
            other => ApiError::internal(&other),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> ApiError {
        match error {
            AccessError::Revoked => ApiError::new(
                StatusCode::FORBIDDEN,
                codes::ORG_ACCESS_REVOKED,
                "you have no access to this organization",
            ),
            AccessError::Choose(organizations) => choose(&organizations),
            AccessError::Store(error) => error.into(),
        }
    }
}

fn choose(organizations: &[Organization]) -> ApiError {
    let names: Vec<&str> = organizations.iter().map(|o| o.name.as_str()).collect();
    let choices: Vec<Value> = organizations
        .iter()
        .map(|o| json!({"id": o.id, "name": o.name}))
        .collect();
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "organization_required",
        format!(
            "you belong to several organizations; name one in the header X-Organization: {}",
            names.join(", ")
        ),
    )
    .with("organizations", choices)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status;
        let retry_after = self.retry_after;
        let mut response = (status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            }
            _ => {}
        }
        response
    }
}
