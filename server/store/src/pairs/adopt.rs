//! Names and edges of a catalogue that an older version of the hub wrote, which kept none.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use metasync_protocol::{Compact, ObjectRow, RowHash};
use uuid::Uuid;

use super::{
    Author, lock,
    names::{self, Name, WANTS},
    write,
};
use crate::{
    database::{Database, Row, Scope, Time, Tx, query, transact},
    epoch,
    error::Result,
    rows::{id, json},
};

/// Key in `meta`: every object's names are kept from here on.
const NAMED: &str = "relation_names";
/// Names that are stored at a time.
const NAMES_AT_ONCE: usize = 5_000;

/// Makes names and edges once, for all organizations. A database without objects has all of its names.
pub(crate) async fn adopt(database: &Database) -> Result<()> {
    let organizations: Vec<Uuid> = {
        let mut tx = database.look(Scope::Directory).await?;
        if epoch::meta(&mut tx, NAMED).await?.is_some() {
            return Ok(());
        }
        let rows = query("SELECT id FROM organizations ORDER BY id");
        let rows = rows.fetch_all(&mut tx).await?;
        rows.iter().map(|row| id(row, "id")).collect::<Result<_>>()?
    };
    for org in organizations {
        transact!(database, Scope::Org(org), |tx| { adopt_one(tx, org).await })?;
    }
    transact!(database, Scope::Hub, |tx| {
        epoch::set_meta(tx, NAMED, &Time::now().text()).await
    })
}

async fn adopt_one(tx: &mut Tx, org: Uuid) -> Result<()> {
    lock(tx, org).await?;
    let connections = query("SELECT DISTINCT connection_id FROM objects WHERE org_id = $1")
        .bind(org)
        .fetch_all(tx)
        .await?;
    let mut owners = HashSet::new();
    for connection in &connections {
        let connection = id(connection, "connection_id")?;
        let names = names_of(tx, org, connection).await?;
        owners.extend(names.iter().filter(|n| n.side == WANTS).map(|n| n.object));
        let mut names = names.into_iter().peekable();
        while names.peek().is_some() {
            let some = names.by_ref().take(NAMES_AT_ONCE).collect();
            names::store(tx, org, connection, some).await?;
        }
    }
    let author = Author {
        run: None,
        at: Time::now(),
    };
    write::refresh(tx, org, &owners, author).await
}

async fn names_of(tx: &mut Tx, org: Uuid, connection: Uuid) -> Result<Vec<Name>> {
    let mut names = Vec::new();
    let mut rows = query(
        "SELECT id, name, full_name, object_type, branch, metadata, owned FROM objects
         WHERE org_id = $1 AND connection_id = $2 AND deleted_at IS NULL",
    )
    .bind(org)
    .bind(connection)
    .fetch(tx);
    while let Some(row) = rows.try_next().await? {
        let (object, owned) = named(connection, &row)?;
        names.extend(names::of(&object, &owned));
    }
    Ok(names)
}

/// As much of an object as its names need.
fn named(connection: Uuid, row: &Row) -> Result<(ObjectRow, Compact)> {
    let object = ObjectRow {
        id: id(row, "id")?,
        connection_id: connection,
        file_id: None,
        name: row.try_get("name")?,
        full_name: row.try_get("full_name")?,
        object_type: row.try_get("object_type")?,
        description: None,
        metadata: json(row, "metadata")?,
        line_start: None,
        line_end: None,
        branch: row.try_get("branch")?,
        row_hash: RowHash::default(),
    };
    Ok((object, json(row, "owned")?))
}
