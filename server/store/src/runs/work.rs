//! What a worker writes while it holds a run; each statement asks for its fence.

use std::time::Duration;

use metasync_protocol::repositories::Progress;
use serde_json::Value;
use uuid::Uuid;

use super::{Beat, Outcome, state, webhooks};
use crate::{
    Store, clock,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::{Result, StoreError},
    outbox::Signal,
    rows::{json, json_text},
};

impl Store {
    /// Makes the lease longer, and tells the worker whether it goes on.
    pub async fn run_heartbeat(&self, run: Uuid, fence: i64, lease: Duration) -> Result<Beat> {
        transact!(self.database(), Scope::Runner, |tx| {
            let beat = query(
                "UPDATE runs SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state IN ('running', 'cancelling')
                 RETURNING state",
            )
            .bind(run)
            .bind(fence)
            .bind(clock::after_ms(lease))
            .fetch_optional(tx)
            .await?;
            let state: Option<String> = beat.map(|row| row.try_get("state")).transpose()?;
            Ok(match state.as_deref() {
                Some(state::RUNNING) => Beat::Go,
                Some(_) => Beat::Cancelling,
                None => Beat::Lost,
            })
        })
    }

    /// Stores how far a run is; the percentage never goes back, whatever an attempt says. `false`:
    /// the run is not this worker's any more, or is being cancelled.
    pub async fn run_progress(&self, run: Uuid, fence: i64, progress: &Progress) -> Result<bool> {
        transact!(self.database(), Scope::Runner, |tx| {
            let row = query(AssertSqlSafe(format!(
                "SELECT progress FROM runs WHERE id = $1 AND fence = $2 AND state = 'running' {}",
                tx.for_update()
            )))
            .bind(run)
            .bind(fence)
            .fetch_optional(tx)
            .await?;
            let Some(row) = row else { return Ok(false) };
            let before: Progress = json(&row, "progress")?;
            let mut progress = progress.clone();
            progress.percentage = progress.percentage.clamp(0.0, 100.0).max(before.percentage);
            query("UPDATE runs SET progress = $2, progress_at = $3 WHERE id = $1")
                .bind(run)
                .bind(json_text(&progress))
                .bind(Time::now())
                .execute(tx)
                .await?;
            tx.tell(Signal::Run(run));
            Ok(true)
        })
    }

    /// Stores where a next attempt goes on. `false` as with [`Store::run_progress`].
    pub async fn run_checkpoint(&self, run: Uuid, fence: i64, checkpoint: &Value) -> Result<bool> {
        transact!(self.database(), Scope::Runner, |tx| {
            let done = query(
                "UPDATE runs SET checkpoint = $3, progress_at = $4 WHERE id = $1 AND fence = $2 AND state = 'running'",
            )
            .bind(run)
            .bind(fence)
            .bind(json_text(checkpoint))
            .bind(Time::now())
            .execute(tx)
            .await?;
            Ok(done == 1)
        })
    }

    /// Ends an attempt: for good, or until `retry_at`. A run that is being cancelled ends
    /// `cancelled`, whatever the outcome. `false`: it is not this worker's any more, or over; the
    /// final state is written once.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the outcome's state is none that ends a run.
    pub async fn run_finish(&self, run: Uuid, fence: i64, outcome: &Outcome) -> Result<bool> {
        let finals = [state::COMPLETED, state::FAILED, state::DEAD, state::CANCELLED];
        if outcome.retry_at.is_none() && !finals.contains(&outcome.state.as_str()) {
            return Err(StoreError::Invalid(format!(
                "{:?} does not end a run",
                outcome.state
            )));
        }
        transact!(self.database(), Scope::Runner, |tx| {
            finish(tx, run, fence, outcome).await
        })
    }
}

async fn finish(tx: &mut Tx, run: Uuid, fence: i64, outcome: &Outcome) -> Result<bool> {
    let row = query(AssertSqlSafe(format!(
        "SELECT state FROM runs WHERE id = $1 AND fence = $2 AND state IN ('running', 'cancelling') {}",
        tx.for_update()
    )))
    .bind(run)
    .bind(fence)
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let cancelling = row.try_get::<&str, _>("state")? == state::CANCELLING;
    let due = outcome.retry_at.filter(|_| !cancelling);
    let (state, finished) = match due {
        Some(_) => (state::RETRY_WAIT, None),
        None if cancelling => (state::CANCELLED, Some(Time::now())),
        None => (outcome.state.as_str(), Some(Time::now())),
    };
    query(
        "UPDATE runs SET state = $2, due_at = $3, finished_at = $4, result = $5, error = $6, code = $7,
         worker = NULL, lease_until = NULL WHERE id = $1",
    )
    .bind(run)
    .bind(state)
    .bind(due.map(jiff::Timestamp::as_millisecond))
    .bind(finished)
    .bind(json_text(&outcome.result))
    .bind(&outcome.error)
    .bind(&outcome.code)
    .execute(tx)
    .await?;
    webhooks::note(tx, run).await?;
    tx.tell(Signal::Run(run));
    tx.tell(Signal::Work);
    Ok(true)
}

/// [`holds`], as an error where it does not.
///
/// # Errors
/// [`StoreError::LeaseLost`] if the run is not this worker's any more.
pub(crate) async fn must_hold(tx: &mut Tx, org: Uuid, run: Uuid, fence: i64) -> Result<()> {
    match holds(tx, org, run, fence).await? {
        true => Ok(()),
        false => Err(StoreError::LeaseLost(run)),
    }
}

/// Whether a run is still held under this fence, and stays so until the commit; for writes to other
/// tables in the same transaction.
pub(crate) async fn holds(tx: &mut Tx, org: Uuid, run: Uuid, fence: i64) -> Result<bool> {
    let row = query(AssertSqlSafe(format!(
        "SELECT id FROM runs WHERE org_id = $1 AND id = $2 AND fence = $3 AND state = 'running' {}",
        tx.for_share()
    )))
    .bind(org)
    .bind(run)
    .bind(fence)
    .fetch_optional(tx)
    .await?;
    Ok(row.is_some())
}
