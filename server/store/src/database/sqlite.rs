//! Connections to SQLite: one writer, several readers, WAL between them (architecture.md, "State").

use std::{path::Path, str::FromStr};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Tx, WAIT, transaction::Handle};
use crate::error::{Result, StoreError};

/// File name within the data directory.
const FILE: &str = "hub.db";
/// Readers at a time.
const READERS: u32 = 8;
/// Page cache of each connection, in KiB (negative: SQLite's notation for KiB).
const CACHE: &str = "-16000";
/// Most bytes of the log that stay on disk after a checkpoint.
const LOG_LIMIT: &str = "67108864";

/// Pages of the log that are copied into the file at once, half of the limit above: a batch of entries touches some
/// thousand pages, many of them the same ones as the batch before.
const CHECKPOINT: &str = "8000";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../schemas/hub/sqlite");

/// Connections to a file.
#[derive(Clone)]
pub(crate) struct Pools {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl Pools {
    pub(super) async fn open(data_dir: &Path) -> Result<Pools> {
        let path = data_dir.join(FILE);
        let at = |e: &dyn std::fmt::Display| StoreError::Open(format!("{}: {e}", path.display()));
        std::fs::create_dir_all(data_dir).map_err(|e| at(&e))?;
        make_private(&path).map_err(|e| at(&e))?;
        let options = tuned(SqliteConnectOptions::new().filename(&path))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("journal_size_limit", LOG_LIMIT)
            .pragma("wal_autocheckpoint", CHECKPOINT);
        let writer = one_connection()
            .connect_with(options.clone())
            .await
            .map_err(|e| named(&path, e))?;
        migrate(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(WAIT)
            .connect_with(options.read_only(true))
            .await
            .map_err(|e| named(&path, e))?;
        Ok(Pools { reader, writer })
    }

    /// One connection serves reads and writes: no method may ask for a second one while it holds it.
    pub(super) async fn open_in_memory() -> Result<Pools> {
        let options = tuned(SqliteConnectOptions::from_str("sqlite::memory:")?);
        let writer = one_connection().connect_with(options).await?;
        migrate(&writer).await?;
        Ok(Pools {
            reader: writer.clone(),
            writer,
        })
    }

    pub(super) async fn look(&self) -> Result<Tx> {
        let connection = self.reader.acquire().await?;
        Ok(Tx::new(Handle::SqliteReader(connection), None))
    }

    pub(super) async fn read(&self) -> Result<Tx> {
        let tx = self.reader.begin().await?;
        Ok(Tx::new(Handle::Sqlite(tx), None))
    }

    pub(super) async fn write(&self) -> Result<Tx> {
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let tx = match begun {
            // A full disk makes SQLite end a transaction by itself, and the driver goes on counting it:
            // that connection begins no other one ever again.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                tracing::warn!("the writer's last transaction was ended by SQLite; connecting anew");
                self.writer.acquire().await?.close().await?;
                self.writer.begin_with("BEGIN IMMEDIATE").await?
            }
            begun => begun?,
        };
        Ok(Tx::new(Handle::Sqlite(tx), None))
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Rows that the connection's thread reads ahead: with few of them it and the reader wake each other
/// for every handful.
const ROWS_AHEAD: usize = 2_000;

fn tuned(options: SqliteConnectOptions) -> SqliteConnectOptions {
    // foreign keys: rows of the catalogue come in any order, and connections go with all of theirs
    options
        .foreign_keys(false)
        .row_buffer_size(ROWS_AHEAD)
        .busy_timeout(WAIT)
        .pragma("cache_size", CACHE)
        .pragma("temp_store", "memory")
}

fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(WAIT)
}

async fn migrate(pool: &SqlitePool) -> Result<()> {
    MIGRATIONS.run(pool).await.map_err(|e| match e {
        sqlx::migrate::MigrateError::Execute(e) => StoreError::from(e),
        sqlx::migrate::MigrateError::VersionMissing(version) => StoreError::Open(format!(
            "a newer version of the hub wrote it (schema {version} is not known here); use that version"
        )),
        other => StoreError::Open(other.to_string()),
    })
}

fn named(path: &Path, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Open(text) => StoreError::Open(format!("{}: {text}", path.display())),
        StoreError::Corrupt(text) => StoreError::Corrupt(format!("{}: {text}", path.display())),
        StoreError::Database(e) => StoreError::Open(format!("{}: {e}", path.display())),
        other => other,
    }
}

/// Makes the file so that only its owner reads it; SQLite gives its side files the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::query;

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_by_itself_is_the_last_one_of_its_connection_only() {
        let folder = tempfile::tempdir().unwrap();
        let pools = Pools::open(folder.path()).await.unwrap();
        for n in 0..2 {
            let mut tx = pools.write().await.unwrap();
            // as a disk that is full at the commit does
            query("ROLLBACK").execute(&mut tx).await.unwrap();
            drop(tx);
            let mut tx = pools.write().await.unwrap();
            query("INSERT INTO meta (key, value) VALUES ($1, 'x')")
                .bind(format!("k{n}").as_str())
                .execute(&mut tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = pools.read().await.unwrap();
        let kept = query("SELECT key FROM meta WHERE value = 'x'")
            .fetch_all(&mut tx)
            .await
            .unwrap();
        assert_eq!(kept.len(), 2);
        drop(tx);
        pools.close().await;
    }
}
