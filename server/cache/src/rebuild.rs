//! A new copy beside the old one, and the swap (sync-protocol.md, "Client": a re-sync is built
//! beside the old copy, so that hovers never go dark).
//!
//! The swap is one write transaction of SQLite's backup: readers of every process see the old
//! copy until it commits and the new one from their next query on; if it fails, nothing happened.

use std::time::{Duration, Instant};

use metasync_protocol::editor::HistoryRun;
use rusqlite::backup::{Backup, StepResult};

use crate::{Cache, CacheError, file, limits::BUSY_TIMEOUT, meta, open::open_copy};

/// Wait between two attempts to become the writer.
const RETRY_EVERY: Duration = Duration::from_millis(20);

impl Cache {
    /// An empty copy beside the file, to be filled with [`Cache::apply`] and brought in with
    /// [`Cache::swap`]. Dropped without a swap it leaves nothing behind. One at a time: another
    /// window that builds one gives [`CacheError::Locked`].
    pub fn begin_rebuild(&self) -> Result<Cache, CacheError> {
        let Some(lock) = file::try_lock_rebuild(&self.path)? else {
            return Err(CacheError::Locked {
                path: self.path.clone(),
            });
        };
        let mut copy = open_copy(&file::beside(&self.path, ".rebuild"), lock)?;
        // A copy that is built because of a wrong checksum must know when it is the second one.
        if let Some(at) = self.get_meta::<String>(meta::names::MISMATCH_AT)? {
            copy.set_meta(meta::names::MISMATCH_AT, &at)?;
        }
        Ok(copy)
    }

    /// Replaces all rows, cursor and checksums by those of a copy from [`Cache::begin_rebuild`].
    /// What is remembered (organization, answers, history, …) stays.
    pub fn swap(&mut self, rebuilt: Cache) -> Result<(), CacheError> {
        let mut rebuilt = rebuilt;
        rebuilt.index_once()?;
        self.carry_over(&mut rebuilt)?;
        self.write(|_| Ok(()))?; // opens the file again if another window replaced it
        let live = self.path.clone();
        let sql = |e| CacheError::sql(&live, e);
        let begun = Instant::now();
        {
            let backup = Backup::new(&rebuilt.connection, &mut self.connection).map_err(sql)?;
            loop {
                match backup.step(-1).map_err(sql)? {
                    StepResult::Done => break,
                    StepResult::Busy | StepResult::Locked if begun.elapsed() > BUSY_TIMEOUT => {
                        return Err(CacheError::Locked { path: live });
                    }
                    _ => std::thread::sleep(RETRY_EVERY),
                }
            }
        }
        // The log now holds the whole file; readers that are still in it only delay the cut.
        if let Err(error) = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        {
            tracing::debug!(%error, "the log could not be cut back yet");
        }
        Ok(())
    }

    fn carry_over(&self, rebuilt: &mut Cache) -> Result<(), CacheError> {
        let (remembered, history, connections) = self.read(|c| {
            let mut meta = c.prepare("SELECT name, value FROM meta WHERE name NOT LIKE 'sync.%'")?;
            let meta = meta
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
                .collect::<Result<Vec<_>, _>>()?;
            let mut history = c.prepare("SELECT run FROM history ORDER BY key")?;
            let history = history
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            Ok((meta, history, meta::connections(c)?))
        })?;
        rebuilt.write(|tx| {
            for (name, value) in &remembered {
                tx.execute(
                    "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
                    [name, value],
                )?;
            }
            tx.execute("DELETE FROM history", [])?;
            for run in history
                .iter()
                .filter(|r| serde_json::from_str::<HistoryRun>(r).is_ok())
            {
                tx.execute("INSERT INTO history (run) VALUES (?1)", [run])?;
            }
            meta::set_connections(tx, &connections)
        })
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // A copy that was swapped in or given up is no longer needed.
        if self.rebuild_lock.is_none() {
            return;
        }
        // Some systems do not remove a file that is open.
        if let Ok(nothing) = rusqlite::Connection::open_in_memory() {
            self.connection = nothing;
        }
        if let Err(error) = file::remove(&self.path) {
            tracing::debug!(%error, "a copy could not be removed");
        }
    }
}
