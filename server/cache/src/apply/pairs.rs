//! Edges between two connections (sync-protocol.md, "Model"): rows of their own, that belong to no
//! object's bundle and to a stream of their own.

use metasync_protocol::{DependencyRow, LineageRow, PairOf, RowHash};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    counters::{Counters, StreamKey},
    intern::Interned,
};
use crate::rows::hash;

/// Table of dependencies between connections.
pub const DEPENDENCIES: &str = "pair_dependencies";
/// Table of column lineage between connections.
pub const LINEAGE: &str = "pair_lineage";

/// Writes those of these edges that are between connections; gives how many. Others, whose object is
/// not on their page, are of no use.
pub fn write(
    tx: &Connection,
    dependencies: &[DependencyRow],
    lineage: &[LineageRow],
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<u64> {
    let (mut written, mut strays) = (0, 0);
    for row in dependencies {
        match row.pair {
            Some(pair) => dependency(tx, row, pair, interned, counters)?,
            None => strays += 1,
        }
        written += u64::from(row.pair.is_some());
    }
    for row in lineage {
        match row.pair {
            Some(pair) => self::lineage(tx, row, pair, interned, counters)?,
            None => strays += 1,
        }
        written += u64::from(row.pair.is_some());
    }
    if strays > 0 {
        tracing::warn!(
            strays,
            "edges of objects that are not on their page were left out"
        );
    }
    Ok(written)
}

fn dependency(
    tx: &Connection,
    row: &DependencyRow,
    pair: PairOf,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    remove(tx, DEPENDENCIES, row.id, counters)?;
    let (source, _) = interned.id(row.source_object_id)?;
    let target = interned.optional_id(row.target_object_id)?;
    let (connection, other) = ends(pair, interned)?;
    tx.prepare_cached("INSERT INTO pair_dependencies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            row.id.as_bytes(),
            connection,
            other,
            pair.row_hash.to_bytes(),
            source,
            target,
            row.target_name,
            row.dependency_type
        ])?;
    counters.add(StreamKey::pair(connection, other), pair.row_hash);
    Ok(())
}

fn lineage(
    tx: &Connection,
    row: &LineageRow,
    pair: PairOf,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    remove(tx, LINEAGE, row.id, counters)?;
    let (target, _) = interned.id(row.target_object_id)?;
    let source = interned.optional_id(row.source_object_id)?;
    let (connection, other) = ends(pair, interned)?;
    tx.prepare_cached("INSERT INTO pair_lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![
            row.id.as_bytes(),
            connection,
            other,
            pair.row_hash.to_bytes(),
            target,
            source,
            row.source_name,
            row.source_column,
            row.target_column,
            row.transformation
        ])?;
    counters.add(StreamKey::pair(connection, other), pair.row_hash);
    Ok(())
}

fn ends(pair: PairOf, interned: &mut Interned<'_>) -> rusqlite::Result<(i64, i64)> {
    Ok((
        interned.connection(pair.connection_id)?,
        interned.connection(pair.other_connection_id)?,
    ))
}

/// Deletes an edge, and takes it off its stream.
pub fn remove(
    tx: &Connection,
    table: &'static str,
    id: Uuid,
    counters: &mut Counters,
) -> rusqlite::Result<bool> {
    let old: Option<(StreamKey, RowHash)> = tx
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE id = ?1 RETURNING connection, other, row_hash"
        ))?
        .query_row([id.as_bytes()], |row| {
            Ok((StreamKey::pair(row.get(0)?, row.get(1)?), hash(row, 2)?))
        })
        .optional()?;
    if let Some((stream, old_hash)) = old {
        counters.remove(stream, old_hash);
    }
    Ok(old.is_some())
}
