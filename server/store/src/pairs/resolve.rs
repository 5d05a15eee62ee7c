//! Which object of another connection a name stands for.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::names::{HAS, WANTS, agree};
use crate::{
    database::{AssertSqlSafe, Row, Tx, query},
    error::Result,
    rows::id,
};

/// An object of another connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) object: Uuid,
    pub(super) connection: Uuid,
}

/// What the names of one object stand for; names that stand for nothing, or for several objects, are
/// not in it.
pub(super) type Resolved = HashMap<String, Found>;

struct Named {
    object: Uuid,
    connection: Uuid,
    name: String,
    key: String,
}

/// Resolves what these objects want.
pub(super) async fn resolve(
    tx: &mut Tx,
    org: Uuid,
    owners: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, Resolved>> {
    let ids: Vec<Uuid> = owners.iter().copied().collect();
    let mut wanted = Vec::new();
    for chunk in ids.chunks(super::KEYS_PER_STATEMENT) {
        let rows = query(select(tx, WANTS, "object_id"))
            .bind(org)
            .bind(chunk)
            .fetch_all(tx)
            .await?;
        wanted.extend(rows.iter().map(named).collect::<Result<Vec<_>>>()?);
    }
    let keys: BTreeSet<&str> = wanted.iter().map(|n| n.key.as_str()).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut there: HashMap<String, Vec<Named>> = HashMap::new();
    for chunk in keys.chunks(super::KEYS_PER_STATEMENT) {
        let rows = query(select(tx, HAS, "key"))
            .bind(org)
            .bind(chunk)
            .fetch_all(tx)
            .await?;
        for row in &rows {
            let name = named(row)?;
            there.entry(name.key.clone()).or_default().push(name);
        }
    }
    let mut resolved: HashMap<Uuid, Resolved> = HashMap::new();
    for want in wanted {
        if let Some(found) = there.get(&want.key).and_then(|there| the_one(&want, there)) {
            resolved.entry(want.object).or_default().insert(want.name, found);
        }
    }
    Ok(resolved)
}

/// The only object elsewhere that agrees. What the connection itself has goes before, and of two
/// candidates none is taken: a wrong edge is worse than none.
fn the_one(want: &Named, there: &[Named]) -> Option<Found> {
    let candidates: BTreeSet<Found> = there
        .iter()
        .filter(|has| agree(&has.name, &want.name))
        .map(|has| Found {
            object: has.object,
            connection: has.connection,
        })
        .collect();
    let mut candidates = candidates.into_iter();
    let only = candidates.next()?;
    (candidates.next().is_none() && only.connection != want.connection).then_some(only)
}

fn select(tx: &Tx, side: &'static str, by: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT object_id, connection_id, name, key FROM relation_names WHERE org_id = $1 AND side = '{side}' AND {}",
        tx.is_in(by, 2)
    ))
}

fn named(row: &Row) -> Result<Named> {
    Ok(Named {
        object: id(row, "object_id")?,
        connection: id(row, "connection_id")?,
        name: row.try_get("name")?,
        key: row.try_get("key")?,
    })
}
