//! Names that stand between quotes, or need to: renames, completions, definitions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, STG_LOAVES, TAKINGS},
};
use serde_json::{Value, json};

const SALES: &str = "models/staging/stg_sales_today.sql";
const TODAY: &str = "models/marts/today.sql";
const DESCRIBED: &str = "models/marts/today.yml";
const PRICES: &str = "seeds/prices.csv";

fn open(place: &Place) -> Editor {
    let mut editor = Editor::start(&place.workspace, &place.environment);
    let mut offers = offers();
    offers["workspace"]["workspaceEdit"] =
        json!({"documentChanges": true, "resourceOperations": ["rename", "create", "delete"]});
    editor.greet(json!({}), offers);
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor
}

fn shop() -> Place {
    let files = [
        (
            SALES,
            "select id as \"Sale Id\", \"Sum\" as `total` from {{ source(\"till\", \"sales\") }}\n",
        ),
        (
            TODAY,
            "with t as (select s.\"Sale Id\" from {{ ref(\"stg_sales_today\") }} as s)\nselect \"Sale Id\" from t\n",
        ),
        (
            DESCRIBED,
            "models:\n  - name: stg_sales_today\n    columns: [{name: 'Sale Id', description: Its number.}, {name: total}]\n",
        ),
        (PRICES, "kind,price\nrye,3\n"),
    ];
    Place::new("bakery", &[BAKERY, &files].concat())
}

/// The places and texts of a rename, by file; an error's message.
fn renamed(editor: &mut Editor, path: &str, needle: &str, name: &str) -> Result<Vec<String>, String> {
    let mut at = editor.at(path, needle);
    at["newName"] = json!(name);
    let asked = editor.ask("textDocument/rename", at);
    let reply = editor.reply(asked);
    if let Some(message) = reply["error"]["message"].as_str() {
        return Err(message.to_owned());
    }
    let mut found = Vec::new();
    for change in reply["result"]["documentChanges"].as_array().unwrap() {
        let file = |uri: &Value| uri.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        if change["kind"] == "rename" {
            found.push(format!(
                "{} -> {}",
                file(&change["oldUri"]),
                file(&change["newUri"])
            ));
        }
        for edit in change["edits"].as_array().into_iter().flatten() {
            let start = &edit["range"]["start"];
            let (line, character) = (&start["line"], &start["character"]);
            let text = edit["newText"].as_str().unwrap();
            found.push(format!(
                "{}:{line}:{character} {text}",
                file(&change["textDocument"]["uri"])
            ));
        }
    }
    found.sort();
    Ok(found)
}

#[test]
fn each_use_keeps_its_quotes() {
    let place = shop();
    let mut editor = open(&place);
    for path in [SALES, TODAY, DESCRIBED] {
        editor.show(path);
    }
    // the range is the name's alone, wherever the cursor is
    for (path, needle, line, from, to) in [
        (SALES, "\"Sa$0le Id\"", 0, 14, 21),
        (SALES, "$0\"Sale Id\"", 0, 14, 21),
        (TODAY, "s.\"Sale $0Id\"", 0, 21, 28),
        (DESCRIBED, "'Sa$0le Id'", 2, 22, 29),
    ] {
        let at = editor.at(path, needle);
        let prepared = editor.request("textDocument/prepareRename", at);
        assert_eq!(prepared["placeholder"], "Sale Id", "{path}");
        let place = |character: u32| json!({"line": line, "character": character});
        assert_eq!(
            prepared["range"],
            json!({"start": place(from), "end": place(to)}),
            "{path}"
        );
        let edits = renamed(&mut editor, path, needle, "it's no").unwrap();
        assert_eq!(
            edits,
            [
                "stg_sales_today.sql:0:13 \"it's no\"",
                "today.sql:0:20 \"it's no\" as \"Sale Id\"",
                "today.yml:2:22 it''s no",
            ],
            "{path} {needle}"
        );
    }
    // backticks stay backticks, a plain scalar gets quotes where it would be something else
    let edits = renamed(&mut editor, SALES, "`to$0tal`", "yes").unwrap();
    assert_eq!(
        edits,
        ["stg_sales_today.sql:0:33 `yes`", "today.yml:2:66 \"yes\""]
    );
}

