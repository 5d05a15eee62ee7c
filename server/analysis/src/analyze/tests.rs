//! Python tests as objects.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::drafts::Drafts;
use super::memo::{Memo, key_of};
use super::on_all_cores;
use super::part::is_configuration;
use super::watch::Watch;
use crate::python::collect::{Test, tests};
use crate::python::config::{config_of, configs};
use crate::python::imports::{PYTEST_CONFIGURATION, module_names};
use crate::python::names::Modules;
use crate::python::{Module, patterns, read};
use crate::{Facts, Language, ObjectFact, Problem, SourceFile};

/// What can be mentioned in a text: objects of these types.
const RELATIONS: [&str; 7] = [
    "model",
    "seed",
    "snapshot",
    "source",
    "table",
    "view",
    "materialized_view",
];

/// Adds the tests of a workspace. `claimed`: files that are something else. `None` when told to stop.
pub(super) fn add(
    files: &[&SourceFile],
    claimed: &[bool],
    drafts: &mut Drafts,
    watch: &Watch<'_>,
    memo: &mut Memo,
) -> Option<()> {
    let python: BTreeMap<&str, &SourceFile> = files
        .iter()
        .zip(claimed)
        .filter(|(file, claimed)| !**claimed && Language::of_path(&file.path) == Language::Python)
        .map(|(file, _)| (file.path.as_str(), *file))
        .collect();
    for file in files.iter().filter(|file| is_configuration(&file.path)) {
        drafts.names.provides(&file.path, PYTEST_CONFIGURATION);
    }
    if python.is_empty() {
        return Some(());
    }
    let configs = configs(files, &mut drafts.problems);
    let config = |path: &str| config_of(&configs, path);
    let wanted: Vec<&str> = python
        .keys()
        .copied()
        .filter(|path| !path.ends_with(".pyi") && config(path).is_some_and(|config| config.wants(path)))
        .collect();
    let paths = python.keys().map(|path| (*path).to_owned()).collect();
    let (modules, _) = read_with_imports(&python, paths, &wanted, watch, memo)?;
    for path in python.keys() {
        for name in module_names(path) {
            drafts.names.provides(path, &name);
        }
    }
    for (path, names) in modules.asks(&wanted) {
        for name in names {
            drafts.names.needs(path, &name);
        }
    }
    let ignored = ignored(&modules);
    let mentions = Mentions::of(drafts);
    for path in wanted {
        let (Some(config), Some(module)) = (config(path), modules.read.get(path)) else {
            continue;
        };
        for (line, message) in &module.errors {
            drafts.problem(path, *line, message.clone());
        }
        if is_ignored(path, &ignored) {
            continue;
        }
        for test in tests(&modules, path, config) {
            put_with_mentions(path, &test, &mentions, drafts);
        }
    }
    Some(())
}

/// Whether a `conftest.py` keeps pytest from a file.
pub(super) fn is_ignored(path: &str, ignored: &[String]) -> bool {
    ignored.iter().any(|folder| {
        path == folder || path.starts_with(&format!("{folder}/")) || patterns::fits(folder, path)
    })
}

/// Reads the wanted files and what they import, and says which files among `paths` it would take more.
pub(super) fn read_with_imports(
    python: &BTreeMap<&str, &SourceFile>,
    paths: BTreeSet<String>,
    wanted: &[&str],
    watch: &Watch<'_>,
    memo: &mut Memo,
) -> Option<(Modules, Vec<String>)> {
    let mut modules = Modules {
        read: BTreeMap::new(),
        paths,
    };
    let mut missing = BTreeSet::new();
    let mut open: BTreeSet<String> = wanted.iter().map(|path| (*path).to_owned()).collect();
    if !wanted.is_empty() {
        open.extend(
            modules
                .paths
                .iter()
                .filter(|path| path.rsplit('/').next() == Some("conftest.py"))
                .cloned(),
        );
    }
    // Each round reads files that were not read before.
    loop {
        missing.extend(
            open.iter()
                .filter(|path| !python.contains_key(path.as_str()))
                .cloned(),
        );
        let round: Vec<&SourceFile> = open
            .iter()
            .filter_map(|path| python.get(path.as_str()).copied())
            .collect();
        if round.is_empty() {
            break;
        }
        let fresh = read_all(&round, watch, memo)?;
        let paths: Vec<String> = fresh.iter().map(|(path, _)| path.clone()).collect();
        modules.read.extend(fresh);
        open = paths.iter().flat_map(|path| modules.needs(path)).collect();
    }
    Some((modules, missing.into_iter().collect()))
}

