//! Releases in the editor: hovers and lenses of tests, search, and the tests of a relation.

use metasync_tests::Editor;
use serde_json::json;

use super::*;

const TESTS: &str =
    "def test_totals(db):\n    \"\"\"Totals are right.\"\"\"\n    db.run(\"select 1 from loaves\")\n";

#[test]
fn a_test_tells_its_releases_and_a_relation_its_tests() {
    let releases = [("9.0", Some("old")), ("10.0", Some("main"))];
    let world = World::new(&releases, "test_discovery_staging_config = \"staging.ini\"\n");
    world.commit(&[
        ("tests/test_loaves.py", TESTS),
        ("staging.ini", "[smoke]\ntests/*\n"),
    ]);
    world.git(&["branch", "old"]);
    let newer = TESTS.replace("def test_totals", "\n\n@pytest.mark.slow\ndef test_totals");
    world.commit(&[("tests/test_loaves.py", &newer)]);
    let (log, last) = world.sync("trigger");
    assert_eq!(last.1["success"], true, "{log:?}");

    // a clone of the repository: its releases are matched by its remote
    world.place.write(&[("tests/test_loaves.py", &newer)]);
    world.place.cloned_from(&world.upstream.display().to_string());
    let mut editor = Editor::open(&world.place, world.hub.options("ada"));
    editor.show("tests/test_loaves.py");
    let hover = editor.hover_until("tests/test_loaves.py", "test_totals", "Releases (2)");
    let commit = world.git(&["rev-parse", "main"]);
    for part in [
        "Totals are right.",
        "`9.0` since",
        "staged: smoke",
        &format!("`10.0` since `{}`", &commit[..10]),
        "other than in `9.0`: mark slow added, line 1 → 4",
    ] {
        assert!(hover.contains(part), "{part}: {hover}");
    }
    let params = json!({"textDocument": {"uri": editor.uri("tests/test_loaves.py")}});
    let lenses = editor.request("textDocument/codeLens", params);
    let titles: Vec<&str> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["command"]["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["in releases 9.0, 10.0 · staged: smoke · differs"]);
    let found = editor.command("metasync.search", json!(["totals"]));
    let names: Vec<&str> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["test_totals", "test_totals"], "{found}");
}

#[test]
fn tests_that_name_a_relation_of_another_repository_stand_in_its_hover() {
    let world = World::new(&[("9.0", Some("main")), ("10.0", Some("main"))], "");
    world.commit(&[("tests/test_loaves.py", TESTS)]);
    world.sync("trigger");
    world.hub.index("shop");
    world.place.write(&[("schema.sql", SCHEMA)]);
    let mut options = world.hub.options("ada");
    options["connections"] = json!(["shop", "9.0", "10.0"]);
    let mut editor = Editor::open(&world.place, options);
    editor.show("schema.sql");
    let hover = editor.hover_until("schema.sql", "loaves", "test_totals");
    assert!(hover.contains("Tests (1)"), "{hover}");
    assert!(
        hover.contains("`tests/test_loaves.py::test_totals` (`9.0`, `10.0`)"),
        "{hover}"
    );
    // in the test's own hover the word that it mentions is what it means; other words are not there
    world.place.write(&[("tests/test_loaves.py", TESTS)]);
    editor.show("tests/test_loaves.py");
    let hover = editor.hover_until("tests/test_loaves.py", "test_totals", "Mentions");
    assert!(
        hover.contains("`loaves`") && !hover.contains("not in the catalogue"),
        "{hover}"
    );
}
