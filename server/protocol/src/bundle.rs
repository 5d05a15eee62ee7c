//! The unit that travels (sync-protocol.md, "Model"): an object with its columns, its outgoing
//! dependencies and the lineage into its columns. A received bundle replaces all that the object
//! owned before, so columns and edges need no tombstones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    catalog::{ColumnRow, DependencyRow, LineageRow, ObjectRow},
    hash::RowHasher,
    ids,
};

/// An object and all that it owns, as rows with their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectBundle {
    /// The object.
    pub object: ObjectRow,
    /// Its columns by ordinal.
    pub columns: Vec<ColumnRow>,
    /// What it depends on.
    pub dependencies: Vec<DependencyRow>,
    /// What flows into its columns.
    pub lineage: Vec<LineageRow>,
}

/// name, data type, description
pub type CompactColumn = (String, Option<String>, Option<String>);
/// target, name of an unknown target, dependency type
pub type CompactDependency = (Option<Uuid>, Option<String>, String);
/// source, name of an unknown source, source column, target column, transformation
pub type CompactLineage = (Option<Uuid>, Option<String>, String, String, String);

/// What an object owns, without ids and without repeating the object: as the hub stores it and as
/// the compact wire form carries it. All ids are derived again by [`Compact::expand`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compact {
    /// name, data type, description; in order.
    #[serde(default)]
    pub columns: Vec<CompactColumn>,
    /// target, name of an unknown target, dependency type.
    #[serde(default)]
    pub dependencies: Vec<CompactDependency>,
    /// source, name of an unknown source, source column, target column, transformation.
    #[serde(default)]
    pub lineage: Vec<CompactLineage>,
}

impl Compact {
    /// Sorts edges and drops what would have the same id twice, so that equal facts give equal
    /// bytes. Columns keep their order; of two with one name the first stays.
    pub fn normalize(&mut self) {
        let mut seen = std::collections::HashSet::new();
        self.columns.retain(|(name, ..)| seen.insert(name.clone()));
        self.dependencies.sort();
        self.dependencies.dedup();
        self.lineage.sort();
        self.lineage
            .dedup_by(|b, a| (&a.0, &a.1, &a.2, &a.3) == (&b.0, &b.1, &b.2, &b.3));
    }

    /// The rows, with derived ids, of the object that owns them.
    pub fn expand(self, object: Uuid) -> (Vec<ColumnRow>, Vec<DependencyRow>, Vec<LineageRow>) {
        let columns = (1u32..)
            .zip(self.columns)
            .map(|(ordinal, (name, data_type, description))| ColumnRow {
                id: ids::column(object, &name),
                object_id: object,
                name,
                ordinal,
                data_type,
                description,
            })
            .collect();
        let dependencies = self
            .dependencies
            .into_iter()
            .map(|(target, name, dependency_type)| DependencyRow {
                id: ids::dependency(object, target, name.as_deref().unwrap_or(""), &dependency_type),
                source_object_id: object,
                target_object_id: target,
                target_name: name,
                dependency_type,
                pair: None,
            })
            .collect();
        let lineage = self
            .lineage
            .into_iter()
            .map(
                |(source, name, source_column, target_column, transformation)| LineageRow {
                    id: ids::lineage(
                        source,
                        name.as_deref().unwrap_or(""),
                        &source_column,
                        object,
                        &target_column,
                    ),
                    source_object_id: source,
                    source_name: name,
                    source_column,
                    target_object_id: object,
                    target_column,
                    transformation,
                    pair: None,
                },
            )
            .collect();
        (columns, dependencies, lineage)
    }
}

impl ObjectBundle {
    /// Builds the bundle of an object from the compact form; `row_hash` is what `object` carries.
    pub fn from_compact(object: ObjectRow, owned: Compact) -> ObjectBundle {
        let (columns, dependencies, lineage) = owned.expand(object.id);
        ObjectBundle {
            object,
            columns,
            dependencies,
            lineage,
        }
    }

    /// The compact form of what the object owns.
    pub fn compact(&self) -> Compact {
        Compact {
            columns: self
                .columns
                .iter()
                .map(|c| (c.name.clone(), c.data_type.clone(), c.description.clone()))
                .collect(),
            dependencies: self
                .dependencies
                .iter()
                .map(|d| {
                    (
                        d.target_object_id,
                        d.target_name.clone(),
                        d.dependency_type.clone(),
                    )
                })
                .collect(),
            lineage: self
                .lineage
                .iter()
                .map(|l| {
                    (
                        l.source_object_id,
                        l.source_name.clone(),
                        l.source_column.clone(),
                        l.target_column.clone(),
                        l.transformation.clone(),
                    )
                })
                .collect(),
        }
    }

