//! Compaction: tombstones that every client had time to fetch go; `floor` remembers that they were.

use jiff::Timestamp;
use metasync_protocol::Channel;
use uuid::Uuid;

use super::points;
use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Time, query, transact},
    error::Result,
    rows::id,
    streams::{self, Stream},
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
                gone += self.compact(org, &stream, older_than).await?;
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

    async fn compact(&self, org: Uuid, of: &Stream, older_than: Timestamp) -> Result<u64> {
        let tables: &[&str] = match of.channel {
            Channel::Core => &["files", "objects"],
            Channel::Documentation => &["documentation"],
            Channel::Pair => &["pair_edges"],
        };
        transact!(self.database(), Scope::Org(org), |tx| {
            let Some(mut stream) = streams::locked_number(tx, org, of.number).await? else {
                // It was removed meanwhile, with all that it had.
                return Ok(0);
            };
            let mut gone = 0;
            for table in tables {
                let condition = match of.other {
                    Some(_) => {
                        "org_id = $1 AND connection_id = $2 AND deleted_at < $3 AND other_connection_id = $4"
                    }
                    None => "org_id = $1 AND connection_id = $2 AND deleted_at < $3",
                };
                let with_values = |statement: String| {
                    let statement = query(AssertSqlSafe(statement))
                        .bind(org)
                        .bind(of.connection)
                        .bind(Time::from(older_than));
                    match of.other {
                        Some(other) => statement.bind(other),
                        None => statement,
                    }
                };
                let highest = with_values(format!(
                    "SELECT max(seq) AS highest FROM {table} WHERE {condition}"
                ))
                .fetch_one(tx)
                .await?;
                let Some(highest) = highest.try_get::<Option<i64>, _>("highest")? else {
                    continue;
                };
                stream.floor = stream.floor.max(highest.unsigned_abs());
                gone += with_values(format!("DELETE FROM {table} WHERE {condition}"))
                    .execute(tx)
                    .await?;
            }
            if gone > 0 {
                streams::save(tx, &stream).await?;
            }
            Ok(gone)
        })
    }
}
