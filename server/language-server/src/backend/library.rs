//! Files of the shared library that a hover names: as links to copies beside the cache. No hover waits for one: what is
//! not here is fetched meanwhile, and until then the link leads to a page that says so.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use metasync_ide::{
    ObjectFacts,
    hover::LIBRARY_FILE,
    library::{Missing, page},
};
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    convert,
    elsewhere::{put, writable},
    lookup::Lookups,
    workspaces::Workspace,
};
use crate::workspace::places::{create_private, file_stem, open_private};

/// Largest file that is fetched, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of files that are kept beside a cache; beyond that the oldest go.
const MAX_KEPT_BYTES: u64 = 512 * 1024 * 1024;
/// Endings that a copy keeps: what an editor shows and nobody runs. Everything else becomes a text.
const ENDINGS: &[&str] = &[
    "txt", "md", "csv", "tsv", "json", "yaml", "yml", "xml", "sql", "log", "pdf", "png", "jpg", "jpeg",
    "gif", "webp", "docx", "xlsx", "pptx", "odt", "ods", "odp", "parquet", "zip",
];

/// The files that are on their way.
#[derive(Clone, Default)]
pub struct Fetching(Arc<Mutex<HashSet<Uuid>>>);

/// A file as the catalogue knows it, and where its copy lies.
#[derive(Clone)]
struct Wanted {
    id: Uuid,
    name: String,
    sha256: String,
    size: u64,
    /// The copy.
    path: PathBuf,
    /// The page that stands for it meanwhile.
    page: PathBuf,
}

impl Fetching {
    /// Gives the library's files among an object's neighbours their links, and fetches what is not here.
    pub(super) fn link(&self, workspace: &Workspace, lookups: &Lookups<'_>, facts: &mut ObjectFacts) {
        let view = &workspace.handle.view;
        let is_file = |kind: &Option<String>| kind.as_deref() == Some(LIBRARY_FILE);
        let files = facts.downstream.iter_mut().filter(|n| is_file(&n.object_type));
        for file in files {
            let Some(folder) = view.pages() else { return };
            let object = file
                .id
                .and_then(|id| lookups.object(id))
                .map(|facts| facts.object);
            let wanted = object.and_then(|object| Wanted::of(&object.name, &object.metadata, &folder));
            let Some(wanted) = wanted else { continue };
            file.link = address(&wanted.path).filter(|_| wanted.path.is_file());
            if file.link.is_none() {
                self.stand_in(workspace, &wanted, view.is_offline());
                file.link = address(&wanted.page).filter(|_| wanted.page.is_file());
            }
        }
    }

    /// Writes the page, and fetches the file if that makes sense.
    fn stand_in(&self, workspace: &Workspace, wanted: &Wanted, is_offline: bool) {
        if wanted.size > MAX_FILE_BYTES {
            return wanted.write_page(Missing::TooLarge(MAX_FILE_BYTES));
        }
        if is_offline {
            return wanted.write_page(Missing::Offline);
        }
        if !self.0.lock().insert(wanted.id) {
            return;
        }
        wanted.write_page(Missing::Coming);
        let (fetching, wanted, view) = (self.clone(), wanted.clone(), workspace.handle.view.clone());
        tokio::spawn(async move {
            let fetched = match view.link() {
                Some(link) => wanted.fetch(&link).await,
                None => Err("there is no hub to ask yet".to_owned()),
            };
            match fetched.map(|()| address(&wanted.path)) {
                Ok(Some(address)) => wanted.write_page(Missing::Here(&address)),
                Ok(None) => {}
                Err(why) => wanted.write_page(Missing::Failed(&why)),
            }
            fetching.0.lock().remove(&wanted.id);
        });
    }
}

impl Wanted {
    /// As the hub's catalogue describes it; `None` where that makes no sense.
    fn of(name: &str, metadata: &Value, pages: &Path) -> Option<Wanted> {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str);
        let id = Uuid::try_parse(text("file_id")?).ok()?;
        let sha256 = text("sha256").filter(|t| t.len() == 64 && t.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let folder = pages.join("files");
        Some(Wanted {
            id,
            name: name.to_owned(),
            sha256: sha256.to_owned(),
            size: metadata.get("size").and_then(Value::as_u64)?,
            path: folder.join(sha256).join(file_name(name)),
            page: folder
                .join(id.simple().to_string())
                .join(format!("{}.md", file_name(name))),
        })
    }

