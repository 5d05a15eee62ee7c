//! The texts of a workspace: open documents as they are typed, other files from disk.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use metasync_analysis::Language;
use metasync_ide::rename::Files;
use sha2::{Digest, Sha256};

use super::{Backend, convert, workspaces::Workspace};

/// Files above this size (bytes) are not looked into.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Whether a text is the one that the catalogue was made from, whatever ends its lines: git may write others into the
/// folder than it keeps.
pub(super) fn has_hash(text: &str, known: &str) -> bool {
    let is_known = |text: &str| hex::encode(Sha256::digest(text.as_bytes())) == known;
    is_known(text) || (text.contains('\r') && is_known(&text.replace("\r\n", "\n")))
}

/// The files that the catalogue lists, and the open documents.
pub struct Texts {
    root: PathBuf,
    open: HashMap<String, Arc<str>>,
    listed: Vec<String>,
}

impl Backend {
    /// The texts of a workspace now.
    pub(super) fn texts(&self, workspace: &Workspace) -> Texts {
        let mut texts = self.texts_near(workspace);
        let listed = &mut texts.listed;
        let known = workspace.handle.view.ask(|reader| reader.file_paths());
        listed.extend(known.unwrap_or_default());
        listed.extend(texts.open.keys().cloned());
        listed.sort();
        listed.dedup();
        texts
    }

    /// The same where files are asked for by their names only.
    pub(super) fn texts_near(&self, workspace: &Workspace) -> Texts {
        let root = workspace.found.root.clone();
        let below = |uri: &tower_lsp::ls_types::Uri| {
            let path = convert::path_of(uri)?;
            path.starts_with(&root).then(|| convert::relative(&path, &root))
        };
        let open = self.documents.all();
        let open = open
            .into_iter()
            .filter_map(|(uri, document)| Some((below(&uri)?, document.text.text)));
        let open: HashMap<String, Arc<str>> = open.collect();
        Texts {
            root,
            open,
            listed: Vec::new(),
        }
    }
}

impl Files for Texts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        if let Some(text) = self.open.get(path) {
            return Some(text.clone());
        }
        let inside = !path.split('/').any(|part| part == "..");
        let full = self.root.join(path);
        let size = std::fs::metadata(&full).ok()?.len();
        if !inside || size > MAX_FILE_BYTES {
            return None;
        }
        std::fs::read_to_string(full).ok().map(Into::into)
    }

    fn mentioning(&self, word: &str) -> Vec<(String, Arc<str>)> {
        let folded = word.to_lowercase();
        let finder = memchr::memmem::Finder::new(folded.as_bytes());
        let looked_into = |path: &&String| Language::of_path(path) != Language::Other;
        let mentioning = |path: &String| {
            let text = self.text(path)?;
            finder.find(text.to_lowercase().as_bytes())?;
            Some((path.clone(), text))
        };
        self.listed
            .iter()
            .filter(looked_into)
            .filter_map(mentioning)
            .collect()
    }
}
