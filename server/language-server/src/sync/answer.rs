//! How a sync ended, in the words of the commands' answers, the history and the status.

use metasync_client::ClientError;
use metasync_protocol::editor::{HistoryRun, State, SyncAnswer};

use super::{cause::Cause, link::LinkError};

/// What a sync did and how it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Objects received.
    pub objects: u64,
    /// Columns received.
    pub columns: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Pages pulled.
    pub pages: u64,
    /// Milliseconds of indexing, in local mode.
    pub index_ms: Option<u64>,
}

impl Tally {
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        self.objects + self.deleted > 0
    }
}

/// Why a sync did not end well.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The hub, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no hub to ask.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The cache.
    #[error(transparent)]
    Cache(#[from] metasync_cache::CacheError),
    /// Somebody cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// The index run of local mode failed.
    #[error("indexing the workspace failed: {0}")]
    Index(String),
    /// The published catalogue can't be read.
    #[error("{message}")]
    Folder {
        /// A word of the hub's for it.
        code: String,
        /// For people.
        message: String,
    },
    /// The copy does not add up twice within a day.
    #[error("the copy differs from the hub's again after it was pulled anew ({0}); run `metasync doctor`")]
    Diverged(String),
}

impl SyncError {
    /// The state that the language server is in after it.
    pub fn state(&self) -> State {
        match self {
            SyncError::Client(error) | SyncError::Link(LinkError::Client(error)) => match error {
                ClientError::Unauthenticated { .. } | ClientError::Revoked { .. } => State::SignedOut,
                error if error.is_offline() => State::Offline,
                _ => State::Error,
            },
            SyncError::Link(LinkError::NoToken(_)) => State::SignedOut,
            SyncError::Link(LinkError::Folder(error)) => {
                folder_state(error.code.as_deref().unwrap_or_default())
            }
            SyncError::Folder { code, .. } => folder_state(code),
            // the copy is as good as before
            SyncError::Cancelled => State::UpToDate,
            _ => State::Error,
        }
    }

    /// The word in the answer of a command.
    pub fn word(&self) -> &'static str {
        match (self, self.state()) {
            (SyncError::Cancelled, _) => "cancelled",
            (_, State::SignedOut) => "signed_out",
            (_, State::Offline) => "offline",
            _ => "error",
        }
    }
}

/// What a failure at a WebDAV folder (by its stable word) makes of us.
fn folder_state(code: &str) -> State {
    match code {
        "share_unreachable" | "share_timeout" | "share_busy" => State::Offline,
        "share_refused" => State::SignedOut,
        _ => State::Error,
    }
}

/// The answer of a command.
pub fn answer(outcome: &Result<Tally, SyncError>, local: bool, duration_ms: u64) -> SyncAnswer {
    let none = Tally::default();
    let (tally, state, error) = match outcome {
        Ok(tally) => (tally, if local { "local" } else { "up_to_date" }, None),
        Err(SyncError::Cancelled) => (&none, "cancelled", None),
        Err(error) => (&none, error.word(), Some(error.to_string())),
    };
    SyncAnswer {
        state: state.to_owned(),
        objects: tally.objects,
        columns: tally.columns,
        deleted: tally.deleted,
        pages: tally.pages,
        duration_ms,
        index_ms: tally.index_ms,
        up_to_date: outcome.as_ref().is_ok_and(|tally| !tally.changed()),
        error,
    }
}

/// The row of the history.
pub fn history(answer: &SyncAnswer, cause: Cause, started_at: String) -> HistoryRun {
    HistoryRun {
        started_at,
        cause: cause.as_str().to_owned(),
        state: answer.state.clone(),
        objects: answer.objects,
        deleted: answer.deleted,
        pages: answer.pages,
        duration_ms: answer.duration_ms,
        error: answer.error.clone(),
    }
}
