//! What the language server does around a text: each feature once over the pipe, with a bakery's dbt project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA_FILE, STG_LOAVES, TAKINGS},
};
use serde_json::{Value, json};

const BEST: &str = "models/marts/best_sellers.sql";

/// An editor that renames files and asks again when it is told to, with the catalogue known.
fn open(place: &Place) -> Editor {
    let mut editor = Editor::start(&place.workspace, &place.environment);
    let mut offers = offers();
    offers["workspace"]["workspaceEdit"] =
        json!({"documentChanges": true, "resourceOperations": ["rename", "create", "delete"]});
    offers["workspace"]["inlayHint"] = json!({"refreshSupport": true});
    offers["workspace"]["codeLens"] = json!({"refreshSupport": true});
    editor.greet(json!({}), offers);
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor
}

/// The words that ranges of an answer cover, with the end of the path they stand in.
fn words(place: &Place, locations: &Value) -> Vec<String> {
    let mut found: Vec<String> = locations
        .as_array()
        .unwrap_or_else(|| panic!("{locations}"))
        .iter()
        .map(|location| {
            let path = location["uri"].as_str().unwrap().rsplit('/').next().unwrap();
            format!(
                "{path}:{}",
                word(place, location["uri"].as_str().unwrap(), &location["range"])
            )
        })
        .collect();
    found.sort();
    found
}

fn word(place: &Place, uri: &str, range: &Value) -> String {
    let root = metasync_tests::editor::uri(&place.workspace);
    let path = place
        .workspace
        .join(uri.strip_prefix(&format!("{root}/")).unwrap());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text
        .lines()
        .nth(range["start"]["line"].as_u64().unwrap() as usize)
        .unwrap();
    let part = |end: &str| range[end]["character"].as_u64().unwrap() as usize;
    line[part("start")..part("end")].to_owned()
}

#[test]
fn references_and_highlights() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let mut at = editor.at(TAKINGS, "ref('stg_lo$0aves')");
    at["context"] = json!({"includeDeclaration": true});
    let found = editor.request("textDocument/references", at.clone());
    assert_eq!(
        words(&place, &found),
        ["schema.yml:stg_loaves", "takings.sql:stg_loaves"]
    );
    at["context"] = json!({"includeDeclaration": false});
    let found = editor.request("textDocument/references", at);
    assert_eq!(words(&place, &found), ["takings.sql:stg_loaves"]);
    // a column: where it is made, described and used
    editor.show(STG_LOAVES);
    let mut at = editor.at(STG_LOAVES, "as pr$0ice");
    at["context"] = json!({"includeDeclaration": true});
    let found = editor.request("textDocument/references", at);
    assert_eq!(
        words(&place, &found),
        ["schema.yml:price", "stg_loaves.sql:price", "takings.sql:price"]
    );
    // in one file: a CTE and its alias
    let at = editor.at(TAKINGS, "join so$0ld");
    let found = editor.request("textDocument/documentHighlight", at);
    assert_eq!(found.as_array().unwrap().len(), 6, "{found}");
    let at = editor.at(TAKINGS, "\n  $0  l.kind");
    assert_eq!(editor.request("textDocument/documentHighlight", at), Value::Null);
}

#[test]
fn renames() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let mut at = editor.at(TAKINGS, "ref('stg_lo$0aves')");
    let prepared = editor.request("textDocument/prepareRename", at.clone());
    assert_eq!(prepared["placeholder"], "stg_loaves");
    at["newName"] = json!("staged_loaves");
    let edit = editor.request("textDocument/rename", at);
    let changes = edit["documentChanges"].as_array().unwrap();
    let renamed = changes
        .iter()
        .find(|c| c["kind"] == "rename")
        .unwrap_or_else(|| panic!("{edit}"));
    assert!(
        renamed["newUri"]
            .as_str()
            .unwrap()
            .ends_with("/staging/staged_loaves.sql"),
        "{edit}"
    );
    let texts: Vec<&Value> = changes
        .iter()
        .flat_map(|c| c["edits"].as_array())
        .flatten()
        .collect();
    assert_eq!(texts.len(), 2, "{edit}");
    assert!(texts.iter().all(|e| e["newText"] == "staged_loaves"), "{edit}");
    // a column: the model that passes it on keeps its own name for it
    editor.show(STG_LOAVES);
    let mut at = editor.at(STG_LOAVES, "k$0ind,");
    at["newName"] = json!("sort");
    let reply = editor.ask("textDocument/rename", at);
    let reply = editor.reply(reply);
    // `kind` in staging is the source's column first, and that is the warehouse's
    assert!(
        reply["error"]["message"]
            .as_str()
            .is_some_and(|m| m.contains("warehouse")),
        "{reply}"
    );
    let mut at = editor.at(STG_LOAVES, "as lo$0af_id");
    at["newName"] = json!("bread_id");
    let edit = editor.request("textDocument/rename", at).to_string();
    for wanted in ["\"bread_id\"", "bread_id as loaf_id"] {
        assert!(edit.contains(wanted), "{wanted} is missing in {edit}");
    }
    // an editor that can't rename files is told so
    let mut plain = place.editor();
    plain.show(TAKINGS);
    plain.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    let mut at = plain.at(TAKINGS, "ref('stg_lo$0aves')");
    at["newName"] = json!("staged_loaves");
    let reply = plain.ask("textDocument/rename", at);
    let reply = plain.reply(reply);
    assert!(
        reply["error"]["message"]
            .as_str()
            .is_some_and(|m| m.contains("rename")),
        "{reply}"
    );
}

