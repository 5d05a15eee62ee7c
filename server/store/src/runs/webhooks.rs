//! Calls that tell somebody of a run's states: noted in the transaction that changes the state, so that
//! none is lost, and kept until they are taken.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{external, read, state};
use crate::{
    Store, clock,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::Result,
    rows::id,
};

/// The option of a run that names who is to be told.
const OPTION: &str = "progress_webhook";

/// A call that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueWebhook {
    /// Names the call.
    pub id: Uuid,
    /// The run that it tells of.
    pub run: Uuid,
    /// Where to.
    pub url: String,
    /// What it says, to the byte.
    pub body: String,
    /// Attempts that failed before.
    pub attempts: u32,
}

/// How an attempt of a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookEnd {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again then.
    Retry(Timestamp, String),
    /// It was not, and is given up.
    GivenUp(String),
}

impl Store {
    /// Takes calls that are due, the oldest first; of a run's calls those that come later wait until the
    /// first was tried. Who does not say within `lease` how it went has lost them.
    pub async fn webhooks_claim(&self, most: u32, lease: Duration) -> Result<Vec<DueWebhook>> {
        transact!(self.database(), Scope::Runner, |tx| {
            let rows = query(AssertSqlSafe(format!(
                "SELECT w.id, w.run_id, w.url, w.body, w.attempts FROM webhooks w
                 WHERE w.due_at IS NOT NULL AND w.due_at <= $1 AND NOT EXISTS (
                     SELECT 1 FROM webhooks e WHERE e.org_id = w.org_id AND e.run_id = w.run_id AND e.id < w.id
                     AND e.due_at IS NOT NULL AND e.attempts = 0)
                 ORDER BY w.id LIMIT $2 {}",
                tx.skip_locked()
            )))
            .bind(clock::now_ms())
            .bind(i64::from(most))
            .fetch_all(tx)
            .await?;
            let mut due = Vec::with_capacity(rows.len());
            for row in rows {
                due.push(DueWebhook {
                    id: id(&row, "id")?,
                    run: id(&row, "run_id")?,
                    url: row.try_get("url")?,
                    body: row.try_get("body")?,
                    attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
                });
            }
            for webhook in &due {
                query("UPDATE webhooks SET due_at = $2 WHERE id = $1")
                    .bind(webhook.id)
                    .bind(clock::after_ms(lease))
                    .execute(tx)
                    .await?;
            }
            Ok(due)
        })
    }

    /// Says how an attempt of a call ended.
    pub async fn webhook_ended(&self, webhook: Uuid, end: &WebhookEnd) -> Result<()> {
        let (due, delivered, error) = match end {
            WebhookEnd::Delivered => (None, Some(Time::now()), None),
            WebhookEnd::Retry(at, error) => (Some(at.as_millisecond()), None, Some(error.as_str())),
            WebhookEnd::GivenUp(error) => (None, None, Some(error.as_str())),
        };
        transact!(self.database(), Scope::Runner, |tx| {
            query(
                "UPDATE webhooks SET attempts = attempts + 1, due_at = $2, delivered_at = $3, error = $4
                 WHERE id = $1 AND delivered_at IS NULL",
            )
            .bind(webhook)
            .bind(due)
            .bind(delivered)
            .bind(error)
            .execute(tx)
            .await?;
            Ok(())
        })
    }
}

/// Notes a call for the state that a run has now, where somebody wants to be told; once for each state. Every
/// change of a state comes by here, so the seed's table of syncs follows, too.
pub(super) async fn note(tx: &mut Tx, run: Uuid) -> Result<()> {
    let Some(run) = read::by_id(tx, run).await? else {
        return Ok(());
    };
    external::follow(tx, &run).await?;
    let Some(url) = run.options.get(OPTION).and_then(serde_json::Value::as_str) else {
        return Ok(());
    };
    // The words of the wire.
    let status = match run.state.as_str() {
        state::DEAD => state::FAILED,
        state @ (state::QUEUED | state::RUNNING | state::COMPLETED | state::FAILED | state::CANCELLED) => {
            state
        }
        _ => return Ok(()),
    };
    let mut body = json!({
        "job_id": run.id,
        "repository_id": run.target,
        "status": status,
        "progress": run.progress,
    });
    let result = run.result.filter(|result| !result.is_null());
    let more = [("result", result), ("error", run.error.map(Into::into))];
    for (name, value) in more {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    query(
        "INSERT INTO webhooks (org_id, id, run_id, status, url, body, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(run.org)
    .bind(Uuid::now_v7())
    .bind(run.id)
    .bind(status)
    .bind(url)
    .bind(body.to_string())
    .bind(clock::now_ms())
    .bind(Time::now())
    .execute(tx)
    .await?;
    Ok(())
}
