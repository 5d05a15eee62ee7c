//! A transaction on either database, and the words in which they differ.

use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, pool::PoolConnection};
use uuid::Uuid;

use super::{AssertSqlSafe, Scope, query::query};
use crate::{
    error::Result,
    outbox::{Outbox, Signal},
};

/// What a transaction holds.
pub(super) enum Handle {
    Sqlite(Transaction<'static, Sqlite>),
    /// A connection for statements that read, each for itself.
    SqliteReader(PoolConnection<Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// The driver's connection.
pub(super) enum Driver<'t> {
    Sqlite(&'t mut SqliteConnection),
    Postgres(&'t mut PgConnection),
}

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub(crate) struct Tx {
    handle: Handle,
    /// What other nodes are told once it is committed.
    signals: Vec<Signal>,
    outbox: Option<Outbox>,
}

impl Tx {
    pub(super) fn new(handle: Handle, outbox: Option<Outbox>) -> Tx {
        Tx {
            handle,
            signals: Vec::new(),
            outbox,
        }
    }

    pub(super) fn driver(&mut self) -> Driver<'_> {
        match &mut self.handle {
            Handle::Sqlite(tx) => Driver::Sqlite(tx),
            Handle::SqliteReader(connection) => Driver::Sqlite(connection),
            Handle::Postgres(tx) => Driver::Postgres(tx),
        }
    }

    /// Makes its writes last, and then tells other nodes.
    pub(crate) async fn commit(self) -> Result<()> {
        match self.handle {
            Handle::Sqlite(tx) => tx.commit().await?,
            Handle::SqliteReader(_) => {}
            Handle::Postgres(tx) => tx.commit().await?,
        }
        if let Some(outbox) = self.outbox {
            self.signals.into_iter().for_each(|signal| outbox.put(signal));
        }
        Ok(())
    }

    /// Other nodes are to hear of this, if it is committed.
    pub(crate) fn tell(&mut self, signal: Signal) {
        if self.outbox.is_some() {
            self.signals.push(signal);
        }
    }

    /// From here on it is about the rows of this organization.
    pub(crate) async fn enter(&mut self, org: Uuid) -> Result<()> {
        if self.is_postgres() {
            query(AssertSqlSafe(Scope::Org(org).statement()))
                .execute(self)
                .await?;
        }
        Ok(())
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.handle, Handle::Postgres(_))
    }

    /// Ends a SELECT whose rows are written next: nobody else may write them until the commit. On
    /// SQLite the transaction itself is the lock.
    pub(crate) fn for_update(&self) -> &'static str {
        if self.is_postgres() { "FOR UPDATE" } else { "" }
    }

    /// Ends a SELECT whose rows must stay as they are until the commit.
    pub(crate) fn for_share(&self) -> &'static str {
        if self.is_postgres() { "FOR SHARE" } else { "" }
    }

    /// Ends a SELECT that passes over rows which somebody else is just writing.
    pub(crate) fn skip_locked(&self) -> &'static str {
        if self.is_postgres() {
            "FOR UPDATE SKIP LOCKED"
        } else {
            ""
        }
    }

    /// The condition that a column is in a list that is one parameter, whatever its length.
    pub(crate) fn is_in(&self, column: &str, parameter: usize) -> String {
        if self.is_postgres() {
            format!("{column} = ANY(${parameter})")
        } else {
            format!("{column} IN (SELECT value FROM json_each(${parameter}))")
        }
    }
}
