//! Rows and checksum of each stream, kept up while a page is applied.

use std::collections::HashMap;

use metasync_protocol::{Channel, RowHash};
use rusqlite::{Connection, OptionalExtension, params};

/// Live rows and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counter {
    /// Live rows.
    pub rows: i64,
    /// Sum of their hashes mod 2^128.
    pub checksum: RowHash,
}

/// What this page changed; stored at its end.
#[derive(Default)]
pub struct Counters(HashMap<(i64, Channel), Counter>);

impl Counters {
    /// One more row.
    pub fn add(&mut self, connection: i64, channel: Channel, hash: RowHash) {
        let counter = self.0.entry((connection, channel)).or_default();
        counter.rows += 1;
        counter.checksum = counter.checksum.plus(hash);
    }

    /// One row fewer.
    pub fn remove(&mut self, connection: i64, channel: Channel, hash: RowHash) {
        let counter = self.0.entry((connection, channel)).or_default();
        counter.rows -= 1;
        counter.checksum = counter.checksum.minus(hash);
    }

    /// Adds the changes to what is stored.
    pub fn store(&self, tx: &Connection) -> rusqlite::Result<()> {
        for ((connection, channel), change) in &self.0 {
            let old = load(tx, *connection, *channel)?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO streams (connection, channel, rows, checksum) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                connection,
                channel.as_str(),
                old.rows + change.rows,
                old.checksum.plus(change.checksum).to_bytes()
            ])?;
        }
        Ok(())
    }
}

/// What is stored of a stream.
pub fn load(connection: &Connection, key: i64, channel: Channel) -> rusqlite::Result<Counter> {
    let found = connection
        .prepare_cached("SELECT rows, checksum FROM streams WHERE connection = ?1 AND channel = ?2")?
        .query_row(params![key, channel.as_str()], |row| {
            Ok(Counter {
                rows: row.get(0)?,
                checksum: crate::rows::hash(row, 1)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}
