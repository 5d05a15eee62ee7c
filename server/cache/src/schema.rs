//! The tables, and how a connection to them is set up.

use rusqlite::{Connection, config::DbConfig};

use crate::limits::{STATEMENTS_MAX, WAL_MAX};

/// The tables and, after [`LATER`], the indexes that are built once a first sync has ended.
const SQL: &str = include_str!("../../../schemas/cache.sql");

/// The comment in the SQL that parts the two.
const LATER: &str = "-- After the first sync:";

/// "msyc": tells the file from other applications' (PRAGMA application_id).
pub const APPLICATION_ID: i64 = 0x6d73_7963;

/// Version of the tables (PRAGMA user_version). Another one, and the file is built anew.
pub const VERSION: i64 = 4;

/// Every table, to find half-written files.
pub const TABLES: [&str; 15] = [
    "meta",
    "history",
    "connections",
    "streams",
    "ids",
    "names",
    "files",
    "objects",
    "object_metadata",
    "columns",
    "dependencies",
    "lineage",
    "documentation",
    "pair_dependencies",
    "pair_lineage",
];

/// Makes the tables in an empty file, in one transaction.
pub fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let tables = SQL.split(LATER).next().unwrap_or_default();
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    tx.execute_batch(tables)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// SQL of the indexes that a first sync does without.
pub fn later_indexes() -> &'static str {
    let later = SQL.split(LATER).nth(1).unwrap_or_default();
    // The marker's own line is the rest of a comment.
    later.split_once('\n').map_or("", |(_, rest)| rest)
}

/// What every connection needs: it trusts nothing in the file, and notices damaged cells.
pub fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// What the writer of the live file needs.
pub fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_MAX)
}

/// What a copy beside the live one needs: nobody misses it if it breaks.
pub fn make_fast(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")
}
