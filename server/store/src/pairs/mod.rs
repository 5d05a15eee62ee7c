//! Edges between two connections (sync-protocol.md, "Model"): an object of one uses a name, a
//! `source()` or a `ref()` of another project, which an object of the other one has.
//!
//! They are nobody's input: always exactly what the names of the objects say, made anew in the very
//! transaction that changes an object on either side, so that they need no run of their own and can't
//! fall behind. What an object owns stays as it is: who may not see the other connection sees a name.
//!
//! Order of locks: a connection's own streams, then the names of the organization, then pair streams.

mod adopt;
mod edges;
mod names;
mod resolve;
mod write;

use std::collections::{BTreeSet, HashSet};

use metasync_protocol::{Compact, ObjectRow};
use uuid::Uuid;

use crate::{
    database::{AssertSqlSafe, Time, Tx, query},
    error::Result,
    rows::id,
};
pub(crate) use adopt::adopt;
use names::{HAS, Name, WANTS};

/// Ids or keys of one lookup.
const KEYS_PER_STATEMENT: usize = 5_000;

/// Who changes edges, and when.
#[derive(Clone, Copy)]
pub(crate) struct Author {
    pub(crate) run: Option<Uuid>,
    pub(crate) at: Time,
}

/// Brings the edges up to date after objects of a connection were stored or deleted.
pub(crate) async fn follow(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    put: &[(&ObjectRow, &Compact)],
    gone: &[Uuid],
    author: Author,
) -> Result<()> {
    if put.is_empty() && gone.is_empty() {
        return Ok(());
    }
    lock(tx, org).await?;
    let ids: Vec<Uuid> = put
        .iter()
        .map(|(o, _)| o.id)
        .chain(gone.iter().copied())
        .collect();
    let mut keys = keys_of(tx, org, &ids).await?;
    names::forget(tx, org, &ids).await?;
    let fresh: Vec<Name> = put
        .iter()
        .flat_map(|(row, owned)| names::of(row, owned))
        .collect();
    keys.extend(fresh.iter().filter(|n| n.side == HAS).map(|n| n.key.clone()));
    names::store(tx, org, connection, fresh).await?;
    let mut owners: HashSet<Uuid> = ids.into_iter().collect();
    owners.extend(who_wants(tx, org, &keys).await?);
    write::refresh(tx, org, &owners, author).await
}

/// Takes a connection out, before its rows go; gives the objects of others whose edges are to be
/// made anew afterwards ([`refresh`]).
pub(crate) async fn leave(tx: &mut Tx, org: Uuid, connection: Uuid) -> Result<HashSet<Uuid>> {
    lock(tx, org).await?;
    let keys = query(AssertSqlSafe(format!(
        "SELECT DISTINCT key FROM relation_names WHERE org_id = $1 AND connection_id = $2 AND side = '{HAS}'"
    )))
    .bind(org)
    .bind(connection)
    .fetch_all(tx)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("key")?))
    .collect::<Result<BTreeSet<String>>>()?;
    for statement in [
        "DELETE FROM relation_names WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM pair_edges WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM pair_edges WHERE org_id = $1 AND other_connection_id = $2",
    ] {
        query(statement).bind(org).bind(connection).execute(tx).await?;
    }
    who_wants(tx, org, &keys).await
}

/// Makes the edges of these objects anew.
pub(crate) async fn refresh(tx: &mut Tx, org: Uuid, owners: &HashSet<Uuid>, author: Author) -> Result<()> {
    write::refresh(tx, org, owners, author).await
}

/// Until the commit nobody else looks at the names of the organization: of two connections that are
/// written at once, the second sees what the first one has and wants.
async fn lock(tx: &mut Tx, org: Uuid) -> Result<()> {
    if tx.is_postgres() {
        query("SELECT id FROM organizations WHERE id = $1 FOR UPDATE")
            .bind(org)
            .fetch_all(tx)
            .await?;
    }
    Ok(())
}

/// Keys of the names that these objects have.
async fn keys_of(tx: &mut Tx, org: Uuid, ids: &[Uuid]) -> Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT key FROM relation_names WHERE org_id = $1 AND side = '{HAS}' AND {}",
            tx.is_in("object_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            keys.insert(row.try_get("key")?);
        }
    }
    Ok(keys)
}

/// The objects that want a name with one of these keys.
async fn who_wants(tx: &mut Tx, org: Uuid, keys: &BTreeSet<String>) -> Result<HashSet<Uuid>> {
    let mut objects = HashSet::new();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for chunk in keys.chunks(KEYS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT object_id FROM relation_names WHERE org_id = $1 AND side = '{WANTS}' AND {}",
            tx.is_in("key", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            objects.insert(id(&row, "object_id")?);
        }
    }
    Ok(objects)
}
