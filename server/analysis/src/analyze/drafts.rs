//! Objects while they are being put together, found by type and name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::Names;
use crate::dbt::metadata::Metadata;
use crate::dbt::properties::Properties;
use crate::sql::lineage::Kind;
use crate::{ColumnFact, DependencyFact, Dialect, Facts, LineageFact, ObjectFact, Problem, Severity, Target};

/// An object being put together.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) fact: ObjectFact,
    pub(crate) metadata: Metadata,
    pub(crate) dependencies: BTreeMap<Target, String>,
    /// By source, source column and target column.
    pub(crate) lineage: BTreeMap<(Target, String, String), Kind>,
    /// Whether a statement creates it, rather than only fills it.
    pub(crate) is_defined: bool,
    /// Whether a file that is not given defines it: then it is no finding.
    pub(super) is_known: bool,
    /// The file that drops it.
    pub(super) dropped_by: Option<String>,
}

/// All objects so far.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) all: Vec<Draft>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) dialects: BTreeMap<String, Dialect>,
    pub(crate) names: Names,
    pub(super) by_key: HashMap<String, usize>,
    /// Models, seeds and snapshots by name: (project, object).
    refs: HashMap<String, Vec<(String, usize)>>,
    /// Versions of models by the model's name: the latest one's file, and the files by `name_v…`.
    versions: HashMap<String, (String, HashMap<String, String>)>,
    /// Macros by name: (project, object).
    macros: HashMap<String, Vec<(String, usize)>>,
}

/// The name under which the SQL part knows an object of dbt.
pub(crate) fn catalog_name(object_type: &str, full_name: &str) -> String {
    format!("{object_type}:{full_name}")
}

impl Drafts {
    pub(super) fn key(object_type: &str, full_name: &str) -> String {
        let name = catalog_name(object_type, full_name);
        // Python tells `test_a` from `test_A`.
        if object_type == "test" && full_name.contains("::") {
            return name;
        }
        name.to_lowercase()
    }

    /// Adds an object; a second one of the same type and name is a problem, and the first stays.
    pub(crate) fn add(&mut self, fact: ObjectFact) -> Option<usize> {
        if let Some(path) = &fact.path {
            self.names.provides(path, &fact.full_name);
            self.names.provides(path, &fact.name);
        }
        let key = Self::key(&fact.object_type, &fact.full_name);
        let known = self.by_key.get(&key).copied();
        if let Some(place) = known
            && let Some(draft) = self.all.get_mut(place).filter(|draft| draft.is_known)
        {
            *draft = Draft {
                fact,
                ..Draft::default()
            };
            return Some(place);
        }
        if let Some(first) = self.by_key.get(&key).and_then(|first| self.all.get(*first)) {
            self.problems.push(Problem {
                path: fact.path.unwrap_or_default(),
                line: fact.line_start.unwrap_or(1),
                message: format!(
                    "a second {} named {}; the first one, in {}, counts",
                    fact.object_type,
                    fact.full_name,
                    first.fact.path.as_deref().unwrap_or("another file")
                ),
                severity: Severity::Error,
            });
            return None;
        }
        let place = self.all.len();
        self.by_key.insert(key, place);
        self.all.push(Draft {
            fact,
            ..Draft::default()
        });
        Some(place)
    }

    pub(crate) fn find(&self, object_type: &str, full_name: &str) -> Option<usize> {
        self.by_key.get(&Self::key(object_type, full_name)).copied()
    }

    /// The object that the SQL part calls `name`: a dbt object by its catalogue name, or a table or view.
    pub(crate) fn by_catalog_name(&self, name: &str) -> Option<usize> {
        let key = name.to_lowercase();
        self.by_key.get(&key).copied().or_else(|| {
            ["table", "view", "materialized_view"]
                .iter()
                .find_map(|kind| self.by_key.get(&Self::key(kind, &key)).copied())
        })
    }

    /// Adds an object that a file that is not given defines, where none of that name is there.
    pub(super) fn know_object(&mut self, fact: ObjectFact) {
        let key = Self::key(&fact.object_type, &fact.full_name);
        let place = self.all.len();
        if self.by_key.contains_key(&key) {
            return;
        }
        let project = fact.full_name.split('.').next().unwrap_or("").to_owned();
        match fact.object_type.as_str() {
            "model" | "seed" | "snapshot" => self.publish(&project, &fact.name.clone(), place),
            "macro" => self.publish_macro(&project, &fact.name.clone(), place),
            _ => {}
        }
        self.by_key.insert(key, place);
        self.all.push(Draft {
            fact,
            is_defined: true,
            is_known: true,
            ..Draft::default()
        });
    }

    /// The file of an object.
    pub(crate) fn path(&self, object: usize) -> Option<String> {
        self.all.get(object)?.fact.path.clone()
    }

    /// Makes a model, seed or snapshot known to `ref`.
    pub(crate) fn publish(&mut self, project: &str, name: &str, object: usize) {
        let path = self.path(object);
        let named = self.refs.entry(name.to_owned()).or_default();
        // In the order of their files, whether those are given or known.
        let at = named
            .partition_point(|(_, other)| self.all.get(*other).is_none_or(|other| other.fact.path <= path));
        named.insert(at, (project.to_owned(), object));
    }

