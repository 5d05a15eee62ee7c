//! The tests of a release: those below one folder of a repository, each once, where it is written (seed 000).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::drafts::Drafts;
use super::memo::Memo;
use super::tests::{ignored, is_ignored, mentioned, put, read_with_imports};
use super::watch::{Progress, Watch};
use crate::python::collect::{Test, tests};
use crate::python::config::Config;
use crate::python::module::Function;
use crate::{Facts, Language, SourceFile, Target};

/// Most names of relations that one test may mention.
const MAX_MENTIONS: usize = 50;
/// A relation's name in a text has at least and at most so many bytes.
const MENTION_BYTES: std::ops::RangeInclusive<usize> = 3..=200;
/// Most parts of such a name: catalogue, database, schema, table.
const MAX_PARTS: usize = 4;
/// Longer marks are shown by their beginning and a hash of the rest.
const MAX_MARK_CHARS: usize = 300;
/// With such a word a text with white space begins that may be SQL.
const SQL_VERBS: [&str; 9] = [
    "select", "insert", "update", "delete", "merge", "create", "with", "truncate", "drop",
];

/// Where tests are looked for.
#[derive(Clone, Copy, Debug)]
pub struct TestSearch<'a> {
    /// The folder, from the repository's root; empty: all of it. As if pytest were given it.
    pub base: &'a str,
    /// All Python files of the repository: what can be imported.
    pub paths: &'a BTreeSet<String>,
}

/// The tests below a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundTests {
    /// Objects of type `test`, and what is wrong with files.
    pub facts: Facts,
    /// The files that pytest would look into.
    pub files: Vec<String>,
    /// Files that are imported and were not given: with them the facts may be better.
    pub missing: Vec<String>,
}

/// The tests that `pytest BASE` would collect in the repository's root, by their ids without parameters. One that
/// is inherited or imported from where it is listed anyway is left out. What a test names in texts that may be a
/// relation is a dependency of type `mention` on that name. `None` when told to stop.
pub fn tests_below(
    memo: &mut Memo,
    files: &[SourceFile],
    search: TestSearch<'_>,
    progress: &Progress<'_>,
) -> Option<FoundTests> {
    let work = |files: &[&SourceFile], watch: &Watch<'_>, memo: &mut Memo| find(files, search, watch, memo);
    super::watched(memo, files, progress, work, |facts| FoundTests {
        facts,
        ..FoundTests::default()
    })
}

fn find(
    files: &[&SourceFile],
    search: TestSearch<'_>,
    watch: &Watch<'_>,
    memo: &mut Memo,
) -> Option<FoundTests> {
    let python: BTreeMap<&str, &SourceFile> = files
        .iter()
        .filter(|file| Language::of_path(&file.path) == Language::Python)
        .map(|file| (file.path.as_str(), *file))
        .collect();
    let mut drafts = Drafts::default();
    let config = Config::below(search.base, files, &mut drafts.problems);
    let wanted: Vec<&str> = python
        .keys()
        .copied()
        .filter(|path| !path.ends_with(".pyi") && config.wants(path))
        .collect();
    // Other folders' `conftest.py` says nothing about these.
    let base = search.base.trim_matches('/');
    let near = |path: &String| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        !path.ends_with("/conftest.py") || is_below(base, folder) || is_below(folder, base)
    };
    let paths = search.paths.iter().filter(|path| near(path)).cloned().collect();
    let (modules, missing) = read_with_imports(&python, paths, &wanted, watch, memo)?;
    let ignored = ignored(&modules);
    let mut found: Vec<(&str, Test<'_>)> = Vec::new();
    for path in &wanted {
        let Some(module) = modules.read.get(*path) else {
            continue;
        };
        for (line, message) in &module.errors {
            drafts.problem(path, *line, message.clone());
        }
        if !is_ignored(path, &ignored) {
            found.extend(
                tests(&modules, path, &config)
                    .into_iter()
                    .map(|test| (*path, test)),
            );
        }
    }
    let own: HashSet<*const Function> = found
        .iter()
        .filter(|(_, test)| test.is_own)
        .map(|(_, test)| std::ptr::from_ref(test.function))
        .collect();
    found.retain(|(_, test)| test.is_own || !own.contains(&std::ptr::from_ref(test.function)));
    for (path, test) in &found {
        add(path, test, &mut drafts);
    }
    Some(FoundTests {
        facts: drafts.finish(),
        files: wanted.into_iter().map(str::to_owned).collect(),
        missing,
    })
}

/// Whether a folder is the other one, or in it.
fn is_below(outer: &str, inner: &str) -> bool {
    outer.is_empty()
        || inner == outer
        || inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn add(path: &str, test: &Test<'_>, drafts: &mut Drafts) {
    let Some(object) = put(path, test, drafts) else {
        return;
    };
    let marks = test.marks.iter().copied().chain(&test.function.about.marks);
    let written: Vec<Value> = marks
        .filter_map(|mark| mark.written.as_deref())
        .map(|written| shortened(written).into())
        .collect();
    if let Some(draft) = drafts.all.get_mut(object).filter(|_| !written.is_empty()) {
        draft.metadata.set("mark_arguments", Value::Array(written));
    }
    for name in mentions(test.function) {
        drafts.depend(object, Target::Unknown { name }, "mention");
    }
}

/// Names in texts that may be those of relations, in lower case.
fn mentions(function: &Function) -> BTreeSet<String> {
    let may_be_sql = |text: &str| {
        let first = text.split_whitespace().next().unwrap_or("");
        !text.contains(char::is_whitespace) || SQL_VERBS.iter().any(|verb| first.eq_ignore_ascii_case(verb))
    };
    let texts = function.texts.iter().filter(|text| may_be_sql(text));
    let names = texts.flat_map(|text| mentioned(text)).filter_map(relation);
    names.take(MAX_MENTIONS).collect()
}

fn relation(written: &str) -> Option<String> {
    let name = written.replace(['"', '`', '[', ']'], "").to_lowercase();
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    let fits = MENTION_BYTES.contains(&name.len())
        && name.split('.').count() <= MAX_PARTS
        && name.split('.').all(is_part);
    fits.then_some(name)
}

/// A mark as it is kept: what is cut off still counts.
fn shortened(written: &str) -> String {
    if written.chars().count() <= MAX_MARK_CHARS {
        return written.to_owned();
    }
    let begin: String = written.chars().take(MAX_MARK_CHARS).collect();
    format!("{begin}… ({:016x})", fnv(written.as_bytes()))
}

/// The same on every machine and for ever: it is stored.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
