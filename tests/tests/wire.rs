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
    // the protocol's own, too: only notifications of that kind may be passed over
    assert_eq!(error_of(&mut editor, "$/suchThing", json!({})), -32601);
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

#[test]
fn each_request_is_answered_once_whenever_it_is_cancelled() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    let mut at = editor.at(TAKINGS, "ref('stg_lo$0aves')");
    at["context"] = json!({"includeDeclaration": true});
    let cancel = |editor: &mut Editor, id: Value| editor.notify("$/cancelRequest", json!({"id": id}));
    let asked: Vec<u64> = (0..1000)
        .map(|_| editor.ask("textDocument/references", at.clone()))
        .collect();
    for id in &asked {
        cancel(&mut editor, json!(id));
    }
    // of what was never asked, or is not asked yet
    for id in [json!("nobody"), json!(999_999), json!(asked[999] + 1)] {
        cancel(&mut editor, id);
    }
    for id in &asked {
        let reply = editor.reply(*id);
        let is_cancelled = reply["error"]["code"] == -32800;
        assert!(is_cancelled || reply["result"].is_array(), "{reply}");
    }
    let hover = editor.ask("textDocument/hover", at.clone());
    assert!(editor.reply(hover)["result"].is_object());
    // of what is answered
    cancel(&mut editor, json!(hover));
    let last = editor.ask("textDocument/hover", at);
    assert!(editor.reply(last)["result"].is_object());
    // replies are kept until somebody takes them: none came twice
    assert_eq!(editor.replies_left(), 0);
}

#[test]
fn shutdown_does_not_wait_for_a_sync() {
    let place = Place::new("bakery", BAKERY);
    let mut editor = place.editor();
    let sync = editor.ask(
        "workspace/executeCommand",
        json!({"command": "metasync.syncFull", "arguments": []}),
    );
    let shutdown = editor.ask("shutdown", Value::Null);
    assert!(editor.reply(shutdown).get("error").is_none());
    assert!(editor.reply(sync)["result"]["state"].is_string());
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended().and_then(|status| status.code()), Some(0));
}
