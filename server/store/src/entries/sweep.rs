//! Entries that a complete read did not bring: they become unavailable, and their objects leave the feed.

use jiff::Timestamp;
use metasync_protocol::Channel;
use serde_json::Value;
use uuid::Uuid;

use super::{EntrySource, EntryTable};
use crate::{
    Store, catalog,
    database::{AssertSqlSafe, Scope, Time, query, transact},
    error::Result,
    rows::{count, id, number},
    runs::{self, Run},
};

/// Entries of one transaction.
const MOST: i64 = 5_000;

/// How a source's available entries stand to a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All that are available.
    pub available: u64,
    /// Those that the run did not see.
    pub unseen: u64,
}

impl Store {
    /// How many of a source's entries are available, and how many of them were last seen before `at`.
    pub async fn entries_standing(
        &self,
        org: Uuid,
        connection: Uuid,
        table: EntryTable,
        at: Timestamp,
    ) -> Result<Standing> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(AssertSqlSafe(format!(
            "SELECT count(*) AS available, coalesce(sum(CASE WHEN last_synced_at < $3 THEN 1 ELSE 0 END), 0) AS unseen
             FROM {} WHERE org_id = $1 AND connection_id = $2 AND is_available",
            table.as_str()
        )))
        .bind(org)
        .bind(connection)
        .bind(Time::from(at))
        .fetch_one(&mut tx)
        .await?;
        Ok(Standing {
            available: number(&row, "available")?,
            unseen: number(&row, "unseen")?,
        })
    }

    /// Makes up to some thousand entries unavailable that were last seen before `at`; gives how many, and the
    /// heads of the streams. Call it until it gives 0.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the run is not this worker's any more.
    pub async fn entries_sweep(
        &self,
        run: &Run,
        source: &EntrySource,
        at: Timestamp,
    ) -> Result<(u64, Vec<(Channel, u64)>)> {
        let table = source.table.as_str();
        transact!(self.database(), Scope::Org(run.org), |tx| {
            runs::must_hold(tx, run.org, run.id, run.fence).await?;
            let rows = query(AssertSqlSafe(format!(
                "SELECT id FROM {table} WHERE org_id = $1 AND connection_id = $2 AND is_available
                 AND last_synced_at < $3 ORDER BY id LIMIT {MOST}"
            )))
            .bind(run.org)
            .bind(source.connection)
            .bind(Time::from(at))
            .fetch_all(tx)
            .await?;
            let gone = rows
                .iter()
                .map(|row| id(row, "id"))
                .collect::<Result<Vec<Uuid>>>()?;
            if gone.is_empty() {
                return Ok((0, Vec::new()));
            }
            let heads = catalog::write_objects(tx, run.org, source.connection, run.id, &[], &gone).await?;
            query(AssertSqlSafe(format!(
                "UPDATE {table} SET is_available = $2 WHERE org_id = $1 AND {}",
                tx.is_in("id", 3)
            )))
            .bind(run.org)
            .bind(false)
            .bind(gone.as_slice())
            .execute(tx)
            .await?;
            Ok((gone.len() as u64, heads))
        })
    }

    /// A source that did not change: all of its available entries were seen, and count as skipped.
    pub async fn entries_unchanged(&self, run: &Run, source: &EntrySource, at: Timestamp) -> Result<u64> {
        transact!(self.database(), Scope::Org(run.org), |tx| {
            runs::must_hold(tx, run.org, run.id, run.fence).await?;
            let seen = query(AssertSqlSafe(format!(
                "UPDATE {} SET last_synced_at = $3 WHERE org_id = $1 AND connection_id = $2 AND is_available",
                source.table.as_str()
            )))
            .bind(run.org)
            .bind(source.connection)
            .bind(Time::from(at))
            .execute(tx)
            .await?;
            query("UPDATE sync_runs SET items_skipped = $3 WHERE org_id = $1 AND run_id = $2")
                .bind(run.org)
                .bind(run.id)
                .bind(count(seen))
                .execute(tx)
                .await?;
            Ok(seen)
        })
    }

    /// What the adapter of a source is to be given next time.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the run is not this worker's any more.
    pub async fn entries_remember(
        &self,
        run: &Run,
        connection: Uuid,
        key: &str,
        memory: &Value,
    ) -> Result<()> {
        transact!(self.database(), Scope::Org(run.org), |tx| {
            runs::must_hold(tx, run.org, run.id, run.fence).await?;
            catalog::remember(tx, run.org, connection, key, memory).await
        })
    }
}
