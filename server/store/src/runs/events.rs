//! Stored events of a run, so that a late subscriber gets a replay.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Time, query, transact},
    error::{Result, StoreError},
    outbox::Signal,
    rows::{id, json, json_text},
};

/// The event of which only the last one in a row is kept.
const PROGRESS: &str = "progress";

impl Store {
    /// Stores an event; ids rise within a run. A progress event takes the place of one right before it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the run is gone.
    pub async fn run_event(&self, run: Uuid, event: &str, data: &Value) -> Result<i64> {
        transact!(self.database(), Scope::Runner, |tx| {
            let owner = query(AssertSqlSafe(format!(
                "SELECT org_id FROM runs WHERE id = $1 {}",
                tx.for_update()
            )))
            .bind(run)
            .fetch_optional(tx)
            .await?
            .ok_or_else(|| StoreError::NotFound(format!("run {run}")))?;
            let org = id(&owner, "org_id")?;
            let last = query("SELECT id, event FROM run_events WHERE run_id = $1 ORDER BY id DESC LIMIT 1")
                .bind(run)
                .fetch_optional(tx)
                .await?;
            let mut next = 1;
            if let Some(last) = last {
                let number: i64 = last.try_get("id")?;
                next = number + 1;
                if event == PROGRESS && last.try_get::<&str, _>("event")? == PROGRESS {
                    query("DELETE FROM run_events WHERE run_id = $1 AND id = $2")
                        .bind(run)
                        .bind(number)
                        .execute(tx)
                        .await?;
                }
            }
            query(
                "INSERT INTO run_events (org_id, run_id, id, event, data, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(org)
            .bind(run)
            .bind(next)
            .bind(event)
            .bind(json_text(data))
            .bind(Time::now())
            .execute(tx)
            .await?;
            tx.tell(Signal::Run(run));
            Ok(next)
        })
    }

    /// Events of an organization's run after an id (0: all), in order.
    pub async fn run_events_after(
        &self,
        org: Uuid,
        run: Uuid,
        after: i64,
    ) -> Result<Vec<(i64, String, Value)>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query("SELECT id, event, data FROM run_events WHERE org_id = $1 AND run_id = $2 AND id > $3 ORDER BY id")
            .bind(org)
            .bind(run)
            .bind(after)
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("event")?, json(row, "data")?)))
            .collect()
    }
}
