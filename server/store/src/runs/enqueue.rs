//! From outside the engine: asking for a run, cancelling one, pruning old ones.

use jiff::Timestamp;
use metasync_protocol::repositories::Progress;
use serde_json::Value;
use uuid::Uuid;

use super::{Enqueued, NewRun, Run, read, state, webhooks};
use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::{Result, StoreError},
    outbox::Signal,
    rows::json_text,
};

/// Queues a run that goes on from a checkpoint, unless one of its kind and target is active.
pub(crate) async fn enqueue_in(tx: &mut Tx, new: &NewRun, checkpoint: Option<&Value>) -> Result<Enqueued> {
    if let Some(active) = read::active(tx, new.org, &new.kind, &new.target).await? {
        return Ok(Enqueued::Active(active));
    }
    let id = Uuid::now_v7();
    // Another hub node may be faster: then its run is the active one.
    let inserted = query(
        "INSERT INTO runs (id, org_id, kind, target, state, user_id, cause, options, progress, created_at, checkpoint)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(new.org)
    .bind(&new.kind)
    .bind(&new.target)
    .bind(state::QUEUED)
    .bind(&new.user)
    .bind(&new.cause)
    .bind(json_text(&new.options))
    .bind(json_text(&Progress::default()))
    .bind(Time::now())
    .bind(&checkpoint.map(json_text))
    .execute(tx)
    .await?;
    let answer = if inserted == 1 {
        tx.tell(Signal::Work);
        webhooks::note(tx, id).await?;
        read::by_id(tx, id).await?.map(Enqueued::New)
    } else {
        read::active(tx, new.org, &new.kind, &new.target)
            .await?
            .map(Enqueued::Active)
    };
    // It was active, and ended before it could be read.
    answer.ok_or_else(|| StoreError::Contended(format!("{} {}", new.kind, new.target)))
}

impl Store {
    /// Queues a run, unless one of the same organization, kind and target is active.
    pub async fn run_enqueue(&self, new: &NewRun) -> Result<Enqueued> {
        transact!(self.database(), Scope::Org(new.org), |tx| {
            enqueue_in(tx, new, None).await
        })
    }

    /// Asks for the end of a run: one that no worker holds is `cancelled` at once, a running one is
    /// `cancelling` until its worker stopped, a finished one stays as it is. `None`: no such run.
    pub async fn run_cancel(&self, org: Uuid, run: Uuid) -> Result<Option<Run>> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query(
                "UPDATE runs SET state = $3, finished_at = $4, due_at = NULL
                 WHERE id = $1 AND org_id = $2 AND state IN ('queued', 'retry_wait')",
            )
            .bind(run)
            .bind(org)
            .bind(state::CANCELLED)
            .bind(Time::now())
            .execute(tx)
            .await?;
            query("UPDATE runs SET state = $3 WHERE id = $1 AND org_id = $2 AND state = 'running'")
                .bind(run)
                .bind(org)
                .bind(state::CANCELLING)
                .execute(tx)
                .await?;
            webhooks::note(tx, run).await?;
            tx.tell(Signal::Run(run));
            Ok(read::by_id(tx, run).await?.filter(|r| r.org == org))
        })
    }

    /// Removes runs that ended before that time, with their events. Active ones stay.
    pub async fn prune_runs(&self, older_than: Timestamp) -> Result<u64> {
        transact!(self.database(), Scope::Runner, |tx| {
            for table in ["run_events", "webhooks", "release_syncs"] {
                query(AssertSqlSafe(format!(
                    "DELETE FROM {table} WHERE run_id IN (SELECT id FROM runs WHERE finished_at < $1)"
                )))
                .bind(Time::from(older_than))
                .execute(tx)
                .await?;
            }
            Ok(query("DELETE FROM runs WHERE finished_at < $1")
                .bind(Time::from(older_than))
                .execute(tx)
                .await?)
        })
    }
}
