//! Entries that a complete read did not bring: they become unavailable, and their objects leave the feed.

use jiff::Timestamp;
use metasync_protocol::Channel;
use serde_json::Value;
use uuid::Uuid;

use super::{EntrySource, EntryTable};
use crate::{
    Store, catalog,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
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

/// A walk through the available entries of a source, some thousand at a time: each is looked at once, however many
/// of them change on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walk {
    /// The last one on SQLite, where they are numbered.
    number: i64,
    /// And on PostgreSQL.
    id: Uuid,
}

impl Walk {
    /// The next ones, those alone that were last seen before a time if one is given; and where the walk is behind them.
    async fn next(
        &self,
        tx: &mut Tx,
        org: Uuid,
        source: &EntrySource,
        unseen_since: Option<Timestamp>,
    ) -> Result<(Vec<Uuid>, Walk)> {
        let key = if tx.is_postgres() { "id" } else { "number" };
        let (condition, place) = match unseen_since {
            Some(_) => (" AND last_synced_at < $3", 4),
            None => ("", 3),
        };
        let mut asked = query(AssertSqlSafe(format!(
            "SELECT id, {key} AS place FROM {} WHERE org_id = $1 AND connection_id = $2 AND is_available{condition}
             AND {key} > ${place} ORDER BY {key} LIMIT {MOST}",
            source.table.as_str()
        )))
        .bind(org)
        .bind(source.connection);
        if let Some(at) = unseen_since {
            asked = asked.bind(Time::from(at));
        }
        asked = if tx.is_postgres() {
            asked.bind(self.id)
        } else {
            asked.bind(self.number)
        };
        let rows = asked.fetch_all(tx).await?;
        let mut walk = *self;
        if let Some(last) = rows.last() {
            if tx.is_postgres() {
                walk.id = id(last, "place")?;
            } else {
                walk.number = last.try_get("place")?;
            }
        }
        let ids = rows.iter().map(|row| id(row, "id")).collect::<Result<_>>()?;
        Ok((ids, walk))
    }
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
    /// heads of the streams. Call it with the same `from` until it gives 0.
    ///
    /// # Errors
    /// [`crate::StoreError::LeaseLost`] if the run is not this worker's any more.
    pub async fn entries_sweep(
        &self,
        run: &Run,
        source: &EntrySource,
        at: Timestamp,
        from: &mut Walk,
    ) -> Result<(u64, Vec<(Channel, u64)>)> {
        let table = source.table.as_str();
        let (walk, swept) = transact!(self.database(), Scope::Org(run.org), |tx| {
            runs::must_hold(tx, run.org, run.id, run.fence).await?;
            let (gone, walk) = from.next(tx, run.org, source, Some(at)).await?;
            if gone.is_empty() {
                return Ok((walk, (0, Vec::new())));
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
            Ok((walk, (gone.len() as u64, heads)))
        })?;
        *from = walk;
        Ok(swept)
    }

    /// A source that did not change: all of its available entries were seen, and count as skipped. Some thousand in
    /// each transaction, so that nobody waits long and the log of the database stays small.
    ///
    /// # Errors
    /// [`crate::StoreError::LeaseLost`] if the run is not this worker's any more.
    pub async fn entries_unchanged(&self, run: &Run, source: &EntrySource, at: Timestamp) -> Result<u64> {
        let (mut seen, mut from) = (0, Walk::default());
        loop {
            let (walk, count) = transact!(self.database(), Scope::Org(run.org), |tx| {
                runs::must_hold(tx, run.org, run.id, run.fence).await?;
                let (same, walk) = from.next(tx, run.org, source, None).await?;
                super::commit::stamp(tx, run.org, source.table, Time::from(at), &same).await?;
                query("UPDATE sync_runs SET items_skipped = $3 WHERE org_id = $1 AND run_id = $2")
                    .bind(run.org)
                    .bind(run.id)
                    .bind(count(seen + same.len() as u64))
                    .execute(tx)
                    .await?;
                Ok((walk, same.len() as u64))
            })?;
            if count == 0 {
                return Ok(seen);
            }
            seen += count;
            from = walk;
        }
    }

    /// What the adapter of a source is to be given next time.
    ///
    /// # Errors
    /// [`crate::StoreError::LeaseLost`] if the run is not this worker's any more.
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
