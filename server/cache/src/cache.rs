//! The writer's side: opening, building anew, forgetting.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use metasync_protocol::editor::HistoryRun;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::{
    CacheError, Reader, apply,
    file::{self, Identity},
    limits::HISTORY_MAX,
    meta,
    open::open_locked,
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

    /// Gives the memory of the writer's page cache back: it grows to
    /// [`crate::limits::WRITER_CACHE_KIB`] in a sync, and the next may be hours away.
    pub fn rest(&self) {
        let shrunk = self.connection.execute_batch("PRAGMA shrink_memory");
        if let Err(error) = shrunk {
            tracing::debug!(%error, "the cache keeps its memory");
        }
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
