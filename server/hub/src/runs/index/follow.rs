//! An incremental run: only what changed is read and parsed, and of the rest only what depends on it.
//!
//! A file's facts depend on its text and on what the names in it mean. So the files that changed are
//! analysed with what the names that they need are known to mean; where the meaning of a name changed,
//! those that need it are analysed too, until nothing more changes. The facts are those of a full run;
//! where that can't be had in this way, the full run is made.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use metasync_analysis::{Dialect, Layout, Severity, Standing};
use metasync_protocol::repositories::{FileError, JobResult};
use metasync_sources::{Contents, Entry, Listing};
use metasync_store::{Footprints, LiveFile};
use serde_json::Value;

use super::{
    super::context::Failure,
    analysis,
    branch::IndexBranch,
    closure::Closure,
    compare::{gives_to_others, held_back},
    difference::{Difference, Keep},
    found::add_errors,
    memory::{FailedFile, Memory},
    share,
    write::Writing,
};

/// What changed since the catalogue was made.
pub(super) struct Delta {
    /// Files that may have another content, or are new.
    pub(super) entries: Vec<Entry>,
    /// Files that are gone.
    pub(super) gone: Vec<String>,
    /// Files that can't be listed: of those that changed, or (with a listing) all.
    pub(super) errors: Vec<FileError>,
    /// What the adapter remembers.
    pub(super) state: Value,
    /// Everything, where the adapter had to list it.
    pub(super) listing: Option<Listing>,
}

impl Delta {
    /// Whether nothing changed. A listing that had to be made tells all files that can't be listed, and
    /// these may be others than last time.
    pub(super) fn is_empty(&self, memory: &Memory) -> bool {
        let same_errors = || match &self.listing {
            Some(_) => {
                self.errors.len() == memory.unlisted.len()
                    && self.errors.iter().all(|e| memory.is_unlisted(e))
            }
            None => self.errors.is_empty(),
        };
        self.entries.is_empty() && self.gone.is_empty() && same_errors()
    }
}

/// Why everything has to be read.
pub(super) type Whole = &'static str;

pub(super) const CIRCLE: Whole = "files depend on each other in a circle";

/// More files than this are rather analysed all together.
const MOST_FILES: usize = 20_000;

