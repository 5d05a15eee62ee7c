//! Runs: the table of the one job engine (runs.md). Every write of a worker carries its fence, the
//! number that a claim counts up: a worker that lost its lease writes nothing.

mod claim;
mod enqueue;
mod events;
mod external;
mod read;
mod schedule;
mod webhooks;
mod work;

pub(crate) use enqueue::enqueue_in;
pub(crate) use external::status;
pub(crate) use read::{by_id, columns_of, read as read_run};
pub use webhooks::{DueWebhook, WebhookEnd};
pub(crate) use work::{holds, must_hold};

use jiff::Timestamp;
use metasync_protocol::repositories::Progress;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Attempts of a run in all, after which it is `dead` (runs.md, 6).
pub const MAX_ATTEMPTS: u32 = 5;

/// Words of the column `state`.
pub(crate) mod state {
    pub(crate) const QUEUED: &str = "queued";
    pub(crate) const RUNNING: &str = "running";
    pub(crate) const RETRY_WAIT: &str = "retry_wait";
    pub(crate) const CANCELLING: &str = "cancelling";
    pub(crate) const CANCELLED: &str = "cancelled";
    pub(crate) const COMPLETED: &str = "completed";
    pub(crate) const FAILED: &str = "failed";
    pub(crate) const DEAD: &str = "dead";
}

/// What is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Whose.
    pub org: Uuid,
    /// Kind of run, such as `repository`.
    pub kind: String,
    /// What of; at most one run of a kind and target is active.
    pub target: String,
    /// Who asked.
    pub user: String,
    /// What was asked for.
    pub options: Value,
    /// Why: `api`, `schedule`, `startup`, ….
    pub cause: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// UUIDv7: ids are in the order of creation.
    pub id: Uuid,
    /// Whose.
    pub org: Uuid,
    /// Kind of run.
    pub kind: String,
    /// What of.
    pub target: String,
    /// `queued`, `running`, `retry_wait`, `cancelling`, or for good `completed`, `failed`, `dead`,
    /// `cancelled`.
    pub state: String,
    /// Attempts begun, from 1 once it was claimed.
    pub attempt: u32,
    /// The claim's number.
    pub fence: i64,
    /// Who holds it.
    pub worker: Option<String>,
    /// Who asked.
    pub user: String,
    /// Why.
    pub cause: String,
    /// What was asked for.
    pub options: Value,
    /// How far it is; it never goes back.
    pub progress: Progress,
    /// When it last got on.
    pub progress_at: Option<String>,
    /// Where a next attempt goes on.
    pub checkpoint: Option<Value>,
    /// What it did.
    pub result: Option<Value>,
    /// Why it failed, for people.
    pub error: Option<String>,
    /// Why it failed, as a word.
    pub code: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it was claimed first.
    pub started_at: Option<String>,
    /// When it ended for good.
    pub finished_at: Option<String>,
}

impl Run {
    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        self.finished_at.is_some()
    }
}

/// How an enqueueing ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Enqueued {
    /// The new run.
    New(Run),
    /// None was made: this one of the same kind and target is active.
    Active(Run),
}

/// What a heartbeat tells the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Go on; the lease is longer now.
    Go,
    /// Stop soon and finish as `cancelled`.
    Cancelling,
    /// The run is somebody else's, or over: stop at once, nothing of it is stored any more.
    Lost,
}

/// How an attempt ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// `completed`, `failed`, `dead` or `cancelled`; not read where `retry_at` is given.
    pub state: String,
    /// What it did.
    pub result: Value,
    /// Why it failed, for people.
    pub error: Option<String>,
    /// Why it failed, as a word.
    pub code: Option<String>,
    /// Try again then (`retry_wait`).
    pub retry_at: Option<Timestamp>,
}
