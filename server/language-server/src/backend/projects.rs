//! Several dbt projects in one folder: which of them a file belongs to, and what its names can mean.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use metasync_cache::ObjectHit;

/// The file that makes a folder a project.
pub const PROJECT: &str = "dbt_project.yml";
/// Where a project keeps the packages that it uses; each is a project of its own.
const PACKAGES: &str = "dbt_packages/";
/// The files in which a project names the packages that it uses.
const NAMED_IN: [&str; 2] = ["packages.yml", "dependencies.yml"];

/// The projects below a folder, looked up on disk when somebody asks, each folder once.
pub struct Projects {
    root: PathBuf,
    known: RefCell<HashMap<String, bool>>,
}

impl Projects {
    /// Those of a workspace.
    pub fn below(root: &Path) -> Projects {
        Projects {
            root: root.to_owned(),
            known: RefCell::default(),
        }
    }

    /// The folder, with a slash behind it where it is not the root, of the project that a file belongs to: the
    /// innermost one around it.
    pub fn of(&self, path: &str) -> Option<String> {
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            if self.is_project(folder) {
                let slash = if folder.is_empty() { "" } else { "/" };
                return Some(format!("{folder}{slash}"));
            }
            if folder.is_empty() {
                return None;
            }
        }
    }

    fn is_project(&self, folder: &str) -> bool {
        if let Some(known) = self.known.borrow().get(folder) {
            return *known;
        }
        let is_project = self.root.join(folder).join(PROJECT).is_file();
        self.known.borrow_mut().insert(folder.to_owned(), is_project);
        is_project
    }

    /// Whether a project uses packages that lie somewhere in this folder, too.
    fn uses_neighbours(&self, project: &str) -> bool {
        NAMED_IN.iter().any(|file| {
            std::fs::read_to_string(self.root.join(project).join(file))
                .is_ok_and(|text| text.contains("local:"))
        })
    }

    /// Keeps what a name in the file at `path` can mean: the objects of its own project where there are some, else
    /// those of the packages that it uses. `is_here` tells whose files are in this folder.
    pub fn keep_meant(&self, hits: &mut Vec<ObjectHit>, path: &str, is_here: impl Fn(&ObjectHit) -> bool) {
        let Some(own) = self.of(path) else {
            return;
        };
        let is_own = |hit: &ObjectHit| self.of_hit(hit, &is_here).as_ref() == Some(&own);
        if hits.iter().any(is_own) {
            hits.retain(is_own);
        } else {
            self.keep_usable(hits, path, is_here);
        }
    }

    /// The same for a list of names to choose from: what is no own object stays if its name can be used.
    pub fn keep_usable(&self, hits: &mut Vec<ObjectHit>, path: &str, is_here: impl Fn(&ObjectHit) -> bool) {
        let Some(own) = self.of(path) else {
            return;
        };
        let packages = format!("{own}{PACKAGES}");
        let mut uses_neighbours = None;
        hits.retain(|hit| match self.of_hit(hit, &is_here) {
            Some(project) if project != own && !project.starts_with(&packages) => {
                *uses_neighbours.get_or_insert_with(|| self.uses_neighbours(&own))
            }
            _ => true,
        });
    }

    /// The project of an object whose file is in this folder.
    fn of_hit(&self, hit: &ObjectHit, is_here: impl Fn(&ObjectHit) -> bool) -> Option<String> {
        self.of(hit.path.as_deref().filter(|_| is_here(hit))?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_innermost_project() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["", "a/inner", "b"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
            std::fs::write(root.path().join(folder).join(PROJECT), "name: x").unwrap();
        }
        let projects = Projects::below(root.path());
        assert_eq!(projects.of("models/x.sql").as_deref(), Some(""));
        assert_eq!(projects.of("a/models/x.sql").as_deref(), Some(""));
        assert_eq!(projects.of("a/inner/models/x.sql").as_deref(), Some("a/inner/"));
        assert_eq!(projects.of("b/x.sql").as_deref(), Some("b/"));
        std::fs::remove_file(root.path().join(PROJECT)).unwrap();
        assert_eq!(Projects::below(root.path()).of("models/x.sql"), None);
    }
}
