//! The readers' side. Every query takes a connection of its own from a small pool, so that no
//! question waits for another, and sees one state of the cache from its beginning to its end.

mod browse;
mod column;
mod completion;
mod find;
mod hit;
mod lineage;
mod mentions;
mod object;
mod releases;
mod search;
mod similar;
mod status;

pub use browse::{Browse, Browsed};

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    CacheError,
    file::{self, Identity},
    limits::{IDLE_READERS_MAX, READ_BUSY_TIMEOUT, READER_CACHE_KIB},
    open::check_version,
    schema,
};

/// Answers questions from a cache file, read-only. Clones share their connections. When the file is
/// built anew, by this process or another, the next question sees the new one.
#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Lease>>,
}

struct Lease {
    connection: Connection,
    identity: Identity,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.pool.path)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of the cache at `path`, which must be there and of this version.
    pub fn open(path: &Path) -> Result<Reader, CacheError> {
        let reader = Reader::of(path.to_owned());
        reader.with(|_| Ok(()))?;
        Ok(reader)
    }

    pub(crate) fn of(path: PathBuf) -> Reader {
        Reader {
            pool: Arc::new(Pool {
                path,
                idle: Mutex::new(Vec::new()),
            }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.pool.path
    }

    /// Runs one question in one read transaction.
    pub(crate) fn query<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CacheError> {
        self.with(|connection| {
            let run = || {
                let snapshot = connection.unchecked_transaction()?;
                let answer = ask(&snapshot)?;
                snapshot.finish()?;
                Ok(answer)
            };
            run().map_err(|e| CacheError::sql(self.path(), e))
        })
    }

    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, CacheError>,
    ) -> Result<T, CacheError> {
        let identity = file::identity(self.path())?;
        let lease = match self.take(identity) {
            Some(lease) => lease,
            None => Lease {
                connection: connect(self.path())?,
                identity,
            },
        };
        let answer = work(&lease.connection);
        // A connection that met damage is not kept.
        if answer.is_ok() {
            self.put_back(lease);
        }
        answer
    }

    fn take(&self, identity: Identity) -> Option<Lease> {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|lease| lease.identity == identity);
        idle.pop()
    }

    fn put_back(&self, lease: Lease) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS_MAX {
            idle.push(lease);
        }
    }
}

fn connect(path: &Path) -> Result<Connection, CacheError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(READ_BUSY_TIMEOUT)?;
        schema::harden(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        Ok(connection)
    };
    let connection = open().map_err(|e| CacheError::sql(path, e))?;
    check_version(path, &connection)?;
    Ok(connection)
}
