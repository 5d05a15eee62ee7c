//! The two databases behind [`crate::Store`], and the only place that knows which one it is.
//!
//! SQL text is shared: `$1` placeholders, the portable subset of both (no sequences, triggers,
//! advisory locks or extensions, so that engines that speak PostgreSQL's protocol carry it too).
//! Values and rows go through [`query()`] and [`Row`], which bind an id as text here and as a UUID
//! there. Where the databases need different words, a [`Tx`] gives them.

mod insert;
mod postgres;
mod query;
mod retry;
mod row;
mod scope;
mod sqlite;
mod time;
mod transaction;
mod value;

use std::path::Path;

pub(crate) use insert::{Columns, Conflict, Insert};
pub(crate) use query::query;
pub(crate) use retry::{Attempts, transact};
pub(crate) use row::Row;
pub(crate) use scope::Scope;
pub(crate) use sqlx::AssertSqlSafe;
pub(crate) use time::Time;
pub(crate) use transaction::Tx;
pub(crate) use value::{Column, Value, without_nul};

use crate::{error::Result, outbox::Outbox};

/// How long a caller waits for a connection, or for somebody else's lock.
const WAIT: std::time::Duration = std::time::Duration::from_secs(20);

/// One of the databases.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(sqlite::Pools),
    Postgres(postgres::Pool),
}

impl Database {
    /// SQLite in a directory.
    pub(crate) async fn open(data_dir: &Path) -> Result<Database> {
        Ok(Database::Sqlite(sqlite::Pools::open(data_dir).await?))
    }

    /// SQLite in memory.
    pub(crate) async fn open_in_memory() -> Result<Database> {
        Ok(Database::Sqlite(sqlite::Pools::open_in_memory().await?))
    }

    /// PostgreSQL, or what speaks its protocol.
    pub(crate) async fn connect(url: &str) -> Result<Database> {
        Ok(Database::Postgres(postgres::Pool::connect(url).await?))
    }

    /// A snapshot: all statements in it see one state.
    pub(crate) async fn read(&self, scope: Scope) -> Result<Tx> {
        match self {
            Database::Sqlite(pools) => pools.read().await,
            Database::Postgres(pool) => pool.begin(postgres::SNAPSHOT, scope).await,
        }
    }

    /// For single statements that read.
    pub(crate) async fn look(&self, scope: Scope) -> Result<Tx> {
        match self {
            Database::Sqlite(pools) => pools.look().await,
            Database::Postgres(pool) => pool.begin(postgres::LOOK, scope).await,
        }
    }

    /// A transaction that writes. Several may be open on PostgreSQL, where rows are locked by the
    /// statements ([`Tx::for_update`]); on SQLite it waits for the one before it. Its caller is
    /// [`transact!`], which begins again where another transaction was in the way.
    pub(crate) async fn write(&self, scope: Scope) -> Result<Tx> {
        match self {
            Database::Sqlite(pools) => pools.write().await,
            Database::Postgres(pool) => pool.begin(postgres::WRITE, scope).await,
        }
    }

    /// The driver's pool and what tells other nodes, where there may be other nodes.
    pub(crate) fn shared(&self) -> Option<(&sqlx::PgPool, &Outbox)> {
        match self {
            Database::Sqlite(_) => None,
            Database::Postgres(pool) => Some((pool.driver(), pool.outbox())),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Database::Sqlite(pools) => pools.close().await,
            Database::Postgres(pool) => pool.close().await,
        }
    }
}
