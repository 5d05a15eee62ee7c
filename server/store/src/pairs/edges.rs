//! The edges that an object has because of what its names stand for.

use std::collections::{BTreeSet, HashMap};

use metasync_protocol::{Compact, DependencyRow, LineageRow, RowHash, ids};
use uuid::Uuid;

use super::{
    names::{SOURCE, normal},
    resolve::{Found, Resolved},
};
use crate::{estimate, rows::json_text};

/// `transformation` of a column that is the same in both connections.
const SAME: &str = "direct";
/// Most columns of a `source()` that are followed into the object that makes them.
const MOST_COLUMNS: usize = 2_000;

/// `kind` of a dependency in the table.
pub(super) const DEPENDENCY: u64 = 0;
/// `kind` of column lineage.
pub(super) const LINEAGE: u64 = 1;

/// An object that wants something of another connection.
pub(super) struct Owner {
    pub(super) object: Uuid,
    pub(super) connection: Uuid,
    pub(super) object_type: String,
    pub(super) owned: Compact,
}

/// An edge between connections.
pub(super) struct Edge {
    pub(super) id: Uuid,
    pub(super) kind: u64,
    pub(super) owner: Uuid,
    /// Both connections, the smaller id first.
    pub(super) pair: (Uuid, Uuid),
    pub(super) row_hash: RowHash,
    pub(super) bytes: u64,
    pub(super) json: String,
}

/// The object that a `source()` is in another connection: the one that all of its names lead to.
pub(super) fn origin(owner: &Owner, resolved: &Resolved) -> Option<Found> {
    let all: BTreeSet<Found> = resolved.values().copied().collect();
    let mut all = all.into_iter();
    let only = all.next()?;
    (owner.object_type == SOURCE && all.next().is_none()).then_some(only)
}

/// All edges of an object, each once. `columns`: of the objects that sources are elsewhere.
pub(super) fn of(owner: &Owner, resolved: &Resolved, columns: &HashMap<Uuid, Vec<String>>) -> Vec<Edge> {
    let mut edges = HashMap::new();
    let mut put = |edge: Edge| {
        edges.entry(edge.id).or_insert(edge);
    };
    let find = |id: &Option<Uuid>, name: &Option<String>| {
        let name = name.as_deref().filter(|_| id.is_none())?;
        let (normal, _) = normal(name)?;
        resolved.get(&normal).map(|found| (*found, Some(name.to_owned())))
    };
    for (id, name, kind) in &owner.owned.dependencies {
        if let Some((found, name)) = find(id, name) {
            put(owner.depends(found, name, kind));
        }
    }
    for (id, name, source, target, transformation) in &owner.owned.lineage {
        if let Some((found, name)) = find(id, name) {
            put(owner.receives(found, name, source, target, transformation));
        }
    }
    if let Some(found) = origin(owner, resolved) {
        put(owner.depends(found, None, SOURCE));
        let declared: HashMap<String, &str> = owner
            .owned
            .columns
            .iter()
            .map(|(name, ..)| (name.to_lowercase(), name.as_str()))
            .collect();
        for column in columns
            .get(&found.object)
            .into_iter()
            .flatten()
            .take(MOST_COLUMNS)
        {
            let here = declared.get(&column.to_lowercase()).copied();
            put(owner.receives(found, None, column, here.unwrap_or(column), SAME));
        }
    }
    edges.into_values().collect()
}

impl Owner {
    fn depends(&self, on: Found, name: Option<String>, kind: &str) -> Edge {
        let mut row = DependencyRow {
            id: ids::dependency(self.object, Some(on.object), "", kind),
            source_object_id: self.object,
            target_object_id: Some(on.object),
            target_name: name,
            dependency_type: kind.to_owned(),
            pair: None,
        };
        row.seal(self.connection, on.connection);
        Edge {
            id: row.id,
            kind: DEPENDENCY,
            owner: self.object,
            pair: self.pair_with(on),
            row_hash: row.pair.map(|p| p.row_hash).unwrap_or_default(),
            bytes: estimate::pair_dependency(&row),
            json: json_text(&row),
        }
    }

    fn receives(
        &self,
        from: Found,
        name: Option<String>,
        source: &str,
        target: &str,
        transformation: &str,
    ) -> Edge {
        let mut row = LineageRow {
            id: ids::lineage(Some(from.object), "", source, self.object, target),
            source_object_id: Some(from.object),
            source_name: name,
            source_column: source.to_owned(),
            target_object_id: self.object,
            target_column: target.to_owned(),
            transformation: transformation.to_owned(),
            pair: None,
        };
        row.seal(self.connection, from.connection);
        Edge {
            id: row.id,
            kind: LINEAGE,
            owner: self.object,
            pair: self.pair_with(from),
            row_hash: row.pair.map(|p| p.row_hash).unwrap_or_default(),
            bytes: estimate::pair_lineage(&row),
            json: json_text(&row),
        }
    }

    fn pair_with(&self, found: Found) -> (Uuid, Uuid) {
        let (one, other) = (self.connection, found.connection);
        (one.min(other), one.max(other))
    }
}
