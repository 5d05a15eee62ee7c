//! Why a source of entries can't be read, in the seed's words.

use std::time::Duration;

use crate::SourceError;

/// The seed's types of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked for makes no sense, or data that is not as it must be.
    Validation,
    /// Somebody could not be reached, or has no time.
    Network,
    /// What was read is not what it should be.
    Parsing,
    /// Credentials are missing or wrong.
    Authentication,
    /// Something on the hub's side.
    System,
}

impl ErrorKind {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Validation => "validation",
            ErrorKind::Network => "network",
            ErrorKind::Parsing => "parsing",
            ErrorKind::Authentication => "authentication",
            ErrorKind::System => "system",
        }
    }
}

/// A source can't be read, or not any further. No secret stands in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EntryError {
    /// The seed's type.
    pub kind: ErrorKind,
    /// A stable word.
    pub code: String,
    /// For people: what happened, to what, what to do.
    pub message: String,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
    /// How long the other side asked to wait.
    pub retry_after: Option<Duration>,
}

impl EntryError {
    /// One that another attempt does not help.
    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> EntryError {
        EntryError {
            kind,
            code: code.into(),
            message: message.into(),
            is_retryable: false,
            retry_after: None,
        }
    }

    /// An option that makes no sense.
    pub fn option(name: &str, problem: impl std::fmt::Display) -> EntryError {
        EntryError::new(
            ErrorKind::Validation,
            "invalid_options",
            format!("options.{name}: {problem}"),
        )
    }

    /// An identifier that makes no sense, or that the hub may not read.
    pub fn identifier(problem: impl Into<String>) -> EntryError {
        EntryError::new(ErrorKind::Validation, "invalid_source", problem)
    }

    /// The same error, for another attempt.
    #[must_use]
    pub fn retryable(mut self) -> EntryError {
        self.is_retryable = true;
        self
    }
}

impl From<SourceError> for EntryError {
    fn from(error: SourceError) -> EntryError {
        let kind = match &error {
            SourceError::Unreachable(_) | SourceError::TimedOut(_) => ErrorKind::Network,
            SourceError::Refused(_) => ErrorKind::Authentication,
            SourceError::Io { .. } => ErrorKind::System,
            _ => ErrorKind::Validation,
        };
        EntryError {
            is_retryable: error.is_retryable(),
            ..EntryError::new(kind, error.code(), error.to_string())
        }
    }
}
