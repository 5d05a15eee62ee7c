//! `sync_runs`: what the engine does to a run of an external source shows in the seed's table, in the
//! transaction that does it. Who fills the table is [`crate::entries`].

use jiff::Timestamp;

use super::{Run, state};
use crate::{
    database::{Time, Tx, query},
    error::Result,
};

/// Words of the column `status`.
pub(crate) mod status {
    pub(crate) const PENDING: &str = "pending";
    pub(crate) const IN_PROGRESS: &str = "in_progress";
    pub(crate) const COMPLETED: &str = "completed";
    pub(crate) const FAILED: &str = "failed";
    pub(crate) const CANCELLED: &str = "cancelled";
}

/// Shows the state of a run, where it is one of an external source.
pub(super) async fn follow(tx: &mut Tx, run: &Run) -> Result<()> {
    let status = match run.state.as_str() {
        state::QUEUED | state::RETRY_WAIT => status::PENDING,
        state::RUNNING | state::CANCELLING => status::IN_PROGRESS,
        state::COMPLETED => status::COMPLETED,
        state::CANCELLED => status::CANCELLED,
        _ => status::FAILED,
    };
    let time = |at: &Option<String>| -> Option<Time> {
        let at: Timestamp = at.as_deref()?.parse().ok()?;
        Some(at.into())
    };
    query(
        "UPDATE sync_runs SET status = $2, started_at = $3, completed_at = $4, error_message = $5, is_retryable = $6,
         updated_at = $7 WHERE run_id = $1",
    )
    .bind(run.id)
    .bind(status)
    .bind(time(&run.started_at))
    .bind(time(&run.finished_at))
    .bind(&run.error)
    .bind(run.state == state::DEAD)
    .bind(Time::now())
    .execute(tx)
    .await?;
    Ok(())
}
