//! A statement with its values, run on whichever database a transaction is of.

use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use sqlx::{
    Postgres, SqlSafeStr, SqlStr, Sqlite, postgres::PgArguments, query::Query as DriverQuery,
    sqlite::SqliteArguments,
};

use super::{Row, Tx, transaction::Driver, value::Value};

/// A statement; `$1` and so on are its values, in the order of [`Query::bind`].
pub(crate) fn query(sql: impl SqlSafeStr) -> Query {
    Query {
        sql: sql.into_sql_str(),
        values: Vec::new(),
    }
}

/// A statement with its values.
pub(crate) struct Query {
    sql: SqlStr,
    values: Vec<Value>,
}

impl Query {
    /// Adds a value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Query {
        self.values.push(value.into());
        self
    }

    /// Runs it; gives the number of rows that it wrote.
    pub(crate) async fn execute(self, tx: &mut Tx) -> sqlx::Result<u64> {
        match tx.driver() {
            Driver::Sqlite(connection) => {
                let done = self.sqlite()?.execute(connection).await?;
                Ok(done.rows_affected())
            }
            Driver::Postgres(connection) => {
                let done = self.postgres()?.execute(connection).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Its rows.
    pub(crate) async fn fetch_all(self, tx: &mut Tx) -> sqlx::Result<Vec<Row>> {
        self.fetch(tx).try_collect().await
    }

    /// Its first row.
    pub(crate) async fn fetch_optional(self, tx: &mut Tx) -> sqlx::Result<Option<Row>> {
        match tx.driver() {
            Driver::Sqlite(connection) => {
                let row = self.sqlite()?.fetch_optional(connection).await?;
                Ok(row.map(Row::Sqlite))
            }
            Driver::Postgres(connection) => {
                let row = self.postgres()?.fetch_optional(connection).await?;
                Ok(row.map(Row::Postgres))
            }
        }
    }

    /// Its first row; none is an error.
    pub(crate) async fn fetch_one(self, tx: &mut Tx) -> sqlx::Result<Row> {
        self.fetch_optional(tx).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Its rows, one after the other.
    pub(crate) fn fetch(self, tx: &mut Tx) -> BoxStream<'_, sqlx::Result<Row>> {
        let rows = match tx.driver() {
            Driver::Sqlite(connection) => self
                .sqlite()
                .map(|query| query.fetch(connection).map_ok(Row::Sqlite).boxed()),
            Driver::Postgres(connection) => self
                .postgres()
                .map(|query| query.fetch(connection).map_ok(Row::Postgres).boxed()),
        };
        rows.unwrap_or_else(|error| futures_util::stream::once(async { Err(error) }).boxed())
    }

    fn sqlite<'q>(self) -> sqlx::Result<DriverQuery<'q, Sqlite, SqliteArguments>> {
        let mut arguments = SqliteArguments::default();
        for value in self.values {
            value.add_to_sqlite(&mut arguments).map_err(sqlx::Error::Encode)?;
        }
        Ok(sqlx::query_with(self.sql, arguments))
    }

    fn postgres<'q>(self) -> sqlx::Result<DriverQuery<'q, Postgres, PgArguments>> {
        let mut arguments = PgArguments::default();
        for value in self.values {
            value
                .add_to_postgres(&mut arguments)
                .map_err(sqlx::Error::Encode)?;
        }
        Ok(sqlx::query_with(self.sql, arguments))
    }
}