    fn write_page(&self, missing: Missing<'_>) {
        let Some(folder) = self.page.parent() else { return };
        if let Err(error) = put(folder, &self.page, &page(&self.name, missing)) {
            tracing::warn!(path = %self.page.display(), %error, "the page about a file can't be written");
        }
    }

    /// Fetches the file; what is not as the catalogue says is not kept.
    async fn fetch(&self, link: &crate::sync::link::Link) -> Result<(), String> {
        let told = |error: io::Error| error.to_string();
        let folder = self.path.parent().ok_or("it has no folder")?;
        create_private(folder).map_err(told)?;
        if let Some(all) = folder.parent() {
            make_room(all, self.size);
        }
        let arriving = folder.join(format!("arriving-{}", std::process::id()));
        let fetched = async {
            let mut file = Hashed {
                file: open_private(&arriving).map_err(told)?,
                hasher: Sha256::new(),
            };
            link.client
                .library_content(&link.organization, self.id, MAX_FILE_BYTES, &mut file)
                .await
                .map_err(|error| error.to_string())?;
            if hex::encode(file.hasher.finalize()) != self.sha256 {
                return Err("it was changed meanwhile; sync first".to_owned());
            }
            writable(&arriving, false).map_err(told)?;
            fs::rename(&arriving, &self.path).map_err(told)
        };
        let fetched = fetched.await;
        if fetched.is_err() {
            let _ = fs::remove_file(&arriving);
        }
        fetched
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    file: fs::File,
    hasher: Sha256,
}

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes the oldest copies until there is room for another one.
fn make_room(folder: &Path, size: u64) {
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        for file in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            if let Ok(about) = file.metadata() {
                kept.push((about.modified().ok(), about.len(), file.path()));
            }
        }
    }
    let mut whole: u64 = size + kept.iter().map(|(_, size, _)| size).sum::<u64>();
    kept.sort();
    for (_, size, path) in kept {
        if whole <= MAX_KEPT_BYTES {
            return;
        }
        if fs::remove_file(&path).is_ok() {
            whole -= size;
        }
    }
}

fn address(path: &Path) -> Option<String> {
    Some(convert::uri_of(path)?.as_str().to_owned())
}

/// A file's name as it can be used everywhere, with an ending that nothing runs.
fn file_name(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = ending.to_ascii_lowercase();
    let (stem, ending) = match ENDINGS.contains(&ending.as_str()) {
        true => (stem, ending.as_str()),
        false => (name, "txt"),
    };
    format!("{}.{ending}", file_stem(stem, "file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::places::STEM_MAX;
    use serde_json::json;

    #[test]
    fn names_stay_in_their_folder_and_run_nowhere() {
        assert_eq!(file_name("Report 1.PDF"), "Report_1.pdf");
        assert_eq!(file_name("../../x.desktop"), "______x_desktop.txt");
        assert_eq!(file_name("run.sh"), "run_sh.txt");
        assert_eq!(file_name(""), "file.txt");
        assert_eq!(file_name(&"\u{e4}".repeat(300)).chars().count(), STEM_MAX + 4);
    }

    #[test]
    fn what_makes_no_sense_is_no_file() {
        let of = |metadata: Value| Wanted::of("a.txt", &metadata, Path::new("/p"));
        let good = json!({"file_id": Uuid::nil(), "sha256": "a".repeat(64), "size": 1});
        assert!(of(good.clone()).is_some_and(|w| w.path.starts_with("/p/files")));
        for (key, value) in [
            ("sha256", json!("../../etc/passwd")),
            ("file_id", json!("x")),
            ("size", json!(-1)),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(of(bad).is_none(), "{key}");
        }
        assert!(of(Value::Null).is_none());
    }

    #[test]
    fn the_oldest_copies_go() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("x"), "x").unwrap();
        }
        make_room(folder.path(), MAX_KEPT_BYTES - 2);
        assert!(folder.path().join("a/x").exists() && folder.path().join("b/x").exists());
        make_room(folder.path(), MAX_KEPT_BYTES);
        assert!(!folder.path().join("a/x").exists() && !folder.path().join("b/x").exists());
    }
}
