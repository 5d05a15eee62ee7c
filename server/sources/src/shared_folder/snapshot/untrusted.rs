//! A database file from elsewhere: read-only, nothing in it runs, and only if its schema is to the
//! letter the one that we write.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};

use super::{MAX_SNAPSHOT_BYTES, Unreadable};

/// How long all reading of one file may take.
const MAX_TIME: Duration = Duration::from_secs(120);
/// Steps of SQLite's machine between two looks at the clock.
const LOOK_EVERY: i32 = 10_000;
/// Longest text or blob in it.
const MAX_VALUE_BYTES: i32 = 64 * 1024 * 1024;

/// Opens a file whose schema must be that which `schema` makes.
pub(super) fn open(path: &Path, schema: &str) -> Result<Connection, Unreadable> {
    let size = std::fs::metadata(path)
        .map_err(|e| Unreadable::new(e.to_string()))?
        .len();
    if size > MAX_SNAPSHOT_BYTES {
        return Err(Unreadable::new(format!(
            "it has {size} bytes, more than this program reads"
        )));
    }
    let mut address =
        url::Url::from_file_path(path).map_err(|()| Unreadable::new("its path is not absolute"))?;
    address.set_query(Some("mode=ro&immutable=1"));
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(address.as_str(), flags)?;
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    file.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)?;
    file.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let deadline = Instant::now() + MAX_TIME;
    file.progress_handler(LOOK_EVERY, Some(move || Instant::now() > deadline))?;
    file.execute_batch("PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;")?;
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(schema)?;
    if described(&file)? != described(&ours)? {
        return Err(Unreadable::new("its tables are not those of a snapshot"));
    }
    let pragma = |name: &str| file.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let whole = pragma("page_count")?.saturating_mul(pragma("page_size")?);
    if u64::try_from(whole) != Ok(size) {
        return Err(Unreadable::new("it is damaged: its end is missing"));
    }
    let sound: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(Unreadable::new(format!("it is damaged: {sound}")));
    }
    Ok(file)
}

/// All that is in a schema, in words.
fn described(file: &Connection) -> Result<Vec<(String, String, Option<String>)>, rusqlite::Error> {
    let mut statement = file.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}
