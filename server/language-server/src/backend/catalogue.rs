//! The catalogue as features ask for it, answered from the cache of a workspace.

use std::{cell::OnceCell, path::PathBuf};

use metasync_analysis::RelationName;
use metasync_cache::{Lookup, ObjectHit};
use metasync_ide::{
    Catalogue, InRelease,
    alike::nearest,
    catalogue::{Known, Sureness, User},
};
use metasync_protocol::ColumnRow;
use serde_json::Value;
use uuid::Uuid;

use super::{definition::place_of, lookup::Lookups};
use crate::{answers, sync::View};

/// Most names that are compared with an unknown one.
const MAX_COMPARED: usize = 1_000;

/// The cache of a workspace, for one question about one file.
pub struct Cached {
    view: View,
    root: PathBuf,
    path: String,
    /// The connection that the file belongs to; objects of others are elsewhere.
    connection: OnceCell<Option<Uuid>>,
}

impl Cached {
    /// For the file at a relative path.
    pub fn new(view: View, root: PathBuf, path: String) -> Cached {
        Cached {
            view,
            root,
            path,
            connection: OnceCell::new(),
        }
    }

    fn own_connection(&self) -> Option<Uuid> {
        *self.connection.get_or_init(|| {
            let lookup = Lookup::Path {
                relative_path: self.path.clone(),
            };
            let hits = self.view.ask(|reader| reader.find(&lookup))?;
            hits.first().map(|hit| hit.connection_id)
        })
    }

    /// Whether an object's file is one of this workspace: another repository may have the same path.
    pub fn is_here(&self, hit: &ObjectHit) -> bool {
        self.own_connection().is_none_or(|own| own == hit.connection_id)
            && place_of(hit, &self.root).is_some()
    }

    /// Whether an object is another connection's, and has a file there.
    pub fn is_elsewhere(&self, hit: &ObjectHit) -> bool {
        hit.path.is_some() && self.own_connection() != Some(hit.connection_id) && !self.is_here(hit)
    }

    fn known(&self, hit: ObjectHit) -> Known {
        let is_here = self.is_here(&hit);
        Known {
            id: hit.id,
            name: hit.name,
            full_name: hit.full_name,
            object_type: hit.object_type,
            path: hit.path.filter(|_| is_here),
        }
    }

    fn hit(&self, id: Uuid) -> Option<ObjectHit> {
        Lookups::new(&self.view, &self.path).hit(id)
    }
}

impl Catalogue for Cached {
    fn is_complete(&self) -> bool {
        self.view.ask(|reader| reader.last_sync_at()).flatten().is_some()
    }

    fn relation(&self, name: &RelationName, path: &str) -> Vec<Known> {
        let hits = Lookups::new(&self.view, path).relation(name);
        hits.into_iter().map(|hit| self.known(hit)).collect()
    }

    fn macros(&self, package: Option<&str>, name: &str) -> Vec<Known> {
        let hits = Lookups::new(&self.view, &self.path).macros(package, name);
        hits.into_iter().map(|hit| self.known(hit)).collect()
    }

    fn object(&self, id: Uuid) -> Option<Known> {
        self.hit(id).map(|hit| self.known(hit))
    }

    fn columns(&self, object: Uuid) -> Vec<ColumnRow> {
        self.view
            .ask(|reader| reader.columns_of(object))
            .unwrap_or_default()
    }

    fn sureness(&self, object: Uuid) -> Sureness {
        let Some(hit) = self.hit(object) else {
            return Sureness::default();
        };
        let metadata = self
            .view
            .ask(|reader| reader.metadata(object))
            .unwrap_or_default();
        let is_read = match hit.object_type.as_str() {
            "seed" => true,
            // what Python makes is not known
            "model" | "snapshot" | "table" | "view" => hit.path.is_some_and(|path| path.ends_with(".sql")),
            _ => false,
        };
        let list = metadata.get("missing_columns").and_then(Value::as_array);
        let missing = list
            .into_iter()
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()));
        Sureness {
            is_closed: is_read
                && metadata.get("open") != Some(&Value::Bool(true))
                // a template that could not be rendered may make anything
                && metadata.get("rendered") != Some(&Value::Bool(false)),
            missing: missing.collect(),
        }
    }

    fn users(&self, object: Uuid, column: &str) -> Vec<User> {
        let lineage = self.view.ask(|reader| reader.column_lineage(object, column));
        let own = self.own_connection();
        let targets = lineage.unwrap_or_default().targets;
        targets
            .into_iter()
            .filter_map(|end| {
                let id = end.object?;
                let hit = self.hit(id)?;
                let is_own = own.is_none_or(|own| own == hit.connection_id);
                Some(User {
                    object: id,
                    name: end.object_name,
                    column: end.column,
                    transformation: end.transformation,
                    elsewhere: (!is_own)
                        .then(|| hit.connection.unwrap_or_else(|| "another repository".to_owned())),
                })
            })
            .collect()
    }

    fn has_file(&self, stem: &str) -> bool {
        self.view.ask(|reader| reader.has_file(stem)).unwrap_or_default()
    }

    fn degrees(&self, object: Uuid) -> (u64, u64) {
        self.view.ask(|reader| reader.degrees(object)).unwrap_or_default()
    }

    fn arguments(&self, object: Uuid) -> Vec<String> {
        let metadata = self
            .view
            .ask(|reader| reader.metadata(object))
            .unwrap_or_default();
        let list = metadata.get("arguments").and_then(Value::as_array);
        let name = |one: &Value| one.as_str().or(one.get("name")?.as_str()).map(str::to_owned);
        list.into_iter().flatten().filter_map(name).collect()
    }

    fn releases(&self, test: &str) -> Vec<InRelease> {
        let tests = self.view.ask(|reader| reader.tests_named(test));
        answers::facts::releases(tests.unwrap_or_default())
    }

    fn alike(&self, types: &[&str], name: &str) -> Vec<String> {
        let first: String = name.chars().take(1).collect();
        let hits = self
            .view
            .ask(|reader| reader.names_of_type(types, &first, MAX_COMPARED));
        nearest(hits.unwrap_or_default().into_iter().map(|hit| hit.name), name)
    }
}
