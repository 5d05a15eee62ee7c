//! Small things to remember by name, and what the hub said about connections.

use metasync_protocol::connections::Connection;
use rusqlite::{Connection as Sqlite, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Cache, CacheError, Reader};

/// Names of what the language server remembers. Those of the cache itself begin with `sync.` and
/// are not for others to set.
pub mod names {
    /// Organization: `{id, name}`.
    pub const ORGANIZATION: &str = "organization";
    /// Address of the hub.
    pub const HUB_URL: &str = "hub_url";
    /// Id of the session at the hub.
    pub const SESSION: &str = "session_id";
    /// Ids of the connections that this workspace uses.
    pub const SELECTED_CONNECTIONS: &str = "selected_connections";
    /// Answers to questions that are asked once.
    pub const ANSWERS: &str = "answers";

    pub(crate) const CURSOR: &str = "sync.cursor";
    pub(crate) const ETAG: &str = "sync.etag";
    pub(crate) const EPOCH: &str = "sync.epoch";
    pub(crate) const LAST_SYNC_AT: &str = "sync.last_sync_at";
    pub(crate) const MISMATCH_AT: &str = "sync.mismatch_at";
    pub(crate) const INDEXED: &str = "sync.indexed";
}

pub(crate) fn get<T: DeserializeOwned>(connection: &Sqlite, name: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    // What an older version remembered in another shape is as good as forgotten.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(crate) fn set<T: Serialize + ?Sized>(connection: &Sqlite, name: &str, value: &T) -> rusqlite::Result<()> {
    let text = serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
        )?
        .execute([name, &text])?;
    Ok(())
}

pub(crate) fn unset(connection: &Sqlite, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM meta WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}

pub(crate) fn connections(connection: &Sqlite) -> rusqlite::Result<Vec<Connection>> {
    let mut statement = connection
        .prepare_cached("SELECT info FROM connections WHERE info IS NOT NULL ORDER BY full_name, id")?;
    let texts = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut list = Vec::new();
    for text in texts {
        if let Ok(known) = serde_json::from_str(&text?) {
            list.push(known);
        }
    }
    Ok(list)
}

pub(crate) fn set_connections(connection: &Sqlite, list: &[Connection]) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE connections SET name = NULL, full_name = NULL, kind = NULL, info = NULL",
        [],
    )?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO connections (id, name, full_name, kind, info) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = ?2, full_name = ?3, kind = ?4, info = ?5",
    )?;
    for c in list {
        let info = serde_json::to_string(c).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        statement.execute(params![c.id.as_bytes(), c.name, c.full_name, c.kind, info])?;
    }
    Ok(())
}

impl Cache {
    /// Remembers something under a name ([`crate::meta_names`] or one's own).
    pub fn set_meta<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), CacheError> {
        self.write(|tx| set(tx, name, value))
    }

    /// Forgets it.
    pub fn unset_meta(&mut self, name: &str) -> Result<(), CacheError> {
        self.write(|tx| unset(tx, name))
    }

    /// What is remembered under a name; `None` also where it has another shape.
    pub fn get_meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CacheError> {
        self.read(|c| get(c, name))
    }

    /// Replaces what is known about connections (names, status), not their rows.
    pub fn set_connections(&mut self, list: &[Connection]) -> Result<(), CacheError> {
        self.write(|tx| set_connections(tx, list))
    }
}

impl Reader {
    /// What is remembered under a name; `None` also where it has another shape.
    pub fn get_meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CacheError> {
        self.query(|c| get(c, name))
    }

    /// What the hub last said about its connections.
    pub fn connections(&self) -> Result<Vec<Connection>, CacheError> {
        self.query(connections)
    }
}
