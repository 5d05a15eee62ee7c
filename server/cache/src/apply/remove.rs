//! What goes: tombstones, and whole connections.

use metasync_protocol::{Channel, Deleted};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::{
    Counts,
    counters::{Counters, StreamKey},
    intern::connection_key,
    pairs,
};
use crate::rows::{hash, key_of};

/// Applies the tombstones of a page. One for something that is not here is no error: it may have
/// come and gone between two syncs.
pub fn tombstones(
    tx: &Connection,
    deleted: &Deleted,
    counters: &mut Counters,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    for id in &deleted.objects {
        if let Some(key) = key_of(tx, *id)? {
            let gone = take(tx, "objects", key, Channel::Core, counters)?;
            if gone {
                owned(tx, key)?;
                tx.prepare_cached("DELETE FROM object_metadata WHERE object = ?1")?
                    .execute([key])?;
                documentation_of(tx, key, counters)?;
            }
            counts.deleted += u64::from(gone);
        }
    }
    for id in &deleted.files {
        if let Some(key) = key_of(tx, *id)? {
            counts.deleted += u64::from(take(tx, "files", key, Channel::Core, counters)?);
        }
    }
    for id in &deleted.documentation {
        if let Some(key) = key_of(tx, *id)? {
            counts.deleted += u64::from(take(tx, "documentation", key, Channel::Documentation, counters)?);
        }
    }
    for (table, ids) in [
        (pairs::DEPENDENCIES, &deleted.dependencies),
        (pairs::LINEAGE, &deleted.columns_lineage),
    ] {
        for id in ids {
            counts.deleted += u64::from(pairs::remove(tx, table, *id, counters)?);
        }
    }
    Ok(())
}

/// Deletes one row of a table that is keyed by `ids`, and takes it off its stream.
pub fn take(
    tx: &Connection,
    table: &str,
    key: i64,
    channel: Channel,
    counters: &mut Counters,
) -> rusqlite::Result<bool> {
    let old = tx
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE key = ?1 RETURNING connection, row_hash"
        ))?
        .query_row([key], |row| Ok((row.get::<_, i64>(0)?, hash(row, 1)?)))
        .optional()?;
    if let Some((connection, old_hash)) = old {
        counters.remove(StreamKey::own(connection, channel), old_hash);
    }
    Ok(old.is_some())
}

/// Deletes what an object owns, its own row apart.
pub fn owned(tx: &Connection, key: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM columns WHERE object = ?1")?
        .execute([key])?;
    tx.prepare_cached("DELETE FROM dependencies WHERE source = ?1")?
        .execute([key])?;
    tx.prepare_cached("DELETE FROM lineage WHERE target = ?1")?
        .execute([key])?;
    Ok(())
}

/// Documentation goes when its object goes (contract.md, "Seed 002").
fn documentation_of(tx: &Connection, object: i64, counters: &mut Counters) -> rusqlite::Result<()> {
    let keys: Vec<i64> = tx
        .prepare_cached("SELECT key FROM documentation WHERE object = ?1")?
        .query_map([object], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in keys {
        take(tx, "documentation", key, Channel::Documentation, counters)?;
    }
    Ok(())
}

/// Deletes all rows of a connection, whatever the channel, edges to other connections included.
/// What is known about the connection itself (its name) stays.
pub fn connection(tx: &Connection, id: Uuid) -> rusqlite::Result<u64> {
    let Some(key) = connection_key(tx, id)? else {
        return Ok(0);
    };
    let mine = "(SELECT key FROM objects WHERE connection = ?1)";
    for table in [pairs::DEPENDENCIES, pairs::LINEAGE] {
        tx.execute(
            &format!("DELETE FROM {table} WHERE connection = ?1 OR other = ?1"),
            [key],
        )?;
    }
    for (table, owner) in [
        ("columns", "object"),
        ("dependencies", "source"),
        ("lineage", "target"),
        ("object_metadata", "object"),
    ] {
        tx.execute(&format!("DELETE FROM {table} WHERE {owner} IN {mine}"), [key])?;
    }
    let mut deleted = 0;
    for table in ["documentation", "objects", "files"] {
        deleted += tx.execute(&format!("DELETE FROM {table} WHERE connection = ?1"), [key])?;
    }
    tx.execute("DELETE FROM streams WHERE connection = ?1 OR other = ?1", [key])?;
    Ok(deleted as u64)
}
