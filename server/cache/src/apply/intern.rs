//! UUIDs and column names as small integers.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Keys of one page: what was looked up once is not looked up again.
pub struct Interned<'c> {
    tx: &'c Connection,
    ids: HashMap<Uuid, i64>,
    names: HashMap<String, i64>,
    connections: HashMap<Uuid, i64>,
}

impl<'c> Interned<'c> {
    /// Nothing is known yet.
    pub fn new(tx: &'c Connection) -> Interned<'c> {
        Interned {
            tx,
            ids: HashMap::new(),
            names: HashMap::new(),
            connections: HashMap::new(),
        }
    }

    /// The key of an id, and whether it was given just now: then nothing can be stored under it.
    pub fn id(&mut self, id: Uuid) -> rusqlite::Result<(i64, bool)> {
        if let Some(key) = self.ids.get(&id) {
            return Ok((*key, false));
        }
        let (key, fresh) = match crate::rows::key_of(self.tx, id)? {
            Some(key) => (key, false),
            None => {
                let mut insert = self.tx.prepare_cached("INSERT INTO ids (id) VALUES (?1)")?;
                (insert.insert([id.as_bytes()])?, true)
            }
        };
        self.ids.insert(id, key);
        Ok((key, fresh))
    }

    /// The key of an id that may be absent.
    pub fn optional_id(&mut self, id: Option<Uuid>) -> rusqlite::Result<Option<i64>> {
        id.map(|id| self.id(id).map(|(key, _)| key)).transpose()
    }

    /// The key of a column's name.
    pub fn name(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(key) = self.names.get(name) {
            return Ok(*key);
        }
        let known = self
            .tx
            .prepare_cached("SELECT key FROM names WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let key = match known {
            Some(key) => key,
            None => self
                .tx
                .prepare_cached("INSERT INTO names (name, folded) VALUES (?1, ?2)")?
                .insert([name, &name.to_lowercase()])?,
        };
        self.names.insert(name.to_owned(), key);
        Ok(key)
    }

    /// The key of a connection.
    pub fn connection(&mut self, id: Uuid) -> rusqlite::Result<i64> {
        if let Some(key) = self.connections.get(&id) {
            return Ok(*key);
        }
        let key = match connection_key(self.tx, id)? {
            Some(key) => key,
            None => self
                .tx
                .prepare_cached("INSERT INTO connections (id) VALUES (?1)")?
                .insert([id.as_bytes()])?,
        };
        self.connections.insert(id, key);
        Ok(key)
    }
}

/// The key of a connection, where it is known.
pub fn connection_key(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM connections WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}
