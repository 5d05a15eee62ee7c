use std::{path::Path, process::Command};

use serde_json::Value;

use super::*;
use crate::{Sources, SourcesOptions};

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let world = World {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(world.repo()).unwrap();
        world.git(&["init", "-q", "-b", "main"]);
        world
    }

    fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn git(&self, args: &[&str]) -> String {
        let out = Command::new("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.invalid",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(args)
            .current_dir(self.repo())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.repo().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
    }

    fn open(&self, branch: Option<&str>) -> Result<Box<dyn Source>, SourceError> {
        self.open_url(self.repo().to_str().unwrap(), branch)
    }

    fn open_url(&self, url: &str, branch: Option<&str>) -> Result<Box<dyn Source>, SourceError> {
        let sources = Sources::new(SourcesOptions {
            clones_dir: self.folder.path().join("clones"),
            ..SourcesOptions::default()
        });
        sources.open(SourceSpec {
            id: Uuid::nil(),
            kind: "github".into(),
            url: url.into(),
            branch: branch.map(str::to_owned),
            settings: Value::Null,
            local_allowed: true,
        })
    }
}

async fn refresh(source: &dyn Source, must_fetch: bool) -> Result<Refreshed, SourceError> {
    let request = RefreshRequest {
        must_fetch,
        ..RefreshRequest::default()
    };
    source.refresh(&request).await
}

async fn list(source: &dyn Source, branch: &str, previous: Option<&Value>) -> Result<Listing, SourceError> {
    let wanted = |path: &str| path.ends_with(".sql");
    let request = ListRequest {
        branch: Some(branch),
        previous,
        ignore_patterns: &[],
        wanted: &wanted,
    };
    source.list(&request).await
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|e| e.path.as_str()).collect()
}

#[tokio::test]
async fn commits_are_fetched_counted_and_told_apart() {
    let world = World::new();
    world.write("models/a.sql", b"select 1");
    world.write("models/b.sql", b"select 2");
    world.write("notes.txt", b"-");
    world.commit();
    let source = world.open(None).unwrap();
    let refreshed = refresh(source.as_ref(), true).await.unwrap();
    assert_eq!(refreshed.default_branch.as_deref(), Some("main"));
    assert_eq!(refreshed.commits_pulled, 1);
    let first = list(source.as_ref(), "main", None).await.unwrap();
    assert_eq!(paths(&first), ["models/a.sql", "models/b.sql"]);
    assert_eq!(first.changed, None);
    let contents = source.read(&first.entries, &|_| {}).await.unwrap();
    assert_eq!(contents.files[1].text, "select 2");

    world.write("uncommitted.sql", b"select 3");
    assert_eq!(refresh(source.as_ref(), true).await.unwrap().commits_pulled, 0);
    let same = list(source.as_ref(), "main", Some(&first.state)).await.unwrap();
    assert_eq!(same.changed.as_ref().map(|c| c.len()), Some(0));
    assert_eq!(same.entries, first.entries);

    world.write("models/b.sql", b"select 22");
    world.commit();
    world.commit();
    assert_eq!(refresh(source.as_ref(), true).await.unwrap().commits_pulled, 2);
    let next = list(source.as_ref(), "main", Some(&first.state)).await.unwrap();
    let mut changed: Vec<_> = next.changed.unwrap().into_iter().collect();
    changed.sort_unstable();
    assert_eq!(changed, ["models/b.sql", "uncommitted.sql"]);
}

#[cfg(unix)]
#[tokio::test]
async fn links_submodules_and_bad_files_are_not_followed() {
    let world = World::new();
    world.write("good.sql", b"select 1");
    world.write("binary.sql", b"a\0b");
    world.write("huge.sql", &vec![b' '; 11 * 1024 * 1024]);
    world.write("odd \"name\n.sql", b"select 1");
    std::os::unix::fs::symlink("/etc/passwd", world.repo().join("link.sql")).unwrap();
    world.commit();
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},module.sql"),
    ]);
    world.git(&["commit", "-q", "-m", "submodule"]);
    let source = world.open(Some("main")).unwrap();
    refresh(source.as_ref(), true).await.unwrap();
    let listing = list(source.as_ref(), "main", None).await.unwrap();
    assert_eq!(paths(&listing), ["binary.sql", "good.sql", "odd \"name\n.sql"]);
    assert_eq!(
        (listing.errors[0].path.as_str(), listing.errors[0].kind.as_str()),
        ("huge.sql", "too_large")
    );
    let contents = source.read(&listing.entries, &|_| {}).await.unwrap();
    assert_eq!(contents.files.len(), 2);
    assert_eq!(contents.errors[0].kind, "binary");
}

