//! The names of a workspace's files that may make a model: new files, and renamed ones, are in no catalogue yet.

use std::{
    collections::HashSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Most entries of the folder that are looked at.
const MAX_ENTRIES: usize = 50_000;
/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 24;
/// Folders of what tools make, old models among it, and of what is nobody's.
const SKIPPED: [&str; 4] = ["target", "logs", "node_modules", "venv"];
/// What the files of models, seeds and snapshots end with.
const MAKERS: [&str; 3] = ["sql", "py", "csv"];
/// What was found is used for so many times as long as it took: a small project is read anew each time, and a large
/// one costs a twentieth of a core at most, however fast one types.
const KEPT_TIMES: u32 = 20;

/// The names, kept for a moment.
#[derive(Default)]
pub struct Stems {
    known: Mutex<Option<Walked>>,
}

struct Walked {
    stems: Arc<HashSet<String>>,
    until: Instant,
}

impl Stems {
    /// The names of the files below a root, without what is behind their first point.
    pub fn below(&self, root: &Path) -> Arc<HashSet<String>> {
        let mut known = self.known.lock();
        let now = Instant::now();
        if let Some(walked) = known.as_ref().filter(|walked| now < walked.until) {
            return walked.stems.clone();
        }
        let stems = Arc::new(walk(root));
        let took: Duration = now.elapsed();
        *known = Some(Walked {
            stems: stems.clone(),
            until: Instant::now() + took * KEPT_TIMES,
        });
        stems
    }
}

fn walk(root: &Path) -> HashSet<String> {
    let mut stems = HashSet::new();
    let mut folders = vec![(root.to_owned(), 0)];
    let mut left = MAX_ENTRIES;
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            left = match left.checked_sub(1) {
                Some(left) => left,
                None => return stems,
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_skipped = name.starts_with('.') || SKIPPED.contains(&name.as_str());
            if is_folder && !is_skipped && depth < MAX_DEPTH {
                folders.push((entry.path(), depth + 1));
            } else if let Some((stem, extension)) = name.split_once('.')
                && MAKERS.contains(&extension)
            {
                stems.insert(stem.to_owned());
            }
        }
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_make_a_model_is_found_and_what_tools_made_is_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "models/a.sql",
            "seeds/b.v2.csv",
            "c.py",
            "target/d.sql",
            ".git/e.sql",
            "models/f.yml",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut stems: Vec<String> = walk(folder.path()).into_iter().collect();
        stems.sort();
        assert_eq!(stems, ["a", "c"]);
    }
}