#[test]
fn hints_lenses_links_folds_tokens_and_signatures() {
    let place = Place::new(
        "bakery",
        &[
            BAKERY,
            &[
                (
                    "macros/euros.sql",
                    "{% macro euros(cents, digits) %}\n  {{ cents }} / 100\n{% endmacro %}\n",
                ),
                (
                    "models/marts/all_loaves.sql",
                    "select *, 1 as one\nfrom {{ ref('stg_loaves') }}\n",
                ),
            ],
        ]
        .concat(),
    );
    let mut editor = open(&place);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}});
    let star = "models/marts/all_loaves.sql";
    editor.show(star);
    let document = json!({"textDocument": {"uri": editor.uri(star)}});
    let hints = editor.request(
        "textDocument/inlayHint",
        json!({"textDocument": document["textDocument"], "range": whole}),
    );
    let labels: Vec<&str> = hints
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["label"].as_str().unwrap())
        .collect();
    assert!(labels.contains(&" = loaf_id, kind, price"), "{hints}");
    let document = json!({"textDocument": {"uri": editor.uri(TAKINGS)}});
    let lenses = editor.request("textDocument/codeLens", document.clone());
    assert_eq!(
        lenses[0]["command"]["title"], "built from 2 · used by 1",
        "{lenses}"
    );
    let links = editor.request("textDocument/documentLink", document.clone());
    let targets: Vec<&str> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["target"].as_str().unwrap())
        .collect();
    assert_eq!(targets.len(), 2, "{links}");
    assert!(
        targets.iter().any(|t| t.ends_with("/staging/stg_sales.sql")),
        "{links}"
    );
    let folds = editor.request("textDocument/foldingRange", document.clone());
    assert!(
        folds
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["startLine"] == 0 && f["endLine"] == 3),
        "{folds}"
    );
    let tokens = editor.request("textDocument/semanticTokens/full", document);
    let data = tokens["data"].as_array().unwrap();
    assert!(data.len() >= 50 && data.len().is_multiple_of(5), "{tokens}");
    let scratch = "models/marts/scratch.sql";
    editor.show_text(scratch, "select {{ euros(price, ");
    let at = editor.at(scratch, "price, $0");
    let help = editor.request("textDocument/signatureHelp", at);
    assert_eq!(help["signatures"][0]["label"], "euros(cents, digits)", "{help}");
    assert_eq!(help["activeParameter"], 1);
}

#[test]
fn trees_can_be_filled_page_by_page() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let status = editor.command("metasync.status", json!([]));
    let connection = status["connections"][0]["id"].clone();
    let page = editor.request(
        "metasync/objects",
        json!({"connection": connection, "type": "model", "limit": 2}),
    );
    assert_eq!(page["total"], 4, "{page}");
    assert_eq!(page["objects"].as_array().unwrap().len(), 2);
    assert!(
        page["types"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["object_type"] == "source" && t["count"] == 2),
        "{page}"
    );
    let filtered = editor.request(
        "metasync/objects",
        json!({"connection": connection, "filter": " TAK "}),
    );
    assert_eq!(filtered["objects"][0]["name"], "takings", "{filtered}");
    let columns = editor.request("metasync/columns", json!({"id": filtered["objects"][0]["id"]}));
    let names: Vec<&str> = columns["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["loaf_id", "kind", "times", "takings"]);
    let nothing = editor.request("metasync/objects", json!({"connection": "nobody"}));
    assert_eq!(nothing["total"], 0);
    assert_eq!(
        editor.request("metasync/columns", json!({"id": "x"})),
        json!({"columns": []})
    );
}

#[test]
fn views_follow_the_editor() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let mut about = |path: &str, needle: &str| {
        editor.show(path);
        let at = &editor.at(path, needle)["position"];
        let params = json!({"uri": editor.uri(path), "line": at["line"], "character": at["character"]});
        let answer = editor.request("metasync/objectAt", params);
        let name = |field: &str| answer[field]["name"].as_str().unwrap_or("").to_owned();
        let column = answer["column"].as_str().unwrap_or("").to_owned();
        [name("own"), name("named"), column]
    };
    assert_eq!(
        about(TAKINGS, "ref('stg_lo$0aves')"),
        ["takings", "stg_loaves", ""]
    );
    assert_eq!(about(TAKINGS, "s$0elect"), ["takings", "", ""]);
    assert_eq!(about(TAKINGS, "l.ki$0nd"), ["takings", "stg_loaves", "kind"]);
    assert_eq!(about(SCHEMA_FILE, "$0version")[0], "loaves");
    assert_eq!(about(SCHEMA_FILE, "$0Euros in all")[0], "takings");
    let nowhere = json!({"uri": "file:///nowhere.sql", "line": 9, "character": 9});
    assert_eq!(
        editor.request("metasync/objectAt", nowhere),
        json!({"named": null, "column": null, "own": null})
    );
}

