//! Claiming: a run gets a worker, and a lease that the worker's heartbeat keeps alive.

use std::time::Duration;

use sqlx::{AssertSqlSafe, QueryBuilder, Row as _};

use super::{
    MAX_ATTEMPTS, Run,
    read::{self, ACTIVE},
    state,
};
use crate::{
    Store, clock,
    database::{Connection, Db},
    error::Result,
    rows::{id, text},
};

impl Store {
    /// Gives the oldest run of these kinds that waits for a worker: queued, due again, or of a worker
    /// whose lease ended. Counts its attempt and its fence up. A run whose worker went while it was
    /// being cancelled is cancelled here; one whose workers went at every attempt is `dead`.
    pub async fn run_claim(&self, worker: &str, kinds: &[&str], lease: Duration) -> Result<Option<Run>> {
        let mut tx = self.database().write().await?;
        reap(&mut tx).await?;
        let mut query = QueryBuilder::<Db>::new(format!("SELECT id FROM runs WHERE {ACTIVE} AND kind IN ("));
        let mut list = query.separated(", ");
        for kind in kinds {
            list.push_bind((*kind).to_owned());
        }
        query.push(") AND (state = 'queued' OR (state = 'retry_wait' AND due_at <= ");
        query.push_bind(clock::now_ms());
        query.push(") OR (state = 'running' AND lease_until <= ");
        query.push_bind(clock::now_ms());
        query.push(")) ORDER BY id LIMIT 1");
        let Some(row) = query.build().fetch_optional(&mut *tx).await? else {
            tx.commit().await?;
            return Ok(None);
        };
        let run = id(&row, "id")?;
        sqlx::query(
            "UPDATE runs SET state = $2, attempt = attempt + 1, fence = fence + 1, worker = $3, lease_until = $4,
             due_at = NULL, error = NULL, code = NULL, started_at = coalesce(started_at, $5), progress_at = $5
             WHERE id = $1",
        )
        .bind(text(run))
        .bind(state::RUNNING)
        .bind(worker)
        .bind(clock::after_ms(lease))
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        let run = read::by_id(&mut tx, run).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// Ends all leases now: for a hub that starts on a database of its own, where whoever held one
    /// has crashed. Their runs are taken up at once instead of after the lease, and the attempt
    /// counts, so that a run that brings the hub down does so [`MAX_ATTEMPTS`] times at most.
    pub async fn expire_leases(&self) -> Result<u64> {
        let mut tx = self.database().write().await?;
        let ended = sqlx::query(AssertSqlSafe(format!(
            "UPDATE runs SET lease_until = 0 WHERE {ACTIVE} AND state IN ('running', 'cancelling')"
        )))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ended.rows_affected())
    }

    /// Gives back what a worker holds, so that another takes it up at once and without counting the
    /// attempt; what was being cancelled is cancelled. For a hub that is told to end.
    pub async fn release_leases(&self, worker: &str) -> Result<u64> {
        let mut tx = self.database().write().await?;
        let given = sqlx::query(AssertSqlSafe(format!(
"UPDATE runs SET state = $2, attempt = attempt - 1, fence = fence + 1, worker = NULL, lease_until = NULL
             WHERE {ACTIVE} AND worker = $1 AND state = 'running'"
        )))
        .bind(worker)
        .bind(state::QUEUED)
        .execute(&mut *tx)
        .await?;
        sqlx::query(AssertSqlSafe(format!(
            "UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3
             WHERE {ACTIVE} AND worker = $1 AND state = 'cancelling'"
        )))
        .bind(worker)
        .bind(state::CANCELLED)
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(given.rows_affected())
    }
}

/// Ends what no worker will end any more.
async fn reap(tx: &mut Connection) -> Result<()> {
    sqlx::query(AssertSqlSafe(format!(
        "UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3
         WHERE {ACTIVE} AND state = 'cancelling' AND lease_until <= $1"
    )))
    .bind(clock::now_ms())
    .bind(state::CANCELLED)
    .bind(clock::now())
    .execute(&mut *tx)
    .await?;
    let dead = sqlx::query(AssertSqlSafe(format!(
        "SELECT id FROM runs WHERE {ACTIVE} AND state = 'running' AND lease_until <= $1 AND attempt >= $2"
    )))
    .bind(clock::now_ms())
    .bind(i64::from(MAX_ATTEMPTS))
    .fetch_all(&mut *tx)
    .await?;
    for row in dead {
        let run: String = row.try_get("id")?;
        tracing::error!(run, "its worker was lost at every attempt: dead");
        sqlx::query(
            "UPDATE runs SET state = $2, fence = fence + 1, lease_until = NULL, finished_at = $3, code = 'worker_lost',
             error = 'The hub ended in the middle of every attempt of this run.' WHERE id = $1",
        )
        .bind(run)
        .bind(state::DEAD)
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
