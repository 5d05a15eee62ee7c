//! Compaction: tombstones that every client had time to fetch go; `floor` remembers that they were.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::points;
use crate::{
    Store, clock,
    error::Result,
    rows::{count, id, number, text},
};

impl Store {
    /// Deletes tombstones from before a time, and sync points with them. A client that stood below
    /// one of them is reset, stream by stream. Gives the number of tombstones.
    pub async fn compact_tombstones(&self, older_than: Timestamp) -> Result<u64> {
        let streams = sqlx::query(
            "SELECT number, connection_id, channel FROM streams WHERE removed_at IS NULL ORDER BY number",
        )
        .fetch_all(self.database().reader())
        .await?;
        let mut gone = 0;
        for row in &streams {
            let tables: &[&str] = match row.try_get::<&str, _>("channel")? {
                "core" => &["files", "objects"],
                "documentation" => &["documentation"],
                _ => &[],
            };
            gone += self
                .compact(
                    number(row, "number")?,
                    id(row, "connection_id")?,
                    tables,
                    older_than,
                )
                .await?;
        }
        let mut tx = self.database().write().await?;
        points::prune(&mut tx, older_than).await?;
        tx.commit().await?;
        Ok(gone)
    }

    async fn compact(
        &self,
        stream: u64,
        connection: Uuid,
        tables: &[&str],
        older_than: Timestamp,
    ) -> Result<u64> {
        let before = clock::text(older_than);
        let mut tx = self.database().write().await?;
        let (mut floor, mut gone) = (0, 0);
        for table in tables {
            let highest: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT max(seq) FROM {table} WHERE connection_id = $1 AND deleted_at < $2"
            )))
            .bind(text(connection))
            .bind(&before)
            .fetch_one(&mut *tx)
            .await?;
            let Some(highest) = highest else { continue };
            floor = floor.max(highest);
            gone += sqlx::query(AssertSqlSafe(format!(
                "DELETE FROM {table} WHERE connection_id = $1 AND deleted_at < $2"
            )))
            .bind(text(connection))
            .bind(&before)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        }
        if gone > 0 {
            sqlx::query("UPDATE streams SET floor = $2 WHERE number = $1 AND floor < $2")
                .bind(count(stream))
                .bind(floor)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(gone)
    }
}
