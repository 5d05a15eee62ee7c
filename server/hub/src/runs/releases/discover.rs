//! The tests of a tree: listed, read and analysed without a checkout, and without running anything of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use metasync_analysis::{FoundTests, Memo, Severity, SourceFile, TestSearch, tests_below};
use metasync_sources::{Entry, FileContent, git::ReleaseRepository};

use super::{super::context::Failure, result::FileDetail, staging::Staging};

/// How often imports that lead out of what was read are followed.
const MAX_ROUNDS: usize = 8;

/// Names of the files with pytest's configuration.
const CONFIGURATION: &[&str] = &[
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
];

/// What a tree holds.
pub(super) struct Discovered {
    pub(super) tests: FoundTests,
    /// The test files that could be read, by path.
    pub(super) files: BTreeMap<String, FileContent>,
    /// Test files that could not be read or parsed.
    pub(super) failed: BTreeSet<String>,
    /// What is wrong in files, of whatever kind.
    pub(super) errors: Vec<FileDetail>,
    pub(super) staging: Staging,
}

/// Reads and analyses the tests below `base`.
pub(super) async fn discover(
    repository: &ReleaseRepository,
    tree: &str,
    base: &str,
    staging: Option<&str>,
) -> Result<Discovered, Failure> {
    let wanted = |path: &str| path.ends_with(".py") || Some(path) == staging || is_configuration(path, base);
    let (entries, unreadable) = repository.list(tree, &wanted).await?;
    let listed: HashMap<&str, &Entry> = entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let mut paths: BTreeSet<String> = listed
        .keys()
        .filter(|path| path.ends_with(".py"))
        .map(|p| (*p).to_owned())
        .collect();
    paths.extend(unreadable.iter().map(|error| error.path.clone()));
    if !paths.iter().any(|path| is_below(base, path)) {
        return Err(Failure::new(
            "no_tests",
            format!(
                "no Python file lies in {:?} on this branch: check test_discovery_base_path (TEST_DISCOVERY_BASE_PATH)",
                if base.is_empty() { "/" } else { base }
            ),
        ));
    }
    let mut reading = Reading {
        repository,
        texts: HashMap::new(),
        errors: Vec::new(),
        unreadable: unreadable.iter().map(|error| error.path.clone()).collect(),
    };
    reading.errors.extend(
        unreadable
            .into_iter()
            .filter(|error| is_below(base, &error.path))
            .map(detail),
    );
    let first = |path: &&str| !path.ends_with(".py") || is_below(base, path) || is_conftest_above(base, path);
    let now: Vec<Entry> = listed
        .keys()
        .filter(|path| first(path))
        .map(|path| listed[*path].clone())
        .collect();
    reading.read(now).await?;

    let mut memo = Memo::default();
    let mut rounds = 0;
    let tests = loop {
        let (found, back) = analyse(
            reading.sources(&paths, base),
            paths.clone(),
            base.to_owned(),
            memo,
        )
        .await?;
        memo = back;
        rounds += 1;
        let more: Vec<Entry> = found
            .missing
            .iter()
            .filter(|path| !reading.texts.contains_key(path.as_str()))
            .filter_map(|path| listed.get(path.as_str()).map(|entry| (*entry).clone()))
            .collect();
        if more.is_empty() || rounds == MAX_ROUNDS {
            break found;
        }
        reading.read(more).await?;
    };
    Ok(reading.into_discovered(tests, staging))
}

/// What was read so far.
struct Reading<'r> {
    repository: &'r ReleaseRepository,
    texts: HashMap<String, FileContent>,
    errors: Vec<FileDetail>,
    unreadable: BTreeSet<String>,
}

impl Reading<'_> {
    async fn read(&mut self, mut entries: Vec<Entry>) -> Result<(), Failure> {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let contents = self.repository.read(&entries).await?;
        for file in contents.files {
            self.texts.insert(file.path.clone(), file);
        }
        for error in contents.errors {
            self.unreadable.insert(error.path.clone());
            self.errors.push(detail(error));
        }
        Ok(())
    }

    /// What the analysis is given; a file that can't be read is there and empty, so that it is known for a test
    /// file where it is one.
    fn sources(&self, paths: &BTreeSet<String>, base: &str) -> Vec<SourceFile> {
        let read = self
            .texts
            .values()
            .map(|file| (file.path.clone(), file.text.clone()));
        let empty = self
            .unreadable
            .iter()
            .filter(|path| paths.contains(*path) && is_below(base, path));
        let empty = empty.map(|path| (path.clone(), String::new()));
        read.chain(empty)
            .map(|(path, text)| SourceFile { path, text })
            .collect()
    }

    fn into_discovered(mut self, tests: FoundTests, staging: Option<&str>) -> Discovered {
        let is_test: BTreeSet<&str> = tests.files.iter().map(String::as_str).collect();
        let mut failed: BTreeSet<String> = self
            .unreadable
            .iter()
            .filter(|path| is_test.contains(path.as_str()))
            .cloned()
            .collect();
        for problem in tests
            .facts
            .problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
        {
            if is_test.contains(problem.path.as_str()) {
                failed.insert(problem.path.clone());
            }
            self.errors.push(FileDetail {
                path: problem.path.clone(),
                line: Some(problem.line),
                message: problem.message.clone(),
            });
        }
        let staging = match staging {
            None => Staging::default(),
            Some(path) => match self.texts.get(path) {
                Some(file) => Staging::parse(path, &file.text),
                None => Staging::missing(path),
            },
        };
        self.errors.extend(staging.unknown.iter().cloned());
        let files = tests
            .files
            .iter()
            .filter_map(|path| Some((path.clone(), self.texts.get(path)?.clone())));
        Discovered {
            files: files.collect(),
            failed,
            errors: self.errors,
            staging,
            tests,
        }
    }
}

/// On a thread of its own, and no longer than somebody waits for it.
async fn analyse(
    files: Vec<SourceFile>,
    paths: BTreeSet<String>,
    base: String,
    mut memo: Memo,
) -> Result<(FoundTests, Memo), Failure> {
    let gone = Arc::new(AtomicBool::new(false));
    let guard = Gone(Arc::clone(&gone));
    let work = move || {
        let search = TestSearch {
            base: &base,
            paths: &paths,
        };
        let found = tests_below(&mut memo, &files, search, &|_, _| !gone.load(Ordering::Relaxed));
        (found.unwrap_or_default(), memo)
    };
    let done = tokio::task::spawn_blocking(work).await;
    drop(guard);
    done.map_err(|error| {
        Failure::new(
            "internal_error",
            format!("the analysis of the tests failed: {error}"),
        )
    })
}

/// Tells the analysis that its run is gone.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn detail(error: metasync_protocol::repositories::FileError) -> FileDetail {
    FileDetail {
        path: error.path,
        line: error.line,
        message: error.message,
    }
}

fn is_below(base: &str, path: &str) -> bool {
    base.is_empty() || path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_conftest_above(base: &str, path: &str) -> bool {
    path.rsplit('/').next() == Some("conftest.py") && (folder(path).is_empty() || is_in(folder(path), base))
}

/// Configuration counts in the folder itself and in those around it.
fn is_configuration(path: &str, base: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    CONFIGURATION.contains(&name) && is_in(folder(path), base)
}

/// Whether `base` is the folder, or in it.
fn is_in(outer: &str, base: &str) -> bool {
    outer.is_empty() || outer == base || is_below(outer, base)
}
