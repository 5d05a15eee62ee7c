//! Where an object opens whose file is in another repository: a page that is made from the cache and
//! lies beside it, which every editor can open. Nothing is fetched for it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use metasync_cache::ObjectHit;
use tower_lsp::ls_types::{Range, Uri};

use super::{catalogue::Cached, convert, definition::place_of, lookup::Lookups};
use crate::{
    sync::View,
    workspace::places::{create_private, file_stem, write_private},
};

/// Most pages that are written for one answer; a list may have hundreds of objects, of which one is opened.
const MAX_NEW: usize = 30;

/// Where the objects of one answer open.
pub(super) struct Places<'a> {
    catalogue: &'a Cached,
    left: usize,
}

impl<'a> Places<'a> {
    /// As one workspace knows them.
    pub fn new(catalogue: &'a Cached) -> Places<'a> {
        Places {
            catalogue,
            left: MAX_NEW,
        }
    }

    /// An object's file where it is here, the page about it where another repository has it; `None` where nothing can
    /// be opened.
    pub fn of(&mut self, hit: &ObjectHit) -> Option<(Uri, Range)> {
        if self.catalogue.is_here(hit) {
            return place_of(hit, self.catalogue.root());
        }
        if !self.catalogue.is_elsewhere(hit) {
            return None;
        }
        let view = self.catalogue.view();
        if view.has_page(hit.id) {
            return Some((convert::uri_of(&path_of(view, hit)?)?, Range::default()));
        }
        self.left = self.left.checked_sub(1)?;
        page_of(view, &Lookups::new(view, self.catalogue.path()), hit)
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        self.catalogue.root()
    }

    /// As [`Places::of`]; what can't be opened stands at the workspace's folder, where it can still be followed.
    pub fn or_root(&mut self, hit: &ObjectHit) -> Option<(Uri, Range)> {
        let found = self.of(hit);
        found.or_else(|| Some((convert::uri_of(self.catalogue.root())?, Range::default())))
    }
}

/// Where the page about an object is or would be.
pub(super) fn path_of(view: &View, hit: &ObjectHit) -> Option<PathBuf> {
    let folder = view.pages()?.join(hit.id.simple().to_string());
    Some(folder.join(file_name(&hit.name)))
}

/// The page about an object, written if it is not there as it should be.
pub(super) fn page_of(view: &View, lookups: &Lookups<'_>, hit: &ObjectHit) -> Option<(Uri, Range)> {
    let path = path_of(view, hit)?;
    let folder = path.parent()?;
    let facts = lookups.object(hit.id)?;
    let text = metasync_ide::page::page(&facts, jiff::Timestamp::now());
    if let Err(error) = put(folder, &path, &text) {
        tracing::warn!(path = %path.display(), %error, "a page about an object can't be written");
        return None;
    }
    view.page_is_written(hit.id);
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
    format!("{}.md", file_stem(name, "object"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::places::STEM_MAX;

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(file_name("orders"), "orders.md");
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd.md");
        assert_eq!(file_name(""), "object.md");
        assert_eq!(file_name(&"x".repeat(500)).len(), STEM_MAX + 3);
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
