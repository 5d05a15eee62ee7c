//! From a folder or file to its workspace: where its root is, and which repository it is.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::identity::{Identity, Remote};

/// A file that marks the root of a dbt project.
const DBT_PROJECT: &str = "dbt_project.yml";
/// Most remotes that are looked at.
const MAX_REMOTES: usize = 32;

/// A workspace on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its root, canonical.
    pub root: PathBuf,
    /// Which workspace it is.
    pub identity: Identity,
    /// Whether git knows it.
    pub git: bool,
}

/// The workspace that a folder belongs to: the work tree of the repository around it; else the
/// outermost dbt project around it; else the folder itself. So answers do not depend on where
/// inside it one stands (contract.md, "The program").
pub fn detect(folder: &Path) -> std::io::Result<Found> {
    let folder = folder.canonicalize()?;
    let root = root_of(&folder);
    let git = root.join(".git").exists();
    let identity = if git {
        Identity::of_remotes(&remotes(&root))
    } else {
        None
    };
    Ok(Found {
        identity: identity.unwrap_or_else(|| Identity::of_folder(&root)),
        root,
        git,
    })
}

fn root_of(folder: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    // A repository of one's dotfiles does not make the whole home one workspace.
    let outermost = |p: &Path| p.parent().is_none() || Some(p) == home.as_deref();
    let around = || {
        folder
            .ancestors()
            .enumerate()
            .take_while(|(i, p)| *i == 0 || !outermost(p))
            .map(|(_, p)| p)
    };
    if let Some(root) = around().find(|p| p.join(".git").exists()) {
        return root.to_owned();
    }
    around()
        .filter(|p| p.join(DBT_PROJECT).is_file())
        .last()
        .unwrap_or(folder)
        .to_owned()
}

/// The remotes of a repository, best first: `origin`, `upstream`, then by name. Read with the git
/// program, which knows worktrees and includes; reading configuration runs nothing of the
/// repository's. No git, or a refused repository: none.
fn remotes(root: &Path) -> Vec<Remote> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["config", "--null", "--get-regexp", r"^remote\..*\.url$"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut found: Vec<(u8, String, Remote)> = text
        .split('\0')
        .filter_map(|entry| entry.split_once('\n'))
        .filter_map(|(key, url)| {
            let name = key.strip_prefix("remote.")?.strip_suffix(".url")?.to_owned();
            let rank = match name.as_str() {
                "origin" => 0,
                "upstream" => 1,
                _ => 2,
            };
            Some((rank, name, Remote::parse(url)?))
        })
        .take(MAX_REMOTES)
        .collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.dedup_by(|b, a| a.2 == b.2);
    found.into_iter().map(|(.., remote)| remote).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(args)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    #[test]
    fn a_clone_a_nested_folder_and_a_worktree_are_one_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("shop");
        std::fs::create_dir_all(root.join("models/marts")).unwrap();
        git(&root, &["init", "-q"]);
        git(&root, &["remote", "add", "fork", "git@host.example:me/fork.git"]);
        git(
            &root,
            &[
                "remote",
                "add",
                "origin",
                "https://u:p@host.example/company/jaffle_shop.git",
            ],
        );
        git(&root, &["commit", "-q", "--allow-empty", "-m", "x"]);
        git(&root, &["worktree", "add", "-q", "../tree"]);
        let clone = detect(&root).unwrap();
        assert_eq!(clone.identity.identifier, "company/jaffle_shop");
        assert_eq!(
            clone.identity.remotes,
            ["host.example/company/jaffle_shop", "host.example/me/fork"]
        );
        assert_eq!(detect(&root.join("models/marts")).unwrap(), clone);
        let tree = detect(&root.join("../tree")).unwrap();
        assert_eq!(tree.identity, clone.identity);
        assert_ne!(tree.root, clone.root);
    }

    #[test]
    fn without_git_the_dbt_project_around_is_the_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("shop");
        std::fs::create_dir_all(root.join("models")).unwrap();
        std::fs::write(root.join(DBT_PROJECT), "name: shop\n").unwrap();
        let found = detect(&root.join("models")).unwrap();
        assert_eq!(
            (found.root, found.identity.identifier.as_str(), found.git),
            (root, "shop", false)
        );
        let plain = dir.path().canonicalize().unwrap().join("sql");
        std::fs::create_dir_all(&plain).unwrap();
        assert_eq!(detect(&plain).unwrap().root, plain);
        assert!(detect(&plain.join("none")).is_err());
    }

    #[test]
    fn a_repository_without_remotes_has_its_folders_name() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q"]);
        let found = detect(dir.path()).unwrap();
        assert!(found.git);
        assert_eq!(
            found.identity.hash,
            super::super::identity::sha256(&found.root.to_string_lossy())
        );
    }
}
