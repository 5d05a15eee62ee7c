//! A folder of one's own: a workspace, a home, a cache.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{binary, editor::Editor};

/// A workspace and the places around it; all of it goes with it.
pub struct Place {
    base: tempfile::TempDir,
    /// The workspace.
    pub workspace: PathBuf,
    /// What every process here is given.
    pub environment: Vec<(String, String)>,
}

impl Place {
    /// A workspace of this name with these files.
    pub fn new(name: &str, files: &[(&str, &str)]) -> Place {
        let base = tempfile::Builder::new()
            .prefix("metasync-story-")
            .tempdir()
            .unwrap();
        let root = base.path().canonicalize().unwrap();
        let folder = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(&path).unwrap();
            path.display().to_string()
        };
        let environment = [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("METASYNC_CACHE_DIR", "cache"),
        ];
        let mut environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, path)| ((*name).to_owned(), folder(path)))
            .collect();
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "t"),
            ("GIT_AUTHOR_EMAIL", "t@example.invalid"),
        ] {
            environment.push((name.to_owned(), value.to_owned()));
            environment.push((name.replace("AUTHOR", "COMMITTER"), value.to_owned()));
        }
        let place = Place {
            workspace: PathBuf::from(folder(name)),
            base,
            environment,
        };
        place.write(files);
        place
    }

    /// The folder around the workspace.
    pub fn base(&self) -> PathBuf {
        self.base.path().canonicalize().unwrap()
    }

    /// Writes files into the workspace.
    pub fn write(&self, files: &[(&str, &str)]) {
        write(&self.workspace, files);
    }

    /// Runs the program in the workspace.
    pub fn run(&self, arguments: &[&str]) -> Output {
        binary::run(&self.workspace, &self.environment, arguments)
    }

    /// Runs the program, which must succeed, and reads its JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "metasync {arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).expect("one JSON document on stdout")
    }

    /// An editor with this workspace open.
    pub fn editor(&self) -> Editor {
        Editor::open(self, serde_json::Value::Null)
    }

    /// Runs git in the workspace.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.workspace, &self.environment, arguments)
    }

    /// Makes the workspace a git repository whose `origin` is this address.
    pub fn cloned_from(&self, origin: &str) {
        self.git(&["init", "-q"]);
        self.git(&["remote", "add", "origin", origin]);
    }

    /// A git repository beside the workspace, with these files in one commit on `main`.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.base().join(name);
        write(&folder, files);
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "first"],
        ] {
            git(&folder, &self.environment, arguments);
        }
        folder
    }

    /// Files below the cache folder.
    pub fn cache_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.base().join("cache")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }
}

/// Writes files below a folder.
pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Runs git, which must succeed; its output.
pub fn git(folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .envs(environment.iter().cloned())
        .output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
