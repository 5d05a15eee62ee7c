//! The snapshot of a catalogue, for editors without a hub: rows as the feed carries them.

use std::path::Path;

use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;

use super::{MAX_ROWS, Unreadable, untrusted};

const SCHEMA: &str = "CREATE TABLE rows (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID";

/// Longest row, in bytes of its JSON.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

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
            if body.len() > MAX_BODY_BYTES {
                return Err(Unreadable::new(format!(
                    "the {kind} {id:?} is longer than {MAX_BODY_BYTES} bytes"
                )));
            }
            let row = serde_json::from_str(&body);
            found.push(row.map_err(|e| Unreadable::new(format!("the {kind} {id:?} can't be read: {e}")))?);
        }
        Ok(found)
    }
}

/// A catalogue that is being written. Rows that come in the order of kind and id give the same bytes each time.
pub struct CatalogueWriter {
    file: Connection,
}

impl CatalogueWriter {
    /// Begins a snapshot; what is at the path is replaced.
    pub fn create(path: &Path) -> std::io::Result<CatalogueWriter> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let begun = || -> rusqlite::Result<Connection> {
            let file = Connection::open(path)?;
            // It goes to the share as one file, or not at all.
            file.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")?;
            file.execute_batch(SCHEMA)?;
            Ok(file)
        };
        let file = begun().map_err(std::io::Error::other)?;
        Ok(CatalogueWriter { file })
    }

    /// Adds a row, whose body is JSON.
    pub fn put(&self, kind: &str, id: &str, body: &str) -> std::io::Result<()> {
        let mut insert = self
            .file
            .prepare_cached("INSERT INTO rows VALUES (?1, ?2, ?3)")
            .map_err(std::io::Error::other)?;
        insert
            .execute(params![kind, id, body])
            .map_err(std::io::Error::other)?;
        Ok(())
    }

    /// Ends it.
    pub fn finish(self) -> std::io::Result<()> {
        self.file
            .execute_batch("COMMIT")
            .and_then(|()| self.file.close().map_err(|(_, error)| error))
            .map_err(std::io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(path: &Path) {
        let writer = CatalogueWriter::create(path).unwrap();
        for n in 0..50 {
            let body = json!({ "n": n, "name": "Ünï 漢字" }).to_string();
            writer.put("file", &format!("{n:03}"), &body).unwrap();
        }
        writer.put("object", "1", "{}").unwrap();
        writer.finish().unwrap();
    }

    #[test]
    fn what_is_written_is_read_and_the_same_rows_are_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one.db"), folder.path().join("two.db"));
        written(&one);
        written(&two);
        written(&two);
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let rows: Vec<Value> = Catalogue::open(&one).unwrap().rows("file").unwrap();
        assert_eq!((rows.len(), &rows[7]["n"]), (50, &json!(7)));
        assert_eq!(
            Catalogue::open(&one)
                .unwrap()
                .rows::<Value>("object")
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn hostile_and_broken_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        for statement in [
            "CREATE TRIGGER t AFTER INSERT ON rows BEGIN DELETE FROM rows; END",
            "CREATE VIEW w AS SELECT * FROM rows",
            "CREATE TABLE other (x)",
        ] {
            written(&path);
            Connection::open(&path).unwrap().execute_batch(statement).unwrap();
            assert!(Catalogue::open(&path).is_err(), "{statement}");
        }
        for body in ["no json", "[1", "x'ff'"] {
            written(&path);
            let file = Connection::open(&path).unwrap();
            file.execute("UPDATE rows SET body = ?1", [body]).unwrap();
            drop(file);
            let read = Catalogue::open(&path).unwrap().rows::<Value>("file");
            assert!(read.is_err(), "{body}");
        }
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(Catalogue::open(&path).is_err(), "{length} bytes");
        }
    }
}
