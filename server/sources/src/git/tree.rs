//! The files of a commit, and which of them changed between two trees; without any checkout.

use std::collections::HashSet;

use metasync_protocol::repositories::FileError;

use super::command::Git;
use crate::{
    ChangedFiles, Entry, SourceError,
    limits::{LOCAL_GIT_TIMEOUT, MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES},
    listing::{file_error, too_large},
};

/// Regular files; symbolic links (120000) and submodules (160000) are left alone (security.md 16).
const REGULAR_MODES: &[&[u8]] = &[b"100644", b"100755", b"100664"];

/// SHA-1 or SHA-256, in hex.
pub(super) fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Paths that differ between two trees; `None` where the old one is not here any more.
pub(super) async fn changed(git: &Git, old: &str, new: &str) -> Result<Option<HashSet<String>>, SourceError> {
    if old == new {
        return Ok(Some(HashSet::new()));
    }
    if !is_object_id(old) {
        return Ok(None);
    }
    let args = [
        "diff-tree",
        "-r",
        "-z",
        "--name-only",
        "--no-renames",
        "--no-ext-diff",
        "--end-of-options",
        old,
        new,
    ];
    let diff = git.run(&args, LOCAL_GIT_TIMEOUT).await?;
    if !diff.status.success() {
        return Ok(None);
    }
    let paths = diff.stdout.split(|b| *b == 0).filter(|p| !p.is_empty());
    Ok(Some(
        paths.map(|p| String::from_utf8_lossy(p).into_owned()).collect(),
    ))
}

/// The wanted files that differ between two trees; `None` where that can't be told.
pub(super) async fn changes(
    git: &Git,
    (old, new): (&str, &str),
    wanted: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<Option<ChangedFiles>, SourceError> {
    let mut found = ChangedFiles::default();
    if old == new {
        return Ok(Some(found));
    }
    if !is_object_id(old) {
        return Ok(None);
    }
    let args = [
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "--no-ext-diff",
    ];
    let diff = git
        .run(
            &[&args[..], &["--end-of-options", old, new]].concat(),
            LOCAL_GIT_TIMEOUT,
        )
        .await?;
    if !diff.status.success() {
        return Ok(None);
    }
    let mut fields = diff.stdout.split(|b| *b == 0).filter(|field| !field.is_empty());
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let Ok(path) = std::str::from_utf8(path) else {
            if wanted(&String::from_utf8_lossy(path)) {
                return Ok(None);
            }
            continue;
        };
        if !wanted(path) {
            continue;
        }
        let head: Vec<&[u8]> = head.split(|b| *b == b' ').collect();
        let [old_mode, mode, _, blob, _] = head[..] else {
            return Err(SourceError::Git("git diff-tree gave a line that can't be".into()));
        };
        let is_file = |mode: &[u8]| REGULAR_MODES.contains(&mode);
        if is_file(mode) {
            found.entries.push(Entry {
                path: path.to_owned(),
                size: 0,
                content_hash: None,
                handle: String::from_utf8_lossy(blob).into_owned(),
            });
        } else if is_file(old_mode.strip_prefix(b":").unwrap_or(old_mode)) {
            found.gone.push(path.to_owned());
        }
    }
    found.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(Some(found))
}

/// The wanted files of a tree, sorted by path, and those that can't be read.
pub(super) async fn list(
    git: &Git,
    tree: &str,
    wanted: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<(Vec<Entry>, Vec<FileError>), SourceError> {
    let listed = git
        .run(
            &[
                "ls-tree",
                "-r",
                "-z",
                "-l",
                "--full-tree",
                "--end-of-options",
                tree,
            ],
            LOCAL_GIT_TIMEOUT,
        )
        .await?;
    if !listed.status.success() {
        return Err(listed.error("listing the commit's files"));
    }
    let (mut entries, mut errors, mut total) = (Vec::new(), Vec::new(), 0u64);
    for line in listed.stdout.split(|b| *b == 0) {
        let Some(item) = Item::parse(line) else { continue };
        let Ok(path) = std::str::from_utf8(item.path) else {
            let shown = String::from_utf8_lossy(item.path).into_owned();
            if wanted(&shown) {
                errors.push(file_error(&shown, "encoding", "the file's name is not UTF-8"));
            }
            continue;
        };
        if !wanted(path) {
            continue;
        }
        if item.size > MAX_FILE_BYTES {
            errors.push(too_large(path, item.size));
            continue;
        }
        total += item.size;
        entries.push(Entry {
            path: path.to_owned(),
            size: item.size,
            content_hash: None,
            handle: item.blob.to_owned(),
        });
        if entries.len() > MAX_FILES || total > MAX_TOTAL_BYTES {
            return Err(SourceError::TooLarge(format!(
                "the repository holds more than {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes to index; \
                 leave some out with ignore_patterns"
            )));
        }
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok((entries, errors))
}

struct Item<'a> {
    blob: &'a str,
    size: u64,
    path: &'a [u8],
}

impl<'a> Item<'a> {
    /// `mode SP type SP id SP* size TAB path`; `None` for all that is no regular file.
    fn parse(line: &'a [u8]) -> Option<Item<'a>> {
        let tab = line.iter().position(|b| *b == b'\t')?;
        let (head, path) = (&line[..tab], &line[tab + 1..]);
        let mut fields = head.split(|b| *b == b' ').filter(|f| !f.is_empty());
        let (mode, kind, blob, size) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (REGULAR_MODES.contains(&mode) && kind == b"blob").then_some(())?;
        Some(Item {
            blob: std::str::from_utf8(blob).ok()?,
            size: std::str::from_utf8(size).ok()?.parse().ok()?,
            path,
        })
    }
}
