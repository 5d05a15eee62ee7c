//! Reading runs.

use sqlx::{AssertSqlSafe, QueryBuilder, Row as _};
use uuid::Uuid;

use super::Run;
use crate::{
    Store,
    database::{Connection, Db, Row},
    error::{Result, StoreError},
    rows::{id, json, optional_json, text},
};

/// Columns of a [`Run`].
pub(super) const COLUMNS: &str = "id, org_id, kind, target, state, attempt, fence, worker, user_id, cause, options, \
    progress, progress_at, checkpoint, result, error, code, created_at, started_at, finished_at";

/// Condition for the states in which a run is active; the unique index `runs_active` has the same.
pub(super) const ACTIVE: &str = "state IN ('queued', 'running', 'retry_wait', 'cancelling')";

impl Store {
    /// A run of an organization.
    pub async fn run(&self, org: Uuid, run: Uuid) -> Result<Option<Run>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM runs WHERE id = $1 AND org_id = $2"
        )))
        .bind(text(run))
        .bind(text(org))
        .fetch_optional(self.database().reader())
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// The active run of a kind and target.
    pub async fn active_run(&self, org: Uuid, kind: &str, target: &str) -> Result<Option<Run>> {
        let mut connection = self.database().reader().acquire().await?;
        active(&mut connection, org, kind, target).await
    }

    /// Runs of an organization, the newest first.
    pub async fn runs(
        &self,
        org: Uuid,
        kind: Option<&str>,
        target: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Run>> {
        let mut query = QueryBuilder::<Db>::new(format!("SELECT {COLUMNS} FROM runs WHERE org_id = "));
        query.push_bind(text(org));
        for (column, value) in [("kind", kind), ("target", target)] {
            if let Some(value) = value {
                query.push(format!(" AND {column} = "));
                query.push_bind(value.to_owned());
            }
        }
        query.push(" ORDER BY id DESC LIMIT ");
        query.push_bind(i64::from(limit));
        query
            .build()
            .fetch_all(self.database().reader())
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Active runs of all organizations, the oldest first: for metrics and for what is stuck.
    pub async fn active_runs(&self) -> Result<Vec<Run>> {
        sqlx::query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM runs WHERE {ACTIVE} ORDER BY id"
        )))
        .fetch_all(self.database().reader())
        .await?
        .iter()
        .map(read)
        .collect()
    }
}

/// The active run of a kind and target.
pub(super) async fn active(tx: &mut Connection, org: Uuid, kind: &str, target: &str) -> Result<Option<Run>> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM runs WHERE org_id = $1 AND kind = $2 AND target = $3 AND {ACTIVE}"
    )))
    .bind(text(org))
    .bind(kind)
    .bind(target)
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A run by its id alone.
pub(super) async fn by_id(tx: &mut Connection, run: Uuid) -> Result<Option<Run>> {
    let row = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs WHERE id = $1")))
        .bind(text(run))
        .fetch_optional(tx)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &Row) -> Result<Run> {
    Ok(Run {
        id: id(row, "id")?,
        org: id(row, "org_id")?,
        kind: row.try_get("kind")?,
        target: row.try_get("target")?,
        state: row.try_get("state")?,
        attempt: u32::try_from(row.try_get::<i64, _>("attempt")?)
            .map_err(|e| StoreError::row("runs", "attempt", e))?,
        fence: row.try_get("fence")?,
        worker: row.try_get("worker")?,
        user: row.try_get("user_id")?,
        cause: row.try_get("cause")?,
        options: json(row, "options")?,
        progress: json(row, "progress")?,
        progress_at: row.try_get("progress_at")?,
        checkpoint: optional_json(row, "checkpoint")?,
        result: optional_json(row, "result")?,
        error: row.try_get("error")?,
        code: row.try_get("code")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}
