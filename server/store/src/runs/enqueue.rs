//! From outside the engine: asking for a run, cancelling one, pruning old ones.

use jiff::Timestamp;
use metasync_protocol::repositories::Progress;
use uuid::Uuid;

use super::{Enqueued, NewRun, Run, read, state};
use crate::{
    Store, clock,
    error::{Result, StoreError},
    rows::{json_text, text},
};

impl Store {
    /// Queues a run, unless one of the same organization, kind and target is active.
    pub async fn run_enqueue(&self, new: &NewRun) -> Result<Enqueued> {
        let mut tx = self.database().write().await?;
        if let Some(active) = read::active(&mut tx, new.org, &new.kind, &new.target).await? {
            return Ok(Enqueued::Active(active));
        }
        let id = Uuid::now_v7();
        // Another hub node may be faster on a database that several share: then it is the active one.
        let inserted = sqlx::query(
            "INSERT INTO runs (id, org_id, kind, target, state, user_id, cause, options, progress, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        )
        .bind(text(id))
        .bind(text(new.org))
        .bind(&new.kind)
        .bind(&new.target)
        .bind(state::QUEUED)
        .bind(&new.user)
        .bind(&new.cause)
        .bind(json_text(&new.options))
        .bind(json_text(&Progress::default()))
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        let answer = if inserted.rows_affected() == 1 {
            read::by_id(&mut tx, id).await?.map(Enqueued::New)
        } else {
            read::active(&mut tx, new.org, &new.kind, &new.target)
                .await?
                .map(Enqueued::Active)
        };
        tx.commit().await?;
        answer.ok_or_else(|| StoreError::Busy(format!("{} {}", new.kind, new.target)))
    }

    /// Asks for the end of a run: one that no worker holds is `cancelled` at once, a running one is
    /// `cancelling` until its worker stopped, a finished one stays as it is. `None`: no such run.
    pub async fn run_cancel(&self, org: Uuid, run: Uuid) -> Result<Option<Run>> {
        let mut tx = self.database().write().await?;
        sqlx::query(
            "UPDATE runs SET state = $3, finished_at = $4, due_at = NULL
             WHERE id = $1 AND org_id = $2 AND state IN ('queued', 'retry_wait')",
        )
        .bind(text(run))
        .bind(text(org))
        .bind(state::CANCELLED)
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE runs SET state = $3 WHERE id = $1 AND org_id = $2 AND state = 'running'")
            .bind(text(run))
            .bind(text(org))
            .bind(state::CANCELLING)
            .execute(&mut *tx)
            .await?;
        let now = read::by_id(&mut tx, run).await?.filter(|r| r.org == org);
        tx.commit().await?;
        Ok(now)
    }

    /// Removes runs that ended before that time, with their events. Active ones stay.
    pub async fn prune_runs(&self, older_than: Timestamp) -> Result<u64> {
        let mut tx = self.database().write().await?;
        let before = clock::text(older_than);
        sqlx::query("DELETE FROM run_events WHERE run_id IN (SELECT id FROM runs WHERE finished_at < $1)")
            .bind(&before)
            .execute(&mut *tx)
            .await?;
        let done = sqlx::query("DELETE FROM runs WHERE finished_at < $1")
            .bind(&before)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}
