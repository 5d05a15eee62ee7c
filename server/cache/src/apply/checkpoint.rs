//! The comparison at a checkpoint: rows and checksum of each stream, here and at the hub.

use std::collections::BTreeSet;

use metasync_protocol::{Channel, StreamState};
use rusqlite::Connection;
use uuid::Uuid;

use super::{counters, intern::connection_key};
use crate::{limits::MISMATCH_DAYS, meta};

/// The connections whose streams differ, sorted.
pub fn differing(tx: &Connection, streams: &[StreamState]) -> rusqlite::Result<Vec<Uuid>> {
    let mut differing = BTreeSet::new();
    for stream in streams {
        let same = match (stream.channel, stream.other_connection_id) {
            (Channel::Pair, Some(other)) => pair_rows(tx, stream.connection_id, other)? == stream.rows,
            (Channel::Pair, None) => true,
            (channel, _) => {
                let here = match connection_key(tx, stream.connection_id)? {
                    Some(key) => counters::load(tx, key, channel)?,
                    None => counters::Counter::default(),
                };
                let same =
                    here.rows == stream.rows as i64 && stream.checksum.is_none_or(|sum| sum == here.checksum);
                if !same {
                    tracing::warn!(
                        connection = %stream.connection_id,
                        channel = channel.as_str(),
                        rows_here = here.rows,
                        rows_there = stream.rows,
                        "the copy differs from the hub"
                    );
                }
                same
            }
        };
        if !same {
            differing.insert(stream.connection_id);
        }
    }
    Ok(differing.into_iter().collect())
}

/// Edges between two connections, counted: they are few. (Their hashes do not travel.)
fn pair_rows(tx: &Connection, one: Uuid, other: Uuid) -> rusqlite::Result<u64> {
    let (Some(one), Some(other)) = (connection_key(tx, one)?, connection_key(tx, other)?) else {
        return Ok(0);
    };
    let mut rows = 0;
    for table in ["pair_dependencies", "pair_lineage"] {
        rows += tx.query_row(
            &format!(
                "SELECT count(*) FROM {table} p JOIN objects s ON s.key = p.source JOIN objects t ON t.key = p.target
                 WHERE (s.connection, t.connection) IN (VALUES (?1, ?2), (?2, ?1))"
            ),
            [one, other],
            |row| row.get::<_, i64>(0),
        )? as u64;
    }
    Ok(rows)
}

/// Remembers that something differed at this time (the hub's clock); whether it did so within the
/// last day already.
pub fn note_mismatch(tx: &Connection, at: &str) -> rusqlite::Result<bool> {
    let before: Option<String> = meta::get(tx, meta::names::MISMATCH_AT)?;
    meta::set(tx, meta::names::MISMATCH_AT, at)?;
    let Some(before) = before else {
        return Ok(false);
    };
    // NULL, where one is no time, counts as long ago.
    let days: Option<f64> = tx.query_row("SELECT julianday(?1) - julianday(?2)", [at, &before], |row| {
        row.get(0)
    })?;
    Ok(days.is_some_and(|days| days.abs() < MISMATCH_DAYS))
}
