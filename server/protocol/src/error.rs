//! The one shape of an error on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every error answer of the hub: `detail` for people, `code` for programs (a stable word), beside
/// whatever a seed asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// What happened, to what, and what to do.
    pub detail: String,
    /// A stable word such as `invalid_cursor`.
    pub code: String,
    /// Further members that a seed asks for.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// Codes that clients act upon (sync-protocol.md, "Request").
pub mod codes {
    /// 400: forged, malformed, another user's or organization's cursor.
    pub const INVALID_CURSOR: &str = "invalid_cursor";
    /// 403: no access to the organization.
    pub const ORG_ACCESS_REVOKED: &str = "org_access_revoked";
    /// 410: the copy can't be brought up to date.
    pub const RESYNC_REQUIRED: &str = "resync_required";
    /// 401: no, a bad or an expired token.
    pub const UNAUTHENTICATED: &str = "unauthenticated";
    /// 403: the role does not allow it.
    pub const FORBIDDEN: &str = "forbidden";
    /// 404.
    pub const NOT_FOUND: &str = "not_found";
    /// 400: malformed parameter or body.
    pub const INVALID_REQUEST: &str = "invalid_request";
    /// 409: a run for the same target is active.
    pub const SYNC_IN_PROGRESS: &str = "sync_in_progress";
    /// A run would delete too much (runs: `held_back`).
    pub const HELD_BACK: &str = "held_back";
    /// 5xx: the details are in the hub's log.
    pub const INTERNAL: &str = "internal_error";
}
