//! Errors of sources and items, as runs fail with them and as the seed's table lists them.

use metasync_sources::entries::{EntryError, ErrorKind, RowError};
use metasync_store::NewError;

use super::super::context::{Failure, RunContext};

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Failure {
        Failure {
            is_retryable: error.is_retryable,
            retry_after: error.retry_after,
            kind: Some(error.kind.as_str()),
            ..Failure::new(&error.code, error.message)
        }
    }
}

/// An error of one item.
pub(super) fn of_item(kind: ErrorKind, error: RowError) -> NewError {
    NewError {
        kind: kind.as_str().into(),
        code: error.code.into(),
        message: error.message,
        item: Some(error.place.words),
        line: error.place.line,
        is_retryable: false,
    }
}

/// What is to be known about a run as a whole.
pub(super) fn note(code: &str, message: &str) -> NewError {
    NewError {
        kind: ErrorKind::Validation.as_str().into(),
        code: code.into(),
        message: message.into(),
        ..NewError::default()
    }
}

/// Lists why an attempt failed.
pub(super) async fn list(context: &RunContext, failure: &Failure) {
    let kind = failure.kind.unwrap_or(match failure.code.as_str() {
        "database" | "panic" => ErrorKind::System.as_str(),
        _ => ErrorKind::Validation.as_str(),
    });
    let error = NewError {
        kind: kind.into(),
        code: failure.code.clone(),
        message: failure.message.clone(),
        item: None,
        line: None,
        is_retryable: failure.is_retryable,
    };
    if let Err(error) = context.runs.store.sync_error(&context.run, &error).await {
        tracing::warn!(run = %context.run.id, %error, "an error can't be listed");
    }
}
