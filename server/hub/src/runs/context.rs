//! What a run may use, and how it fails.

use std::{sync::Arc, time::Duration};

use metasync_store::{Run, StoreError};
use serde_json::Value;

use super::{Runs, reporter::Reporter};

/// What a run may use.
pub(super) struct RunContext {
    pub(super) runs: Arc<Runs>,
    pub(super) run: Run,
    pub(super) reporter: Arc<Reporter>,
}

impl RunContext {
    pub(super) fn new(runs: Arc<Runs>, run: Run, reporter: Arc<Reporter>) -> RunContext {
        RunContext { runs, run, reporter }
    }

    /// Tells those who watch the run what it does.
    pub(super) async fn log(&self, message: impl Into<String>) {
        self.runs.log(self.run.id, message.into()).await;
    }
}

/// Why a run failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// A stable word.
    pub(super) code: String,
    /// For people.
    pub(super) message: String,
    /// What it did nevertheless.
    pub(super) result: Value,
    /// Whether another attempt may do better (runs.md, 6).
    pub(super) is_retryable: bool,
    /// How long the other side asked to wait.
    pub(super) retry_after: Option<Duration>,
    /// The seed's type of error, where there are such types.
    pub(super) kind: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Failure {
        Failure {
            code: code.to_owned(),
            message: message.into(),
            result: Value::Null,
            is_retryable: false,
            retry_after: None,
            kind: None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure {
            is_retryable: error.is_retryable(),
            ..Failure::new("database", error.to_string())
        }
    }
}

impl From<metasync_sources::SourceError> for Failure {
    fn from(error: metasync_sources::SourceError) -> Failure {
        Failure {
            is_retryable: error.is_retryable(),
            ..Failure::new(error.code(), error.to_string())
        }
    }
}
