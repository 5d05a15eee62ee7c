//! `sync_errors`: what went wrong in a run, item by item.

use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::Result,
    rows::{count, number, time},
    runs::{self, Run},
};

/// Most errors of a run that are listed; all are counted (`items_failed`).
const MOST_LISTED: u64 = 10_000;

/// Longest message, in bytes.
const LONGEST_MESSAGE: usize = 2_000;

/// An error to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewError {
    /// `validation`, `network`, `parsing`, `authentication`, `system`.
    pub kind: String,
    /// A stable word.
    pub code: String,
    /// For people.
    pub message: String,
    /// The item.
    pub item: Option<String>,
    /// The line, from 1.
    pub line: Option<u64>,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
}

/// A listed error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedError {
    /// What was listed.
    pub error: NewError,
    /// When.
    pub created_at: String,
}

impl Store {
    /// Lists an error of the run as a whole. `false`: the run is not this worker's any more.
    pub async fn sync_error(&self, run: &Run, error: &NewError) -> Result<bool> {
        transact!(self.database(), Scope::Org(run.org), |tx| {
            if !runs::holds(tx, run.org, run.id, run.fence).await? {
                return Ok(false);
            }
            list(tx, run.org, run.id, std::slice::from_ref(error)).await?;
            Ok(true)
        })
    }

    /// The first errors of a run, in their order.
    pub async fn sync_errors(&self, org: Uuid, run: u64, limit: u32) -> Result<Vec<ListedError>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let rows = query(
            "SELECT error_type, error_code, error_message, item_identifier, line_number, is_retryable, created_at
             FROM sync_errors WHERE org_id = $1 AND sync_run_id = $2 ORDER BY id LIMIT $3",
        )
        .bind(org)
        .bind(count(run))
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?;
        rows.iter()
            .map(|row| {
                let line: Option<i64> = row.try_get("line_number")?;
                Ok(ListedError {
                    error: NewError {
                        kind: row.try_get("error_type")?,
                        code: row.try_get("error_code")?,
                        message: row.try_get("error_message")?,
                        item: row.try_get("item_identifier")?,
                        line: line.and_then(|n| u64::try_from(n).ok()),
                        is_retryable: row.try_get("is_retryable")?,
                    },
                    created_at: time(row, "created_at")?,
                })
            })
            .collect()
    }
}

/// Lists errors of a run, as far as there is room.
pub(super) async fn list(tx: &mut Tx, org: Uuid, run: Uuid, errors: &[NewError]) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let row = query(AssertSqlSafe(format!(
        "SELECT id, errors_listed FROM sync_runs WHERE org_id = $1 AND run_id = $2 {}",
        tx.for_update()
    )))
    .bind(org)
    .bind(run)
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let (sync_run, mut listed) = (number(&row, "id")?, number(&row, "errors_listed")?);
    for error in errors {
        // what ended the run is told however full the list is
        if listed >= MOST_LISTED && !error.is_retryable && error.item.is_some() {
            continue;
        }
        listed += 1;
        query(
            "INSERT INTO sync_errors (org_id, sync_run_id, id, error_type, error_code, error_message, item_identifier,
             line_number, is_retryable, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(org)
        .bind(count(sync_run))
        .bind(count(listed))
        .bind(&error.kind)
        .bind(&error.code)
        .bind(shortened(&error.message))
        .bind(&error.item)
        .bind(error.line.map(count))
        .bind(error.is_retryable)
        .bind(Time::now())
        .execute(tx)
        .await?;
    }
    query("UPDATE sync_runs SET errors_listed = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(count(sync_run))
        .bind(count(listed))
        .execute(tx)
        .await?;
    Ok(())
}

fn shortened(message: &str) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let end = (0..=LONGEST_MESSAGE)
        .rev()
        .find(|end| message.is_char_boundary(*end))
        .unwrap_or(0);
    format!("{}…", &message[..end])
}
