//! Which files may be read (security.md 11), through the adapter as a whole.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::symlink;

use metasync_sources::{
    Reach,
    entries::{Begin, EntrySpec, KnownField, Outside, Variables, adapter},
};
use serde_json::json;

const FIELDS: &[KnownField] = &[KnownField {
    name: "title",
    aliases: &[],
}];

#[tokio::test]
async fn files_are_read_below_the_roots_only() {
    let base = tempfile::tempdir().unwrap();
    let (root, other) = (base.path().join("imports"), base.path().join("imports-not"));
    for folder in [&root.join("deep"), &other] {
        std::fs::create_dir_all(folder).unwrap();
    }
    for file in [
        root.join("a.csv"),
        root.join("deep/b.csv"),
        other.join("secret.csv"),
    ] {
        std::fs::write(file, "title\nx\n").unwrap();
    }
    symlink(other.join("secret.csv"), root.join("out.csv")).unwrap();
    symlink(&other, root.join("outside")).unwrap();
    symlink("deep/b.csv", root.join("in.csv")).unwrap();
    rustix_fifo(&root.join("fifo"));
    let outside = Outside {
        roots: vec![root.clone()],
        reach: Reach { allow_private: false },
        variables: Variables::default(),
    };
    let csv = adapter("csv").unwrap();
    let read = async |identifier: &str| {
        let spec = EntrySpec {
            kind: "csv".into(),
            identifier: identifier.to_owned(),
            options: json!({}),
            fields: FIELDS,
        };
        let checked = csv.check(&spec, &outside).await;
        let opened = csv.open(&spec, &outside, Begin::default()).await;
        (checked, opened.map(drop))
    };
    let absolute = |name: &str| root.join(name).display().to_string();
    for good in [
        "a.csv",
        "deep/../a.csv",
        "deep/b.csv",
        "in.csv",
        &absolute("deep/b.csv"),
    ] {
        let (checked, opened) = read(good).await;
        let path = checked.unwrap();
        assert!(
            path.starts_with(&root.display().to_string()) && !path.contains(".."),
            "{path}"
        );
        assert!(opened.is_ok(), "{good}: {opened:?}");
    }
    let secret = other.join("secret.csv").display().to_string();
    let (_, told) = read("../no-such-folder/x.csv").await;
    let told = told.unwrap_err().message;
    for bad in [
        "../imports-not/secret.csv",
        "deep/../../imports-not/secret.csv",
        &secret,
        "out.csv",
        "outside/secret.csv",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
    ] {
        let (checked, opened) = read(bad).await;
        assert_eq!(
            checked.unwrap_err().message,
            told,
            "{bad}: nothing tells what is there"
        );
        assert_eq!(opened.unwrap_err().message, told, "{bad}");
    }
    for bad in ["", " ", "a\0.csv", ".", "deep", "fifo"] {
        let (checked, opened) = read(bad).await;
        assert!(checked.is_err() || opened.is_err(), "{bad}");
    }
    let (_, missing) = read("missing.csv").await;
    assert_eq!(missing.unwrap_err().code, "source_not_found");
}

fn rustix_fifo(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}
