//! Entries that no run saw for a long time are removed, with their objects.

use jiff::Timestamp;
use metasync_protocol::Channel;
use uuid::Uuid;

use super::{EntryTable, search};
use crate::{
    Store, catalog,
    database::{AssertSqlSafe, Scope, Time, query, transact},
    error::{Result, StoreError},
    rows::id,
};

/// Entries of one transaction.
const MOST: i64 = 5_000;

/// Heads of a connection's streams.
pub type Heads = (Uuid, Vec<(Channel, u64)>);

impl Store {
    /// Removes some thousand entries of one source that were last seen before that time; gives how many and
    /// what moved. Call it until it gives 0.
    pub async fn entries_clean_up(
        &self,
        org: Uuid,
        table: EntryTable,
        older_than: Timestamp,
    ) -> Result<(u64, Option<Heads>)> {
        let name = table.as_str();
        transact!(self.database(), Scope::Org(org), |tx| {
            let first = query(AssertSqlSafe(format!(
                "SELECT connection_id FROM {name} WHERE org_id = $1 AND last_synced_at < $2 LIMIT 1"
            )))
            .bind(org)
            .bind(Time::from(older_than))
            .fetch_optional(tx)
            .await?;
            let Some(first) = first else { return Ok((0, None)) };
            let connection = id(&first, "connection_id")?;
            let rows = query(AssertSqlSafe(format!(
                "SELECT id FROM {name} WHERE org_id = $1 AND connection_id = $2 AND last_synced_at < $3
                 ORDER BY id LIMIT {MOST}"
            )))
            .bind(org)
            .bind(connection)
            .bind(Time::from(older_than))
            .fetch_all(tx)
            .await?;
            let gone = rows
                .iter()
                .map(|row| id(row, "id"))
                .collect::<Result<Vec<Uuid>>>()?;
            // Tombstones name what made them.
            let author = Uuid::nil();
            let heads = match catalog::write_objects(tx, org, connection, author, &[], &gone).await {
                Ok(heads) => heads,
                // rows of a connection that is gone
                Err(StoreError::NotFound(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            search::forget(tx, org, table, &gone).await?;
            query(AssertSqlSafe(format!(
                "DELETE FROM {name} WHERE org_id = $1 AND {}",
                tx.is_in("id", 2)
            )))
            .bind(org)
            .bind(gone.as_slice())
            .execute(tx)
            .await?;
            Ok((gone.len() as u64, Some((connection, heads))))
        })
    }
}
