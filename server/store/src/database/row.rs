//! A row of either database.

use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::Time;

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A value that both databases keep alike: text, number, flag, bytes.
    pub(crate) fn try_get<'r, T, I>(&'r self, column: I) -> sqlx::Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }

    /// An id that may be null.
    pub(crate) fn id(&self, column: &str) -> sqlx::Result<Option<Uuid>> {
        match self {
            Row::Sqlite(row) => row
                .try_get::<Option<&str>, _>(column)?
                .map(|text| Uuid::try_parse(text).map_err(|e| unreadable(column, e)))
                .transpose(),
            Row::Postgres(row) => row.try_get(column),
        }
    }

    /// A number that may be null, whole or not.
    pub(crate) fn real(&self, column: &str) -> sqlx::Result<Option<f64>> {
        match self {
            // A column of numbers holds whole ones as such.
            Row::Sqlite(row) => row.try_get_unchecked(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }

    /// A list of ids; null is an empty one.
    pub(crate) fn ids(&self, column: &str) -> sqlx::Result<Vec<Uuid>> {
        match self {
            Row::Sqlite(row) => serde_json::from_str(row.try_get(column)?).map_err(|e| unreadable(column, e)),
            Row::Postgres(row) => Ok(row.try_get::<Option<_>, _>(column)?.unwrap_or_default()),
        }
    }

    /// A time that may be null, as text of one width.
    pub(crate) fn time(&self, column: &str) -> sqlx::Result<Option<String>> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => Ok(row.try_get::<Option<Time>, _>(column)?.map(Time::text)),
        }
    }
}

fn unreadable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: error.into(),
    }
}
