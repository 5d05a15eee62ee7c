//! Bad input is normal: a clear message, the rest goes on, nothing lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::path::Path;

use metasync_tests::{
    Place,
    projects::{ABOUT_LOAVES, BAKERY, TAKINGS},
};
use serde_json::json;

const REF: &str = "ref('stg_lo$0aves')";

/// A project in which much is wrong, and the bakery.
fn messy() -> Place {
    let place = Place::new("bakery", BAKERY);
    let workspace = &place.workspace;
    place.write(&[
        (
            "models/broken.sql",
            "select from where ((( {{ ref('takings') }}\n",
        ),
        ("models/half.sql", "select {{ ref('stg_"),
        (
            "models/loops.sql",
            "{% for x in range(100000000) %}select {{ x }}{% endfor %}",
        ),
        ("models/endless.yml", "version: 2\nmodels:\n  - name: [unclosed\n"),
        ("models/tabs.yml", "models:\n\t- name: x\n"),
        ("models/empty.sql", ""),
        ("seeds/strange.csv", "a,b\n\"unclosed,1\n"),
    ]);
    std::fs::write(
        workspace.join("models/latin.sql"),
        b"select 'Z\xfcrich' as town\n",
    )
    .unwrap();
    std::fs::write(workspace.join("models/binary.sql"), [0u8, 1, 2, 255]).unwrap();
    std::fs::write(workspace.join("models/huge.sql"), vec![b' '; 20 * 1024 * 1024]).unwrap();
    let deep = format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    std::fs::write(workspace.join("models/deep.sql"), deep).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(workspace, workspace.join("models/loop")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", workspace.join("models/dangling.sql")).unwrap();
    }
    place
}

#[test]
fn one_bad_file_does_not_cost_the_others() {
    let place = messy();
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    for path in ["models/broken.sql", "models/half.sql", "models/tabs.yml"] {
        editor.show(path);
        let uri = editor.uri(path);
        for (line, character) in [(0, 0), (0, 10), (0, 22), (1, 3), (99, 99)] {
            let at =
                json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
            editor.request("textDocument/hover", at.clone());
            editor.request("textDocument/completion", at);
        }
        editor.request(
            "textDocument/documentSymbol",
            json!({"textDocument": {"uri": uri}}),
        );
    }
    // a broken model is still known by name, and by what it names
    let found = editor.command("metasync.search", json!(["broken"]));
    assert_eq!(found["results"][0]["name"], "broken", "{found}");
    assert_eq!(editor.command("metasync.sync", json!([]))["state"], "local");
}

#[test]
fn problems_are_told_by_file_and_line() {
    let place = messy();
    let report = place.json(&["analyze", "models"]);
    let files = report["files"].as_array().unwrap();
    let problems = |name: &str| -> Vec<String> {
        let file = files.iter().find(|f| f["path"].as_str().unwrap().ends_with(name));
        let file = file.unwrap_or_else(|| panic!("{name} is not in the report"));
        let told = file["problems"].as_array().unwrap().iter();
        told.map(|p| format!("{}: {}", p["line"], p["message"].as_str().unwrap()))
            .collect()
    };
    for name in [
        "broken.sql",
        "latin.sql",
        "binary.sql",
        "huge.sql",
        "deep.sql",
        "endless.yml",
        "loops.sql",
    ] {
        assert!(!problems(name).is_empty(), "{name}");
    }
    assert!(problems("latin.sql")[0].contains("UTF-8"));
    assert!(problems("takings.sql").is_empty());
}

fn caches(place: &Place) -> Vec<std::path::PathBuf> {
    place
        .cache_files()
        .into_iter()
        .filter(|f| f.ends_with("cache.db"))
        .collect()
}

#[test]
fn a_damaged_cache_is_built_anew_by_itself() {
    let place = Place::new("bakery", BAKERY);
    place.json(&["sync"]);
    let cache = caches(&place).remove(0);
    let good = std::fs::read(&cache).unwrap();
    let half = good.len() / 2;
    let mut flipped = good.clone();
    flipped[100..].iter_mut().for_each(|b| *b ^= 0x5a);
    let foreign = {
        let path = place.base().join("foreign.db");
        let other = rusqlite::Connection::open(&path).unwrap();
        other
            .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 7")
            .unwrap();
        drop(other);
        std::fs::read(path).unwrap()
    };
    for bytes in [&good[..half], &flipped, b"no database at all", &foreign, &[]] {
        for beside in ["cache.db-wal", "cache.db-shm"] {
            let _ = std::fs::remove_file(cache.with_file_name(beside));
        }
        std::fs::write(&cache, bytes).unwrap();
        let mut editor = place.editor();
        editor.show(TAKINGS);
        editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
        editor.quit();
        assert_eq!(place.json(&["show", "stg_loaves"])["description"], ABOUT_LOAVES);
    }
}

#[test]
fn the_cache_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("bakery", BAKERY);
    place.json(&["sync"]);
    let open: Vec<_> = place
        .cache_files()
        .into_iter()
        .filter(|f| std::fs::metadata(f).unwrap().permissions().mode() & 0o077 != 0)
        .collect();
    assert_eq!(open, Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_hub_that_answers_garbage_is_told_and_nothing_breaks() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let answers = [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"no\": 1,",
            "nonsense\r\n\r\n",
            "",
        ];
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answers[n % answers.len()].as_bytes());
        }
    });
    let place = Place::new("bakery", BAKERY);
    let options = json!({"hub": {"url": url, "organization": "acme"}, "token": "a.b.c"});
    let mut editor = metasync_tests::Editor::open(&place, options);
    let told = editor.told("metasync/status", |s| {
        s["state"] == "error" || s["state"] == "offline"
    });
    assert!(told["message"].as_str().unwrap().len() > 10, "{told}");
    editor.show(TAKINGS);
    let hover = editor.at(TAKINGS, REF);
    editor.request("textDocument/hover", hover);
    assert!(editor.quit().is_some_and(|status| status.success()));
}

#[test]
fn nothing_is_written_into_the_workspace() {
    fn listing(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                all.extend(listing(&entry.path()));
            } else {
                all.push((entry.path(), std::fs::read(entry.path()).unwrap()));
            }
        }
        all.sort();
        all
    }
    let place = Place::new("bakery", BAKERY);
    let before = listing(&place.workspace);
    place.json(&["sync"]);
    place.json(&["try", "."]);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    editor.quit();
    assert_eq!(listing(&place.workspace), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_the_copy_stays() {
    // a limit on the size of files is the disk that one can fill without filling the machine's
    let place = Place::new("bakery", BAKERY);
    place.json(&["sync"]);
    let many: String = (0..3_000)
        .map(|n| format!("  - name: m{n}\n    description: {}\n", "x".repeat(400)))
        .collect();
    place.write(&[("models/many.yml", &format!("version: 2\nmodels:\n{many}"))]);
    let limited = format!(
        "ulimit -f 256; exec {} sync",
        metasync_tests::metasync().display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .current_dir(&place.workspace)
        .envs(place.environment.iter().cloned())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !error.contains("panicked"), "{error}");
    assert_eq!(place.json(&["show", "stg_loaves"])["description"], ABOUT_LOAVES);
    place.json(&["sync"]);
    assert_eq!(place.json(&["show", "stg_loaves"])["description"], ABOUT_LOAVES);
}
