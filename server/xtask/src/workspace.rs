//! Where the repository is, and what is in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ignore::WalkBuilder;

/// Files beyond this are never read as text by a rule (bytes).
const LARGEST_TEXT: u64 = 4 * 1024 * 1024;

/// Root of the repository that this program was built in.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// Where Cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// The content; `None` for what is no text.
    pub text: Option<String>,
}

impl File {
    /// Last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the name ends in one of these extensions.
    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        self.name()
            .rsplit_once('.')
            .is_some_and(|(_, e)| extensions.contains(&e))
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .as_deref()
            .unwrap_or("")
            .lines()
            .zip(1..)
            .map(|(l, n)| (n, l))
    }
}

/// All files that belong to the repository: what the ignore files leave, in the order of paths.
pub fn files(root: &Path) -> Result<Vec<File>> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .require_git(false)
        .git_global(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.context("while listing the repository's files")?;
        if !entry.file_type().is_some_and(|t| t.is_file()) {
            continue;
        }
        let path = entry.path();
        let small = entry.metadata().is_ok_and(|m| m.len() <= LARGEST_TEXT);
        let text = if small {
            let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
            String::from_utf8(bytes).ok().filter(|t| !t.contains('\0'))
        } else {
            None
        };
        let relative = path.strip_prefix(root).unwrap_or(path);
        files.push(File {
            path: relative.to_string_lossy().replace('\\', "/"),
            text,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
