//! The snapshot of a catalogue, for editors without a hub: rows as the feed carries them.

use std::path::Path;

use rusqlite::{Connection, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{MAX_ROWS, Unreadable, untrusted};

const SCHEMA: &str = "CREATE TABLE rows (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID";

/// A catalogue as a file.
pub struct Catalogue {
    file: Connection,
}

impl Catalogue {
    /// Opens the snapshot of somebody else.
    pub fn open(path: &Path) -> Result<Catalogue, Unreadable> {
        Ok(Catalogue {
            file: untrusted::open(path, SCHEMA)?,
        })
    }

    /// All rows of a kind, by id.
    pub fn rows<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, Unreadable> {
        let mut statement = self
            .file
            .prepare("SELECT id, body FROM rows WHERE kind = ?1 ORDER BY id")?;
        let mut rows = statement.query([kind])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if found.len() >= MAX_ROWS {
                return Err(Unreadable::new(format!("it has more than {MAX_ROWS} rows")));
            }
            let (id, body): (String, String) = (row.get(0)?, row.get(1)?);
            let row = serde_json::from_str(&body);
            found.push(row.map_err(|e| Unreadable::new(format!("the {kind} {id:?} can't be read: {e}")))?);
        }
        Ok(found)
    }

    /// Writes a snapshot of kinds with their rows; what is at the path is replaced.
    pub fn write<T: Serialize>(path: &Path, kinds: &[(&str, Vec<(String, T)>)]) -> std::io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = || -> rusqlite::Result<()> {
            let mut file = Connection::open(path)?;
            file.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
            let tx = file.transaction()?;
            tx.execute_batch(SCHEMA)?;
            for (kind, rows) in kinds {
                let mut insert = tx.prepare("INSERT OR REPLACE INTO rows VALUES (?1, ?2, ?3)")?;
                for (id, row) in rows {
                    let body = serde_json::to_string(row)
                        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
                    insert.execute(params![kind, id, body])?;
                }
            }
            tx.commit()?;
            file.close().map_err(|(_, error)| error)
        };
        written().map_err(std::io::Error::other)
    }
}
