//! `sync_runs`: the engine's runs of external sources under the seed's numbers and words.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Time, Tx, query, transact},
    epoch,
    error::Result,
    rows::{id, json, json_text, number, time},
    runs::{Enqueued, NewRun, enqueue_in, status},
};

/// Key in `meta` of the last number given.
const LAST_NUMBER: &str = "last_sync_run";

/// What the seed wants to know of a run before it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSyncRun {
    /// The connection.
    pub connection: Uuid,
    /// `csv`, `api`, ….
    pub source_type: String,
    /// Path or address.
    pub source_identifier: String,
    /// What was asked for, without secrets.
    pub metadata: Value,
}

/// A run as the seed shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncRun {
    /// Its number.
    pub number: u64,
    /// The engine's run.
    pub run: Uuid,
    /// The connection.
    pub connection: Uuid,
    /// `csv`, `api`, ….
    pub source_type: String,
    /// Path or address.
    pub source_identifier: String,
    /// `pending`, `in_progress`, `completed`, `failed`, `cancelled`.
    pub status: String,
    /// Entries that were stored.
    pub items_processed: u64,
    /// Items that could not be.
    pub items_failed: u64,
    /// Items that were stored already as they are.
    pub items_skipped: u64,
    /// What was asked for, without secrets.
    pub metadata: Value,
    /// Why it failed.
    pub error_message: Option<String>,
    /// Of a failed one: whether it may be taken up again.
    pub is_retryable: bool,
    /// When it was asked for.
    pub created_at: String,
    /// When work began.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
}

/// How many runs there are in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the seed's words")]
pub struct SyncStats {
    pub total: u64,
    pub pending: u64,
    pub in_progress: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
}

/// How asking for a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// The new run.
    New(SyncRun),
    /// None was made: this one of the same source is active.
    Active(SyncRun),
}

const COLUMNS: &str =
    "id, run_id, connection_id, source_type, source_identifier, status, items_processed, items_failed,
    items_skipped, sync_metadata, error_message, is_retryable, created_at, started_at, completed_at";

impl Store {
    /// Queues a run of an external source, unless one of the same source is active.
    pub async fn sync_run_start(&self, new: &NewRun, told: &NewSyncRun) -> Result<Started> {
        transact!(self.database(), Scope::Org(new.org), |tx| {
            let run = match enqueue_in(tx, new, None).await? {
                Enqueued::New(run) => run,
                Enqueued::Active(run) => {
                    let row = by_run(tx, new.org, run.id).await?;
                    return row
                        .map(Started::Active)
                        .ok_or_else(|| crate::StoreError::Contended(format!("{} {}", new.kind, new.target)));
                }
            };
            let number = epoch::count_up(tx, LAST_NUMBER).await?;
            query(
                "INSERT INTO sync_runs (org_id, id, run_id, connection_id, source_type, source_identifier, status,
                 sync_metadata, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
            )
            .bind(new.org)
            .bind(number)
            .bind(run.id)
            .bind(told.connection)
            .bind(&told.source_type)
            .bind(&told.source_identifier)
            .bind(status::PENDING)
            .bind(json_text(&told.metadata))
            .bind(Time::now())
            .execute(tx)
            .await?;
            let row = by_run(tx, new.org, run.id).await?;
            row.map(Started::New)
                .ok_or_else(|| crate::StoreError::NotFound(format!("sync run {number}")))
        })
    }

    /// A run by its number.
    pub async fn sync_run(&self, org: Uuid, number: u64) -> Result<Option<SyncRun>> {
        let Ok(number) = i64::try_from(number) else {
            return Ok(None);
        };
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM sync_runs WHERE org_id = $1 AND id = $2"
        )))
        .bind(org)
        .bind(number)
        .fetch_optional(&mut tx)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// The run that the engine knows by this id.
    pub async fn sync_run_of(&self, org: Uuid, run: Uuid) -> Result<Option<SyncRun>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        by_run(&mut tx, org, run).await
    }

    /// The newest runs, those of one status where it is given.
    pub async fn sync_runs(&self, org: Uuid, status: Option<&str>, limit: u32) -> Result<Vec<SyncRun>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let condition = if status.is_some() { "AND status = $3" } else { "" };
        let mut asked = query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM sync_runs WHERE org_id = $1 {condition} ORDER BY id DESC LIMIT $2"
        )))
        .bind(org)
        .bind(i64::from(limit));
        if let Some(status) = status {
            asked = asked.bind(status);
        }
        asked.fetch_all(&mut tx).await?.iter().map(read).collect()
    }

    /// How many runs there are in each status.
    pub async fn sync_stats(&self, org: Uuid) -> Result<SyncStats> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let rows = query("SELECT status, count(*) AS n FROM sync_runs WHERE org_id = $1 GROUP BY status")
            .bind(org)
            .fetch_all(&mut tx)
            .await?;
        let mut stats = SyncStats::default();
        for row in rows {
            let n = number(&row, "n")?;
            stats.total += n;
            match row.try_get::<&str, _>("status")? {
                status::PENDING => stats.pending += n,
                status::IN_PROGRESS => stats.in_progress += n,
                status::COMPLETED => stats.completed += n,
                status::FAILED => stats.failed += n,
                _ => stats.cancelled += n,
            }
        }
        Ok(stats)
    }

    /// Removes runs that ended before that time, with their errors. Active ones stay.
    pub async fn prune_sync_runs(&self, org: Uuid, older_than: Timestamp) -> Result<u64> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let ended = "org_id = $1 AND completed_at < $2 AND status NOT IN ('pending', 'in_progress')";
            query(AssertSqlSafe(format!(
                "DELETE FROM sync_errors WHERE org_id = $1 AND sync_run_id IN (SELECT id FROM sync_runs WHERE {ended})"
            )))
            .bind(org)
            .bind(Time::from(older_than))
            .execute(tx)
            .await?;
            Ok(
                query(AssertSqlSafe(format!("DELETE FROM sync_runs WHERE {ended}")))
                    .bind(org)
                    .bind(Time::from(older_than))
                    .execute(tx)
                    .await?,
            )
        })
    }
}

/// The row of an engine's run.
async fn by_run(tx: &mut Tx, org: Uuid, run: Uuid) -> Result<Option<SyncRun>> {
    let row = query(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM sync_runs WHERE org_id = $1 AND run_id = $2"
    )))
    .bind(org)
    .bind(run)
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<SyncRun> {
    Ok(SyncRun {
        number: number(row, "id")?,
        run: id(row, "run_id")?,
        connection: id(row, "connection_id")?,
        source_type: row.try_get("source_type")?,
        source_identifier: row.try_get("source_identifier")?,
        status: row.try_get("status")?,
        items_processed: number(row, "items_processed")?,
        items_failed: number(row, "items_failed")?,
        items_skipped: number(row, "items_skipped")?,
        metadata: json(row, "sync_metadata")?,
        error_message: row.try_get("error_message")?,
        is_retryable: row.try_get("is_retryable")?,
        created_at: time(row, "created_at")?,
        started_at: row.time("started_at")?,
        completed_at: row.time("completed_at")?,
    })
}
