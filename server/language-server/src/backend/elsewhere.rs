//! Where a definition leads whose file is in another repository: a page that is made from the cache and
//! lies beside it, which every editor can open. Nothing is fetched for it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use metasync_cache::ObjectHit;
use tower_lsp::ls_types::{Range, Uri};

use super::{convert, lookup::Lookups};
use crate::{
    sync::View,
    workspace::places::{create_private, write_private},
};

/// Longest name of a page's file, in characters.
const NAME_MAX: usize = 80;

/// The page about an object, written if it is not there as it should be.
pub(super) fn page_of(view: &View, lookups: &Lookups<'_>, hit: &ObjectHit) -> Option<(Uri, Range)> {
    let folder = view.pages()?.join(hit.id.simple().to_string());
    let facts = lookups.object(hit.id)?;
    let text = metasync_ide::page::page(&facts, jiff::Timestamp::now());
    let path = folder.join(file_name(&hit.name));
    if let Err(error) = put(&folder, &path, &text) {
        tracing::warn!(path = %path.display(), %error, "a page about an object can't be written");
        return None;
    }
    Some((convert::uri_of(&path)?, Range::default()))
}

pub(super) fn put(folder: &Path, path: &PathBuf, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    create_private(folder)?;
    if path.exists() {
        writable(path, true)?;
    }
    write_private(path, text.as_bytes())?;
    writable(path, false)
}

#[allow(
    clippy::permissions_set_readonly_false,
    reason = "the folder is its owner's alone"
)]
pub(super) fn writable(path: &Path, writable: bool) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(!writable);
    fs::set_permissions(path, permissions)
}

/// The object's name as a file can be called everywhere.
fn file_name(name: &str) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || c == '_' || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().take(NAME_MAX).map(safe).collect();
    format!("{}.md", if name.is_empty() { "object" } else { &name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(file_name("orders"), "orders.md");
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd.md");
        assert_eq!(file_name(""), "object.md");
        assert_eq!(file_name(&"x".repeat(500)).len(), NAME_MAX + 3);
    }

    #[test]
    fn a_page_is_written_anew_where_it_changed_and_can_not_be_edited() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("p/a.md");
        for text in ["one", "one", "two"] {
            put(&folder.path().join("p"), &page, text).unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), text);
            assert!(fs::metadata(&page).unwrap().permissions().readonly());
        }
    }
}
