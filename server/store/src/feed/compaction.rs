//! Compaction: tombstones that every client had time to fetch go; `floor` remembers that they were.

use jiff::Timestamp;
use metasync_protocol::Channel;
use uuid::Uuid;

use super::points;
use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Time, query, transact},
    error::{Result, StoreError},
    rows::id,
    streams,
};

impl Store {
    /// Deletes tombstones from before a time, and sync points with them. A client that stood below
    /// one of them is reset, stream by stream. Gives the number of tombstones.
    pub async fn compact_tombstones(&self, older_than: Timestamp) -> Result<u64> {
        let mut gone = 0;
        for org in self.all_organizations().await? {
            let streams = {
                let mut tx = self.database().look(Scope::Org(org)).await?;
                streams::of_organization(&mut tx, org).await?
            };
            for stream in streams {
                gone += self
                    .compact(org, stream.connection, stream.channel, older_than)
                    .await?;
            }
            transact!(self.database(), Scope::Org(org), |tx| {
                points::prune(tx, org, older_than).await
            })?;
        }
        Ok(gone)
    }

    /// Those that are no longer declared, too: their rows are still there.
    async fn all_organizations(&self) -> Result<Vec<Uuid>> {
        let mut tx = self.database().look(Scope::Directory).await?;
        query("SELECT id FROM organizations ORDER BY id")
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(|row| id(row, "id"))
            .collect()
    }

    async fn compact(
        &self,
        org: Uuid,
        connection: Uuid,
        channel: Channel,
        older_than: Timestamp,
    ) -> Result<u64> {
        let tables: &[&str] = match channel {
            Channel::Core => &["files", "objects"],
            Channel::Documentation => &["documentation"],
            Channel::Pair => &[],
        };
        let compacted = transact!(self.database(), Scope::Org(org), |tx| {
            let mut stream = streams::locked(tx, org, connection, channel).await?;
            let mut gone = 0;
            for table in tables {
                let condition = "org_id = $1 AND connection_id = $2 AND deleted_at < $3";
                let highest = query(AssertSqlSafe(format!(
                    "SELECT max(seq) AS highest FROM {table} WHERE {condition}"
                )))
                .bind(org)
                .bind(connection)
                .bind(Time::from(older_than))
                .fetch_one(tx)
                .await?;
                let Some(highest) = highest.try_get::<Option<i64>, _>("highest")? else {
                    continue;
                };
                stream.floor = stream.floor.max(highest.unsigned_abs());
                gone += query(AssertSqlSafe(format!("DELETE FROM {table} WHERE {condition}")))
                    .bind(org)
                    .bind(connection)
                    .bind(Time::from(older_than))
                    .execute(tx)
                    .await?;
            }
            if gone > 0 {
                streams::save(tx, &stream).await?;
            }
            Ok(gone)
        });
        match compacted {
            // It was removed meanwhile, with all that it had.
            Err(StoreError::NotFound(_)) => Ok(0),
            settled => settled,
        }
    }
}
