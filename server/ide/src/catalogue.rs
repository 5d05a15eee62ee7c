//! What a feature may ask of the catalogue. The language server answers from the cache, tests from a few lines of
//! text; a feature sees neither.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use crate::InRelease;
use metasync_analysis::{Occurrence, Passes, RelationName, SymbolKind};
use metasync_protocol::ColumnRow;
use uuid::Uuid;

/// An object that a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// Unique name.
    pub full_name: String,
    /// `model`, `source`, `macro`, ….
    pub object_type: String,
    /// Relative path of its file in the workspace; `None` where the file is elsewhere.
    pub path: Option<String>,
}

/// A column somewhere else that is made of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The object.
    pub object: Uuid,
    /// Short name of the object.
    pub name: String,
    /// Its column; `*` where a star could not be resolved.
    pub column: String,
    /// `direct`, `renamed`, `expression`, ….
    pub transformation: String,
    /// Name of the object's connection, where it is another one than the workspace's own.
    pub elsewhere: Option<String>,
}

/// How sure the columns of an object are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sureness {
    /// Whether the object has the known columns and no others.
    pub is_closed: bool,
    /// Whether the text that makes the object is another one here than the catalogue was made from: a rename that is not
    /// saved, a commit that is not pushed. Then it may have other columns.
    pub is_changed: bool,
    /// Columns that dbt's YAML describes and the object does not have.
    pub missing: Vec<String>,
}

impl Sureness {
    /// Whether a column that is not known is none.
    pub fn is_certain(&self) -> bool {
        self.is_closed && !self.is_changed
    }

    /// Whether a column is only described.
    pub fn is_missing(&self, column: &str) -> bool {
        self.missing
            .iter()
            .any(|missing| missing.eq_ignore_ascii_case(column))
    }
}

/// Questions to the catalogue. Nothing here waits: what is not known is not there.
pub trait Catalogue {
    /// Whether a sync went through, so that a name which is not found can be called unknown.
    fn is_complete(&self) -> bool;
    /// The objects that a relation's name in the file at `path` leads to, best first.
    fn relation(&self, name: &RelationName, path: &str) -> Vec<Known>;
    /// The macros that a name in the file at `path` leads to, best first.
    fn macros(&self, package: Option<&str>, name: &str, path: &str) -> Vec<Known>;
    /// The object with this id.
    fn object(&self, id: Uuid) -> Option<Known>;
    /// The columns of an object by ordinal.
    fn columns(&self, object: Uuid) -> Vec<ColumnRow>;
    /// How sure the columns of an object are.
    fn sureness(&self, object: Uuid) -> Sureness;
    /// What is made of a column.
    fn users(&self, object: Uuid, column: &str) -> Vec<User>;
    /// Whether a file of the workspace bears this name, so that something disabled or not read yet may.
    fn has_file(&self, stem: &str) -> bool;
    /// How many objects an object is directly built from, and how many use it.
    fn degrees(&self, object: Uuid) -> (u64, u64);
    /// The names of a macro's arguments.
    fn arguments(&self, object: Uuid) -> Vec<String>;
    /// The releases that have the test with this node id.
    fn releases(&self, test: &str) -> Vec<InRelease>;
    /// Names of objects of these types that are spelled like `name`, the closest first.
    fn alike(&self, types: &[&str], name: &str) -> Vec<String>;
}

/// What a name means in the end: the thing that references, renames and highlights are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An object of the catalogue.
    Object(Uuid),
    /// A column of it, folded to lower case.
    Column(Uuid, String),
    /// A CTE, by where its name begins in its file.
    Cte(usize),
    /// A name that no catalogue knows: a `var`, a `doc` block, a test.
    Word(String),
}

/// Resolves names in one file, each once.
pub struct Resolver<'c> {
    catalogue: &'c dyn Catalogue,
    path: &'c str,
    relations: RefCell<HashMap<RelationName, Option<Known>>>,
    columns: RefCell<HashMap<Uuid, Rc<Vec<ColumnRow>>>>,
}

impl<'c> Resolver<'c> {
    /// For the file at `path`.
    pub fn new(catalogue: &'c dyn Catalogue, path: &'c str) -> Resolver<'c> {
        Resolver {
            catalogue,
            path,
            relations: RefCell::default(),
            columns: RefCell::default(),
        }
    }

    /// The catalogue behind it.
    pub fn catalogue(&self) -> &'c dyn Catalogue {
        self.catalogue
    }

    /// The object that a relation's name means.
    pub fn relation(&self, name: &RelationName) -> Option<Known> {
        if let Some(known) = self.relations.borrow().get(name) {
            return known.clone();
        }
        let found = self.catalogue.relation(name, self.path).into_iter().next();
        self.relations.borrow_mut().insert(name.clone(), found.clone());
        found
    }

    /// The columns of an object.
    pub fn columns(&self, object: Uuid) -> Rc<Vec<ColumnRow>> {
        if let Some(known) = self.columns.borrow().get(&object) {
            return known.clone();
        }
        let found = Rc::new(self.catalogue.columns(object));
        self.columns.borrow_mut().insert(object, found.clone());
        found
    }

    /// The column of an object, by its name in any case.
    pub fn column(&self, object: Uuid, name: &str) -> Option<ColumnRow> {
        let columns = self.columns(object);
        let exact = columns.iter().find(|column| column.name == name);
        exact
            .or_else(|| {
                columns
                    .iter()
                    .find(|column| column.name.eq_ignore_ascii_case(name))
            })
            .cloned()
    }

    /// Everything that a name means, the foremost first. A select item that is a column's bare name means that
    /// column, and the column of this file's result too.
    pub fn targets(&self, occurrence: &Occurrence) -> Vec<Target> {
        let mut found = Vec::new();
        match &occurrence.symbol.kind {
            SymbolKind::Relation(name) => {
                found.extend(self.relation(name).map(|known| Target::Object(known.id)));
            }
            SymbolKind::Macro { package, name } => {
                let known = self.catalogue.macros(package.as_deref(), name, self.path);
                found.extend(known.first().map(|known| Target::Object(known.id)));
            }
            SymbolKind::Column {
                column,
                candidates,
                origins,
                local,
            } => {
                let mut owners: Vec<(&RelationName, &str)> = Vec::new();
                if local.is_none() {
                    owners.extend(
                        origins
                            .iter()
                            .map(|(relation, column)| (relation, column.as_str())),
                    );
                }
                if local.is_some() || origins.is_empty() {
                    owners.extend(candidates.iter().map(|relation| (relation, column.as_str())));
                }
                if occurrence.passes == Passes::ToFile {
                    owners.push((&RelationName::ThisFile, column));
                }
                for (relation, column) in owners {
                    if let Some(known) = self.relation(relation)
                        && (origins.len() == 1 || self.column(known.id, column).is_some())
                    {
                        found.push(Target::Column(known.id, column.to_lowercase()));
                    }
                }
            }
            SymbolKind::Cte { span, .. } => found.push(Target::Cte(span.start)),
            SymbolKind::Test { id } => found.push(Target::Word(format!("test {id}"))),
            SymbolKind::Doc { name } => found.push(Target::Word(format!("doc {name}"))),
            SymbolKind::Var { name } => found.push(Target::Word(format!("var {name}"))),
        }
        found
    }
}
