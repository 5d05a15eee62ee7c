//! Stores what differs between the edges that there are and those that there should be.

use std::collections::{BTreeMap, HashMap, HashSet};

use metasync_protocol::{Compact, RowHash};
use uuid::Uuid;

use super::{
    Author, KEYS_PER_STATEMENT,
    edges::{self, Edge, Owner},
    resolve::{self, Resolved},
};
use crate::{
    database::{AssertSqlSafe, Column, Conflict, Insert, Tx, query},
    error::Result,
    estimate,
    rows::{count, hash, id, json, number},
    streams,
};

/// A live edge as it is stored.
struct Stored {
    pair: (Uuid, Uuid),
    owner: Uuid,
    kind: u64,
    row_hash: RowHash,
}

/// What changes of one pair of connections.
#[derive(Default)]
struct Changes {
    put: Vec<(Edge, Option<RowHash>)>,
    gone: Vec<(Uuid, Stored)>,
}

/// Makes the edges of these objects what they should be.
pub(super) async fn refresh(tx: &mut Tx, org: Uuid, owners: &HashSet<Uuid>, author: Author) -> Result<()> {
    let mut stored = stored(tx, org, owners).await?;
    let resolved = resolve::resolve(tx, org, owners).await?;
    let mut changes: BTreeMap<(Uuid, Uuid), Changes> = BTreeMap::new();
    for edge in wanted(tx, org, &resolved).await? {
        let before = stored.remove(&edge.id).map(|old| old.row_hash);
        if before != Some(edge.row_hash) {
            changes.entry(edge.pair).or_default().put.push((edge, before));
        }
    }
    for (id, old) in stored {
        changes.entry(old.pair).or_default().gone.push((id, old));
    }
    for (pair, change) in changes {
        store(tx, org, pair, change, author).await?;
    }
    Ok(())
}

async fn stored(tx: &mut Tx, org: Uuid, owners: &HashSet<Uuid>) -> Result<HashMap<Uuid, Stored>> {
    let owners: Vec<Uuid> = owners.iter().copied().collect();
    let mut stored = HashMap::new();
    for chunk in owners.chunks(KEYS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT id, connection_id, other_connection_id, owner_id, kind, row_hash FROM pair_edges
             WHERE org_id = $1 AND deleted_at IS NULL AND {}",
            tx.is_in("owner_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            let edge = Stored {
                pair: (id(&row, "connection_id")?, id(&row, "other_connection_id")?),
                owner: id(&row, "owner_id")?,
                kind: number(&row, "kind")?,
                row_hash: hash(&row, "row_hash")?,
            };
            stored.insert(id(&row, "id")?, edge);
        }
    }
    Ok(stored)
}

/// The edges that follow from what names stand for.
async fn wanted(tx: &mut Tx, org: Uuid, resolved: &HashMap<Uuid, Resolved>) -> Result<Vec<Edge>> {
    let ids: Vec<Uuid> = resolved.keys().copied().collect();
    let owners = objects(tx, org, &ids).await?;
    let origins: HashSet<Uuid> = owners
        .iter()
        .filter_map(|o| edges::origin(o, resolved.get(&o.object)?))
        .map(|found| found.object)
        .collect();
    let origins: Vec<Uuid> = origins.into_iter().collect();
    let columns: HashMap<Uuid, Vec<String>> = objects(tx, org, &origins)
        .await?
        .into_iter()
        .map(|o| {
            (
                o.object,
                o.owned.columns.into_iter().map(|(name, ..)| name).collect(),
            )
        })
        .collect();
    Ok(owners
        .iter()
        .filter_map(|owner| Some(edges::of(owner, resolved.get(&owner.object)?, &columns)))
        .flatten()
        .collect())
}

async fn objects(tx: &mut Tx, org: Uuid, ids: &[Uuid]) -> Result<Vec<Owner>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT id, connection_id, object_type, owned FROM objects
             WHERE org_id = $1 AND deleted_at IS NULL AND {}",
            tx.is_in("id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            found.push(Owner {
                object: id(&row, "id")?,
                connection: id(&row, "connection_id")?,
                object_type: row.try_get("object_type")?,
                owned: json::<Compact>(&row, "owned")?,
            });
        }
    }
    Ok(found)
}

/// An edge or its tombstone, at its place in the stream.
struct Record {
    id: Uuid,
    seq: u64,
    bytes: u64,
    row_hash: RowHash,
    kind: u64,
    owner: Uuid,
    json: String,
}

async fn store(tx: &mut Tx, org: Uuid, pair: (Uuid, Uuid), changes: Changes, author: Author) -> Result<()> {
    let mut stream = streams::locked_pair(tx, org, pair).await?;
    let mut live = Vec::with_capacity(changes.put.len());
    for (edge, before) in changes.put {
        stream.put(before, edge.row_hash);
        live.push(Record {
            id: edge.id,
            seq: stream.next(),
            bytes: edge.bytes,
            row_hash: edge.row_hash,
            kind: edge.kind,
            owner: edge.owner,
            json: edge.json,
        });
    }
    insert(tx, org, pair, live, None).await?;
    let mut dead = Vec::with_capacity(changes.gone.len());
    for (id, old) in changes.gone {
        stream.take(old.row_hash);
        dead.push(Record {
            id,
            seq: stream.next(),
            bytes: estimate::TOMBSTONE,
            row_hash: RowHash::default(),
            kind: old.kind,
            owner: old.owner,
            json: "{}".into(),
        });
    }
    insert(tx, org, pair, dead, Some(author)).await?;
    streams::save(tx, &stream).await
}

async fn insert(
    tx: &mut Tx,
    org: Uuid,
    (connection, other): (Uuid, Uuid),
    records: Vec<Record>,
    deleted_by: Option<Author>,
) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let ids = |of: fn(&Record) -> Uuid| Column::Ids(records.iter().map(|r| Some(of(r))).collect());
    let numbers = |of: fn(&Record) -> u64| Column::Ints(records.iter().map(|r| Some(count(of(r)))).collect());
    let hashes = Column::Bytes(records.iter().map(|r| r.row_hash.to_bytes().to_vec()).collect());
    let edges = Column::Texts(records.iter().map(|r| Some(r.json.clone())).collect());
    let insert = Insert {
        table: "pair_edges",
        shared: vec![
            ("org_id", org.into()),
            ("connection_id", connection.into()),
            ("other_connection_id", other.into()),
            ("deleted_at", deleted_by.map(|author| author.at).into()),
            ("deleted_by_run", deleted_by.and_then(|author| author.run).into()),
        ],
        columns: vec![
            ("id", "uuid", ids(|r| r.id)),
            ("seq", "bigint", numbers(|r| r.seq)),
            ("bytes", "bigint", numbers(|r| r.bytes)),
            ("row_hash", "bytea", hashes),
            ("kind", "bigint", numbers(|r| r.kind)),
            ("owner_id", "uuid", ids(|r| r.owner)),
            ("edge", "text", edges),
        ],
        key: &["org_id", "id"],
        or: Conflict::Replace,
    };
    Ok(insert.run(tx, records.len()).await?)
}
