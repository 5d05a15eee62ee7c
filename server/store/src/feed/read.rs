//! Rows of a page: first measured, then read, both by index and within the page's snapshot.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use metasync_protocol::Channel;
use uuid::Uuid;

use super::{Budget, MAX_ROWS, Weight, rows::Rows, scope::Served};
use crate::{
    database::{AssertSqlSafe, Row, Tx, query},
    documentation,
    error::{Result, StoreError},
    rows::{count, id, number, optional_id},
};

/// Ids of one lookup.
const IDS_PER_STATEMENT: usize = 5_000;
/// Keys that are looked at beyond twice the limit: files, tombstones.
const KEYS_MORE: u64 = 100;

/// What a row of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Object,
    Documentation,
    PairDependency,
    PairLineage,
}

impl Kind {
    /// Every one, in the order in which a page is read by ids.
    const ALL: [Kind; 5] = [
        Kind::File,
        Kind::Object,
        Kind::Documentation,
        Kind::PairDependency,
        Kind::PairLineage,
    ];

    /// As keys are read and stored.
    pub(super) fn number(self) -> u8 {
        self as u8
    }

    pub(super) fn of_number(number: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// A row of a stream as far as the page's size is concerned.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) seq: u64,
    pub(super) kind: Kind,
    pub(super) live: bool,
    pub(super) id: Uuid,
    pub(super) file: Option<Uuid>,
    rows: u64,
    bytes: u64,
}

impl Key {
    pub(super) fn weight(&self) -> Weight {
        Weight {
            objects: u64::from(self.live && self.kind == Kind::Object),
            rows: self.rows,
            bytes: self.bytes,
        }
    }
}

// Tombstones up to $4 are left out: they tell a client in its first pass nothing.
const CORE_KEYS: &str =
    "SELECT seq, CAST(0 AS BIGINT) AS kind, deleted_at IS NULL AS live, id, NULL AS file_id,
    CAST(1 AS BIGINT) AS row_count, bytes
    FROM files WHERE org_id = $1 AND connection_id = $2 AND seq > $3 AND (deleted_at IS NULL OR seq > $4)
    UNION ALL
    SELECT seq, CAST(1 AS BIGINT), deleted_at IS NULL, id, file_id, row_count, bytes
    FROM objects WHERE org_id = $1 AND connection_id = $2 AND seq > $3 AND (deleted_at IS NULL OR seq > $4)
    ORDER BY seq LIMIT $5";
const DOCUMENTATION_KEYS: &str =
    "SELECT seq, CAST(2 AS BIGINT) AS kind, deleted_at IS NULL AS live, id, NULL AS file_id,
    CAST(1 AS BIGINT) AS row_count, bytes
    FROM documentation WHERE org_id = $1 AND connection_id = $2 AND seq > $3 AND (deleted_at IS NULL OR seq > $4)
    ORDER BY seq LIMIT $5";

// Kinds of edges follow those of rows.
const PAIR_KEYS: &str = "SELECT seq, 3 + kind AS kind, deleted_at IS NULL AS live, id, NULL AS file_id,
    CAST(1 AS BIGINT) AS row_count, bytes
    FROM pair_edges WHERE org_id = $1 AND connection_id = $2 AND seq > $3 AND (deleted_at IS NULL OR seq > $4)
    AND other_connection_id = $6 ORDER BY seq LIMIT $5";

/// The next keys of a stream after `pos`, at most `limit`.
pub(super) async fn keys(tx: &mut Tx, served: &Served, pos: u64, limit: u64) -> Result<Vec<Key>> {
    let statement = match served.stream.channel {
        Channel::Core => CORE_KEYS,
        Channel::Documentation => DOCUMENTATION_KEYS,
        Channel::Pair => PAIR_KEYS,
    };
    let mut select = query(statement)
        .bind(served.stream.org)
        .bind(served.stream.connection)
        .bind(count(pos))
        .bind(count(served.init))
        .bind(count(limit));
    if served.stream.other.is_some() {
        select = select.bind(served.stream.other);
    }
    select
        .fetch_all(tx)
        .await?
        .iter()
        .map(|row| {
            Ok(Key {
                seq: number(row, "seq")?,
                kind: kind(row)?,
                live: row.try_get("live")?,
                id: id(row, "id")?,
                file: optional_id(row, "file_id")?,
                rows: number(row, "row_count")?,
                bytes: number(row, "bytes")?,
            })
        })
        .collect()
}

fn kind(row: &Row) -> Result<Kind> {
    let number = row.try_get::<i64, _>("kind")?;
    u8::try_from(number)
        .ok()
        .and_then(Kind::of_number)
        .ok_or_else(|| StoreError::row("pair_edges", "kind", number))
}

/// Up to which sequence number a page takes a stream; its head if all that is left fits.
pub(super) async fn measure(tx: &mut Tx, served: &Served, budget: &mut Budget) -> Result<u64> {
    let chunk = (budget.limit * 2 + KEYS_MORE).min(MAX_ROWS);
    let mut pos = served.pos;
    loop {
        let keys = keys(tx, served, pos, chunk).await?;
        for key in &keys {
            if !budget.take(key.weight()) {
                return Ok(pos);
            }
            pos = key.seq;
        }
        if (keys.len() as u64) < chunk {
            return Ok(served.stream.head);
        }
    }
}

const FILE: &str =
    "SELECT id, connection_id, deleted_at IS NULL AS live, relative_path, language, content_hash, size,
    branch, row_hash FROM files";
const OBJECT: &str =
    "SELECT id, connection_id, deleted_at IS NULL AS live, file_id, name, full_name, object_type,
    description, metadata, line_start, line_end, branch, row_hash, owned FROM objects";
const EDGE: &str = "SELECT id, 3 + kind AS kind, deleted_at IS NULL AS live, edge FROM pair_edges";
const RANGE: &str =
    "org_id = $1 AND connection_id = $2 AND seq > $3 AND seq <= $4 AND (deleted_at IS NULL OR seq > $5)
    ORDER BY seq";

/// Reads what `measure` let through: after the client's position up to `end`.
pub(super) async fn range(tx: &mut Tx, served: &Served, end: u64, rows: &mut Rows) -> Result<()> {
    let (pos, init) = (served.pos, served.init);
    match served.stream.channel {
        Channel::Core => {
            for (table, kind) in [(FILE, Kind::File), (OBJECT, Kind::Object)] {
                let query = format!("{table} WHERE {RANGE}");
                fetch_range(tx, query, served, (pos, end, init), Some(kind), rows).await?;
            }
        }
        Channel::Documentation => {
            let query = format!(
                "SELECT {}, d.deleted_at IS NULL AS live FROM documentation d WHERE {RANGE}",
                documentation::COLUMNS
            );
            fetch_range(
                tx,
                query,
                served,
                (pos, end, init),
                Some(Kind::Documentation),
                rows,
            )
            .await?;
        }
        Channel::Pair => {
            let query = format!("{EDGE} WHERE other_connection_id = $6 AND {RANGE}");
            fetch_range(tx, query, served, (pos, end, init), None, rows).await?;
        }
    }
    Ok(())
}

async fn fetch_range(
    tx: &mut Tx,
    statement: String,
    served: &Served,
    (pos, end, init): (u64, u64, u64),
    of: Option<Kind>,
    rows: &mut Rows,
) -> Result<()> {
    let mut select = query(AssertSqlSafe(statement))
        .bind(served.stream.org)
        .bind(served.stream.connection)
        .bind(count(pos))
        .bind(count(end))
        .bind(count(init));
    if served.stream.other.is_some() {
        select = select.bind(served.stream.other);
    }
    let mut found = select.fetch(tx);
    while let Some(row) = found.try_next().await? {
        let kind = match of {
            Some(kind) => kind,
            None => kind(&row)?,
        };
        rows.push(kind, &row)?;
    }
    Ok(())
}

/// Reads rows by their ids, in the order of `keys`; what is no longer there at all counts as deleted.
pub(super) async fn by_id(tx: &mut Tx, org: Uuid, keys: &[(Kind, Uuid)], rows: &mut Rows) -> Result<()> {
    for kind in Kind::ALL {
        let ids: Vec<Uuid> = keys
            .iter()
            .filter(|(k, _)| *k == kind)
            .map(|(_, id)| *id)
            .collect();
        for chunk in ids.chunks(IDS_PER_STATEMENT) {
            let select = match kind {
                Kind::File => FILE.to_owned(),
                Kind::Object => OBJECT.to_owned(),
                Kind::Documentation => format!(
                    "SELECT {}, d.deleted_at IS NULL AS live FROM documentation d",
                    documentation::COLUMNS
                ),
                Kind::PairDependency | Kind::PairLineage => EDGE.to_owned(),
            };
            let found_rows = query(AssertSqlSafe(format!(
                "{select} WHERE org_id = $1 AND {}",
                tx.is_in("id", 2)
            )))
            .bind(org)
            .bind(chunk)
            .fetch_all(tx)
            .await?;
            let mut found: HashMap<Uuid, Row> = HashMap::with_capacity(chunk.len());
            for row in found_rows {
                found.insert(id(&row, "id")?, row);
            }
            for id in chunk {
                match found.get(id) {
                    Some(row) => rows.push(kind, row)?,
                    None => rows.delete(kind, *id),
                }
            }
        }
    }
    Ok(())
}
