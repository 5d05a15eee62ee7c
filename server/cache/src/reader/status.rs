//! How much the cache holds, and what was synced when.

use metasync_protocol::editor::HistoryRun;
use rusqlite::Connection;

use crate::{CacheError, Reader, Status, limits::HISTORY_MAX, meta};

impl Reader {
    /// How much the cache holds, and how old it is. Counts all rows: not for every keystroke.
    pub fn status(&self) -> Result<Status, CacheError> {
        self.query(|c| {
            Ok(Status {
                files: count(c, "files")?,
                objects: count(c, "objects")?,
                columns: count(c, "columns")?,
                dependencies: count(c, "dependencies")? + count(c, "pair_dependencies")?,
                columns_lineage: count(c, "lineage")? + count(c, "pair_lineage")?,
                documentation: count(c, "documentation")?,
                last_sync_at: meta::get(c, meta::names::LAST_SYNC_AT)?,
            })
        })
    }

    /// How many objects there are: cheap enough for every change of status.
    pub fn object_count(&self) -> Result<u64, CacheError> {
        self.query(|c| count(c, "objects"))
    }

    /// When the last sync that brought something ended well, by the hub's clock; it changes whenever
    /// the rows did, whichever window pulled them.
    pub fn last_sync_at(&self) -> Result<Option<String>, CacheError> {
        self.get_meta(meta::names::LAST_SYNC_AT)
    }

    /// Past syncs, newest first.
    pub fn history(&self, limit: usize) -> Result<Vec<HistoryRun>, CacheError> {
        self.query(|c| {
            let mut statement = c.prepare_cached("SELECT run FROM history ORDER BY key DESC LIMIT ?1")?;
            let texts =
                statement.query_map([limit.min(HISTORY_MAX) as i64], |row| row.get::<_, String>(0))?;
            let mut runs = Vec::new();
            for text in texts {
                // A run that can't be read is left out: it is only history.
                runs.extend(serde_json::from_str::<HistoryRun>(&text?));
            }
            Ok(runs)
        })
    }
}

fn count(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(&format!("SELECT count(*) FROM {table}"))?
        .query_row([], |row| row.get::<_, i64>(0).map(|n| n as u64))
}
