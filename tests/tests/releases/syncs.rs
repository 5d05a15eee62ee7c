//! What a sync finds, stores and tells.

use super::*;

/// The seed's lines.
fn letter(release: &str, branch: &str, found: [u64; 2], [new, updated, removed]: [u64; 3]) -> Vec<String> {
    let [tests, failed] = found;
    let mut lines = vec![
        format!("Starting metadata sync for release: {release}"),
        format!("Git branch: {branch}"),
        format!("Acquiring Git lock for branch '{branch}'"),
        format!("Pulling latest changes from branch '{branch}'"),
        format!("Discovered {tests} tests ({failed} files failed)"),
        "Comparing with existing metadata".to_owned(),
        format!("Applying updates: {new} new, {updated} updated, {removed} removed"),
    ];
    for (did, count, what) in [
        ("Added", new, "new tests"),
        ("Updated", updated, "tests"),
        ("Removed", removed, "tests"),
    ] {
        let steps = (1..=count / 1_000)
            .map(|n| n * 1_000)
            .chain((count % 1_000 > 0 || count == 0).then_some(count));
        lines.extend(steps.map(|n| format!("{did} {n}/{count} {what}")));
    }
    lines.extend([
        "=== Sync Complete ===".to_owned(),
        format!("Tests discovered: {tests}"),
        format!("Tests added: {new}"),
        format!("Tests updated: {updated}"),
        format!("Tests removed: {removed}"),
        format!("Files failed to parse: {failed}"),
        format!("Sync completed successfully for {release}"),
    ]);
    lines
}

#[test]
fn every_change_of_a_test_counts_and_nothing_else_does() {
    let world = World::new(&[("7.0", Some("main"))], "test_discovery_base_path = \"t\"\n");
    let body = "import pytest\n\n@pytest.mark.parametrize(\"x\", [1, 2])\ndef test_a(x):\n    \"\"\"First.\"\"\"\n    assert x\n";
    world.commit(&[
        ("t/test_a.py", body),
        ("t/test_b.py", &one("b")),
        ("other/test_c.py", &one("c")),
    ]);
    let (log, last) = world.sync("trigger/1");
    assert_eq!(log, letter("7.0", "main", [2, 0], [2, 0, 0]));
    assert_eq!(
        last.1,
        serde_json::json!({"status": "completed", "success": true, "error": null})
    );
    let first = world.git(&["rev-parse", "HEAD"]);
    let tests = world.tests("7.0");
    assert_eq!(
        tests.keys().collect::<Vec<_>>(),
        ["t/test_a.py::test_a", "t/test_b.py::test_one"]
    );
    let known = &tests["t/test_a.py::test_a"];
    assert_eq!(known["metadata"]["since_commit"], *first);
    assert_eq!(
        (&known["description"], &known["line_start"]),
        (&"First.".into(), &4.into())
    );

    // the body alone is nothing that is stored; neither is a commit without a change of the tree
    for text in [
        body.replace("assert x", "assert x > 0"),
        body.replace("assert x", "assert x > 0"),
    ] {
        world.commit(&[("t/test_a.py", &text)]);
        let row = world.done(1);
        assert_eq!(counts(&row), [2, 0, 0, 0], "{row}");
        assert_eq!(row["git_commit_hash"], world.git(&["rev-parse", "HEAD"]));
    }
    for changed in [
        body.replace("First.", "Second."),
        body.replace("[1, 2]", "[1, 3]"),
        body.replace("[1, 2]", "[1, 2, 3]"),
        body.replace("@pytest", "@pytest.mark.slow\n@pytest"),
        body.replace("import pytest\n", "import pytest\n\n"),
        body.replace("def test_a(x)", "def test_a(x, tmp_path)"),
        body.replace("def test_a", "async def test_a"),
    ] {
        world.commit(&[("t/test_a.py", &changed)]);
        let row = world.done(1);
        assert_eq!(counts(&row), [2, 0, 1, 0], "{changed}");
        let test = world.tests("7.0")["t/test_a.py::test_a"].clone();
        assert_eq!(test["id"], known["id"]);
        assert_eq!(test["metadata"]["since_commit"], *first);
        assert_eq!(
            test["metadata"]["changed_commit"],
            world.git(&["rev-parse", "HEAD"])
        );
        world.commit(&[("t/test_a.py", body)]);
        assert_eq!(counts(&world.done(1)), [2, 0, 1, 0]);
    }
    world.commit(&[("t/test_a.py", &body.replace("test_a", "test_z"))]);
    assert_eq!(counts(&world.done(1)), [2, 1, 0, 1]);
    world.remove("t/test_b.py");
    assert_eq!(counts(&world.done(1)), [1, 0, 0, 1]);
    assert_eq!(world.tests("7.0").len(), 1);
}

