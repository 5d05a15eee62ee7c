//! Why a source could not be read as a whole. Errors of single files are no errors of the source:
//! they stand in [`crate::Listing::errors`] and [`crate::Contents::errors`].

/// A source can't be read. The text says what happened to what, and holds no credentials.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The connection is of a kind that no adapter reads.
    #[error("connections of type {0:?} can't be indexed")]
    UnknownKind(String),
    /// The connection's settings make no sense: address, branch, remote, pattern.
    #[error("{0}")]
    Configuration(String),
    /// The place, or the branch, is not there.
    #[error("{0}")]
    NotFound(String),
    /// The remote could not be reached; it may be later.
    #[error("{0}")]
    Unreachable(String),
    /// The remote, or what stands for it, said no: credentials, host keys, rights.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("{0}")]
    TimedOut(String),
    /// More than the limits allow.
    #[error("{0}")]
    TooLarge(String),
    /// Something on this machine failed: git is missing, the disk is full, ….
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// git ended with an error that is none of the above.
    #[error("{0}")]
    Git(String),
}

impl SourceError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            SourceError::UnknownKind(_) => "unknown_source",
            SourceError::Configuration(_) => "invalid_source",
            SourceError::NotFound(_) => "source_not_found",
            SourceError::Unreachable(_) => "source_unreachable",
            SourceError::Refused(_) => "source_refused",
            SourceError::TimedOut(_) => "source_timeout",
            SourceError::TooLarge(_) => "source_too_large",
            SourceError::Io { .. } => "source_io",
            SourceError::Git(_) => "git_failed",
        }
    }

    /// Whether another attempt may do better (runs.md, 6).
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            SourceError::Unreachable(_) | SourceError::TimedOut(_) | SourceError::Io { .. }
        )
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> SourceError {
        let what = what.into();
        move |source| SourceError::Io { what, source }
    }
}