#[test]
fn a_name_gets_the_quotes_that_it_needs_or_is_refused() {
    let place = shop();
    let mut editor = open(&place);
    for path in [STG_LOAVES, TODAY, PRICES] {
        editor.show(path);
    }
    for (name, written, described) in [
        ("Loaf Id", "\"Loaf Id\"", "Loaf Id"),
        ("LoafId", "\"LoafId\"", "LoafId"),
        ("order", "\"order\"", "order"),
        ("\"Loaf No\"", "\"Loaf No\"", "Loaf No"),
        ("loaf_no", "loaf_no", "loaf_no"),
    ] {
        let edits = renamed(&mut editor, STG_LOAVES, "as lo$0af_id", name).unwrap();
        let expected = [
            format!("schema.yml:17:14 {described}"),
            format!("stg_loaves.sql:1:10 {written}"),
            format!("takings.sql:12:37 {written}"),
            format!("takings.sql:7:6 {written} as loaf_id"),
        ];
        assert_eq!(edits, expected, "{name}");
    }
    let edits = renamed(&mut editor, TODAY, "\"stg_sales$0_today\"", "Today-2").unwrap();
    assert_eq!(
        edits,
        [
            "stg_sales_today.sql -> Today-2.sql",
            "today.sql:0:43 Today-2",
            "today.yml:1:10 Today-2",
        ]
    );
    assert_eq!(
        renamed(&mut editor, PRICES, "ki$0nd", "kind, sort").unwrap(),
        ["prices.csv:0:0 \"kind, sort\""]
    );
    assert_eq!(
        renamed(&mut editor, TAKINGS, "with so$0ld", "Sold Out").unwrap(),
        ["takings.sql:0:5 \"Sold Out\"", "takings.sql:12:10 \"Sold Out\""]
    );
    for (path, needle, name) in [
        (TODAY, "\"stg_sales$0_today\"", "my sales"),
        (STG_LOAVES, "as lo$0af_id", "  "),
        (STG_LOAVES, "as lo$0af_id", "two\nlines"),
        (STG_LOAVES, "as lo$0af_id", "{{ x }}"),
        (STG_LOAVES, "as lo$0af_id", "kind"),
        (STG_LOAVES, "as lo$0af_id", "a.b"),
    ] {
        let refused = renamed(&mut editor, path, needle, name);
        assert!(
            refused.as_ref().is_err_and(|why| why.len() > 10),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn what_is_offered_is_quoted_where_it_must_be() {
    let place = shop();
    let mut editor = open(&place);
    let scratch = "models/marts/scratch.sql";
    for (text, replaced) in [
        ("select s.$0 from {{ ref('stg_sales_today') }} s", 0),
        ("select s.\"Sal$0 from {{ ref('stg_sales_today') }} s", 4),
        ("select s.\"Sal$0\" from {{ ref('stg_sales_today') }} s", 5),
    ] {
        editor.show_text(scratch, &text.replace("$0", ""));
        let at = editor.at(scratch, text);
        let found = editor.request("textDocument/completion", at);
        let item = &found["items"][0];
        assert_eq!(item["label"], "Sale Id", "{text}: {found}");
        let edit = &item["textEdit"];
        assert_eq!(edit["newText"], "\"Sale Id\"", "{text}");
        let at = |end: &str| edit["range"][end]["character"].as_u64().unwrap();
        assert_eq!(at("end") - at("start"), replaced, "{text}");
        editor.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": editor.uri(scratch)}}),
        );
    }
}

#[test]
fn a_column_is_defined_where_it_gets_its_name() {
    let place = shop();
    let mut editor = open(&place);
    for path in [TODAY, STG_LOAVES] {
        editor.show(path);
    }
    for (path, needle, file, line, character) in [
        (TODAY, "s.\"Sa$0le Id\"", "stg_sales_today.sql", 0, 13),
        (TAKINGS, "l.price$0 *", "stg_loaves.sql", 3, 25),
        (TAKINGS, "l.ki$0nd", "stg_loaves.sql", 2, 4),
        (TAKINGS, "s.ti$0mes,", "takings.sql", 1, 38),
        (STG_LOAVES, "i$0d as", "schema.yml", 9, 18),
    ] {
        let at = editor.at(path, needle);
        let found = editor.request("textDocument/definition", at);
        let target = &found[0];
        assert!(
            target["targetUri"].as_str().unwrap().ends_with(file),
            "{needle}: {found}"
        );
        let start = &target["targetSelectionRange"]["start"];
        assert_eq!(
            *start,
            json!({"line": line, "character": character}),
            "{needle}: {found}"
        );
    }
}
