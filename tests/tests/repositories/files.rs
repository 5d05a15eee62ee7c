//! What files may be.

use std::os::unix::{ffi::OsStrExt as _, fs::symlink};

use super::*;

#[test]
fn odd_files_are_told_and_the_rest_goes_on() {
    let world = World::new(|_| String::new());
    let huge = "-- padding\n".repeat(2_000_000);
    std::fs::write(world.upstream.join("huge.sql"), huge).unwrap();
    std::fs::write(
        world.upstream.join(std::ffi::OsStr::from_bytes(b"caf\xe9.sql")),
        table("cafe"),
    )
    .unwrap();
    std::fs::write(world.upstream.join("latin.sql"), b"-- Z\xfcrich\nselect 1").unwrap();
    std::fs::write(world.upstream.join("binary.sql"), b"a\0b").unwrap();
    symlink("/etc/passwd", world.upstream.join("link.sql")).unwrap();
    symlink(".", world.upstream.join("loop")).unwrap();
    world.commit(&[
        ("good.sql", &table("good")),
        ("with space & \"quotes\".sql", &table("quoted")),
        (
            "broken.sql",
            "create table broken (id int);\nselect from where (;\n",
        ),
        ("crlf.sql", "create table crlf (\r\n  id int\r\n);\r\n"),
        ("nested/.git-is-no-name/x.sql", &table("nested")),
    ]);
    let commit = world.git(&["rev-parse", "HEAD"]);
    let submodule = format!("160000,{},module.sql", commit.trim());
    world.git(&["update-index", "--add", "--cacheinfo", &submodule]);
    world.git(&["commit", "-q", "-m", "a submodule"]);
    let result = world.done("shop", nothing());
    let mut told: Vec<(String, String)> = result["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            (
                e["path"].as_str().unwrap().to_owned(),
                e["type"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    told.sort();
    told.dedup();
    let expected = [
        ("binary.sql", "binary"),
        ("broken.sql", "parsing"),
        ("caf\u{fffd}.sql", "encoding"),
        ("huge.sql", "too_large"),
        ("latin.sql", "encoding"),
    ];
    assert_eq!(
        told,
        expected.map(|(path, kind)| (path.to_owned(), kind.to_owned()))
    );
    assert_eq!(counts(&result), [4, 0, 0, 0, 5], "{result}");
    assert_eq!(
        world.names("shop"),
        ["broken", "crlf", "good", "nested", "quoted"]
    );

    // told again, and mended one by one without anything else being read
    world.commit(&[("latin.sql", &table("latin"))]);
    let result = world.done("shop", nothing());
    assert_eq!(counts(&result), [1, 0, 0, 4, 4], "{result}");
    world.commit(&[("huge.sql", &table("huge")), ("broken.sql", &table("broken"))]);
    let result = world.done("shop", nothing());
    assert_eq!(counts(&result), [1, 1, 0, 5, 2], "{result}");
    assert!(world.names("shop").contains(&"latin".to_owned()));
}

#[test]
fn repositories_that_are_empty_are_none_or_name_objects_otherwise() {
    let world = World::new(|base| {
        let path = |name: &str| base.join(name).display().to_string();
        std::fs::create_dir_all(base.join("plain")).unwrap();
        std::fs::write(base.join("plain/x.sql"), "select 1").unwrap();
        ["empty", "plain", "missing", "sha256"]
            .map(|name| connection(name, &path(name), None))
            .concat()
    });
    let (base, environment) = (world.place.base(), &world.place.environment);
    for (name, format) in [("empty", "sha1"), ("sha256", "sha256")] {
        let folder = base.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        git(
            &folder,
            environment,
            &["init", "-q", "-b", "main", &format!("--object-format={format}")],
        );
    }
    for (name, says) in [
        ("empty", "no commit yet"),
        ("plain", "plain"),
        ("missing", "missing"),
    ] {
        let failed = world.sync(name, nothing());
        assert_eq!(
            (&failed["status"], &failed["code"]),
            (&json!("failed"), &json!("source_not_found")),
            "{failed}"
        );
        assert!(failed["error"].as_str().unwrap().contains(says), "{failed}");
    }
    let folder = base.join("sha256");
    for n in 0..2 {
        write(&folder, &[(&format!("t{n}.sql"), &table(&format!("t{n}")))]);
        git(&folder, environment, &["add", "-A"]);
        git(&folder, environment, &["commit", "-q", "-m", "x"]);
        assert_eq!(counts(&world.done("sha256", nothing())), [1, 0, 0, n, 0]);
    }
    assert_eq!(world.names("sha256"), ["t0", "t1"]);
}
