//! What can go wrong between an editor and its hub, in words for people and in kinds for programs.

use std::time::Duration;

use uuid::Uuid;

/// Why a request failed. The text says what happened, to what, and what to do; it never holds the
/// token, and nothing that the hub said stands in it longer than a few hundred characters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The hub's address is no http or https URL, or holds credentials.
    #[error("the hub's address {url:?} can't be used: {why}")]
    BadAddress {
        /// As configured, without credentials.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// No connection.
    #[error("the hub at {url} can't be reached ({why}); check the address and that the hub is running")]
    Unreachable {
        /// The hub's address.
        url: String,
        /// The innermost reason, such as "connection refused".
        why: String,
    },
    /// What answers shows a certificate that this machine does not trust; nothing was sent.
    #[error(
        "the hub at {url} can't be trusted: {why}; nothing was sent to it. Where your organization has a certificate authority of its own, add its certificate to this machine's store, or name its file in SSL_CERT_FILE"
    )]
    Untrusted {
        /// The hub's address.
        url: String,
        /// What is wrong with the certificate.
        why: String,
    },
    /// The hub did not answer in time.
    #[error("the hub at {url} did not answer in time; it may be overloaded, try again later")]
    TimedOut {
        /// The hub's address.
        url: String,
    },
    /// 401: no token, a bad one, or an expired one.
    #[error("the hub refused the token: {detail}; sign in again or set a new token")]
    Unauthenticated {
        /// The hub's words.
        detail: String,
    },
    /// 403 `org_access_revoked`: this organization's cache has to go.
    #[error("access to the organization is gone: {detail}; ask an owner of the organization")]
    Revoked {
        /// The hub's words.
        detail: String,
    },
    /// Any other 403.
    #[error("the hub does not allow this: {detail}")]
    Forbidden {
        /// The hub's words.
        detail: String,
    },
    /// 404.
    #[error("the hub does not know this: {detail}")]
    NotFound {
        /// The hub's words.
        detail: String,
    },
    /// 400 `invalid_cursor`: drop the cursor and sync fully once.
    #[error("the hub refused the sync position of this copy; a full sync puts it right")]
    InvalidCursor,
    /// 410 `resync_required`: build a new copy beside the old one.
    #[error("this copy can't be brought up to date ({detail}); it has to be built anew")]
    ResyncRequired {
        /// `epoch`, `schema` or `expired`, in the hub's words.
        detail: String,
    },
    /// 429 or 503.
    #[error("the hub is busy; it asks to wait {} s", retry_after.as_secs())]
    Busy {
        /// From `Retry-After`, within limits.
        retry_after: Duration,
    },
    /// 409: a run for the same target is active.
    #[error("a sync is already running: {detail}")]
    AlreadyRunning {
        /// Of the running job, where the hub names it.
        job_id: Option<Uuid>,
        /// The hub's words.
        detail: String,
    },
    /// Not what a hub would say: no JSON, another shape, too large.
    #[error(
        "the answer of the hub makes no sense: {what}; check that the address is a metasync hub of this version"
    )]
    BadAnswer {
        /// What was wrong with it.
        what: String,
    },
    /// Any other refusal.
    #[error("the hub answered {status}: {detail}")]
    Hub {
        /// HTTP status.
        status: u16,
        /// The hub's words.
        detail: String,
        /// The hub's stable word, or empty.
        code: String,
    },
}

impl ClientError {
    /// Whether the hub is simply not there: the cache goes on answering.
    pub fn is_offline(&self) -> bool {
        matches!(
            self,
            ClientError::Unreachable { .. } | ClientError::Untrusted { .. } | ClientError::TimedOut { .. }
        ) || matches!(
            self,
            ClientError::Hub {
                status: 502 | 504,
                ..
            }
        )
    }

    /// Whether the same request may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        self.is_offline()
            || matches!(self, ClientError::Busy { .. } | ClientError::BadAnswer { .. })
            || matches!(self, ClientError::Hub { status, .. } if *status >= 500)
    }

    /// Whether new credentials are needed before anything else makes sense.
    pub fn is_signed_out(&self) -> bool {
        matches!(self, ClientError::Unauthenticated { .. })
    }
}
