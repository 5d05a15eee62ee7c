//! What a run found in the files of a branch: which failed, which changed, and how that is counted.

use std::collections::{BTreeMap, HashSet};

use metasync_analysis::{Facts, Layout, Severity};
use metasync_protocol::{
    FileRow,
    repositories::{FileError, JobResult},
};
use metasync_sources::{Contents, Listing};
use uuid::Uuid;

use super::{
    changes::{Changes, Known},
    memory::Memory,
    rows::Rows,
};

/// Most entries of `errors` in a result.
const MAX_ERRORS: usize = 1_000;

/// Adds errors to a result, as far as there is room.
pub(super) fn add_errors<'a>(result: &mut JobResult, errors: impl Iterator<Item = &'a FileError>) {
    let room = MAX_ERRORS.saturating_sub(result.errors.len());
    let mut errors = errors.cloned();
    result.errors.extend(errors.by_ref().take(room));
    let left = errors.count();
    if left > 0 {
        result.warnings.push(format!("{left} more errors are not listed"));
    }
}

/// What a run found in the files of a branch.
pub(super) struct Found<'a> {
    pub(super) listing: &'a Listing,
    pub(super) contents: &'a Contents,
    pub(super) known: &'a Known<'a>,
    pub(super) memory: &'a Memory,
}

impl<'a> Found<'a> {
    /// Errors of all files that failed, by path.
    pub(super) fn failures(&self, facts: &Facts) -> BTreeMap<String, Vec<FileError>> {
        let unreadable: HashSet<&str> = self.unreadable().collect();
        let mut failures: BTreeMap<String, Vec<FileError>> = BTreeMap::new();
        for error in self.listing.errors.iter().chain(&self.contents.errors) {
            failures
                .entry(error.path.clone())
                .or_default()
                .push(error.clone());
        }
        for problem in facts
            .problems
            .iter()
            .filter(|p| p.severity == Severity::Error && !unreadable.contains(p.path.as_str()))
        {
            failures.entry(problem.path.clone()).or_default().push(FileError {
                path: problem.path.clone(),
                line: Some(problem.line),
                kind: "parsing".into(),
                message: problem.message.clone(),
            });
        }
        failures
    }

    /// Where dbt projects lie.
    pub(super) fn layout(&self) -> Layout {
        let files = self.contents.files.iter();
        let files: Vec<_> = files
            .filter(|f| Layout::is_made_of(&f.path))
            .map(|f| super::branch::source_file(f.clone()))
            .collect();
        Layout::of(&files)
    }

    pub(super) fn unreadable(&self) -> impl Iterator<Item = &'a str> {
        self.listing
            .errors
            .iter()
            .chain(&self.contents.errors)
            .map(|e| e.path.as_str())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.listing.entries.iter().map(|e| e.path.as_str())
    }

    pub(super) fn known_paths(&self) -> impl Iterator<Item = &'a str> {
        self.known.paths()
    }

    pub(super) fn hash(&self, path: &str) -> Option<String> {
        let read = self
            .contents
            .files
            .binary_search_by(|f| f.path.as_str().cmp(path));
        match read {
            Ok(at) => Some(self.contents.files[at].content_hash.clone()),
            Err(_) => self
                .listing
                .entries
                .iter()
                .find(|e| e.path == path)
                .and_then(|e| e.content_hash.clone()),
        }
    }

    /// Rows of files whose content is another than the catalogue's.
    pub(super) fn changed_rows(&self, rows: &Rows<'_>) -> Vec<FileRow> {
        let all = self.contents.files.iter().map(|f| rows.file_of(f));
        all.filter(|row| {
            self.known
                .file(&row.relative_path)
                .is_none_or(|f| f.row_hash != row.row_hash)
        })
        .collect()
    }

    /// Words of the files whose content is another than the catalogue's, or whose words nobody wrote down.
    pub(super) fn words(&self, rows: &Rows<'_>) -> Vec<(Uuid, String)> {
        let changed = self.contents.files.iter().filter(|file| {
            !self.memory.followed
                || self
                    .known
                    .file(&file.path)
                    .is_none_or(|f| f.content_hash != file.content_hash)
        });
        changed
            .map(|file| (rows.file_id(&file.path), metasync_store::words_of(&file.text)))
            .collect()
    }

    pub(super) fn count(
        &self,
        failures: &BTreeMap<String, Vec<FileError>>,
        changes: &Changes<'_>,
        result: &mut JobResult,
    ) {
        for file in &self.contents.files {
            if failures.contains_key(&file.path) {
                continue;
            }
            match self.known.file(&file.path) {
                None => result.files_added += 1,
                Some(old) if old.content_hash != file.content_hash => result.files_modified += 1,
                Some(_) => result.files_unchanged += 1,
            }
        }
        result.files_deleted += changes.deleted.len() as u64;
        result.files_failed += failures.len() as u64;
        add_errors(result, failures.values().flatten());
    }
}
