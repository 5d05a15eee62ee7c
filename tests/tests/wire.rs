//! The language server on the wire: what is no message, what comes at the wrong time, and how it
//! ends.

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

fn error_of(editor: &mut Editor, method: &str, params: Value) -> i64 {
    let id = editor.ask(method, params);
    editor.reply(id)["error"]["code"].as_i64().unwrap_or_default()
}

#[test]
fn errors_have_the_protocols_codes_and_the_server_goes_on() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = Editor::start(&place.workspace, &place.environment);
    assert_eq!(error_of(&mut editor, "textDocument/hover", json!({})), -32002);
    editor.greet(Value::Null, offers());
    editor.send_raw(b"Content-Length: 9\r\n\r\n{broken: ");
    editor.told("(error)", |m| m["error"]["code"] == -32700);
    editor.send_raw(b"Content-Length: 2\r\n\r\n{}");
    assert_eq!(error_of(&mut editor, "no/suchThing", json!({})), -32601);
    assert_eq!(
        error_of(&mut editor, "textDocument/hover", json!({"position": "here"})),
        -32602
    );
    assert_eq!(
        error_of(
            &mut editor,
            "workspace/executeCommand",
            json!({"command": "metasync.lineage"})
        ),
        -32602
    );
    let unknown = json!({"command": "metasync.noSuchThing", "arguments": []});
    assert_eq!(error_of(&mut editor, "workspace/executeCommand", unknown), -32601);
    editor.notify("$/unknownNotification", json!({}));
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor.request("shutdown", Value::Null);
    assert_eq!(error_of(&mut editor, "textDocument/hover", json!({})), -32600);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended().and_then(|status| status.code()), Some(0));
}

#[test]
fn it_ends_with_the_pipe_and_rudely_without_shutdown() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    assert!(editor.hang_up().is_some());
    let mut editor = place.editor();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended().and_then(|status| status.code()), Some(1));
}

#[test]
fn hovers_are_answered_while_many_syncs_are_asked_for() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    let sync = json!({"command": "metasync.sync", "arguments": []});
    let asked: Vec<u64> = (0..30)
        .map(|_| editor.ask("workspace/executeCommand", sync.clone()))
        .collect();
    let at = editor.at(TAKINGS, "ref('stg_lo$0aves')");
    let hover = editor.ask("textDocument/hover", at);
    assert!(
        editor.reply(hover)["result"]["contents"]["value"]
            .as_str()
            .unwrap()
            .contains(ABOUT_LOAVES)
    );
    for id in asked {
        assert_eq!(editor.reply(id)["result"]["state"], "local");
    }
}

#[test]
fn edits_take_effect_in_the_order_in_which_they_came() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor.show_text("models/typing.sql", "");
    for n in 0..500 {
        let name = if n % 2 == 0 { "stg_loaves" } else { "stg_sales" };
        editor.retype(
            "models/typing.sql",
            &format!("-- {n}\nselect * from {{{{ ref('{name}') }}}}\n"),
        );
        if n % 50 == 49 {
            assert!(
                editor
                    .hover("models/typing.sql", "ref('stg_$0sales')")
                    .contains("stg_sales")
            );
        }
    }
}
