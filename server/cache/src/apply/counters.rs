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

impl Counter {
    /// One more row.
    pub fn add(&mut self, hash: RowHash) {
        self.rows += 1;
        self.checksum = self.checksum.plus(hash);
    }
}

/// A stream, by the keys of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamKey {
    connection: i64,
    /// The other one of a pair, else 0.
    other: i64,
    channel: Channel,
}

impl StreamKey {
    /// A stream of a connection.
    pub fn own(connection: i64, channel: Channel) -> StreamKey {
        StreamKey {
            connection,
            other: 0,
            channel,
        }
    }

    /// The stream of edges between two connections, the one with the smaller id first.
    pub fn pair(connection: i64, other: i64) -> StreamKey {
        StreamKey {
            connection,
            other,
            channel: Channel::Pair,
        }
    }
}

/// What this page changed; stored at its end.
#[derive(Default)]
pub struct Counters(HashMap<StreamKey, Counter>);

impl Counters {
    /// One more row.
    pub fn add(&mut self, stream: StreamKey, hash: RowHash) {
        self.0.entry(stream).or_default().add(hash);
    }

    /// One row fewer.
    pub fn remove(&mut self, stream: StreamKey, hash: RowHash) {
        let counter = self.0.entry(stream).or_default();
        counter.rows -= 1;
        counter.checksum = counter.checksum.minus(hash);
    }

    /// Adds the changes to what is stored.
    pub fn store(&self, tx: &Connection) -> rusqlite::Result<()> {
        for (stream, change) in &self.0 {
            let old = load(tx, *stream)?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO streams (connection, other, channel, rows, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                stream.connection,
                stream.other,
                stream.channel.as_str(),
                old.rows + change.rows,
                old.checksum.plus(change.checksum).to_bytes()
            ])?;
        }
        Ok(())
    }
}

/// What is stored of a stream.
pub fn load(connection: &Connection, stream: StreamKey) -> rusqlite::Result<Counter> {
    let found = connection
        .prepare_cached(
            "SELECT rows, checksum FROM streams WHERE connection = ?1 AND other = ?2 AND channel = ?3",
        )?
        .query_row(
            params![stream.connection, stream.other, stream.channel.as_str()],
            |row| {
                Ok(Counter {
                    rows: row.get(0)?,
                    checksum: crate::rows::hash(row, 1)?,
                })
            },
        )
        .optional()?;
    Ok(found.unwrap_or_default())
}
