//! The middle of every feature: a question, the cache, the facts.

use std::rc::Rc;

use metasync_analysis::RelationName;
use metasync_cache::{CacheError, ColumnEnd, Lookup, ObjectHit, Reader};
use metasync_ide::{ColumnFacts, ObjectFacts, facts::Flow, hover};
use metasync_protocol::ColumnRow;
use uuid::Uuid;

use super::projects::Projects;
use crate::{answers, sync::View};

/// Most objects that one name may lead to.
const MAX_HITS: usize = 8;

/// Most entries that one text may lead to.
const MAX_ENTRIES: usize = 100;

/// Looks up what relations and columns a text names.
pub struct Lookups<'a> {
    view: &'a View,
    /// Relative path of the document.
    path: &'a str,
    projects: Rc<Projects>,
}

impl<'a> Lookups<'a> {
    /// For a document.
    pub fn new(view: &'a View, path: &'a str) -> Lookups<'a> {
        Lookups::among(view, path, Rc::new(Projects::below(view.root())))
    }

    /// For a document, where others of the same question have looked for projects already.
    pub fn among(view: &'a View, path: &'a str, projects: Rc<Projects>) -> Lookups<'a> {
        Lookups { view, path, projects }
    }

    /// The objects that a relation's name leads to, best first.
    pub fn relation(&self, name: &RelationName) -> Vec<ObjectHit> {
        let found = self.view.ask(|reader| find(reader, name, self.path));
        let mut hits = found.unwrap_or_default();
        match name {
            // who names a package says whose it is
            RelationName::Ref { package: Some(_), .. } => {}
            RelationName::Ref { .. } | RelationName::Source { .. } => self.keep_meant(&mut hits),
            // SQL may read what another project makes, though rarely
            RelationName::Table { .. } if hits.len() > 1 => {
                let mut own = hits.clone();
                self.keep_meant(&mut own);
                if !own.is_empty() {
                    hits = own;
                }
            }
            RelationName::Table { .. } => {}
            RelationName::ThisFile => {
                self.keep_own(&mut hits);
                // a name alone is not enough where another project has it
                if hits.iter().all(|hit| hit.path.as_deref() != Some(self.path)) {
                    self.keep_meant(&mut hits);
                }
            }
        }
        hits.truncate(MAX_HITS);
        hits
    }

    /// The macros of a name.
    pub fn macros(&self, package: Option<&str>, name: &str) -> Vec<ObjectHit> {
        let lookup = Lookup::Macro {
            package: package.map(str::to_owned),
            name: name.to_owned(),
        };
        let mut hits = self.view.ask(|reader| reader.find(&lookup)).unwrap_or_default();
        if package.is_none() {
            self.keep_meant(&mut hits);
        }
        hits
    }

    /// Keeps what the document's own project means by a name: several connections may have it, and several projects
    /// in one folder.
    fn keep_meant(&self, hits: &mut Vec<ObjectHit>) {
        self.keep_own(hits);
        let own = self.view.own();
        self.projects.keep_meant(hits, self.path, |hit| {
            own.is_empty() || own.contains(&hit.connection_id)
        });
    }

    /// Keeps the objects of the workspace's own connections where there are some.
    fn keep_own(&self, hits: &mut Vec<ObjectHit>) {
        let own = self.view.own();
        if hits.iter().any(|hit| own.contains(&hit.connection_id)) {
            hits.retain(|hit| own.contains(&hit.connection_id));
        }
    }

    /// Names of objects of these types that begin like `prefix`, as far as the document's project may use them.
    pub fn names(&self, types: &[&str], prefix: &str, limit: usize) -> Vec<ObjectHit> {
        let found = self.view.ask(|reader| reader.names_of_type(types, prefix, limit));
        let mut hits = found.unwrap_or_default();
        let own = self.view.own();
        self.projects.keep_usable(&mut hits, self.path, |hit| {
            own.is_empty() || own.contains(&hit.connection_id)
        });
        hits
    }

    /// The tests with a node id, `path::Class::function`.
    pub fn tests(&self, id: &str) -> Vec<ObjectHit> {
        let tests = self.view.ask(|reader| reader.tests_named(id)).unwrap_or_default();
        tests
            .into_iter()
            .filter_map(|test| self.hit(test.object.id))
            .collect()
    }

    /// The test of a node id, `path::Class::function`, with the releases that have it: as the repository has it, else
    /// as the newest release does.
    pub fn test(&self, id: &str) -> Option<ObjectFacts> {
        let tests = self.view.ask(|reader| reader.tests_named(id)).unwrap_or_default();
        let ids: Vec<Uuid> = tests.iter().map(|test| test.object.id).collect();
        let releases = answers::facts::releases(tests);
        let in_release = |id: &Uuid| releases.iter().any(|one| one.test.id == *id);
        let own = ids.iter().copied().find(|id| !in_release(id));
        let shown = own.or_else(|| releases.last().map(|one| one.test.id))?;
        Some(ObjectFacts {
            releases,
            ..self.object(shown)?
        })
    }

    /// The entries of external sources that bear this title or external id, best first.
    pub fn entries(&self, text: &str) -> Vec<ObjectHit> {
        let mut hits = self
            .view
            .ask(|reader| reader.objects_named(text, MAX_ENTRIES))
            .unwrap_or_default();
        hits.retain(|hit| hover::ENTRY_TYPES.contains(&hit.object_type.as_str()));
        hits
    }

    /// All facts of an object.
    pub fn object(&self, id: Uuid) -> Option<ObjectFacts> {
        let facts = self.view.ask(|reader| reader.facts(id))??;
        Some(answers::facts::for_hover(facts, self.view.is_offline()))
    }

    /// The first of these relations that has the column, and what flows through it.
    pub fn column(&self, candidates: &[RelationName], column: &str) -> Option<ColumnFacts> {
        candidates.iter().find_map(|relation| {
            self.relation(relation)
                .into_iter()
                .find_map(|hit| self.column_of(hit.id, column))
        })
    }

    fn column_of(&self, object: Uuid, name: &str) -> Option<ColumnFacts> {
        let facts = self.view.ask(|reader| reader.facts(object))??;
        let exact = |c: &&ColumnRow| c.name == name;
        let alike = |c: &&ColumnRow| c.name.eq_ignore_ascii_case(name);
        let column = facts
            .columns
            .iter()
            .find(exact)
            .or_else(|| facts.columns.iter().find(alike))?
            .clone();
        let lineage = self
            .view
            .ask(|reader| reader.column_lineage(object, &column.name))
            .unwrap_or_default();
        Some(ColumnFacts {
            sources: lineage
                .sources
                .into_iter()
                .map(|end| self.flow(end, true))
                .collect(),
            targets: lineage
                .targets
                .into_iter()
                .map(|end| self.flow(end, false))
                .collect(),
            origin: answers::facts::origin(&facts.connection, facts.synced_at, self.view.is_offline()),
            object: facts.object,
            path: facts.path,
            column,
        })
    }

    fn flow(&self, end: ColumnEnd, describe: bool) -> Flow {
        let described = end.object.filter(|_| describe).and_then(|id| {
            let columns = self.view.ask(|reader| reader.columns_of(id))?;
            columns
                .into_iter()
                .find(|c| c.name.eq_ignore_ascii_case(&end.column))?
                .description
        });
        Flow {
            object: end.object_name,
            column: end.column,
            transformation: end.transformation,
            description: described,
        }
    }
}

fn find(reader: &Reader, name: &RelationName, path: &str) -> Result<Vec<ObjectHit>, CacheError> {
    let lookup = match name {
        RelationName::Ref { package, name } => Lookup::Ref {
            package: package.clone(),
            name: name.clone(),
        },
        RelationName::Source { source, table } => Lookup::Source {
            source: source.clone(),
            table: table.clone(),
        },
        RelationName::Table { parts } => Lookup::Table { parts: parts.clone() },
        RelationName::ThisFile => Lookup::Path {
            relative_path: path.to_owned(),
        },
    };
    let mut hits = reader.find(&lookup)?;
    if hits.is_empty()
        && *name == RelationName::ThisFile
        && let Some(stem) = path.rsplit('/').next().and_then(|file| file.split('.').next())
    {
        // a new file, or one whose folder the hub knows under another root
        hits = reader.find(&Lookup::Ref {
            package: None,
            name: stem.to_owned(),
        })?;
    }
    Ok(hits)
}

impl Lookups<'_> {
    /// An object as a list shows it.
    pub fn hit(&self, id: Uuid) -> Option<ObjectHit> {
        self.view.ask(|reader| reader.object(id)).flatten()
    }
}
