//! What can go wrong with the hub's database, in words for the hub's log and its callers.

use sqlx::error::DatabaseError;

/// Result of a store's method.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What happened to what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds it, or all connections are in use.
    #[error("the hub's database is busy ({0}); try again")]
    Busy(String),
    /// Another transaction was in the way, again and again.
    #[error("the hub's database is contended ({0}); try again")]
    Contended(String),
    /// The disk is full.
    #[error("the hub's database can't be written, its disk is full ({0}); make room")]
    Full(String),
    /// The file is damaged, or a row holds what it can't hold.
    #[error("the hub's database is damaged: {0}; restore a backup, or remove it and index again")]
    Corrupt(String),
    /// It could not be opened or made.
    #[error("the hub's database can't be opened: {0}")]
    Open(String),
    /// Any other failure of the database.
    #[error("the hub's database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// What was asked for is not there (or is another organization's).
    #[error("{0} does not exist")]
    NotFound(String),
    /// It is there already.
    #[error("{0}")]
    Conflict(String),
    /// The caller's values contradict each other or the tables.
    #[error("{0}")]
    Invalid(String),
    /// A run wrote after its lease was taken by another worker, or after its end.
    #[error("run {0} is no longer this worker's: nothing of it was stored")]
    LeaseLost(uuid::Uuid),
}

impl StoreError {
    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            StoreError::Busy(_) | StoreError::Contended(_) | StoreError::Full(_)
        )
    }

    pub(crate) fn row(table: &str, column: &str, problem: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt(format!("{table}.{column}: {problem}"))
    }
}

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>).
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const NOTADB: u32 = 26;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::PoolTimedOut => StoreError::Busy("all its connections are in use".into()),
            sqlx::Error::PoolClosed => StoreError::Open("it was closed".into()),
            sqlx::Error::ColumnDecode { index, source } => {
                StoreError::Corrupt(format!("column {index}: {source}"))
            }
            sqlx::Error::Io(e) => StoreError::Busy(format!("its server can't be reached: {e}")),
            sqlx::Error::Database(e) => {
                let message = e.message().to_owned();
                match sql_state(&error) {
                    Some(state) => of_postgres(&state, message, error),
                    None => {
                        let code = primary_code(e.as_ref());
                        of_sqlite(code, message, error)
                    }
                }
            }
            _ => StoreError::Database(error),
        }
    }
}

fn of_sqlite(code: Option<u32>, message: String, error: sqlx::Error) -> StoreError {
    match code {
        Some(BUSY | LOCKED) => StoreError::Busy(message),
        Some(FULL) => StoreError::Full(message),
        Some(CORRUPT | NOTADB) => StoreError::Corrupt(message),
        Some(CANTOPEN) => StoreError::Open(message),
        _ => StoreError::Database(error),
    }
}

/// By SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn of_postgres(state: &str, message: String, error: sqlx::Error) -> StoreError {
    match state {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => StoreError::Contended(message),
        // lock_not_available, query_canceled, too_many_connections
        "55P03" | "57014" | "53300" => StoreError::Busy(message),
        // admin_shutdown, crash_shutdown, cannot_connect_now
        "57P01" | "57P02" | "57P03" => StoreError::Busy(message),
        "53100" => StoreError::Full(message),
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => StoreError::Corrupt(message),
        // invalid authorization, wrong password, no such database, insufficient privilege
        "28000" | "28P01" | "3D000" | "42501" => StoreError::Open(message),
        // connection exceptions
        state if state.starts_with("08") => StoreError::Busy(message),
        _ => StoreError::Database(error),
    }
}

/// The SQLSTATE of PostgreSQL's own errors.
pub(crate) fn sql_state(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .map(|e| e.code().to_owned())
}

/// The low byte of SQLite's extended code.
fn primary_code(error: &dyn DatabaseError) -> Option<u32> {
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Whether a statement failed because a unique index forbids the row.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.is_unique_violation())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_to_do_or_what_is_missing() {
        assert!(StoreError::from(sqlx::Error::PoolTimedOut).is_retryable());
        let damaged = StoreError::row("files", "row_hash", "3 bytes");
        assert!(damaged.to_string().contains("files.row_hash: 3 bytes"));
        assert!(!damaged.is_retryable());
    }
}