/// Reads files on all cores.
fn read_all(files: &[&SourceFile], watch: &Watch<'_>, memo: &mut Memo) -> Option<Vec<(String, Arc<Module>)>> {
    let mut slots: Vec<(u64, Mutex<Option<Arc<Module>>>)> = Vec::with_capacity(files.len());
    let mut open = Vec::new();
    for (nth, file) in files.iter().enumerate() {
        let key = key_of(&file.text);
        let known = memo.python.get(file.path.clone(), key);
        if known.is_none() {
            open.push(nth);
        }
        slots.push((key, Mutex::new(known)));
    }
    watch.expect(files.len() - open.len(), files.len());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(nth) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !watch.step() {
                break;
            }
            if let (Some(file), Some((_, slot))) = (files.get(*nth), slots.get(*nth))
                && let Ok(mut slot) = slot.lock()
            {
                *slot = Some(Arc::new(read(&file.text)));
            }
        }
    };
    on_all_cores(open.len(), work);
    if watch.is_stopped() {
        return None;
    }
    let mut found = Vec::with_capacity(files.len());
    for (file, (key, slot)) in files.iter().zip(slots) {
        if let Some(module) = slot.into_inner().ok().flatten() {
            memo.python.put(file.path.clone(), key, module.clone());
            found.push((file.path.clone(), module));
        }
    }
    Some(found)
}

/// Paths and patterns that `conftest.py` files ignore.
pub(super) fn ignored(modules: &Modules) -> Vec<String> {
    let mut found = Vec::new();
    for (path, module) in &modules.read {
        let Some(folder) = path.strip_suffix("conftest.py") else {
            continue;
        };
        for name in ["collect_ignore", "collect_ignore_glob"] {
            let list = module.scope.list(name).unwrap_or_default();
            found.extend(
                list.iter()
                    .map(|path| format!("{folder}{}", path.trim_end_matches('/'))),
            );
        }
    }
    found
}

fn put_with_mentions(path: &str, test: &Test<'_>, mentions: &Mentions, drafts: &mut Drafts) {
    let Some(object) = put(path, test, drafts) else {
        return;
    };
    let function = test.function;
    for name in function.texts.iter().flat_map(|text| mentioned(text)) {
        drafts.names.needs(path, name);
    }
    for target in function.texts.iter().flat_map(|text| mentions.find(text)) {
        if let Some(target) = drafts.target(target) {
            drafts.depend(object, target, "mention");
        }
    }
}

