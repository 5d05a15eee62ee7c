//! What the language server tells of a text that is wrong, and of what only seems so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA_FILE, TAKINGS},
};
use serde_json::{Value, json};

const BEST: &str = "models/marts/best_sellers.sql";

/// An editor with the catalogue known.
fn open(place: &Place, settings: Value) -> Editor {
    let mut editor = Editor::start(&place.workspace, &place.environment);
    editor.greet(settings, offers());
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor
}

fn codes(params: &Value) -> Vec<String> {
    let list = params["diagnostics"].as_array().unwrap();
    list.iter()
        .map(|d| d["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_wrong_is_told_with_what_would_mend_it() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place, json!({}));
    let uri = editor.uri(BEST);
    editor.show(BEST);
    editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == uri.as_str() && codes(p).is_empty()
    });
    editor.forget();
    editor.retype(BEST, "select kind, takins\nfrom {{ ref('takngs') }} x\njoin {{ ref('takings') }} t using (kind)\nwhere t.takins > 1");
    let told = editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == uri.as_str() && !codes(p).is_empty()
    });
    assert_eq!(told["version"], 2);
    assert!(codes(&told).contains(&"unknown-model".to_owned()), "{told}");
    assert!(codes(&told).contains(&"unknown-column".to_owned()), "{told}");
    let range = told["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["code"] == "unknown-model")
        .unwrap()["range"]
        .clone();
    let actions = editor.request(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}}),
    );
    let titles: Vec<&str> = actions
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["title"].as_str().unwrap())
        .collect();
    assert!(titles.contains(&"Change to `takings`"), "{actions}");
    assert_eq!(actions[0]["kind"], "quickfix");
    // a column that another model uses is gone
    let uri = editor.uri(TAKINGS);
    let text = std::fs::read_to_string(place.workspace.join(BEST)).unwrap();
    editor.retype(BEST, &text);
    editor.forget();
    let text = std::fs::read_to_string(place.workspace.join(TAKINGS)).unwrap();
    editor.retype(TAKINGS, &text.replace("as takings", "as brought_in"));
    let told = editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == uri.as_str() && !codes(p).is_empty()
    });
    let message = told["diagnostics"][0]["message"].as_str().unwrap().to_owned();
    assert_eq!(codes(&told), ["breaking-change"], "{told}");
    assert!(
        message.contains("`takings`") && message.contains("best_sellers"),
        "{message}"
    );
    // YAML: what is missing and what is too much; a kind that is switched off is not told
    let yaml = editor.uri(SCHEMA_FILE);
    let text = std::fs::read_to_string(place.workspace.join(SCHEMA_FILE)).unwrap();
    editor.show_text(SCHEMA_FILE, &format!("{text}  - name: nobody\n"));
    let told = editor.told("textDocument/publishDiagnostics", |p| p["uri"] == yaml.as_str());
    assert!(codes(&told).contains(&"missing-description".to_owned()), "{told}");
    editor.forget();
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"metasync": {"diagnostics": {"disabled": ["missing-description"]}}}}),
    );
    let told = editor.told("textDocument/publishDiagnostics", |p| p["uri"] == yaml.as_str());
    assert_eq!(codes(&told), ["unknown-model"], "{told}");
    // a closed document has none
    editor.forget();
    editor.notify("textDocument/didClose", json!({"textDocument": {"uri": yaml}}));
    editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == yaml.as_str() && codes(p).is_empty()
    });
}

#[test]
fn what_was_just_renamed_is_not_called_unknown() {
    let place = Place::new("bakery", BAKERY);
    // nothing is indexed again: what the catalogue knows stays what it was
    let mut editor = open(&place, json!({"autoSync": {"enabled": false}}));
    let (takings, best, yaml) = (editor.uri(TAKINGS), editor.uri(BEST), editor.uri(SCHEMA_FILE));
    let text = |file: &str| std::fs::read_to_string(place.workspace.join(file)).unwrap();
    editor.show(BEST);
    editor.show(SCHEMA_FILE);
    // a column: three texts are changed, none is saved
    editor.retype(TAKINGS, &text(TAKINGS).replace("as takings", "as income"));
    editor.retype(
        SCHEMA_FILE,
        &text(SCHEMA_FILE).replace("- name: takings\n        d", "- name: income\n        d"),
    );
    editor.retype(
        BEST,
        "select kind, income\nfrom {{ ref('takings') }}\nwhere income > 100\n",
    );
    let settled = |editor: &mut Editor, uri: &str, version: i64| {
        let told = editor.told("textDocument/publishDiagnostics", |p| {
            p["uri"] == uri && p["version"] == version
        });
        let mut found = codes(&told);
        found.retain(|code| code != "missing-description");
        assert!(found.is_empty(), "{told}");
    };
    settled(&mut editor, &yaml, 2);
    settled(&mut editor, &best, 2);
    // who used it is looked at as it is now, whichever text came first
    editor.retype(TAKINGS, &text(TAKINGS).replace("as takings", "as  income"));
    settled(&mut editor, &takings, 3);
    // a model: its file has another name, and nobody has read it yet
    let staging = place.workspace.join("models/staging");
    std::fs::rename(staging.join("stg_loaves.sql"), staging.join("staged_loaves.sql")).unwrap();
    let renamed = text(TAKINGS).replace("stg_loaves", "staged_loaves");
    editor.retype(TAKINGS, &renamed.replace("as takings", "as income"));
    settled(&mut editor, &takings, 4);
    // a name that leads nowhere still does
    editor.retype(BEST, "select 1 as one from {{ ref('nothing_at_all') }}");
    let told = editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == best.as_str() && p["version"] == 3
    });
    assert_eq!(codes(&told), ["unknown-model"], "{told}");
}
