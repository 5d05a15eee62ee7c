//! The newcomer's way: open a dbt project, nothing configured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA, SCHEMA_FILE, STG_LOAVES, TAKINGS},
};
use serde_json::{Value, json};

#[test]
fn a_model_is_explained_wherever_it_is_named() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    let text = editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    for known in [
        "stg_loaves",
        "loaf_id",
        "kind",
        "Price of one loaf in euros.",
        "till.loaves",
        "takings",
    ] {
        assert!(text.contains(known), "{known} is missing in {text}");
    }
    assert_eq!(editor.hover(TAKINGS, "ref('$0stg_loaves')"), text);
    // columns: behind an alias, through a CTE, an output of this file
    assert!(
        editor
            .hover(TAKINGS, "l.lo$0af_id")
            .contains("Which kind of loaf.")
    );
    let counted = editor.hover(TAKINGS, "count(sa$0le_id)");
    assert!(
        counted.contains("sale_id") && counted.contains("stg_sales"),
        "{counted}"
    );
    assert!(editor.hover(TAKINGS, "as ta$0kings").contains("Euros in all."));
    // sources, and names in YAML
    editor.show(STG_LOAVES);
    assert!(
        editor
            .hover(STG_LOAVES, "'loa$0ves'")
            .contains("Every kind of loaf that the till knows.")
    );
    assert!(
        editor
            .hover(STG_LOAVES, "i$0d as loaf_id")
            .contains("Button on the till.")
    );
    editor.show(SCHEMA_FILE);
    assert!(
        editor
            .hover(SCHEMA_FILE, "- name: stg_lo$0aves")
            .contains("loaf_id")
    );
    // nothing is known: null, no error
    let at = editor.at(TAKINGS, "\n  $0  l.kind");
    assert_eq!(editor.request("textDocument/hover", at), Value::Null);
    assert_eq!(editor.junk(), Vec::<String>::new());
    assert!(editor.quit().is_some_and(|status| status.success()));
}

#[test]
fn definition_completion_symbols_and_lineage() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    let at = editor.at(TAKINGS, "ref('stg_lo$0aves')");
    let target = editor.request("textDocument/definition", at.clone());
    assert_eq!(target[0]["targetUri"], editor.uri(STG_LOAVES), "{target}");
    let found = editor.request("workspace/symbol", json!({"query": "stg_l"}));
    assert_eq!(found[0]["name"], "stg_loaves", "{found}");
    let item = editor.request("textDocument/prepareCallHierarchy", at)[0].clone();
    let names = |list: &Value, side: &str| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|c| c[side]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let built_from = editor.request("callHierarchy/outgoingCalls", json!({"item": item}));
    assert_eq!(names(&built_from, "to"), ["loaves"]);
    let used_by = editor.request("callHierarchy/incomingCalls", json!({"item": item}));
    assert_eq!(names(&used_by, "from"), ["takings"]);
    editor.show_text("models/new.sql", "select * from {{ ref('stg_");
    let at = editor.at("models/new.sql", "ref('stg_$0");
    let offered = editor.request("textDocument/completion", at);
    let labels: Vec<&str> = offered["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|i| i["label"].as_str())
        .collect();
    assert!(labels.contains(&"stg_sales"), "{labels:?}");
}

#[test]
fn a_change_on_disk_is_noticed_and_a_deleted_model_goes() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    let changed = |editor: &mut Editor, path: &str, kind: u8| {
        let uri = editor.uri(path);
        editor.notify(
            "workspace/didChangeWatchedFiles",
            json!({"changes": [{"uri": uri, "type": kind}]}),
        );
    };
    place.write(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "Fresh from the oven."))]);
    changed(&mut editor, SCHEMA_FILE, 2);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", "Fresh from the oven.");
    place.write(&[(SCHEMA_FILE, "version: 2\n")]);
    std::fs::remove_file(place.workspace.join(STG_LOAVES)).unwrap();
    changed(&mut editor, STG_LOAVES, 3);
    let answer = editor.command("metasync.sync", json!([]));
    assert_eq!(answer["state"], "local", "{answer}");
    assert!(
        !editor
            .hover(TAKINGS, "ref('stg_lo$0aves')")
            .contains("Fresh from the oven.")
    );
}

#[test]
fn two_windows_and_the_command_line_share_one_cache() {
    let place = Place::new("bakery", BAKERY);
    let mut one = place.editor();
    let mut two = place.editor();
    for editor in [&mut one, &mut two] {
        editor.show(TAKINGS);
        editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    }
    assert_eq!(
        place
            .cache_files()
            .iter()
            .filter(|f| f.ends_with("cache.db"))
            .count(),
        1
    );
    let shown = place.json(&["show", "stg_loaves"]);
    assert_eq!(shown["description"], ABOUT_LOAVES);
    // the window whose process runs the embedded hub goes; the other one takes over
    one.kill();
    place.write(&[(
        SCHEMA_FILE,
        &SCHEMA.replace(ABOUT_LOAVES, "Seen by the one that is left."),
    )]);
    let answer = two.command("metasync.sync", json!([]));
    assert_eq!(answer["state"], "local", "{answer}");
    two.hover_until(TAKINGS, "ref('stg_lo$0aves')", "Seen by the one that is left.");
}

#[test]
fn a_client_is_asked_for_nothing_that_it_does_not_offer() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = Editor::start(&place.workspace, &place.environment);
    editor.greet(
        Value::Null,
        json!({"textDocument": {"hover": {"contentFormat": ["plaintext"]}}}),
    );
    editor.show(TAKINGS);
    let text = editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    assert!(!text.contains("**") && !text.contains('`'), "{text}");
    assert_eq!(editor.was_asked(), Vec::<String>::new());
}

#[test]
fn progress_of_a_sync_with_a_silent_hub_ends_when_another_one_is_set() {
    // it takes connections and says nothing
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let place = Place::new("bakery", BAKERY);
    let mut editor = Editor::start(&place.workspace, &place.environment);
    editor.greet(json!({"hub": {"url": url}, "token": "a.b.c"}), offers());
    let begun = editor.told("$/progress", |p| p["value"]["kind"] == "begin");
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"metasync": {"hub": {"url": null}}}}),
    );
    editor.told("$/progress", |p| {
        p["token"] == begun["token"] && p["value"]["kind"] == "end"
    });
}

#[test]
fn progress_begins_ends_and_never_falls() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = Editor::start(&place.workspace, &place.environment);
    editor.greet(Value::Null, offers());
    editor.command("metasync.syncFull", json!([]));
    editor.told("$/progress", |p| p["value"]["kind"] == "end");
    let mut last = std::collections::HashMap::new();
    for told in editor.all_told("$/progress") {
        let (token, value) = (told["token"].to_string(), &told["value"]);
        let percentage = value["percentage"].as_u64();
        match value["kind"].as_str() {
            Some("begin") => assert_eq!(last.insert(token, 0), None),
            Some("report") => {
                let before = last.insert(token, percentage.unwrap()).unwrap();
                assert!(percentage.unwrap() >= before && percentage.unwrap() <= 100);
            }
            Some("end") => assert!(last.remove(&token).is_some()),
            other => panic!("{other:?}"),
        }
    }
}