/// Adds a test as an object; gives its place among the drafts.
pub(super) fn put(path: &str, test: &Test<'_>, drafts: &mut Drafts) -> Option<usize> {
    let function = test.function;
    let full_name = format!("{path}::{}", test.inside);
    let object = drafts.add(ObjectFact {
        name: test.name.clone(),
        full_name,
        object_type: "test".to_owned(),
        path: Some(path.to_owned()),
        line_start: test.place.map(|place| place.lines.0),
        line_end: test.place.map(|place| place.lines.1),
        description: function.about.doc.clone(),
        ..ObjectFact::default()
    })?;
    let marks: Vec<_> = test.marks.iter().copied().chain(&function.about.marks).collect();
    let mut names: Vec<&str> = marks.iter().map(|mark| mark.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut cases = Some(1usize);
    let mut parameters = Vec::new();
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for mark in &marks {
        if let Some((arguments, count)) = &mark.parametrize {
            cases = cases
                .zip(*count)
                .and_then(|(cases, count)| cases.checked_mul(count.max(1)));
            given.extend(arguments.iter().map(String::as_str));
            parameters.push(json!({ "names": arguments, "count": count }));
        }
    }
    let mut fixtures: BTreeSet<&str> = BTreeSet::new();
    if !test.is_unittest {
        let own = function.arguments.iter().map(String::as_str);
        let is_method = test.inside.contains("::");
        fixtures.extend(own.filter(|name| !(is_method && matches!(*name, "self" | "cls"))));
    }
    for mark in marks.iter().filter(|mark| mark.name == "usefixtures") {
        fixtures.extend(mark.texts.iter().map(String::as_str));
    }
    fixtures.retain(|name| !given.contains(name));
    if let Some(draft) = drafts.all.get_mut(object) {
        let metadata = &mut draft.metadata;
        metadata.set(
            "framework",
            if test.is_unittest { "unittest" } else { "pytest" }.into(),
        );
        metadata.set("marks", names.into());
        metadata.set("fixtures", fixtures.into_iter().collect::<Vec<_>>().into());
        if !parameters.is_empty() {
            metadata.set("parametrize", Value::Array(parameters));
            metadata.set("cases", cases.map_or(Value::Null, Value::from));
        }
        if function.is_async {
            metadata.set("async", Value::Bool(true));
        }
        if let Some((class, _)) = test.inside.rsplit_once("::") {
            metadata.set("class", class.into());
        }
    }
    Some(object)
}

/// The relations of a workspace by the names that texts may call them.
struct Mentions(HashMap<String, Option<usize>>);

impl Mentions {
    fn of(drafts: &Drafts) -> Self {
        let mut names: HashMap<String, Option<usize>> = HashMap::new();
        for (nth, draft) in drafts.all.iter().enumerate() {
            if RELATIONS.contains(&draft.fact.object_type.as_str()) {
                let mut own = vec![
                    draft.fact.name.to_lowercase(),
                    draft.fact.full_name.to_lowercase(),
                ];
                own.dedup();
                for name in own {
                    // A name that two things have says nothing.
                    names
                        .entry(name)
                        .and_modify(|known| *known = None)
                        .or_insert(Some(nth));
                }
            }
        }
        Self(names)
    }

    /// What a text names: all of it, or what follows FROM and the like in SQL.
    fn find(&self, text: &str) -> Vec<usize> {
        if self.0.is_empty() {
            return Vec::new();
        }
        mentioned(text)
            .into_iter()
            .filter_map(|name| self.0.get(&name.to_lowercase()).copied().flatten())
            .collect()
    }
}

/// What in a text may be the name of a relation.
pub(super) fn mentioned(text: &str) -> Vec<&str> {
    let name = |word: &'_ str| -> std::ops::Range<usize> {
        let inside = |c: char| !(c.is_alphanumeric() || c == '_' || c == '.');
        let start = word.len() - word.trim_start_matches(inside).len();
        start..start.max(word.trim_end_matches(inside).len())
    };
    if !text.contains(char::is_whitespace) {
        return vec![&text[name(text)]];
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(2)
        .filter(|pair| {
            ["from", "join", "into", "update", "table"]
                .iter()
                .any(|word| pair[0].eq_ignore_ascii_case(word))
        })
        .map(|pair| &pair[1][name(pair[1])])
        .collect()
}

/// Only the Python tests of a workspace, with the problems of their files.
pub(super) fn only(files: &[&SourceFile], watch: &Watch<'_>, memo: &mut Memo) -> Option<Facts> {
    let mut drafts = Drafts::default();
    let claimed = vec![false; files.len()];
    add(files, &claimed, &mut drafts, watch, memo)?;
    let facts = drafts.finish();
    let problems: Vec<Problem> = facts.problems;
    Some(Facts { problems, ..facts })
}
