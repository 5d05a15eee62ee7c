//! Objects that name each other across connections, and what edges that should make, told by the
//! slowest way there is.

use std::collections::BTreeSet;

use metasync_protocol::{Compact, ObjectRow, RowHash, bundle::compact_hash, ids};
use metasync_store::{Batch, Store};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    model::{Copy, Replica},
    support::{ORG, RUN},
};

fn object(
    connection: Uuid,
    kind: &str,
    full_name: String,
    metadata: Value,
    mut owned: Compact,
) -> (ObjectRow, Compact) {
    owned.normalize();
    let mut row = ObjectRow {
        id: ids::object(connection, None, kind, &full_name),
        connection_id: connection,
        file_id: None,
        name: full_name.rsplit('.').next().unwrap().to_owned(),
        full_name,
        object_type: kind.into(),
        description: None,
        metadata,
        line_start: None,
        line_end: None,
        branch: None,
        row_hash: RowHash::default(),
    };
    row.row_hash = compact_hash(&row, &owned);
    (row, owned)
}

/// A relation `<project>.rel_<n>` in a connection, with as many columns as its version says.
pub fn relation(connection: Uuid, project: &str, n: u64, version: u64) -> (ObjectRow, Compact) {
    let owned = Compact {
        columns: (0..version).map(|c| (format!("c_{c}"), None, None)).collect(),
        ..Compact::default()
    };
    object(
        connection,
        "model",
        format!("{project}.rel_{n}"),
        Value::Null,
        owned,
    )
}

/// An object that uses `<project>.rel_<n>` of whoever has it: a model that names it, or a `source()`.
pub fn user(connection: Uuid, project: &str, n: u64, version: u64) -> (ObjectRow, Compact) {
    let name = format!("user_{project}_{n}");
    if version == 0 {
        let metadata = json!({"source": project});
        return object(
            connection,
            "source",
            format!("mine.{project}.rel_{n}"),
            metadata,
            Compact::default(),
        );
    }
    let wanted = || Some(format!("{}.REL_{n}", project.to_uppercase()));
    let owned = Compact {
        columns: vec![("mine".into(), None, None)],
        dependencies: vec![
            (None, wanted(), "ref".into()),
            (None, Some(format!("rel_{n}")), "table".into()),
        ],
        lineage: (0..version)
            .map(|c| {
                (
                    None,
                    wanted(),
                    format!("c_{c}"),
                    "mine".into(),
                    "expression".into(),
                )
            })
            .collect(),
    };
    object(connection, "model", format!("mine.{name}"), Value::Null, owned)
}

/// Stores objects.
pub async fn put(store: &Store, connection: Uuid, objects: Vec<(ObjectRow, Compact)>) {
    let batch = Batch {
        objects,
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
}

/// Deletes objects.
pub async fn delete(store: &Store, connection: Uuid, objects: Vec<Uuid>) {
    let batch = Batch {
        deleted_objects: objects,
        ..Batch::default()
    };
    store.batch_commit(ORG, connection, RUN, batch).await.unwrap();
}

/// All of the organization's catalogue, pulled anew.
pub async fn everything(store: &Store) -> Copy {
    let mut all = Replica::default();
    all.pull(store, 1_000).await;
    all.copy
}

type Lineage = (Uuid, String, Uuid, String);

/// The edges between connections that a whole copy should have: dependencies and lineage.
pub fn expected(copy: &Copy) -> (BTreeSet<(Uuid, Uuid)>, BTreeSet<Lineage>) {
    let (mut dependencies, mut lineage) = (BTreeSet::new(), BTreeSet::new());
    let find = |name: &str, from: Uuid| {
        let mut named = copy
            .objects
            .values()
            .filter(|o| o.object.object_type == "model" && o.object.full_name == name.to_lowercase());
        let first = named.next()?;
        (named.next().is_none() && first.object.connection_id != from).then_some(first)
    };
    for user in copy.objects.values() {
        let (id, home) = (user.object.id, user.object.connection_id);
        if user.object.object_type == "source" {
            let name = format!(
                "{}.{}",
                user.object.metadata["source"].as_str().unwrap(),
                user.object.name
            );
            if let Some(found) = find(&name, home) {
                dependencies.insert((id, found.object.id));
                for column in found.columns.values() {
                    let name = column.name.clone();
                    lineage.insert((found.object.id, name.clone(), id, name));
                }
            }
        }
        let unknown = user
            .dependencies
            .values()
            .filter(|d| d.target_object_id.is_none());
        for name in unknown.filter_map(|d| d.target_name.as_deref()) {
            if let Some(found) = find(name, home) {
                dependencies.insert((id, found.object.id));
            }
        }
        let unknown = user.lineage.values().filter(|l| l.source_object_id.is_none());
        for edge in unknown {
            if let Some(found) = edge.source_name.as_deref().and_then(|name| find(name, home)) {
                lineage.insert((
                    found.object.id,
                    edge.source_column.clone(),
                    id,
                    edge.target_column.clone(),
                ));
            }
        }
    }
    (dependencies, lineage)
}

/// The edges between connections that a copy has.
pub fn there(copy: &Copy) -> (BTreeSet<(Uuid, Uuid)>, BTreeSet<Lineage>) {
    let dependencies = copy.pairs.0.values();
    let lineage = copy.pairs.1.values();
    (
        dependencies
            .map(|d| (d.source_object_id, d.target_object_id.unwrap()))
            .collect(),
        lineage
            .map(|l| {
                (
                    l.source_object_id.unwrap(),
                    l.source_column.clone(),
                    l.target_object_id,
                    l.target_column.clone(),
                )
            })
            .collect(),
    )
}
