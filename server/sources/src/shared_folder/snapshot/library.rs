//! The library's snapshot: one table with a row for each file that was ever shared.

use std::path::Path;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{MAX_ROWS, Unreadable, untrusted};
use crate::shared_folder::layout;

const SCHEMA: &str = "CREATE TABLE files (
    id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    label TEXT,
    collections TEXT NOT NULL,
    objects TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) WITHOUT ROWID";

/// Longest text of a row.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A row of the shared library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryEntry {
    /// Its id.
    pub id: Uuid,
    /// Of the content, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// What people call it.
    pub label: Option<String>,
    /// The collections that it is in.
    pub collections: Vec<String>,
    /// The objects that it belongs to.
    pub objects: Vec<String>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The publication with which it changed last.
    pub version: u64,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// Writes a snapshot; what is at the path is replaced.
pub fn write_library<'a>(
    path: &Path,
    entries: impl Iterator<Item = &'a LibraryEntry>,
) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write(path, entries).map_err(std::io::Error::other)
}

fn write<'a>(path: &Path, entries: impl Iterator<Item = &'a LibraryEntry>) -> rusqlite::Result<()> {
    let mut file = Connection::open(path)?;
    // It goes to the share as one file, or not at all.
    file.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let tx = file.transaction()?;
    tx.execute_batch(SCHEMA)?;
    {
        let mut insert =
            tx.prepare("INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?;
        for entry in entries {
            insert.execute(params![
                entry.id.to_string(),
                entry.sha256,
                number(entry.size),
                entry.name,
                entry.media_type,
                entry.label,
                list(&entry.collections),
                list(&entry.objects),
                entry.deleted,
                number(entry.version),
                entry.created_at,
                entry.updated_at,
            ])?;
        }
    }
    tx.commit()?;
    file.close().map_err(|(_, error)| error)
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn list(texts: &[String]) -> String {
    serde_json::to_string(texts).unwrap_or_else(|_| "[]".into())
}

/// Reads the snapshot of somebody else; one row that makes no sense, and none is taken.
pub fn read_library(path: &Path) -> Result<Vec<LibraryEntry>, Unreadable> {
    let file = untrusted::open(path, SCHEMA)?;
    let mut statement = file.prepare(
        "SELECT id, sha256, size, name, media_type, label, collections, objects, deleted, version, created_at, \
         updated_at FROM files",
    )?;
    let mut rows = statement.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        if entries.len() >= MAX_ROWS {
            return Err(Unreadable::new(format!("it has more than {MAX_ROWS} rows")));
        }
        entries.push(entry(row)?);
    }
    Ok(entries)
}

fn entry(row: &rusqlite::Row<'_>) -> Result<LibraryEntry, Unreadable> {
    let text = |at: usize| -> Result<String, Unreadable> {
        let text: String = row.get(at)?;
        match text.len() <= MAX_TEXT_BYTES {
            true => Ok(text),
            false => Err(Unreadable::new(format!(
                "a text in it is longer than {MAX_TEXT_BYTES} bytes"
            ))),
        }
    };
    let id = text(0)?;
    let wrong = |what: &str| Unreadable::new(format!("the row {id:?} has no proper {what}"));
    let size: i64 = row.get(2)?;
    let version: i64 = row.get(9)?;
    let texts = |at: usize, what: &str| -> Result<Vec<String>, Unreadable> {
        serde_json::from_str(&text(at)?).map_err(|_| wrong(what))
    };
    let deleted: i64 = row.get(8)?;
    let entry = LibraryEntry {
        id: Uuid::try_parse(&id).map_err(|_| wrong("id"))?,
        sha256: text(1)?,
        size: u64::try_from(size).map_err(|_| wrong("size"))?,
        name: text(3)?,
        media_type: text(4)?,
        label: match row.get_ref(5)? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(text(5)?),
        },
        collections: texts(6, "collections")?,
        objects: texts(7, "objects")?,
        deleted: deleted != 0,
        version: u64::try_from(version).map_err(|_| wrong("version"))?,
        created_at: text(10)?,
        updated_at: text(11)?,
    };
    if !layout::is_sha256(&entry.sha256) {
        return Err(wrong("sha256"));
    }
    if entry.name.is_empty() || entry.id.to_string() != id {
        return Err(wrong("name and id"));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<LibraryEntry> {
        (1..4u128)
            .map(|n| LibraryEntry {
                id: Uuid::from_u128(n),
                sha256: format!("{n:064x}"),
                size: 7,
                name: format!("Ünï 漢字 {n}.pdf"),
                media_type: "application/pdf".into(),
                label: (n > 1).then(|| "label".to_owned()),
                collections: vec!["a".into(), "b \"c\"".into()],
                deleted: n == 3,
                version: 5,
                created_at: "2026-01-01T00:00:00Z".into(),
                updated_at: "2026-01-01T00:00:00Z".into(),
                ..LibraryEntry::default()
            })
            .collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b#?.db");
        write_library(&path, some().iter()).unwrap();
        write_library(&path, some().iter()).unwrap();
        assert_eq!(read_library(&path).unwrap(), some());
    }

    #[test]
    fn hostile_and_broken_files_are_refused_and_nothing_in_them_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let spoil = |statement: &str| {
            write_library(&path, some().iter()).unwrap();
            Connection::open(&path).unwrap().execute_batch(statement).unwrap();
            read_library(&path).unwrap_err().to_string()
        };
        for statement in [
            "CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM files; END",
            "CREATE VIEW w AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT * FROM c",
            "ALTER TABLE files ADD COLUMN more TEXT",
            "CREATE TABLE other (x)",
            "CREATE INDEX i ON files (name)",
            "ALTER TABLE files RENAME TO data; CREATE VIEW files AS SELECT * FROM data",
        ] {
            assert!(spoil(statement).contains("tables are not"), "{statement}");
        }
        for (statement, word) in [
            ("UPDATE files SET sha256 = '../../etc/passwd'", "sha256"),
            ("UPDATE files SET id = 'x' || id", "id"),
            ("UPDATE files SET size = -1", "size"),
            ("UPDATE files SET collections = 'x'", "collections"),
            ("UPDATE files SET name = ''", "name"),
            ("UPDATE files SET name = x'ff'", ""),
            ("UPDATE files SET label = zeroblob(100)", ""),
            ("UPDATE files SET label = printf('%.*c', 70000, 'x')", "longer"),
        ] {
            let error = spoil(statement);
            assert!(error.contains(word), "{statement}: {error}");
        }
        write_library(&path, some().iter()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read_library(&path).is_err(), "{length} bytes");
        }
        for at in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            // whatever it finds: it ends, and does not fail in another way
            let _ = read_library(&path);
        }
    }
}