impl IndexBranch<'_> {
    /// Follows a change, unless a full run has to be made.
    pub(super) async fn follow(
        &self,
        delta: &Delta,
        memory: &Memory,
        dialect: Option<Dialect>,
        result: &mut JobResult,
    ) -> Result<Result<(), Whole>, Failure> {
        if delta.entries.len() + delta.gone.len() > MOST_FILES {
            return Ok(Err("many files changed"));
        }
        let Some(layout) = self.layout(delta, memory).await? else {
            return Ok(Err("a file changed that many depend on"));
        };
        let contents = self.read_changed(&delta.entries).await?;
        let is_inert = |path: &str| layout.standing(path) == Standing::Inert;
        // An unreadable model is still a model: what others say about it, a full run knows.
        if contents
            .errors
            .iter()
            .chain(&delta.errors)
            .any(|e| !is_inert(&e.path) && !memory.is_unlisted(e))
        {
            return Ok(Err("a changed file can't be read"));
        }
        let mut closure = Closure::new(self, (delta, memory), &layout, dialect, &contents);
        let found = match closure.find().await? {
            Ok(found) => found,
            Err(reason) => return Ok(Err(reason)),
        };
        let live = self.live_of(delta).await?;
        let mut failures: BTreeMap<String, Vec<FileError>> = BTreeMap::new();
        let problems = found
            .part
            .facts
            .problems
            .iter()
            .filter(|p| p.severity == Severity::Error);
        for problem in problems.filter(|p| found.owned.contains(&p.path)) {
            // What it gives to others is missing there: that is weighed against everything.
            if gives_to_others(&problem.path) {
                return Ok(Err("a file that describes others is broken"));
            }
            failures.entry(problem.path.clone()).or_default().push(FileError {
                path: problem.path.clone(),
                line: Some(problem.line),
                kind: "parsing".into(),
                message: problem.message.clone(),
            });
        }
        for error in contents.errors.iter().chain(&delta.errors) {
            failures
                .entry(error.path.clone())
                .or_default()
                .push(error.clone());
        }

        let rows = self.rows();
        let with_facts: HashSet<_> = found.live.iter().filter_map(|(o, _)| o.file_id).collect();
        let kept: BTreeSet<&str> = failures
            .keys()
            .map(String::as_str)
            .filter(|path| memory.had_good_facts(path) && with_facts.contains(&rows.file_id(path)))
            .collect();
        let keep = Keep {
            files: kept.iter().map(|path| rows.file_id(path)).collect(),
            unchanged_files: None,
            unknown: &|_| false,
        };
        let footprints = Footprints {
            branch: self.memory_key().to_owned(),
            files: found
                .owned
                .iter()
                .map(|path| (rows.file_id(path), analysis::stored(&found.part.footprints, path)))
                .chain(delta.gone.iter().map(|path| (rows.file_id(path), None)))
                .collect(),
        };
        let live_objects = found.live_objects();
        let objects = found
            .part
            .facts
            .objects
            .into_iter()
            .filter(|fact| fact.path.as_ref().is_none_or(|path| found.owned.contains(path)))
            .map(|fact| rows.object(fact))
            .collect();
        let mut difference = Difference::of(objects, &live_objects, &keep);
        difference.rebase(memory.objects);
        if difference.is_suspicious() && !self.options.force {
            result.would_delete = Some(difference.deleted.len() as u64);
            result.objects += difference.before as u64;
            return Err(held_back(&difference));
        }

        let fresh = self.remember(memory, delta, &live, &failures, (&kept, &found.owned), &contents);
        let fresh = Memory {
            objects: difference.after as u64,
            ..fresh
        };
        self.count(&fresh, &live, &contents, &failures, result);
        let words = contents
            .files
            .iter()
            .map(|file| (rows.file_id(&file.path), metasync_store::words_of(&file.text)))
            .collect();
        let files = contents.files.iter().map(|file| rows.file_of(file));
        let files = files.filter(|row| {
            live.get(&row.relative_path)
                .is_none_or(|old| old.row_hash != row.row_hash)
        });
        let writing = Writing {
            files: files.collect(),
            objects: difference.objects,
            deleted_files: delta
                .gone
                .iter()
                .filter_map(|path| live.get(path))
                .map(|f| f.id)
                .collect(),
            deleted_objects: difference.deleted,
            footprints,
            words,
            ..Writing::default()
        };
        self.write(writing, &fresh).await?;
        Ok(Ok(()))
    }

    /// Reads the files that changed: these are what the run counts.
    async fn read_changed(&self, entries: &[Entry]) -> Result<Contents, Failure> {
        let reporter = &self.context.reporter;
        reporter.more_files(entries.len());
        let read = std::sync::atomic::AtomicUsize::new(0);
        let seen = |path: &str| {
            reporter.file(path);
            let nth = read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let share = (share::READ - share::FETCHED) * nth as f64 / entries.len().max(1) as f64;
            reporter.percentage(self.percentage(share::FETCHED + share));
        };
        Ok(self.source.read(entries, &seen).await?)
    }

    /// Where dbt projects lie; `None` where that, or what all files share, changed.
    async fn layout(&self, delta: &Delta, memory: &Memory) -> Result<Option<Layout>, Failure> {
        let paths = || delta.entries.iter().map(|e| &e.path).chain(&delta.gone);
        if paths().any(|path| Layout::is_made_of(path)) {
            return Ok(None);
        }
        let Some(entries) = self.entries_of(delta, &memory.layout) else {
            return Ok(None);
        };
        let read = self.source.read(&entries, &|_| {}).await?;
        let files: Vec<_> = read.files.into_iter().map(super::branch::source_file).collect();
        let layout = Layout::of(&files);
        let is_shared = paths().any(|path| layout.standing(path) == Standing::Shared);
        Ok((!is_shared).then_some(layout))
    }

    /// Entries of files that are there; `None` where one can't be named.
    pub(super) fn entries_of<'p>(
        &self,
        delta: &Delta,
        paths: impl IntoIterator<Item = &'p String>,
    ) -> Option<Vec<Entry>> {
        paths
            .into_iter()
            .map(|path| match &delta.listing {
                Some(listing) => listing
                    .entries
                    .binary_search_by(|e| e.path.as_str().cmp(path))
                    .ok()
                    .map(|at| listing.entries[at].clone()),
                None => self.source.entry(&delta.state, path),
            })
            .collect()
    }

    /// The rows of the files that changed, by path.
    async fn live_of(&self, delta: &Delta) -> Result<BTreeMap<String, LiveFile>, Failure> {
        let rows = self.rows();
        let paths = delta.entries.iter().map(|e| &e.path).chain(&delta.gone);
        let paths = paths.chain(delta.errors.iter().map(|e| &e.path));
        let ids: Vec<_> = paths.map(|path| rows.file_id(path)).collect();
        let store = &self.context.runs.store;
        let live = store.files_by_id(self.context.run.org, &ids).await?;
        Ok(live.into_iter().map(|f| (f.relative_path.clone(), f)).collect())
    }

    /// The memory after this change.
    fn remember(
        &self,
        memory: &Memory,
        delta: &Delta,
        live: &BTreeMap<String, LiveFile>,
        failures: &BTreeMap<String, Vec<FileError>>,
        (kept, owned): (&BTreeSet<&str>, &BTreeSet<String>),
        contents: &Contents,
    ) -> Memory {
        let mut fresh = memory.clone();
        fresh.source.clone_from(&delta.state);
        let known = |path: &str| {
            live.contains_key(path)
                || memory.failed.contains_key(path)
                || memory.unlisted.iter().any(|e| e.path == path)
        };
        let there = delta.entries.iter().map(|e| e.path.as_str());
        let there: BTreeSet<&str> = there
            .chain(delta.errors.iter().map(|e| e.path.as_str()))
            .collect();
        let added = there.iter().filter(|path| !known(path)).count() as u64;
        let gone = delta.gone.iter().filter(|path| known(path)).count() as u64;
        fresh.files = (fresh.files + added).saturating_sub(gone);
        let looked_at =
            |path: &str| there.contains(path) || owned.contains(path) || delta.gone.iter().any(|g| g == path);
        fresh.failed.retain(|path, _| !looked_at(path));
        fresh.unlisted.retain(|e| !looked_at(&e.path));
        fresh.unlisted.extend(delta.errors.iter().cloned());
        fresh.unlisted.sort_by(|a, b| a.path.cmp(&b.path));
        let entries = delta
            .errors
            .iter()
            .map(|e| e.path.as_str())
            .collect::<BTreeSet<_>>();
        for (path, errors) in failures
            .iter()
            .filter(|(path, _)| !entries.contains(path.as_str()))
        {
            let failed = FailedFile {
                hash: contents
                    .files
                    .iter()
                    .find(|f| f.path == *path)
                    .map(|f| f.content_hash.clone()),
                kept: kept.contains(path.as_str()),
                errors: errors.clone(),
            };
            fresh.failed.insert(path.clone(), failed);
        }
        fresh
    }

    fn count(
        &self,
        fresh: &Memory,
        live: &BTreeMap<String, LiveFile>,
        contents: &Contents,
        failures: &BTreeMap<String, Vec<FileError>>,
        result: &mut JobResult,
    ) {
        let (mut added, mut modified) = (0, 0);
        for file in contents.files.iter().filter(|f| !failures.contains_key(&f.path)) {
            match live.get(&file.path) {
                None => added += 1,
                Some(old) if old.content_hash != file.content_hash => modified += 1,
                Some(_) => {}
            }
        }
        let there: HashSet<&str> = contents.files.iter().map(|f| f.path.as_str()).collect();
        let errors = contents.errors.iter().map(|e| e.path.as_str());
        let failing: HashSet<&str> = errors
            .chain(fresh.unlisted.iter().map(|e| e.path.as_str()))
            .collect();
        let deleted = live
            .keys()
            .filter(|p| !there.contains(p.as_str()) && !failing.contains(p.as_str()));
        result.files_deleted += deleted.count() as u64;
        result.files_added += added;
        result.files_modified += modified;
        fresh.count_rest(added + modified, result);
        add_errors(result, fresh.errors());
        result.objects += fresh.objects;
    }
}

impl Memory {
    fn is_unlisted(&self, error: &FileError) -> bool {
        self.unlisted.contains(error)
    }

    /// All errors of files.
    pub(super) fn errors(&self) -> impl Iterator<Item = &FileError> {
        let failed = self.failed.values().flat_map(|f| &f.errors);
        self.unlisted.iter().chain(failed)
    }

    /// Counts the files that failed, and of the others those that are as they were.
    pub(super) fn count_rest(&self, changed: u64, result: &mut JobResult) {
        let failed = (self.failed.len() + self.unlisted.len()) as u64;
        result.files_failed += failed;
        result.files_unchanged += self.files.saturating_sub(failed + changed);
    }
}
