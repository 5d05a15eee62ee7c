//! Reading runs.

use uuid::Uuid;

use super::Run;
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Tx, query},
    error::{Result, StoreError},
    rows::{id, json, optional_json, time},
};

/// Columns of a [`Run`].
pub(super) const COLUMNS: &str = "id, org_id, kind, target, state, attempt, fence, worker, user_id, cause, options, \
    progress, progress_at, checkpoint, result, error, code, created_at, started_at, finished_at";

/// Condition for the states in which a run is active; the unique index `runs_active` has the same.
pub(super) const ACTIVE: &str = "state IN ('queued', 'running', 'retry_wait', 'cancelling')";

impl Store {
    /// A run of an organization.
    pub async fn run(&self, org: Uuid, run: Uuid) -> Result<Option<Run>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM runs WHERE id = $1 AND org_id = $2"
        )))
        .bind(run)
        .bind(org)
        .fetch_optional(&mut tx)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// The active run of a kind and target.
    pub async fn active_run(&self, org: Uuid, kind: &str, target: &str) -> Result<Option<Run>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        active(&mut tx, org, kind, target).await
    }

    /// Runs of an organization, the newest first.
    pub async fn runs(
        &self,
        org: Uuid,
        kind: Option<&str>,
        target: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Run>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut statement = format!("SELECT {COLUMNS} FROM runs WHERE org_id = $1");
        let mut wanted = Vec::new();
        for (column, value) in [("kind", kind), ("target", target)] {
            if let Some(value) = value {
                wanted.push(value);
                statement += &format!(" AND {column} = ${}", wanted.len() + 1);
            }
        }
        statement += &format!(" ORDER BY id DESC LIMIT ${}", wanted.len() + 2);
        let bound = query(AssertSqlSafe(statement)).bind(org);
        wanted
            .into_iter()
            .fold(bound, |query, value| query.bind(value))
            .bind(i64::from(limit))
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Active runs of all organizations, the oldest first: for metrics and for what is stuck.
    pub async fn active_runs(&self) -> Result<Vec<Run>> {
        let mut tx = self.database().look(Scope::Runner).await?;
        query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM runs WHERE {ACTIVE} ORDER BY id"
        )))
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(read)
        .collect()
    }
}

/// The active run of a kind and target.
pub(super) async fn active(tx: &mut Tx, org: Uuid, kind: &str, target: &str) -> Result<Option<Run>> {
    let row = query(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM runs WHERE org_id = $1 AND kind = $2 AND target = $3 AND {ACTIVE}"
    )))
    .bind(org)
    .bind(kind)
    .bind(target)
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A run by its id alone.
pub(crate) async fn by_id(tx: &mut Tx, run: Uuid) -> Result<Option<Run>> {
    let row = query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs WHERE id = $1")))
        .bind(run)
        .fetch_optional(tx)
        .await?;
    row.as_ref().map(read).transpose()
}

/// [`COLUMNS`] of a table that bears another name in a statement.
pub(crate) fn columns_of(table: &str) -> String {
    let columns = COLUMNS.split(", ").map(|column| format!("{table}.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

pub(crate) fn read(row: &Row) -> Result<Run> {
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
        progress_at: row.time("progress_at")?,
        checkpoint: optional_json(row, "checkpoint")?,
        result: optional_json(row, "result")?,
        error: row.try_get("error")?,
        code: row.try_get("code")?,
        created_at: time(row, "created_at")?,
        started_at: row.time("started_at")?,
        finished_at: row.time("finished_at")?,
    })
}
