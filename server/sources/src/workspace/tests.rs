use super::*;
use crate::{Sources, SourcesOptions};

fn spec(root: &std::path::Path) -> SourceSpec {
    SourceSpec {
        id: uuid::Uuid::nil(),
        kind: "workspace".into(),
        url: root.to_str().unwrap().into(),
        branch: None,
        settings: serde_json::Value::Null,
        local_allowed: true,
    }
}

fn sources() -> Sources {
    Sources::new(SourcesOptions {
        clones_dir: "/nonexistent".into(),
        ..SourcesOptions::default()
    })
}

fn write(root: &std::path::Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

async fn list(source: &dyn Source) -> Result<Listing, SourceError> {
    let wanted = |path: &str| path.ends_with(".sql");
    let request = ListRequest {
        branch: None,
        previous: None,
        ignore_patterns: &[],
        wanted: &wanted,
    };
    source.list(&request).await
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|e| e.path.as_str()).collect()
}

#[tokio::test]
async fn a_walk_takes_what_is_wanted_and_nothing_that_tools_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for path in [
        "models/a.sql",
        "models/b.txt",
        "target/compiled/a.sql",
        "node_modules/x.sql",
        ".venv/x.sql",
        "secret/ignored.sql",
        "models/target.sql",
    ] {
        write(root, path, path.as_bytes());
    }
    write(root, ".gitignore", b"secret/\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("models/loop")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("models/passwd.sql")).unwrap();
    }
    let source = sources().open(spec(root)).unwrap();
    let listing = list(source.as_ref()).await.unwrap();
    assert_eq!(paths(&listing), ["models/a.sql", "models/target.sql"]);
    assert!(listing.errors.is_empty() && listing.unknown.is_empty());

    let contents = source.read(&listing.entries, &|_| {}).await.unwrap();
    assert_eq!(contents.files[0].text, "models/a.sql");
    assert_eq!(
        Some(&contents.files[0].content_hash),
        listing.entries[0].content_hash.as_ref()
    );
}

#[tokio::test]
async fn bad_files_are_reported_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "good.sql", b"select 1");
    write(root, "latin.sql", b"\xff\xfe");
    write(root, "binary.sql", b"a\0b");
    write(root, "huge.sql", &vec![b' '; 11 * 1024 * 1024]);
    let source = sources().open(spec(root)).unwrap();
    let listing = list(source.as_ref()).await.unwrap();
    assert_eq!(paths(&listing), ["binary.sql", "good.sql", "latin.sql"]);
    assert_eq!(listing.errors[0].kind, "too_large");
    assert!(!listing.tells_absence_of("huge.sql"));
    let contents = source.read(&listing.entries, &|_| {}).await.unwrap();
    assert_eq!(contents.files.len(), 1);
    let mut kinds: Vec<_> = contents.errors.iter().map(|e| e.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["binary", "encoding"]);
}

#[cfg(unix)]
#[tokio::test]
async fn an_unreadable_folder_is_no_deletion() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "closed/a.sql", b"select 1");
    write(root, "open/b.sql", b"select 1");
    std::fs::set_permissions(root.join("closed"), std::fs::Permissions::from_mode(0o0)).unwrap();
    let root_reads_everything = std::fs::read_dir(root.join("closed")).is_ok();
    let listing = list(sources().open(spec(root)).unwrap().as_ref()).await.unwrap();
    std::fs::set_permissions(root.join("closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
    if root_reads_everything {
        return; // permissions mean nothing to the superuser
    }
    assert_eq!(paths(&listing), ["open/b.sql"]);
    assert!(!listing.tells_absence_of("closed/a.sql"));
    assert!(listing.tells_absence_of("open/c.sql"));
}

#[tokio::test]
async fn a_missing_folder_is_an_error_and_never_an_empty_listing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "file", b"");
    for path in ["no/such", "file"] {
        let source = sources().open(spec(&folder.path().join(path))).unwrap();
        let error = list(source.as_ref()).await.unwrap_err();
        assert_eq!(error.code(), "source_not_found", "{error}");
    }
}

#[tokio::test]
async fn a_changed_file_is_seen_through_the_remembered_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a.sql", b"select 1");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let set_time = |at| {
        let file = std::fs::File::options()
            .write(true)
            .open(root.join("a.sql"))
            .unwrap();
        file.set_modified(at).unwrap();
    };
    set_time(old);
    let sources = sources();
    let hash = async || {
        let source = sources.open(spec(root)).unwrap();
        list(source.as_ref()).await.unwrap().entries[0]
            .content_hash
            .clone()
    };
    let first = hash().await;
    assert_eq!(first, hash().await);
    write(root, "a.sql", b"select 2");
    set_time(old); // same size, same time: only the time of change tells
    assert_ne!(first, hash().await);
}

#[test]
fn a_workspace_must_be_allowed_and_absolute() {
    let mut it = spec(std::path::Path::new("/tmp"));
    it.local_allowed = false;
    assert!(sources().open(it.clone()).is_err());
    it.local_allowed = true;
    it.url = "relative".into();
    assert!(sources().open(it.clone()).is_err());
    it.kind = "telepathy".into();
    assert_eq!(sources().open(it).err().map(|e| e.code()), Some("unknown_source"));
}
