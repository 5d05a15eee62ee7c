//! Opening a file: making it, checking it, replacing one that is of no use.

use std::{fs::File, path::Path};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{
    Cache, CacheError, file,
    limits::{BUSY_TIMEOUT, CHECK_AT_OPEN_MAX, WRITER_CACHE_KIB},
    schema,
};

/// Opens, checks, and replaces if need be; the caller holds the lock.
pub(crate) fn open_locked(path: &Path) -> Result<(Cache, Option<String>), CacheError> {
    match open_checked(path) {
        Ok(cache) => Ok((cache, None)),
        Err(CacheError::Damaged { why, .. } | CacheError::OtherVersion { why, .. }) => {
            tracing::warn!(path = %path.display(), %why, "the cache is built anew");
            file::remove(path)?;
            Ok((open_checked(path)?, Some(why)))
        }
        Err(other) => Err(other),
    }
}

fn open_checked(path: &Path) -> Result<Cache, CacheError> {
    file::ensure_private(path)?;
    let connection = connect(path)?;
    let mut cache = Cache {
        path: path.to_owned(),
        connection,
        identity: file::identity(path)?,
        rebuild_lock: None,
    };
    let sql = |e| CacheError::sql(path, e);
    let size = std::fs::metadata(path)
        .map_err(|e| CacheError::io(path, &e))?
        .len();
    let tables: i64 = cache
        .connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sql)?;
    if size == 0 && tables == 0 {
        schema::make_durable(&cache.connection).map_err(sql)?;
        schema::create(&mut cache.connection).map_err(sql)?;
        return Ok(cache);
    }
    check_version(path, &cache.connection)?;
    check_damage(path, &cache.connection)?;
    schema::make_durable(&cache.connection).map_err(sql)?;
    Ok(cache)
}

fn connect(path: &Path) -> Result<Connection, CacheError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        schema::harden(&connection)?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        Ok(connection)
    };
    open().map_err(|e| CacheError::sql(path, e))
}

/// Opens an empty file for a copy beside the live one.
pub(crate) fn open_copy(path: &Path, lock: File) -> Result<Cache, CacheError> {
    file::remove(path)?;
    file::ensure_private(path)?;
    let mut cache = Cache {
        path: path.to_owned(),
        connection: connect(path)?,
        identity: file::identity(path)?,
        rebuild_lock: Some(lock),
    };
    schema::make_fast(&cache.connection)
        .and_then(|()| schema::create(&mut cache.connection))
        .map_err(|e| CacheError::sql(path, e))?;
    Ok(cache)
}

/// Whether the file is one of ours, of this version, and complete.
pub(crate) fn check_version(path: &Path, connection: &Connection) -> Result<(), CacheError> {
    let sql = |e| CacheError::sql(path, e);
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (
        number("application_id").map_err(sql)?,
        number("user_version").map_err(sql)?,
    );
    let other = |why: String| CacheError::OtherVersion {
        path: path.to_owned(),
        why,
    };
    if application != schema::APPLICATION_ID {
        return Err(other(format!(
            "it belongs to another application ({application:#x})"
        )));
    }
    if version != schema::VERSION {
        return Err(other(format!(
            "its version is {version}, needed is {}",
            schema::VERSION
        )));
    }
    for table in schema::TABLES {
        let found = connection
            .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")
            .and_then(|mut s| s.query_row([table], |_| Ok(())).optional())
            .map_err(sql)?;
        if found.is_none() {
            return Err(other(format!("it is half-written: table {table} is missing")));
        }
    }
    Ok(())
}

/// Finds what can be found quickly: a file that is too short, unreadable roots, and for small files
/// any damage of the structure.
fn check_damage(path: &Path, connection: &Connection) -> Result<(), CacheError> {
    let sql = |e| CacheError::sql(path, e);
    let damaged = |why: String| CacheError::Damaged {
        path: path.to_owned(),
        why,
    };
    let number = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0).map(|n| n as u64))
    };
    // In this order: another window may be moving the log into the file just now.
    let expected = number("page_count").map_err(sql)? * number("page_size").map_err(sql)?;
    let log = std::fs::metadata(file::beside(path, "-wal")).map_or(0, |m| m.len());
    let size = std::fs::metadata(path)
        .map_err(|e| CacheError::io(path, &e))?
        .len();
    if log == 0 && size < expected {
        return Err(damaged(format!("it has {size} bytes of {expected}")));
    }
    if size <= CHECK_AT_OPEN_MAX {
        return quick_check(path, connection);
    }
    for table in schema::TABLES {
        connection
            .query_row(&format!("SELECT 1 FROM {table} LIMIT 1"), [], |_| Ok(()))
            .optional()
            .map_err(sql)?;
    }
    Ok(())
}

/// SQLite's own check of the structure: its time grows with the file.
pub(crate) fn quick_check(path: &Path, connection: &Connection) -> Result<(), CacheError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| CacheError::sql(path, e))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(CacheError::Damaged {
            path: path.to_owned(),
            why: found.lines().next().unwrap_or_default().to_owned(),
        })
    }
}