#[tokio::test]
async fn hostile_names_and_addresses_run_nothing() {
    let world = World::new();
    world.commit();
    let proof = world.folder.path().join("proof");
    let touch = format!("--upload-pack=touch {}", proof.display());
    assert!(world.open(Some(&touch)).is_err());
    assert!(world.open_url(&touch, None).is_err());
    assert!(
        world
            .open_url(&format!("ext::sh -c touch% {}", proof.display()), None)
            .is_err()
    );
    let source = world.open(Some("main")).unwrap();
    let request = RefreshRequest {
        branches: vec![touch.clone()],
        must_fetch: true,
    };
    assert_eq!(
        source.refresh(&request).await.unwrap_err().code(),
        "invalid_source"
    );
    assert_eq!(
        list(source.as_ref(), &touch, None).await.unwrap_err().code(),
        "invalid_source"
    );
    assert!(!proof.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn what_the_remote_configures_runs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.write("a.sql", b"select 1");
    world.commit();
    let proof = world.folder.path().join("proof");
    let script = world.folder.path().join("evil.sh");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\n", proof.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.git(&["config", "core.fsmonitor", script.to_str().unwrap()]);
    world.git(&["config", "core.sshCommand", script.to_str().unwrap()]);
    world.git(&["config", "uploadpack.packObjectsHook", script.to_str().unwrap()]);
    for hook in ["post-checkout", "reference-transaction", "pre-auto-gc"] {
        std::fs::copy(&script, world.repo().join(".git/hooks").join(hook)).unwrap();
    }
    let source = world.open(Some("main")).unwrap();
    refresh(source.as_ref(), true).await.unwrap();
    assert_eq!(
        paths(&list(source.as_ref(), "main", None).await.unwrap()),
        ["a.sql"]
    );
    assert!(!proof.exists());
}

#[tokio::test]
async fn a_failed_fetch_serves_the_last_state_or_fails_as_asked() {
    let world = World::new();
    world.write("a.sql", b"select 1");
    world.commit();
    let source = world.open(None).unwrap();
    refresh(source.as_ref(), false).await.unwrap();
    std::fs::rename(world.repo(), world.folder.path().join("away")).unwrap();
    let refreshed = refresh(source.as_ref(), false).await.unwrap();
    assert!(!refreshed.warnings.is_empty());
    assert_eq!(
        paths(&list(source.as_ref(), "main", None).await.unwrap()),
        ["a.sql"]
    );
    assert!(refresh(source.as_ref(), true).await.is_err());

    std::fs::rename(world.folder.path().join("away"), world.repo()).unwrap();
    let missing = world.open(Some("nowhere")).unwrap();
    let error = refresh(missing.as_ref(), true).await.unwrap_err();
    assert_eq!(error.code(), "source_not_found", "{error}");
    assert!(error.to_string().contains("nowhere"));
}

#[tokio::test]
async fn locks_and_damage_of_a_killed_fetch_heal() {
    let world = World::new();
    world.write("a.sql", b"select 1");
    world.commit();
    let source = world.open(Some("main")).unwrap();
    refresh(source.as_ref(), true).await.unwrap();
    let clone = GitSource::clone_dir(&world.folder.path().join("clones"), Uuid::nil());
    std::fs::write(clone.join("packed-refs.lock"), b"").unwrap();
    std::fs::write(clone.join("refs/remotes/origin/main.lock"), b"").unwrap();
    world.write("b.sql", b"select 1");
    world.commit();
    refresh(source.as_ref(), true).await.unwrap();
    assert_eq!(
        list(source.as_ref(), "main", None).await.unwrap().entries.len(),
        2
    );

    std::fs::remove_dir_all(clone.join("objects")).unwrap();
    refresh(source.as_ref(), true).await.unwrap();
    assert_eq!(
        list(source.as_ref(), "main", None).await.unwrap().entries.len(),
        2
    );
}

#[cfg(unix)]
#[tokio::test]
async fn dropping_a_command_kills_its_whole_group() {
    let folder = tempfile::tempdir().unwrap();
    let here = Location::parse("/srv/git/shop").unwrap();
    let git = Git::new(folder.path().join("x.git"), &here, &GitAccess::default()).unwrap();
    let pid_file = folder.path().join("pid");
    // An alias is the quickest way to make git start a long-lived child of its own.
    let alias = format!("alias.hang=!sleep 600 & echo $! > {}; wait", pid_file.display());
    let started = async {
        let _ = git
            .run(&["-c", &alias, "hang"], std::time::Duration::from_secs(600))
            .await;
    };
    let written = async {
        while std::fs::read_to_string(&pid_file).map_or(true, |t| !t.ends_with('\n')) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = started => panic!("git ended by itself"),
        () = written => {}
    }
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    let gone = || {
        let stat = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
        stat.map_or(true, |s| s.contains(") Z "))
    };
    for _ in 0..500 {
        if gone() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the child is still running");
}

#[tokio::test]
async fn releases_share_a_clone_and_one_that_is_missing_fails_alone() {
    let world = World::new();
    world.write("tests/test_a.py", b"def test_a(): pass");
    world.commit();
    world.git(&["branch", "release/8.0"]);
    world.write("tests/test_b.py", b"# coding: latin-1\nx = '\xe9'");
    world.commit();
    let spec = |url: &str, key: Option<&str>| ReleaseRepositorySpec {
        url: url.to_owned(),
        clone_dir: world.folder.path().join("clone.git"),
        access: GitAccess {
            ssh_key: key.map(PathBuf::from),
            ..GitAccess::default()
        },
        timeout: None,
    };
    let path = world.repo().display().to_string();
    let repository = ReleaseRepository::new(&spec(&path, None)).unwrap();
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let fetched = repository
        .fetch(&names(&["main", "release/8.0", "none"]))
        .await
        .unwrap();
    assert_eq!(fetched.missing.iter().collect::<Vec<_>>(), ["none"]);
    let state = |branch: &str| fetched.states[branch].clone();
    assert_eq!(state("main").commit, world.git(&["rev-parse", "main"]));
    assert_ne!(state("main").tree, state("release/8.0").tree);
    let wanted = |path: &str| path.ends_with(".py");
    let (entries, errors) = repository.list(&state("main").tree, &wanted).await.unwrap();
    assert_eq!((entries.len(), errors), (2, Vec::new()));
    let contents = repository.read(&entries).await.unwrap();
    assert!(contents.errors.is_empty() && contents.files[1].text.contains('é'));

    // alone, without a look at what there is
    let alone = repository.fetch(&names(&["release/8.0"])).await.unwrap();
    assert_eq!(alone.states["release/8.0"], state("release/8.0"));
    let none = repository.fetch(&names(&["none"])).await.unwrap();
    assert!(none.states.is_empty() && none.missing.contains("none"));
    // one that was there and is gone is no more
    world.git(&["branch", "-D", "release/8.0"]);
    let gone = repository.fetch(&names(&["release/8.0"])).await.unwrap();
    assert!(gone.states.is_empty());

    assert!(repository.fetch(&names(&["--x"])).await.is_err());
    assert!(ReleaseRepository::new(&spec("ext::sh", None)).is_err());
    let no_key = ReleaseRepository::new(&spec("git@host:x", Some("/no/such/key")));
    assert!(no_key.err().unwrap().to_string().contains("/no/such/key"));
    let away = ReleaseRepository::new(&spec("/no/such/repository", None)).unwrap();
    let error = away.fetch(&names(&["main"])).await.unwrap_err();
    assert!(error.to_string().contains("/no/such/repository"), "{error}");
}