    /// Sets the object's `row_hash` from the whole bundle.
    pub fn seal(&mut self) {
        let o = &self.object;
        let mut h = object_hasher(o);
        h.number(self.columns.len() as u64);
        for c in &self.columns {
            hash_column(&mut h, &c.name, c.data_type.as_deref(), c.description.as_deref());
        }
        h.number(self.dependencies.len() as u64);
        for d in &self.dependencies {
            hash_dependency(
                &mut h,
                d.target_object_id,
                d.target_name.as_deref(),
                &d.dependency_type,
            );
        }
        h.number(self.lineage.len() as u64);
        for l in &self.lineage {
            hash_lineage(
                &mut h,
                l.source_object_id,
                l.source_name.as_deref(),
                &l.source_column,
                &l.target_column,
                &l.transformation,
            );
        }
        self.object.row_hash = h.finish();
    }
}

/// The hash of an object with what it owns in compact form; equal to what
/// [`ObjectBundle::seal`] finds for the same facts.
pub fn compact_hash(object: &ObjectRow, owned: &Compact) -> crate::RowHash {
    let mut h = object_hasher(object);
    h.number(owned.columns.len() as u64);
    for (name, data_type, description) in &owned.columns {
        hash_column(&mut h, name, data_type.as_deref(), description.as_deref());
    }
    h.number(owned.dependencies.len() as u64);
    for (target, name, kind) in &owned.dependencies {
        hash_dependency(&mut h, *target, name.as_deref(), kind);
    }
    h.number(owned.lineage.len() as u64);
    for (source, name, source_column, target_column, transformation) in &owned.lineage {
        hash_lineage(
            &mut h,
            *source,
            name.as_deref(),
            source_column,
            target_column,
            transformation,
        );
    }
    h.finish()
}

fn object_hasher(o: &ObjectRow) -> RowHasher {
    let mut h = RowHasher::new("object");
    h.id(Some(o.id));
    h.id(Some(o.connection_id));
    h.id(o.file_id);
    h.text(&o.name);
    h.text(&o.full_name);
    h.text(&o.object_type);
    h.optional(o.description.as_deref());
    h.json(&o.metadata);
    h.optional_number(o.line_start.map(u64::from));
    h.optional_number(o.line_end.map(u64::from));
    h.optional(o.branch.as_deref());
    h
}

fn hash_column(h: &mut RowHasher, name: &str, data_type: Option<&str>, description: Option<&str>) {
    h.text(name);
    h.optional(data_type);
    h.optional(description);
}

fn hash_dependency(h: &mut RowHasher, target: Option<Uuid>, name: Option<&str>, kind: &str) {
    h.id(target);
    h.optional(name);
    h.text(kind);
}

fn hash_lineage(
    h: &mut RowHasher,
    source: Option<Uuid>,
    name: Option<&str>,
    source_column: &str,
    target_column: &str,
    transformation: &str,
) {
    h.id(source);
    h.optional(name);
    h.text(source_column);
    h.text(target_column);
    h.text(transformation);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RowHash;

    fn object() -> ObjectRow {
        let connection = ids::organization("c");
        ObjectRow {
            id: ids::object(connection, None, "model", "shop.a"),
            connection_id: connection,
            file_id: None,
            name: "a".into(),
            full_name: "shop.a".into(),
            object_type: "model".into(),
            description: None,
            metadata: serde_json::json!({"tags": ["x"]}),
            line_start: Some(1),
            line_end: Some(2),
            branch: None,
            row_hash: RowHash::default(),
        }
    }

    fn owned() -> Compact {
        let mut owned = Compact {
            columns: vec![("id".into(), Some("int".into()), None), ("id".into(), None, None)],
            dependencies: vec![
                (None, Some("raw".into()), "table".into()),
                (Some(Uuid::nil()), None, "ref".into()),
                (None, Some("raw".into()), "table".into()),
            ],
            lineage: vec![(Some(Uuid::nil()), None, "x".into(), "id".into(), "renamed".into())],
        };
        owned.normalize();
        owned
    }

    #[test]
    fn the_two_forms_have_one_hash_and_round_trip() {
        let mut bundle = ObjectBundle::from_compact(object(), owned());
        bundle.seal();
        assert_eq!(bundle.object.row_hash, compact_hash(&object(), &owned()));
        assert_eq!(bundle.compact(), owned());
        assert_eq!(bundle.columns.len(), 1);
        assert_eq!(bundle.dependencies.len(), 2);
    }

    #[test]
    fn every_field_counts() {
        let base = compact_hash(&object(), &owned());
        let mut other = object();
        other.description = Some(String::new());
        assert_ne!(base, compact_hash(&other, &owned()));
        let mut facts = owned();
        facts.lineage[0].4 = "direct".into();
        assert_ne!(base, compact_hash(&object(), &facts));
    }
}
