//! Where the state of a workspace lives: below the cache folder, never inside the workspace.
//!
//! ```text
//! <cache dir>/hub/<hub and organization>/<workspace>/cache.db      a copy of a hub's catalogue
//! <cache dir>/local/<root>/cache.db                                local mode
//! <cache dir>/folder/<folder and user>/{cache.db, hub/, …}         a published catalogue, likewise
//! <cache dir>/local/<root>/{hub/, hub.lock, hub.json}              its embedded hub
//! <cache dir>/workspaces/<root>                                    the folder last used for a root
//! ```

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Found, identity::sha256};
use crate::settings::Mode;

/// Hex digits of a hash that name a folder: 64 bits tell a user's workspaces apart.
const NAME_DIGITS: usize = 16;

/// Longest name of a file that is called by something's name, without its ending, in characters.
pub const STEM_MAX: usize = 80;

/// The places of one workspace in one mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder that holds all of it.
    pub folder: PathBuf,
}

impl Places {
    /// For a workspace in a mode.
    pub fn of(cache_dir: &Path, mode: &Mode, found: &Found) -> Places {
        let folder = match mode {
            Mode::Hub {
                url, organization, ..
            } => {
                let organization = organization.as_deref().unwrap_or_default();
                let hub = short(&format!("{}\n{organization}", url.trim_end_matches('/')));
                // clones and worktrees of one repository share a copy
                cache_dir
                    .join("hub")
                    .join(hub)
                    .join(&found.identity.hash[..NAME_DIGITS])
            }
            // one copy for all workspaces: it is whole, and nobody's own
            Mode::Folder(folder) => {
                let user = folder.username.as_deref().unwrap_or_default();
                cache_dir
                    .join("folder")
                    .join(short(&format!("{}\n{user}", folder.url)))
            }
            // local facts are those of one work tree
            Mode::Local | Mode::Off => cache_dir.join("local").join(short(&found.root.to_string_lossy())),
        };
        Places { folder }
    }

    /// The cache's database.
    pub fn cache(&self) -> PathBuf {
        self.folder.join("cache.db")
    }

    /// Pages about objects of other repositories, beside a cache.
    pub fn pages_beside(cache: &Path) -> PathBuf {
        cache.with_file_name("pages")
    }

    /// Data of the embedded hub.
    pub fn hub_data(&self) -> PathBuf {
        self.folder.join("hub")
    }

    /// Held by the process that runs the embedded hub.
    pub fn hub_lock(&self) -> PathBuf {
        self.folder.join("hub.lock")
    }

    /// Where the embedded hub is reached; readable by its owner only.
    pub fn hub_endpoint(&self) -> PathBuf {
        self.folder.join("hub.json")
    }

    /// Creates the folder, for its owner only.
    pub fn create(&self) -> io::Result<()> {
        create_private(&self.folder)
    }

    /// Remembers that this root was last used with these places, so that the command line finds
    /// what an editor pulled with settings that only the editor has.
    pub fn remember(&self, cache_dir: &Path, root: &Path) -> io::Result<()> {
        let file = memory(cache_dir, root);
        if let Some(parent) = file.parent() {
            create_private(parent)?;
        }
        let text = self.folder.to_string_lossy();
        if std::fs::read_to_string(&file).is_ok_and(|known| known == text) {
            return Ok(());
        }
        write_private(&file, text.as_bytes())
    }

    /// What was last used for a root.
    pub fn remembered(cache_dir: &Path, root: &Path) -> Option<Places> {
        let folder = PathBuf::from(std::fs::read_to_string(memory(cache_dir, root)).ok()?);
        folder.starts_with(cache_dir).then_some(Places { folder })
    }
}

fn memory(cache_dir: &Path, root: &Path) -> PathBuf {
    cache_dir.join("workspaces").join(short(&root.to_string_lossy()))
}

fn short(text: &str) -> String {
    sha256(text)[..NAME_DIGITS].to_owned()
}

/// A name as a file can be called everywhere, without its ending; `nameless` where nothing is left of it.
pub fn file_stem(name: &str, nameless: &str) -> String {
    let safe = |c: char| match c {
        '_' | '-' => c,
        c if c.is_alphanumeric() => c,
        _ => '_',
    };
    let stem: String = name.chars().take(STEM_MAX).map(safe).collect();
    if stem.is_empty() {
        nameless.to_owned()
    } else {
        stem
    }
}

/// Creates a folder and its parents, readable by their owner only.
pub fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for a lock: made if need be, readable by its owner only, its content left alone.
pub fn open_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&beside)?.write_all(bytes)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Identity;

    fn found(root: &str, hash: &str) -> Found {
        let identity = Identity {
            identifier: "a/b".into(),
            hash: hash.repeat(32),
            remotes: vec![],
        };
        Found {
            root: root.into(),
            identity,
            git: true,
        }
    }

    fn hub(url: &str, organization: &str) -> Mode {
        Mode::Hub {
            url: url.into(),
            organization: Some(organization.into()),
            token: Some("t".into()),
        }
    }

    #[test]
    fn worktrees_share_a_hubs_copy_but_not_local_facts() {
        let cache = Path::new("/c");
        let (one, two) = (found("/a", "ab"), found("/b", "ab"));
        assert_eq!(
            Places::of(cache, &hub("https://h/", "o"), &one),
            Places::of(cache, &hub("https://h", "o"), &two)
        );
        assert_ne!(
            Places::of(cache, &Mode::Local, &one),
            Places::of(cache, &Mode::Local, &two)
        );
        assert_ne!(
            Places::of(cache, &hub("https://h", "o"), &one),
            Places::of(cache, &hub("https://h", "p"), &one)
        );
    }

    #[test]
    fn the_last_places_of_a_root_are_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places::of(dir.path(), &Mode::Local, &found("/a", "ab"));
        assert_eq!(Places::remembered(dir.path(), Path::new("/a")), None);
        places.remember(dir.path(), Path::new("/a")).unwrap();
        assert_eq!(Places::remembered(dir.path(), Path::new("/a")), Some(places));
    }
}
