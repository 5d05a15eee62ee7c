//! How a request to a WebDAV server fails.

use std::time::Duration;

/// What happened to what. No credentials stand in it.
#[derive(Debug, thiserror::Error)]
pub enum DavError {
    /// The configuration makes no sense.
    #[error("{0}")]
    Configuration(String),
    /// The server can't be reached, or the connection broke.
    #[error("the share can't be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("the share does not answer in time ({0})")]
    TimedOut(String),
    /// 401 and 403.
    #[error("the share refuses {0}: check user name, password and rights there")]
    Refused(String),
    /// A redirect: it is not followed, because the password would go along.
    #[error("the share sends {what} elsewhere{}: if that is right, use the address that it has now", .to.as_deref().map(|to| format!(", to {to}")).unwrap_or_default())]
    Moved {
        /// The request.
        what: String,
        /// Scheme, host and port of where to.
        to: Option<String>,
    },
    /// 404 and 410.
    #[error("{0} is not on the share")]
    NotFound(String),
    /// 405, 409 and 412: it is there already, or its folder is not.
    #[error("the share answers {status} to {what}")]
    Conflict {
        /// The request.
        what: String,
        /// Its status.
        status: u16,
    },
    /// 423.
    #[error("{0} is locked on the share")]
    Locked(String),
    /// 507.
    #[error("the share is full: {0} can't be stored there; make room")]
    Full(String),
    /// 429 and 503, again and again.
    #[error("the share is too busy for {what}")]
    Busy {
        /// The request.
        what: String,
        /// What it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other answer.
    #[error("the share answers {status} to {what}")]
    Status {
        /// The request.
        what: String,
        /// Its status.
        status: u16,
    },
    /// More than the limits allow, or not what it says it is.
    #[error("{0}")]
    Untrusted(String),
    /// What was to be sent can't be read, or what came can't be kept.
    #[error("{0}")]
    Local(#[from] std::io::Error),
}

impl DavError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            DavError::Configuration(_) => "share_configuration",
            DavError::Unreachable(_) => "share_unreachable",
            DavError::TimedOut(_) => "share_timeout",
            DavError::Refused(_) => "share_refused",
            DavError::Moved { .. } => "share_moved",
            DavError::NotFound(_) => "share_not_found",
            DavError::Conflict { .. } | DavError::Status { .. } => "share_error",
            DavError::Locked(_) => "share_locked",
            DavError::Full(_) => "share_full",
            DavError::Busy { .. } => "share_busy",
            DavError::Untrusted(_) => "share_untrusted",
            DavError::Local(_) => "local_io",
        }
    }

    /// Whether it is a matter of all requests, so that the next one need not be tried.
    pub fn is_general(&self) -> bool {
        matches!(
            self,
            DavError::Unreachable(_)
                | DavError::TimedOut(_)
                | DavError::Refused(_)
                | DavError::Moved { .. }
                | DavError::Full(_)
                | DavError::Busy { .. }
                | DavError::Configuration(_)
        )
    }

    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self,
            DavError::Unreachable(_) | DavError::TimedOut(_) | DavError::Busy { .. }
        )
    }
}
