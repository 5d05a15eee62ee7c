//! Which files a folder holds.

use std::path::Path;

use ignore::WalkBuilder;
use metasync_protocol::repositories::FileError;

use crate::{
    SourceError,
    limits::{MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES},
    listing::{file_error, too_large},
};

/// Folders that hold what tools made or fetched, even where no `.gitignore` says so. Hidden ones
/// (`.git`, `.venv`) are skipped anyway.
const SKIPPED_FOLDERS: &[&str] = &[
    "node_modules",
    "venv",
    "site-packages",
    "__pycache__",
    "dbt_packages",
    "dbt_modules",
];

/// What dbt leaves in `target` that says more than its sources: the catalogue of the warehouse.
const DBT_ARTIFACTS: &[&str] = &["catalog.json", "manifest.json"];

/// A file that can be read.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) metadata: std::fs::Metadata,
}

/// What the walk found.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) files: Vec<Found>,
    pub(super) errors: Vec<FileError>,
    /// Folders that could not be read.
    pub(super) unknown: Vec<String>,
}

pub(super) fn walk(root: &Path) -> Result<Walked, SourceError> {
    let shown = root.display();
    match std::fs::metadata(root) {
        Ok(m) if m.is_dir() => {}
        Ok(_) => return Err(SourceError::NotFound(format!("{shown} is not a folder"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(SourceError::NotFound(format!("the folder {shown} is not there")));
        }
        Err(e) => return Err(SourceError::io(format!("looking at {shown}"))(e)),
    }
    std::fs::read_dir(root).map_err(SourceError::io(format!("reading the folder {shown}")))?;

    let mut walked = Walked::default();
    let mut files = 0usize;
    for item in builder(root).build() {
        match item {
            Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => {
                files += 1;
                if files > MAX_FILES * 10 {
                    return Err(SourceError::TooLarge(format!(
                        "{shown} holds more than {} files",
                        MAX_FILES * 10
                    )));
                }
                take(root, &entry, &mut walked);
            }
            Ok(_) => {} // folders, symbolic links, sockets, …
            Err(error) => report(root, &error, &mut walked),
        }
    }
    walked.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

fn builder(root: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .follow_links(false)
        .max_depth(Some(MAX_DEPTH))
        // The root's own .gitignore files count, with or without a .git beside them; those of folders
        // above, and the user's global one, do not: the answer hangs on nothing outside the folder.
        .require_git(false)
        .parents(false)
        .git_global(false)
        .filter_entry(|entry| {
            let folder = entry.file_type().is_some_and(|t| t.is_dir());
            let skipped = entry
                .file_name()
                .to_str()
                .is_some_and(|n| SKIPPED_FOLDERS.contains(&n));
            entry.depth() == 0 || !((folder && skipped) || is_made(entry, folder))
        });
    builder
}

/// Whether something stands in a folder `target` and is not what dbt leaves there to be read.
fn is_made(entry: &ignore::DirEntry, folder: bool) -> bool {
    let inside = entry
        .path()
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|name| name == "target");
    let name = entry.file_name().to_str();
    inside && entry.depth() > 1 && (folder || !name.is_some_and(|name| DBT_ARTIFACTS.contains(&name)))
}

fn take(root: &Path, entry: &ignore::DirEntry, walked: &mut Walked) {
    let Ok(relative) = entry.path().strip_prefix(root) else {
        return;
    };
    let Some(path) = relative.to_str() else {
        let shown = slashed(&relative.to_string_lossy());
        walked
            .errors
            .push(file_error(&shown, "encoding", "the file's name is not UTF-8"));
        return;
    };
    let path = slashed(path);
    match entry.metadata() {
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES => {
            walked.errors.push(too_large(&path, metadata.len()));
        }
        Ok(metadata) => walked.files.push(Found { path, metadata }),
        Err(e) => walked.errors.push(file_error(
            &path,
            "unreadable",
            format!("the file can't be looked at: {e}"),
        )),
    }
}

fn report(root: &Path, error: &ignore::Error, walked: &mut Walked) {
    match path_of(error) {
        Some(path) => {
            let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
            tracing::warn!(folder = %relative, %error, "a folder of the workspace can't be read");
            walked.unknown.push(slashed(&relative));
        }
        // Which folder it was is not known, so nothing may be taken for gone.
        None => {
            tracing::warn!(%error, "the workspace can't be read completely");
            walked.unknown.push(String::new());
        }
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

fn slashed(path: &str) -> String {
    if std::path::MAIN_SEPARATOR == '/' {
        path.to_owned()
    } else {
        path.replace(std::path::MAIN_SEPARATOR, "/")
    }
}
