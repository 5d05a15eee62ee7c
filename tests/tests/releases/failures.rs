//! Files that can't be read, remotes that are away, a hub that is killed.

use super::*;

#[test]
fn files_that_fail_are_listed_and_keep_their_tests() {
    let world = World::new(&[("7.0", Some("main"))], "");
    let names: Vec<String> = (0..5).map(|n| format!("test_{n}.py")).collect();
    let good = one("good");
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), good.as_str())).collect();
    world.commit(&files);
    world.done(1);
    let big = format!("{good}# {}\n", "x".repeat(10 * 1024 * 1024));
    world.commit(&[
        ("test_0.py", "def test_one(:\n    pass\n"),
        ("test_1.py", &big),
        ("test_2.py", &one("other")),
    ]);
    let (log, last) = world.sync("trigger/1");
    assert_eq!(last.0, "complete", "{last:?}");
    assert!(
        log.contains(&"Discovered 3 tests (2 files failed)".to_owned()),
        "{log:?}"
    );
    let row = &world.history()[0];
    assert_eq!(counts(row), [3, 0, 1, 0], "{row}");
    let failed: Vec<&str> = row["error_details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["path"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["test_1.py", "test_0.py"]);
    assert_eq!(row["error_details"][1]["line"], 1);
    assert_eq!(world.tests("7.0").len(), 5, "the last good facts stay");

    // more than half: nothing is changed, whatever else there is
    world.commit(&[
        ("test_2.py", "x = = 1\n"),
        ("test_3.py", "def f(:\n"),
        ("test_5.py", &good),
    ]);
    let (log, last) = world.sync("trigger/1");
    assert_eq!(last.0, "error");
    assert!(
        last.1["error"]
            .as_str()
            .unwrap()
            .starts_with("High failure rate: 4 of 6 test files"),
        "{last:?}"
    );
    assert!(!log.iter().any(|line| line.starts_with("Applying")), "{log:?}");
    let row = &world.history()[0];
    let mut paths: Vec<&str> = row["error_details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["path"].as_str().unwrap())
        .collect();
    paths.dedup();
    assert_eq!((&row["status"], paths.len()), (&"failed".into(), 4), "{row}");
    assert_eq!(world.tests("7.0").len(), 5);
    world.commit(&files);
    assert_eq!(counts(&world.done(1)), [6, 1, 1, 0]);
}

#[test]
fn the_share_of_failures_is_a_setting_and_an_empty_folder_an_error() {
    let more = "max_failure_rate = 0.0\ntest_discovery_base_path = \"t\"\n";
    let world = World::new(&[("7.0", Some("main"))], more);
    let good = one("good");
    world.commit(&[
        ("t/test_a.py", &good),
        ("t/test_b.py", &good),
        ("t/test_c.py", "def f(:\n"),
    ]);
    let (_, last) = world.sync("trigger/1");
    assert!(
        last.1["error"]
            .as_str()
            .unwrap()
            .contains("High failure rate: 1 of 3"),
        "{last:?}"
    );
    world.remove("t/test_c.py");
    assert_eq!(counts(&world.done(1)), [2, 2, 0, 0]);
    world.git(&["mv", "t", "elsewhere"]);
    world.commit(&[]);
    let (_, last) = world.sync("trigger/1");
    assert!(
        last.1["error"]
            .as_str()
            .unwrap()
            .contains("TEST_DISCOVERY_BASE_PATH"),
        "{last:?}"
    );
    assert_eq!(world.tests("7.0").len(), 2);
}

#[test]
fn a_hub_that_is_killed_ends_what_it_began() {
    let mut world = World::new(&[("7.0", Some("main"))], "");
    let tests: String = (0..3_000)
        .map(|k| format!("def test_{k}():\n    \"\"\"{k}\"\"\"\n\n"))
        .collect();
    world.commit(&[("test_a.py", &tests), ("test_b.py", &tests)]);
    let (_, started) = world.json("POST", "trigger/1", "");
    let job = started["job_id"].as_str().unwrap().to_owned();
    let (status, second) = world.json("POST", "trigger/1", "");
    assert_eq!((status, &second["job_id"]), (409, &started["job_id"]));
    // in the middle of the batches, if this machine is slow enough
    eventually(PATIENCE, || {
        let history = world.history();
        (history[0]["status"] != "running" || !world.tests("7.0").is_empty()).then_some(())
    });
    world.hub.kill();
    world.hub.restart();
    let (log, last) = world.follow(&job);
    assert_eq!(last.0, "complete", "{last:?}");
    assert_eq!(
        log.iter()
            .filter(|line| line.starts_with("=== Sync Complete"))
            .count(),
        1
    );
    assert_eq!(world.tests("7.0").len(), 6_000);
    let history = world.history();
    assert_eq!((history.len(), &history[0]["status"]), (1, &"success".into()));
    assert_eq!(counts(&world.done(1)), [6_000, 0, 0, 0]);
}