    /// Makes the versions of a model known to `ref`: which one is the latest, and the file of each.
    pub(crate) fn publish_versions(
        &mut self,
        entry: &Properties,
        versions: &[(String, String, &serde_json::Value)],
    ) {
        let number = |version: &str| version.parse::<f64>().ok();
        let latest = match entry.setting("latest_version") {
            Some(serde_json::Value::String(latest)) => Some(latest.clone()),
            Some(serde_json::Value::Number(latest)) => Some(latest.to_string()),
            _ => None,
        };
        let newest = || {
            versions
                .iter()
                .max_by(|(one, ..), (other, ..)| match (number(one), number(other)) {
                    (Some(one), Some(other)) => one.total_cmp(&other),
                    _ => one.cmp(other),
                })
        };
        let chosen = latest.and_then(|latest| versions.iter().find(|(version, ..)| *version == latest));
        if let Some((_, file, _)) = chosen.or_else(newest) {
            let files = versions
                .iter()
                .map(|(version, file, _)| (format!("{}_v{version}", entry.name), file.clone()))
                .collect();
            self.versions.insert(entry.name.clone(), (file.clone(), files));
        }
    }

    pub(crate) fn publish_macro(&mut self, project: &str, name: &str, object: usize) {
        self.macros
            .entry(name.to_owned())
            .or_default()
            .push((project.to_owned(), object));
    }

    /// What `ref` names from inside `project`.
    pub(crate) fn resolve_ref(&self, project: &str, package: Option<&str>, name: &str) -> Option<usize> {
        let said = self
            .versions
            .get(name)
            .map(|(latest, _)| latest.as_str())
            .or_else(|| {
                let (model, _) = name.rsplit_once("_v")?;
                Some(self.versions.get(model)?.1.get(name)?.as_str())
            });
        let said = said.and_then(|file| self.refs.get(file));
        let found = said.or_else(|| self.refs.get(name)).or_else(|| {
            // The newest version of a model with versions.
            (1..=MAX_VERSION)
                .rev()
                .find_map(|version| self.refs.get(&format!("{name}_v{version}")))
        })?;
        pick(found, package.unwrap_or(project), package.is_some())
    }

    pub(crate) fn resolve_macro(&self, project: &str, package: Option<&str>, name: &str) -> Option<usize> {
        pick(
            self.macros.get(name)?,
            package.unwrap_or(project),
            package.is_some(),
        )
    }

    pub(crate) fn target(&self, object: usize) -> Option<Target> {
        let fact = &self.all.get(object)?.fact;
        Some(Target::Object {
            object_type: fact.object_type.clone(),
            full_name: fact.full_name.clone(),
        })
    }

    /// Notes that `object` is built from `target`; the first way of saying so stays.
    pub(crate) fn depend(&mut self, object: usize, target: Target, dependency_type: &str) {
        if self.target(object).as_ref() == Some(&target) {
            return;
        }
        if let Some(draft) = self.all.get_mut(object) {
            draft
                .dependencies
                .entry(target)
                .or_insert_with(|| dependency_type.to_owned());
        }
    }

    pub(crate) fn problem(&mut self, path: &str, line: u32, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.to_owned(),
            line: line.max(1),
            message: message.into(),
            severity: Severity::Error,
        });
    }

    /// As `problem`, for what costs exactness only.
    pub(crate) fn warning(&mut self, path: &str, line: u32, message: impl Into<String>) {
        self.problem(path, line, message);
        if let Some(last) = self.problems.last_mut() {
            last.severity = Severity::Warning;
        }
    }

    /// Everything in its final order.
    pub(crate) fn finish(mut self) -> Facts {
        self.remove_dropped();
        let mut objects: Vec<ObjectFact> = self
            .all
            .into_iter()
            .filter(|draft| !draft.is_known)
            .map(Draft::finish)
            .collect();
        objects.sort_by(|a, b| {
            (&a.path, a.line_start, &a.object_type, &a.full_name).cmp(&(
                &b.path,
                b.line_start,
                &b.object_type,
                &b.full_name,
            ))
        });
        self.problems.sort();
        self.problems.dedup();
        Facts {
            objects,
            problems: self.problems,
            dialects: self.dialects,
        }
    }
}

/// How many versions of a model are tried.
const MAX_VERSION: u32 = 20;

/// The one of the own or named project, else (nothing was named) the first of any other.
fn pick(found: &[(String, usize)], project: &str, only: bool) -> Option<usize> {
    let own = found.iter().find(|(owner, _)| owner == project);
    let any = if only { None } else { found.first() };
    own.or(any).map(|(_, object)| *object)
}

impl Draft {
    fn finish(self) -> ObjectFact {
        let mut fact = self.fact;
        fact.metadata = self.metadata.to_json();
        fact.dependencies = self
            .dependencies
            .into_iter()
            .map(|(target, dependency_type)| DependencyFact {
                target,
                dependency_type,
            })
            .collect();
        fact.dependencies.sort();
        let columns: HashMap<String, String> = fact
            .columns
            .iter()
            .map(|column| (column.name.to_lowercase(), column.name.clone()))
            .collect();
        fact.lineage = self
            .lineage
            .into_iter()
            .map(|((source, source_column, target_column), kind)| LineageFact {
                transformation: transformation(kind, &source_column, &target_column).to_owned(),
                source,
                source_column,
                // As the column itself is written.
                target_column: columns
                    .get(&target_column.to_lowercase())
                    .cloned()
                    .unwrap_or(target_column),
            })
            .collect();
        fact.lineage.sort();
        fact.description = fact.description.filter(|text| !text.is_empty());
        // Names of columns are unique within an object.
        let mut seen = BTreeSet::new();
        fact.columns
            .retain(|column: &ColumnFact| seen.insert(column.name.to_lowercase()));
        fact
    }
}

fn transformation(kind: Kind, source: &str, target: &str) -> &'static str {
    match kind {
        Kind::Plain if source.eq_ignore_ascii_case(target) => "direct",
        Kind::Plain => "renamed",
        Kind::Expression => "expression",
        Kind::Aggregation => "aggregation",
        Kind::Window => "window",
    }
}
