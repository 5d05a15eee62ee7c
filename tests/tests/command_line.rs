//! The command line as a newcomer meets it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Place,
    projects::{ABOUT_LOAVES, BAKERY},
};

#[test]
fn try_shows_counts_a_hover_and_a_lineage_tree() {
    let place = Place::new("bakery", BAKERY);
    let output = place.run(&["try", "."]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "objects",
        "column lineage",
        "Hovering",
        "Its lineage",
        "What next",
        "└─",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains('\u{1b}'));
    let told = place.json(&["try"]);
    assert!(
        told["objects"].as_u64().unwrap() > 10 && told["columns_lineage"].as_u64().unwrap() > 10,
        "{told}"
    );
    assert!(told["sample_hover"].as_str().unwrap().contains("**"));
}

#[test]
fn try_where_there_is_nothing() {
    let place = Place::new("empty", &[]);
    let output = place.run(&["try", "."]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("No models"));
    for wrong in ["missing/folder", "file.txt"] {
        place.write(&[("file.txt", "x")]);
        let output = place.run(&["try", wrong]);
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(wrong) && output.stdout.is_empty(), "{error}");
    }
}

#[test]
fn answers_come_from_the_cache_and_say_what_to_do_before_there_is_one() {
    let place = Place::new("bakery", BAKERY);
    for command in [
        &["show", "stg_loaves"][..],
        &["lineage", "takings"],
        &["search", "loaf"],
        &["status"],
    ] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("metasync sync"));
    }
    let synced = place.json(&["sync"]);
    assert_eq!(
        (synced["state"].as_str(), synced["up_to_date"].as_bool()),
        (Some("local"), Some(false))
    );
    assert_eq!(place.json(&["sync"])["up_to_date"], true);
    assert_eq!(place.json(&["show", "stg_loaves"])["description"], ABOUT_LOAVES);
    let lineage = place
        .json(&["lineage", "takings", "--upstream", "--column", "takings"])
        .to_string();
    assert!(
        lineage.contains("price") && lineage.contains("sale_id") && !lineage.contains("best_sellers"),
        "{lineage}"
    );
    assert_eq!(
        place.json(&["search", "till knows"])["results"][0]["name"],
        "loaves"
    );
    assert_eq!(place.json(&["history"])["runs"].as_array().unwrap().len(), 2);
    let inside = place.workspace.join("models/marts");
    let output = metasync_tests::run(&inside, &place.environment, &["show", "stg_loaves"]);
    assert!(output.status.success());
}

#[test]
fn wrong_names_end_with_one_and_wrong_usage_with_two() {
    let place = Place::new("bakery", BAKERY);
    place.json(&["sync"]);
    for command in [
        &["show", "nobody"][..],
        &["lineage", "nobody"],
        &["lineage", "takings", "--column", "nothing"],
    ] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            error.contains(command.last().unwrap()) && output.stdout.is_empty(),
            "{error}"
        );
    }
    for command in [
        &[][..],
        &["frobnicate"],
        &["show"],
        &["lineage", "x", "--depth", "deep"],
        &["analyze", ".", "--dialect", "klingon"],
    ] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{command:?}"
        );
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::new("bakery", BAKERY);
    place.json(&["sync"]);
    let script = format!("{} show stg_loaves | true", metasync_tests::metasync().display());
    let output = std::process::Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {script}")])
        .current_dir(&place.workspace)
        .envs(place.environment.iter().cloned())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
