//! The catalogue as features ask for it, answered from the cache of a workspace.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use metasync_analysis::RelationName;
use metasync_cache::{Lookup, ObjectHit};
use metasync_ide::{
    Catalogue, File, InRelease,
    alike::nearest,
    catalogue::{Known, Sureness, Target, User},
    references::references,
};
use metasync_protocol::ColumnRow;
use serde_json::Value;
use uuid::Uuid;

use super::{convert, definition::place_of, lookup::Lookups, projects::Projects, texts::has_hash};
use crate::{answers, documents::Documents, sync::View};

/// Most names that are compared with an unknown one.
const MAX_COMPARED: usize = 1_000;

/// The cache of a workspace, for one question about one file.
pub struct Cached {
    view: View,
    root: PathBuf,
    path: String,
    /// The connection that the file belongs to; objects of others are elsewhere.
    connection: OnceCell<Option<Uuid>>,
    /// The projects of the workspace, as far as they were looked up for this question.
    projects: Rc<Projects>,
    /// What the editor has open, where texts matter that are not saved.
    open: Option<Arc<Documents>>,
    /// The texts that are others than the catalogue was made from, as far as it was asked.
    changed: RefCell<HashMap<String, Option<Arc<str>>>>,
}

impl Cached {
    /// For the file at a relative path.
    pub fn new(view: View, root: PathBuf, path: String) -> Cached {
        Cached {
            projects: Rc::new(Projects::below(view.root())),
            view,
            root,
            path,
            connection: OnceCell::new(),
            open: None,
            changed: RefCell::default(),
        }
    }

    fn lookups<'a>(&'a self, path: &'a str) -> Lookups<'a> {
        Lookups::among(&self.view, path, self.projects.clone())
    }

    /// Takes the editor's texts for those of the files that are open.
    pub fn with_open(self, documents: Arc<Documents>) -> Cached {
        Cached {
            open: Some(documents),
            ..self
        }
    }

    /// The text of an object's file, if it is another one here than the catalogue was made from.
    fn changed_text(&self, hit: &ObjectHit) -> Option<Arc<str>> {
        let path = hit.path.as_deref().filter(|_| self.is_here(hit))?;
        if let Some(known) = self.changed.borrow().get(path) {
            return known.clone();
        }
        let file = self.root.join(path);
        let open = self
            .open
            .as_ref()
            .and_then(|open| open.get(&convert::uri_of(&file)?));
        let text = match open {
            Some(document) => Some(document.text.text),
            None => std::fs::read_to_string(&file).ok().map(Into::into),
        };
        let known = self.view.ask(|reader| reader.content_hash(path)).flatten();
        let changed = text.filter(|text| known.is_some_and(|known| !has_hash(text, &known)));
        self.changed.borrow_mut().insert(path.to_owned(), changed.clone());
        changed
    }

    /// Whether an object may still use a column as the catalogue says: its text may have been changed since, as by a
    /// rename that is not saved yet.
    fn may_use(&self, hit: &ObjectHit, object: Uuid, column: &str) -> bool {
        let (Some(text), Some(path)) = (self.changed_text(hit), hit.path.as_deref()) else {
            return true;
        };
        let file = File::new(path, &text).in_dialect(self.view.options().dialect);
        let target = Target::Column(object, column.to_lowercase());
        text.contains('*') || !references(&file, &target, self).is_empty()
    }

    /// Whether a connection's files are the workspace's own; `None` where that is not known.
    fn is_own(&self, connection: Uuid) -> Option<bool> {
        let own = self.view.own();
        if !own.is_empty() {
            return Some(own.contains(&connection));
        }
        self.connection_of_the_file().map(|own| own == connection)
    }

    fn connection_of_the_file(&self) -> Option<Uuid> {
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
        self.is_own(hit.connection_id) != Some(false) && place_of(hit, &self.root).is_some()
    }

    /// Whether an object is another connection's.
    pub fn is_elsewhere(&self, hit: &ObjectHit) -> bool {
        match self.is_own(hit.connection_id) {
            Some(own) => !own,
            // it can be told by the file alone
            None => hit.path.is_some() && !self.is_here(hit),
        }
    }

    /// The workspace's copy.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of the file, relative to the folder.
    pub fn path(&self) -> &str {
        &self.path
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
        self.lookups(&self.path).hit(id)
    }
}

impl Catalogue for Cached {
    fn is_complete(&self) -> bool {
        self.view.ask(|reader| reader.last_sync_at()).flatten().is_some()
    }

    fn relation(&self, name: &RelationName, path: &str) -> Vec<Known> {
        let hits = self.lookups(path).relation(name);
        hits.into_iter().map(|hit| self.known(hit)).collect()
    }

    fn macros(&self, package: Option<&str>, name: &str, path: &str) -> Vec<Known> {
        let hits = self.lookups(path).macros(package, name);
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
        let is_changed = self.changed_text(&hit).is_some();
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
            is_changed,
            missing: missing.collect(),
        }
    }

    fn users(&self, object: Uuid, column: &str) -> Vec<User> {
        let lineage = self.view.ask(|reader| reader.column_lineage(object, column));
        let targets = lineage.unwrap_or_default().targets;
        targets
            .into_iter()
            .filter_map(|end| {
                let id = end.object?;
                let hit = self.hit(id).filter(|hit| self.may_use(hit, object, column))?;
                let is_own = self.is_own(hit.connection_id) != Some(false);
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
        // new files, and renamed ones, are not in the catalogue yet
        self.view.ask(|reader| reader.has_file(stem)).unwrap_or_default() || self.view.stems().contains(stem)
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
        let hits = self.lookups(&self.path).names(types, &first, MAX_COMPARED);
        nearest(hits.into_iter().map(|hit| hit.name), name)
    }
}