#[test]
fn a_sync_tells_what_it_changed_for_open_files() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    editor.show(BEST);
    editor.hover_until(BEST, "sel$0ect", "");
    let path = place.workspace.join(BEST);
    std::fs::write(
        &path,
        "select kind, takings, takings * 2 as twice\nfrom {{ ref('takings') }}\n",
    )
    .unwrap();
    editor.notify(
        "workspace/didChangeWatchedFiles",
        json!({"changes": [{"uri": editor.uri(BEST), "type": 2}]}),
    );
    let told = editor.told("metasync/changed", |_| true);
    assert_eq!(told["message"], "1 column of best_sellers changed", "{told}");
    assert_eq!(told["objects"][0]["path"], BEST);
    assert!(
        editor
            .was_asked()
            .contains(&"workspace/codeLens/refresh".to_owned())
    );
}

#[test]
fn completion_in_yaml_and_templates() {
    let place = Place::new(
        "bakery",
        &[
            BAKERY,
            &[
                ("models/words.md", "{% docs loaf %}What we bake.{% enddocs %}\n"),
                (
                    "tests/generic/positive.sql",
                    "{% test positive(model, column_name) %}select 1{% endtest %}\n",
                ),
            ],
        ]
        .concat(),
    );
    let mut editor = open(&place);
    let mut labels = |text: &str| {
        let path = format!("models/scratch{}.yml", text.len());
        let (before, after) = text.split_once("$0").unwrap();
        editor.show_text(&path, &format!("{before}{after}"));
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap().len();
        let found = editor.request(
            "textDocument/completion",
            json!({"textDocument": {"uri": editor.uri(&path)}, "position": {"line": line, "character": character}}),
        );
        let items = found["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|i| i["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels("models:\n  - name: takings\n    desc$0"), ["description"]);
    assert_eq!(
        labels(
            "models:\n  - name: takings\n    columns:\n      - name: kind\n        tests:\n          - $0"
        ),
        [
            "unique",
            "not_null",
            "accepted_values",
            "relationships",
            "positive"
        ]
    );
    assert_eq!(
        labels("models:\n  - name: takings\n    columns:\n      - name: ti$0"),
        ["times"]
    );
    assert_eq!(
        labels("models:\n  - name: takings\n    description: \"{{ doc('l$0') }}\""),
        ["loaf"]
    );
}

#[test]
fn letters_of_a_name_find_it() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let found = editor.request("workspace/symbol", json!({"query": "stlvs"}));
    assert_eq!(found[0]["name"], "stg_loaves", "{found}");
}

#[test]
fn a_columns_lineage_is_a_call_hierarchy_too() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    editor.show(BEST);
    let at = editor.at(BEST, "kind, ta$0kings");
    let items = editor.request("textDocument/prepareCallHierarchy", at);
    assert_eq!(items[0]["name"], "best_sellers.takings", "{items}");
    let up = editor.request("callHierarchy/outgoingCalls", json!({"item": items[0]}));
    assert_eq!(up[0]["to"]["name"], "takings.takings", "{up}");
    let further = editor.request("callHierarchy/outgoingCalls", json!({"item": up[0]["to"]}));
    let mut names: Vec<&str> = further
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["to"]["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["stg_loaves.price", "stg_sales.sale_id"], "{further}");
    let back = editor.request("callHierarchy/incomingCalls", json!({"item": up[0]["to"]}));
    assert_eq!(back[0]["from"]["name"], "best_sellers.takings", "{back}");
}

#[test]
fn a_burst_of_edits_is_answered_after_the_last() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = open(&place);
    let uri = editor.uri(TAKINGS);
    let text = std::fs::read_to_string(place.workspace.join(TAKINGS)).unwrap();
    editor.forget();
    for n in 0..1000 {
        editor.retype(TAKINGS, &format!("-- {n}\n{text}"));
    }
    let hover = editor.hover(TAKINGS, "ref('stg_lo$0aves')");
    assert!(hover.contains(ABOUT_LOAVES), "{hover}");
    // versions before the last are not worth telling
    editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == uri.as_str() && p["version"] == 1001
    });
    let told = editor.all_told("textDocument/publishDiagnostics");
    assert!(
        told.iter().filter(|p| p["uri"] == uri.as_str()).count() < 100,
        "{}",
        told.len()
    );
}