#[test]
fn thousands_of_tests_come_in_batches_and_a_late_listener_hears_all() {
    let world = World::new(&[("7.0", Some("main"))], "");
    let file = |n: u32| {
        let tests: String = (0..250)
            .map(|k| format!("def test_{k}():\n    \"\"\"{n} {k}\"\"\"\n\n"))
            .collect();
        (format!("test_{n}.py"), tests)
    };
    let files: Vec<(String, String)> = (0..9).map(file).collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    world.commit(&files);
    let (_, started) = world.json("POST", "trigger/1", "");
    let job = started["job_id"].as_str().unwrap();
    let wanted = letter("7.0", "main", [2_250, 0], [2_250, 0, 0]);
    assert!(wanted.contains(&"Added 2000/2250 new tests".to_owned()));
    assert_eq!(world.follow(job).0, wanted);
    assert_eq!(world.follow(job).0, wanted, "long after its end");
    for (path, _) in &files[1..] {
        std::fs::remove_file(world.upstream.join(path)).unwrap();
    }
    world.commit(&[]);
    let (log, _) = world.sync("trigger/1");
    assert_eq!(log, letter("7.0", "main", [250, 0], [0, 0, 2_000]));
}

#[test]
fn all_releases_share_a_fetch_and_one_that_fails_leaves_the_others() {
    let releases = [
        ("1.0", Some("one")),
        ("2.0", Some("none")),
        ("3.0", None),
        ("4.0", Some("one")),
    ];
    let world = World::new(&releases, "");
    world.commit(&[("test_a.py", &one("a"))]);
    world.git(&["branch", "one"]);
    let (log, last) = world.sync("trigger");
    assert_eq!(last.0, "complete");
    assert_eq!(
        (&last.1["status"], &last.1["success"]),
        (&"completed".into(), &false.into())
    );
    assert!(last.1["error"].as_str().unwrap().contains("2.0: "), "{last:?}");
    for release in ["1.0", "4.0"] {
        assert!(
            log.contains(&format!("Sync completed successfully for {release}")),
            "{log:?}"
        );
        assert_eq!(world.tests(release).len(), 1);
    }
    let history = world.history();
    let told: Vec<String> = history
        .iter()
        .map(|row| format!("{} {} {}", row["id"], row["release"], row["status"]))
        .collect();
    assert_eq!(
        told,
        [
            "3 \"4.0\" \"success\"",
            "2 \"2.0\" \"failed\"",
            "1 \"1.0\" \"success\""
        ]
    );
    assert!(
        history[1]["error_message"]
            .as_str()
            .unwrap()
            .contains("Git clone failed: branch \"none\"")
    );
    // one clone, with one fetch for both branches that are there
    let clones: Vec<_> = std::fs::read_dir(world.place.base().join("hub/data/clones"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(clones.len(), 1, "{clones:?}");
}

#[test]
fn the_staging_configuration_marks_tests_and_what_it_does_not_mean_is_told() {
    let more = "test_discovery_base_path = \"t\"\ntest_discovery_staging_config = \"staging.ini\"\n";
    let world = World::new(&[("7.0", Some("main"))], more);
    let staging = "[smoke]\nt/test_a.py::test_one = lane 2\nnothing.py = x\n";
    world.commit(&[
        ("t/test_a.py", &one("a")),
        ("t/test_b.py", &one("b")),
        ("staging.ini", staging),
    ]);
    let row = world.done(1);
    let details = row["error_details"].as_array().unwrap();
    assert_eq!(details.len(), 1, "{row}");
    assert_eq!(
        (&details[0]["path"], &details[0]["line"]),
        (&"staging.ini".into(), &3.into())
    );
    let staged = |world: &World| {
        let tests = world.tests("7.0");
        let of = |name: &str| tests[&format!("t/{name}.py::test_one")]["metadata"].clone();
        (of("test_a"), of("test_b"))
    };
    let (a, b) = staged(&world);
    assert_eq!(
        (&a["staging"], &a["staging_note"]),
        (&"smoke".into(), &"lane 2".into())
    );
    assert!(b.get("staging").is_none(), "{b}");
    world.commit(&[("staging.ini", "[soak]\ntest_*.py\n")]);
    assert_eq!(counts(&world.done(1)), [2, 0, 2, 0]);
    let (a, b) = staged(&world);
    assert_eq!((&a["staging"], &b["staging"]), (&"soak".into(), &"soak".into()));
    world.remove("staging.ini");
    let row = world.done(1);
    assert_eq!(counts(&row), [2, 0, 2, 0]);
    assert!(
        row["error_details"][0]["message"]
            .as_str()
            .unwrap()
            .contains("staging configuration"),
        "{row}"
    );
}
