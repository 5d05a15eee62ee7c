//! The comparison at a checkpoint: rows and checksum of each stream, here and at the hub.

use std::collections::BTreeSet;

use metasync_protocol::{Channel, StreamState};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    counters::{self, StreamKey},
    intern::connection_key,
};
use crate::{limits::MISMATCH_DAYS, meta};

/// The connections whose streams differ, sorted.
pub fn differing(tx: &Connection, streams: &[StreamState]) -> rusqlite::Result<Vec<Uuid>> {
    let mut differing = BTreeSet::new();
    for stream in streams {
        let here = match key_of(tx, stream)? {
            Some(key) => counters::load(tx, key)?,
            None => counters::Counter::default(),
        };
        let same = here.rows == stream.rows as i64 && stream.checksum.is_none_or(|sum| sum == here.checksum);
        if !same {
            tracing::warn!(
                connection = %stream.connection_id,
                channel = stream.channel.as_str(),
                rows_here = here.rows,
                rows_there = stream.rows,
                "the copy differs from the hub"
            );
            differing.insert(stream.connection_id);
        }
    }
    Ok(differing.into_iter().collect())
}

/// Remembers what state of its source each connection's rows are of now, as the source calls it.
pub fn note_revisions(tx: &Connection, streams: &[StreamState]) -> rusqlite::Result<()> {
    let mut update =
        tx.prepare_cached("UPDATE connections SET revision = ?2 WHERE id = ?1 AND revision IS NOT ?2")?;
    for stream in streams.iter().filter(|s| s.channel == Channel::Core) {
        update.execute(params![stream.connection_id.as_bytes(), stream.revision])?;
    }
    Ok(())
}

/// A stream by the keys of this cache; `None`: it holds nothing of it.
fn key_of(tx: &Connection, stream: &StreamState) -> rusqlite::Result<Option<StreamKey>> {
    let Some(connection) = connection_key(tx, stream.connection_id)? else {
        return Ok(None);
    };
    let Some(other) = stream.other_connection_id else {
        return Ok(Some(StreamKey::own(connection, stream.channel)));
    };
    Ok(connection_key(tx, other)?.map(|other| StreamKey::pair(connection, other)))
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
