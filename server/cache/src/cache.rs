//! The writer's side: opening, building anew, forgetting.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use metasync_protocol::editor::HistoryRun;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::{
    CacheError, Reader, apply,
    file::{self, Identity},
    limits::{BUSY_TIMEOUT, CHECK_AT_OPEN_MAX, HISTORY_MAX, WRITER_CACHE_KIB},
    meta, schema,
};

/// The one writer of a cache file within this process. Another process may hold another: SQLite
/// lets one write at a time, and [`Cache::apply`] notices when the other was faster.
pub struct Cache {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    pub(crate) identity: Identity,
    /// Held by a copy that is built beside the live file.
    pub(crate) rebuild_lock: Option<File>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A cache that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The cache.
    pub cache: Cache,
    /// Why an older file was thrown away, where one was: it needs a full sync.
    pub rebuilt: Option<String>,
}

/// How far the copy is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Position {
    /// To be sent with the next request; `None`: from the beginning.
    pub cursor: Option<String>,
    /// To be sent as `If-None-Match`.
    pub etag: Option<String>,
    /// The hub's epoch.
    pub epoch: Option<Uuid>,
    /// When the last sync ended well, by the hub's clock; `None`: the first one has not ended.
    pub last_sync_at: Option<String>,
}

impl Cache {
    /// Opens the cache at `path`, making it and its folder if need be. A file that is damaged,
    /// half-written, or not of this version is replaced by an empty one.
    pub fn open(path: &Path) -> Result<Opened, CacheError> {
        file::ensure_folder(path)?;
        let _lock = file::lock(path)?;
        if let Some(_nobody_builds) = file::try_lock_rebuild(path)? {
            file::remove(&file::beside(path, ".rebuild"))?;
        }
        let (cache, rebuilt) = open_locked(path)?;
        Ok(Opened { cache, rebuilt })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A reader of the same file.
    pub fn reader(&self) -> Reader {
        Reader::of(self.path.clone())
    }

    /// How far the copy is.
    pub fn position(&self) -> Result<Position, CacheError> {
        self.read(|c| {
            Ok(Position {
                cursor: meta::get(c, meta::names::CURSOR)?,
                etag: meta::get(c, meta::names::ETAG)?,
                epoch: meta::get(c, meta::names::EPOCH)?,
                last_sync_at: meta::get(c, meta::names::LAST_SYNC_AT)?,
            })
        })
    }

    /// The next sync starts from the beginning. Rows stay and answer until it replaces them; what
    /// the hub no longer has stays too, so that [`Cache::begin_rebuild`] is the clean way.
    pub fn drop_cursor(&mut self) -> Result<(), CacheError> {
        self.write(|tx| {
            meta::unset(tx, meta::names::CURSOR)?;
            meta::unset(tx, meta::names::ETAG)
        })
    }

    /// Deletes all rows of these connections, whatever the channel. The hub sends them again only
    /// where its cursor does not know them: ask once without them, then with them.
    pub fn reset_connections(&mut self, ids: &[Uuid]) -> Result<(), CacheError> {
        self.write(|tx| apply::clear_connections(tx, ids))
    }

    /// Deletes all documentation, for a client that no longer asks for it.
    pub fn drop_documentation(&mut self) -> Result<(), CacheError> {
        self.write(|tx| {
            tx.execute_batch("DELETE FROM documentation; DELETE FROM streams WHERE channel = 'documentation'")
        })
    }

    /// Stamps the time of a sync that found nothing new (304), by the hub's clock (RFC 3339).
    pub fn confirm(&mut self, at: &str) -> Result<(), CacheError> {
        self.write(|tx| meta::set(tx, meta::names::LAST_SYNC_AT, at))
    }

    /// Remembers a sync; the oldest ones beyond [`HISTORY_MAX`] go.
    pub fn record_run(&mut self, run: &HistoryRun) -> Result<(), CacheError> {
        let text = serde_json::to_string(run).map_err(|e| CacheError::Failed {
            path: self.path.clone(),
            why: e.to_string(),
        })?;
        self.write(|tx| {
            tx.execute("INSERT INTO history (run) VALUES (?1)", [&text])?;
            tx.execute(
                "DELETE FROM history WHERE key <= (SELECT max(key) FROM history) - ?1",
                [HISTORY_MAX as i64],
            )?;
            Ok(())
        })
    }

    /// Deletes everything, the file and all that lies beside it included, and begins with an empty
    /// one: for a sign-out, or access that is gone. Readers of all windows notice at once.
    pub fn purge(&mut self) -> Result<(), CacheError> {
        self.replace_by_empty()
    }

    /// The same for a damaged file (an error that [`CacheError::is_damage`]).
    pub fn renew(&mut self) -> Result<(), CacheError> {
        self.replace_by_empty()
    }

    /// Removes a cache that is not open, with all that lies beside it; none there is well too.
    pub fn remove(path: &Path) -> Result<(), CacheError> {
        file::remove(path)?;
        for suffix in [".rebuild", ".lock", ".rebuild.lock"] {
            file::remove(&file::beside(path, suffix))?;
        }
        Ok(())
    }

    fn replace_by_empty(&mut self) -> Result<(), CacheError> {
        let _lock = file::lock(&self.path)?;
        // The old connection must not checkpoint its log into the new file.
        let placeholder = Connection::open_in_memory().map_err(|e| CacheError::sql(&self.path, e))?;
        drop(std::mem::replace(&mut self.connection, placeholder));
        file::remove(&self.path)?;
        let rebuild_lock = self.rebuild_lock.take();
        let (fresh, _) = open_locked(&self.path)?;
        *self = fresh;
        self.rebuild_lock = rebuild_lock;
        Ok(())
    }

    /// Opens the file again if another window replaced it.
    fn refresh(&mut self) -> Result<(), CacheError> {
        if self.rebuild_lock.is_none() && file::identity(&self.path).ok() != Some(self.identity) {
            let placeholder = Connection::open_in_memory().map_err(|e| CacheError::sql(&self.path, e))?;
            drop(std::mem::replace(&mut self.connection, placeholder));
            *self = Cache::open(&self.path)?.cache;
        }
        Ok(())
    }

    /// One transaction, committed if `work` succeeds.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CacheError> {
        self.refresh()?;
        let run = |connection: &mut Connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        run(&mut self.connection).map_err(|e| CacheError::sql(&self.path, e))
    }

    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CacheError> {
        work(&self.connection).map_err(|e| CacheError::sql(&self.path, e))
    }
}

/// Opens, checks, and replaces if need be; the caller holds the lock.
fn open_locked(path: &Path) -> Result<(Cache, Option<String>), CacheError> {
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
    check_damage(path, &cache.connection, size)?;
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
fn check_damage(path: &Path, connection: &Connection, size: u64) -> Result<(), CacheError> {
    let sql = |e| CacheError::sql(path, e);
    let damaged = |why: String| CacheError::Damaged {
        path: path.to_owned(),
        why,
    };
    let number = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0).map(|n| n as u64))
    };
    let log = std::fs::metadata(file::beside(path, "-wal")).map_or(0, |m| m.len());
    let expected = number("page_count").map_err(sql)? * number("page_size").map_err(sql)?;
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
