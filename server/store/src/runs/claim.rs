//! Claiming: a run gets a worker, and a lease that the worker's heartbeat keeps alive.

use std::time::Duration;

use uuid::Uuid;

use super::{
    MAX_ATTEMPTS, Run,
    read::{self, ACTIVE},
    state, webhooks,
};
use crate::{
    Store, clock,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::Result,
    outbox::Signal,
    rows::id,
};

impl Store {
    /// Gives the oldest run of these kinds that waits for a worker: queued, due again, or of a worker
    /// whose lease ended. Counts its attempt and its fence up. A run whose worker went while it was
    /// being cancelled is cancelled here; one whose workers went at every attempt is `dead`.
    pub async fn run_claim(&self, worker: &str, kinds: &[&str], lease: Duration) -> Result<Option<Run>> {
        transact!(self.database(), Scope::Runner, |tx| {
            reap(tx).await?;
            let row = query(AssertSqlSafe(format!(
                "SELECT id FROM runs WHERE {ACTIVE} AND {} AND (state = 'queued'
                 OR (state = 'retry_wait' AND due_at <= $2) OR (state = 'running' AND lease_until <= $2))
                 ORDER BY id LIMIT 1 {}",
                tx.is_in("kind", 1),
                tx.skip_locked()
            )))
            .bind(kinds)
            .bind(clock::now_ms())
            .fetch_optional(tx)
            .await?;
            let Some(row) = row else { return Ok(None) };
            let run = id(&row, "id")?;
            query(
                "UPDATE runs SET state = $2, attempt = attempt + 1, fence = fence + 1, worker = $3, lease_until = $4,
                 due_at = NULL, error = NULL, code = NULL, started_at = coalesce(started_at, $5), progress_at = $5
                 WHERE id = $1",
            )
            .bind(run)
            .bind(state::RUNNING)
            .bind(worker)
            .bind(clock::after_ms(lease))
            .bind(Time::now())
            .execute(tx)
            .await?;
            webhooks::note(tx, run).await?;
            tx.tell(Signal::Run(run));
            read::by_id(tx, run).await
        })
    }

    /// Ends all leases now: for a hub that starts on a database of its own, where whoever held one
    /// has crashed. Their runs are taken up at once instead of after the lease, and the attempt
    /// counts, so that a run that brings the hub down does so [`MAX_ATTEMPTS`] times at most.
    pub async fn expire_leases(&self) -> Result<u64> {
        transact!(self.database(), Scope::Runner, |tx| {
            Ok(query(AssertSqlSafe(format!(
                "UPDATE runs SET lease_until = 0 WHERE {ACTIVE} AND state IN ('running', 'cancelling')"
            )))
            .execute(tx)
            .await?)
        })
    }

    /// Gives back what a worker holds, so that another takes it up at once and without counting the
    /// attempt; what was being cancelled is cancelled. For a hub that is told to end.
    pub async fn release_leases(&self, worker: &str) -> Result<u64> {
        transact!(self.database(), Scope::Runner, |tx| {
            let given = query(AssertSqlSafe(format!(
                "UPDATE runs SET state = $2, attempt = attempt - 1, fence = fence + 1, worker = NULL,
                 lease_until = NULL WHERE {ACTIVE} AND worker = $1 AND state = 'running' RETURNING id"
            )))
            .bind(worker)
            .bind(state::QUEUED)
            .fetch_all(tx)
            .await?;
            for row in &given {
                webhooks::note(tx, id(row, "id")?).await?;
            }
            let cancelled = query(AssertSqlSafe(format!(
                "UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3
                 WHERE {ACTIVE} AND worker = $1 AND state = 'cancelling' RETURNING id"
            )))
            .bind(worker)
            .bind(state::CANCELLED)
            .bind(Time::now())
            .fetch_all(tx)
            .await?;
            for row in cancelled {
                webhooks::note(tx, id(&row, "id")?).await?;
            }
            tx.tell(Signal::Work);
            Ok(given.len() as u64)
        })
    }
}

/// Ends what no worker will end any more.
async fn reap(tx: &mut Tx) -> Result<()> {
    for run in abandoned(tx, "state = 'cancelling' AND attempt > $2", -1).await? {
        query("UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3 WHERE id = $1")
            .bind(run)
            .bind(state::CANCELLED)
            .bind(Time::now())
            .execute(tx)
            .await?;
        webhooks::note(tx, run).await?;
        tx.tell(Signal::Run(run));
    }
    let most = i64::from(MAX_ATTEMPTS);
    for run in abandoned(tx, "state = 'running' AND attempt >= $2", most).await? {
        tracing::error!(%run, "its worker was lost at every attempt: dead");
        query(
            "UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3, code = 'worker_lost',
             error = 'The hub ended in the middle of every attempt of this run.' WHERE id = $1",
        )
        .bind(run)
        .bind(state::DEAD)
        .bind(Time::now())
        .execute(tx)
        .await?;
        webhooks::note(tx, run).await?;
        tx.tell(Signal::Run(run));
    }
    Ok(())
}

/// Runs whose lease ended; not those that somebody else is just looking after.
async fn abandoned(tx: &mut Tx, condition: &'static str, attempts: i64) -> Result<Vec<Uuid>> {
    query(AssertSqlSafe(format!(
        "SELECT id FROM runs WHERE {ACTIVE} AND lease_until <= $1 AND {condition} ORDER BY id {}",
        tx.skip_locked()
    )))
    .bind(clock::now_ms())
    .bind(attempts)
    .fetch_all(tx)
    .await?
    .iter()
    .map(|row| id(row, "id"))
    .collect()
}
