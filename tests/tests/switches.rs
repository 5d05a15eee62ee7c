//! Each feature can be switched off, at the start and while the server runs, and is back when it is on again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, TAKINGS},
};
use serde_json::{Value, json};

const STAR: &str = "models/marts/star.sql";

/// Each switch, and a request that has an answer while it is on.
const SWITCHES: &[(&str, &str)] = &[
    ("hover", "textDocument/hover"),
    ("completion", "textDocument/completion"),
    ("signatureHelp", "textDocument/signatureHelp"),
    ("definition", "textDocument/definition"),
    ("references", "textDocument/references"),
    ("documentHighlight", "textDocument/documentHighlight"),
    ("documentSymbol", "textDocument/documentSymbol"),
    ("workspaceSymbol", "workspace/symbol"),
    ("rename", "textDocument/prepareRename"),
    ("rename", "textDocument/rename"),
    ("codeAction", "textDocument/codeAction"),
    ("codeLens", "textDocument/codeLens"),
    ("documentLink", "textDocument/documentLink"),
    ("foldingRange", "textDocument/foldingRange"),
    ("inlayHint", "textDocument/inlayHint"),
    ("semanticTokens", "textDocument/semanticTokens/full"),
    ("callHierarchy", "textDocument/prepareCallHierarchy"),
];

fn bakery() -> Place {
    let star = (
        STAR,
        "select *, {{ euros(1) }} as e\nfrom {{ ref('stg_loaves') }} l\nwhere l.kin = 1\n",
    );
    let macros = (
        "macros/euros.sql",
        "{% macro euros(cents) %}{{ cents }}{% endmacro %}\n",
    );
    Place::new("bakery", &[BAKERY, &[star, macros]].concat())
}

fn open(place: &Place, settings: Value) -> Editor {
    let mut editor = Editor::start(&place.workspace, &place.environment);
    let mut offers = offers();
    offers["workspace"]["workspaceEdit"] =
        json!({"documentChanges": true, "resourceOperations": ["rename", "create", "delete"]});
    editor.greet(settings, offers);
    editor.command("metasync.sync", json!([]));
    editor.show(STAR);
    editor
}

/// How much an answer holds.
fn amount(editor: &mut Editor, method: &str) -> usize {
    let needle = match method {
        "textDocument/signatureHelp" => "euros($01)",
        _ => "ref('stg_lo$0aves')",
    };
    let mut params = editor.at(STAR, needle);
    params["range"] = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    params["query"] = json!("stg_loaves");
    params["newName"] = json!("staged");
    params["context"] = match method {
        "textDocument/codeAction" => json!({"diagnostics": []}),
        _ => json!({"includeDeclaration": true, "triggerKind": 1, "isRetrigger": false}),
    };
    let answer = editor.request(method, params);
    match answer {
        Value::Null => 0,
        Value::Array(list) => list.len(),
        other => other["data"].as_array().map_or(1, Vec::len),
    }
}

#[test]
fn each_feature_has_a_switch() {
    let place = bakery();
    let mut editor = open(&place, json!({}));
    editor.hover_until(STAR, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    for (feature, method) in SWITCHES {
        assert!(amount(&mut editor, method) > 0, "{method} has no answer");
        let switch = |list: Value| json!({"settings": {"metasync": {"features": {"disabled": list}}}});
        editor.notify("workspace/didChangeConfiguration", switch(json!([feature])));
        editor.command("metasync.status", json!([]));
        let off = metasync_tests::eventually(metasync_tests::PATIENCE, || {
            (amount(&mut editor, method) == 0).then_some(())
        });
        assert!(off.is_some(), "{feature} stays on in {method}");
        for (other, method) in SWITCHES.iter().filter(|(other, _)| other != feature) {
            assert!(amount(&mut editor, method) > 0, "{other} is off with {feature}");
        }
        editor.notify("workspace/didChangeConfiguration", switch(json!([])));
        let on = metasync_tests::eventually(metasync_tests::PATIENCE, || {
            (amount(&mut editor, method) > 0).then_some(())
        });
        assert!(on.is_some(), "{feature} does not come back in {method}");
    }
    // nothing was lost by it, and from the start it is the same
    let all: Vec<&str> = SWITCHES.iter().map(|(feature, _)| *feature).collect();
    let mut quiet = open(&place, json!({"features": {"disabled": all}}));
    for (feature, method) in SWITCHES {
        assert_eq!(amount(&mut quiet, method), 0, "{feature}");
    }
}

#[test]
fn an_editor_that_is_asked_counts_with_all_that_it_has() {
    let place = bakery();
    let mut editor = open(&place, json!({}));
    let mut hovers = |settings: Value, wanted: bool| {
        editor.set_settings(settings.clone());
        let as_wanted = || ((amount(&mut editor, "textDocument/hover") > 0) == wanted).then_some(());
        let found = metasync_tests::eventually(metasync_tests::PATIENCE, as_wanted);
        assert!(found.is_some(), "{settings}");
    };
    hovers(json!({"features": {"disabled": ["hover"]}}), false);
    // what is named no longer is set no longer
    hovers(json!({}), true);
    hovers(json!({"features": {"disabled": ["hover"]}}), false);
    hovers(json!({"features": {"disabled": "what is no list"}}), true);
}

#[test]
fn problems_hints_and_lenses_have_switches_of_their_own() {
    let place = bakery();
    let mut editor = open(&place, json!({}));
    let uri = editor.uri(STAR);
    let mut told = |settings: Value, fits: &dyn Fn(&Value) -> bool| {
        editor.forget();
        editor.notify(
            "workspace/didChangeConfiguration",
            json!({"settings": {"metasync": settings}}),
        );
        editor.told("textDocument/publishDiagnostics", |p| {
            p["uri"] == uri.as_str() && fits(&p["diagnostics"])
        });
    };
    let is_empty = |list: &Value| list.as_array().unwrap().is_empty();
    let is_full = |list: &Value| list[0]["code"] == "unknown-column";
    told(json!({"diagnostics": {"enabled": false}}), &is_empty);
    told(json!({"diagnostics": {"enabled": true}}), &is_full);
    told(
        json!({"diagnostics": {"disabled": ["unknown-column"]}}),
        &is_empty,
    );
    told(json!({"diagnostics": {"disabled": []}}), &is_full);
    for (settings, method) in [
        (json!({"codeLens": {"lineage": false}}), "textDocument/codeLens"),
        (
            json!({"inlayHints": {"stars": false, "columnTypes": false}}),
            "textDocument/inlayHint",
        ),
    ] {
        assert!(amount(&mut editor, method) > 0, "{method}");
        editor.notify(
            "workspace/didChangeConfiguration",
            json!({"settings": {"metasync": settings}}),
        );
        let off = metasync_tests::eventually(metasync_tests::PATIENCE, || {
            (amount(&mut editor, method) == 0).then_some(())
        });
        assert!(off.is_some(), "{method}");
    }
    editor.show(TAKINGS);
    assert!(
        editor
            .hover(TAKINGS, "ref('stg_lo$0aves')")
            .contains(ABOUT_LOAVES)
    );
}
