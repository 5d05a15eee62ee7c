//! Taking up again what waits and what failed for a passing reason (`POST /v1/sync/resume`, and the
//! daily check).

use uuid::Uuid;

use crate::{
    Store, clock,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::Result,
    outbox::Signal,
    rows::{count, id, number},
    runs::{Enqueued, NewRun, Run, by_id, enqueue_in, status},
};

/// Most runs that are taken up at once.
const MOST: i64 = 1_000;

impl Store {
    /// Makes pending runs of external sources due now, and queues failed ones again whose last error was
    /// retryable: under their numbers, from where they stood. Of a source that ended well since, or is
    /// active, nothing is taken up. Gives the numbers.
    pub async fn sync_runs_resume(&self, org: Uuid, kind: &str, user: &str, cause: &str) -> Result<Vec<u64>> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let mut taken = hurry(tx, org, kind).await?;
            for (number, run) in failed(tx, org).await? {
                let Some(run) = by_id(tx, run).await?.filter(|run| run.kind == kind) else {
                    continue;
                };
                if again(tx, org, number, &run, (user, cause)).await? {
                    taken.push(number);
                }
            }
            taken.sort_unstable();
            taken.dedup();
            tx.tell(Signal::Work);
            Ok(taken)
        })
    }
}

/// Runs that wait for their next attempt, or for a worker.
async fn hurry(tx: &mut Tx, org: Uuid, kind: &str) -> Result<Vec<u64>> {
    query(
        "UPDATE runs SET due_at = $3 WHERE org_id = $1 AND kind = $2 AND state = 'retry_wait' AND due_at > $3",
    )
    .bind(org)
    .bind(kind)
    .bind(clock::now_ms())
    .execute(tx)
    .await?;
    let rows = query(AssertSqlSafe(format!(
        "SELECT id FROM sync_runs WHERE org_id = $1 AND status = '{}' ORDER BY id LIMIT {MOST}",
        status::PENDING
    )))
    .bind(org)
    .fetch_all(tx)
    .await?;
    rows.iter().map(|row| number(row, "id")).collect()
}

/// The newest failed run of each source, unless the source ended well after it.
async fn failed(tx: &mut Tx, org: Uuid) -> Result<Vec<(u64, Uuid)>> {
    let rows = query(AssertSqlSafe(format!(
        "SELECT s.id, s.run_id FROM sync_runs s
         WHERE s.org_id = $1 AND s.status = '{}' AND s.is_retryable AND NOT EXISTS (
             SELECT 1 FROM sync_runs n WHERE n.org_id = s.org_id AND n.connection_id = s.connection_id AND n.id > s.id
             AND (n.status <> '{}' OR n.is_retryable))
         ORDER BY s.id LIMIT {MOST}",
        status::FAILED,
        status::CANCELLED
    )))
    .bind(org)
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| Ok((number(row, "id")?, id(row, "run_id")?)))
        .collect()
}

/// Queues a failed run again under its number.
async fn again(
    tx: &mut Tx,
    org: Uuid,
    number: u64,
    failed: &Run,
    (user, cause): (&str, &str),
) -> Result<bool> {
    let new = NewRun {
        org,
        kind: failed.kind.clone(),
        target: failed.target.clone(),
        user: user.to_owned(),
        options: failed.options.clone(),
        cause: cause.to_owned(),
    };
    let Enqueued::New(run) = enqueue_in(tx, &new, failed.checkpoint.as_ref()).await? else {
        return Ok(false);
    };
    query(
        "UPDATE sync_runs SET run_id = $3, status = $4, completed_at = NULL, error_message = NULL, is_retryable = $5,
         updated_at = $6 WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(count(number))
    .bind(run.id)
    .bind(status::PENDING)
    .bind(false)
    .bind(Time::now())
    .execute(tx)
    .await?;
    Ok(true)
}
