//! Stored events of a run, so that a late subscriber gets a replay.

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    Store, clock,
    error::Result,
    rows::{json, json_text, text},
};

/// The event of which only the last one in a row is kept.
const PROGRESS: &str = "progress";

impl Store {
    /// Stores an event; ids rise within a run. A progress event takes the place of one right before it.
    pub async fn run_event(&self, run: Uuid, event: &str, data: &Value) -> Result<i64> {
        let mut tx = self.database().write().await?;
        let last = sqlx::query("SELECT id, event FROM run_events WHERE run_id = $1 ORDER BY id DESC LIMIT 1")
            .bind(text(run))
            .fetch_optional(&mut *tx)
            .await?;
        let mut next = 1;
        if let Some(last) = last {
            let id: i64 = last.try_get("id")?;
            next = id + 1;
            if event == PROGRESS && last.try_get::<&str, _>("event")? == PROGRESS {
                sqlx::query("DELETE FROM run_events WHERE run_id = $1 AND id = $2")
                    .bind(text(run))
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        sqlx::query(
            "INSERT INTO run_events (run_id, id, event, data, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(text(run))
        .bind(next)
        .bind(event)
        .bind(json_text(data))
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(next)
    }

    /// Events after an id (0: all), in order.
    pub async fn run_events_after(&self, run: Uuid, after: i64) -> Result<Vec<(i64, String, Value)>> {
        sqlx::query("SELECT id, event, data FROM run_events WHERE run_id = $1 AND id > $2 ORDER BY id")
            .bind(text(run))
            .bind(after)
            .fetch_all(self.database().reader())
            .await?
            .iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("event")?, json(row, "data")?)))
            .collect()
    }
}
