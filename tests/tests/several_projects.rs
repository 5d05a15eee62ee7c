//! Several projects in one folder, one within another, several roots, links: each answer comes from the right one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::path::Path;

use metasync_tests::{
    Editor, Place,
    editor::{offers, uri},
    place::write,
};
use serde_json::{Value, json};

/// Everything that a project has, all of it called as in the others; only what is said of it differs.
fn project(folder: &Path, word: &str) {
    let file = |path: &str, text: String| write(folder, &[(path, &text)]);
    file(
        "dbt_project.yml",
        format!("name: {word}\nversion: '1.0'\nconfig-version: 2\nprofile: p\n"),
    );
    file(
        "models/orders.sql",
        format!("select {{{{ cents(1) }}}} as {word}_id, 2 as total\n"),
    );
    file(
        "models/use.sql",
        format!(
            "select o.{word}_id, s.x from {{{{ ref('orders') }}}} o join {{{{ source('raw', 'sold') }}}} s on true\n"
        ),
    );
    file(
        "models/s.yml",
        format!(
            "models:\n  - name: orders\n    description: Orders of {word}.\nsources:\n  - name: raw\n    tables:\n      \
             - name: sold\n        description: Sold by {word}.\n        columns: [{{name: x}}]\n"
        ),
    );
    file(
        "macros/cents.sql",
        format!("{{% macro cents(of_{word}) %}}1{{% endmacro %}}\n"),
    );
    file(&format!("models/only_{word}.sql"), "select 1 as one\n".to_owned());
}

fn offering() -> Value {
    let mut offers = offers();
    offers["workspace"]["workspaceEdit"] =
        json!({"documentChanges": true, "resourceOperations": ["rename", "create", "delete"]});
    offers
}

/// Where the paths of an answer lie below a folder.
fn paths(answer: &Value, base: &Path) -> Vec<String> {
    fn collect(value: &Value, base: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let address = value
                        .as_str()
                        .filter(|_| ["uri", "targetUri", "oldUri"].contains(&key.as_str()));
                    match address {
                        Some(address) => found.push(address.strip_prefix(base).unwrap_or(address).to_owned()),
                        None => collect(value, base, found),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, base, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(answer, &format!("{}/", uri(base)), &mut found);
    found.sort();
    found.dedup();
    found
}

/// Everything that a file of a project shows is that project's own.
fn is_its_own(editor: &mut Editor, base: &Path, folder: &str, word: &str) {
    let file = |name: &str| format!("{folder}/models/{name}");
    let used = file("use.sql");
    editor.show(&used);
    editor.hover_until(&used, "ref('ord$0ers')", &format!("Orders of {word}."));
    assert!(
        editor
            .hover(&used, "'so$0ld'")
            .contains(&format!("Sold by {word}."))
    );
    for (needle, expected) in [
        ("ref('ord$0ers')", "orders.sql"),
        ("'so$0ld'", "s.yml"),
        ("_i$0d,", "orders.sql"),
    ] {
        let at = editor.at(&used, needle);
        let found = editor.request("textDocument/definition", at);
        assert_eq!(paths(&found, base), [file(expected)], "{needle}");
    }
    let mut at = editor.at(&used, "ref('ord$0ers')");
    at["context"] = json!({"includeDeclaration": true});
    let found = editor.request("textDocument/references", at.clone());
    assert_eq!(paths(&found, base), [file("s.yml"), file("use.sql")]);
    at["newName"] = json!("bookings");
    let edit = editor.request("textDocument/rename", at);
    assert_eq!(
        paths(&edit, base),
        [file("orders.sql"), file("s.yml"), file("use.sql")]
    );
    // macros, too
    let orders = file("orders.sql");
    editor.show(&orders);
    let mut at = editor.at(&orders, "ce$0nts");
    let found = editor.request("textDocument/definition", at.clone());
    assert_eq!(paths(&found, base), [format!("{folder}/macros/cents.sql")]);
    at["context"] = json!({"includeDeclaration": true});
    let found = editor.request("textDocument/references", at);
    assert_eq!(
        paths(&found, base),
        [format!("{folder}/macros/cents.sql"), orders.clone()]
    );
    let at = editor.at(&orders, "cents($0");
    let help = editor.request("textDocument/signatureHelp", at);
    assert_eq!(help["signatures"][0]["label"], format!("cents(of_{word})"));
    // what is offered, and what is called wrong
    let scratch = file("scratch.sql");
    editor.show_text(
        &scratch,
        "select x. from {{ ref('orders') }} x join {{ ref('only_') }}",
    );
    let mut labels = |needle: &str| -> Vec<String> {
        let at = editor.at(&scratch, needle);
        let found = editor.request("textDocument/completion", at);
        let items = found["items"].as_array().unwrap();
        items
            .iter()
            .map(|i| i["label"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(labels("x.$0 from"), [format!("{word}_id"), "total".to_owned()]);
    assert_eq!(labels("only_$0'"), [format!("only_{word}")]);
    let shown = uri(&base.join(&used));
    let told = editor.told("textDocument/publishDiagnostics", |p| p["uri"] == shown.as_str());
    assert_eq!(told["diagnostics"], json!([]), "{used}");
}

#[test]
fn projects_beside_and_within_each_other_in_one_folder() {
    let place = Place::new("mono", &[]);
    let base = place.workspace.clone();
    for (folder, word) in [("a", "alpha"), ("b", "beta"), ("b/sub/c", "gamma")] {
        project(&base.join(folder), word);
    }
    let mut editor = Editor::start(&base, &place.environment);
    editor.greet(json!({}), offering());
    for (folder, word) in [("b/sub/c", "gamma"), ("a", "alpha"), ("b", "beta")] {
        is_its_own(&mut editor, &base, folder, word);
    }
    // what another project has is unknown here, unless it is a package
    let scratch = "a/models/other.sql";
    editor.show_text(scratch, "select 1 as x from {{ ref('only_beta') }}");
    assert_eq!(editor.hover(scratch, "only_$0beta"), "");
    write(
        &base.join("a"),
        &[("packages.yml", "packages:\n  - local: ../b\n")],
    );
    assert!(editor.hover(scratch, "only_$0beta").contains("beta.only_beta"));
}

#[test]
fn roots_come_and_go() {
    let place = Place::new("roots", &[]);
    let base = place.workspace.clone();
    for (folder, word) in [("a", "alpha"), ("b", "beta"), ("a/inner", "gamma")] {
        project(&base.join(folder), word);
    }
    let root = |folder: &str| json!({"uri": uri(&base.join(folder)), "name": folder});
    let mut editor = Editor::start(&base, &place.environment);
    editor.request(
        "initialize",
        json!({"processId": null, "capabilities": offering(), "workspaceFolders": [root("a"), root("b")]}),
    );
    editor.notify("initialized", json!({}));
    is_its_own(&mut editor, &base, "a", "alpha");
    is_its_own(&mut editor, &base, "b", "beta");
    let changed = |added: &[&str], removed: &[&str]| {
        let list = |folders: &[&str]| folders.iter().map(|folder| root(folder)).collect::<Value>();
        json!({"event": {"added": list(added), "removed": list(removed)}})
    };
    // a root within a root, and one that is there already
    editor.notify(
        "workspace/didChangeWorkspaceFolders",
        changed(&["a/inner", "b"], &[]),
    );
    is_its_own(&mut editor, &base, "a/inner", "gamma");
    let used = "b/models/use.sql";
    editor.notify("workspace/didChangeWorkspaceFolders", changed(&[], &["b"]));
    let gone = metasync_tests::eventually(metasync_tests::PATIENCE, || {
        editor.hover(used, "ref('ord$0ers')").is_empty().then_some(())
    });
    assert!(
        gone.is_some(),
        "the project is closed, and others' orders are not its own"
    );
    editor.notify("workspace/didChangeWorkspaceFolders", changed(&["b"], &[]));
    editor.hover_until(used, "ref('ord$0ers')", "Orders of beta.");
    assert!(
        editor
            .hover("a/models/use.sql", "ref('ord$0ers')")
            .contains("Orders of alpha.")
    );
}

#[test]
fn a_folder_that_is_opened_through_a_link() {
    let place = Place::new("real", &[]);
    project(&place.workspace, "alpha");
    let link = place.base().join("link");
    std::os::unix::fs::symlink(&place.workspace, &link).unwrap();
    std::fs::create_dir(link.join("x")).unwrap();
    for opened in [&link, &place.workspace] {
        let mut editor = Editor::start(opened, &place.environment);
        editor.greet(json!({}), offering());
        let base = place.base();
        // the documents are the editor's own, by the names that it gave them
        let used = link.join("models/use.sql").display().to_string();
        editor.show(&used);
        editor.hover_until(&used, "ref('ord$0ers')", "Orders of alpha.");
        let at = editor.at(&used, "_i$0d,");
        let found = editor.request("textDocument/definition", at);
        assert_eq!(paths(&found, &base), ["link/models/orders.sql"]);
        let mut at = editor.at(&used, "ref('ord$0ers')");
        at["newName"] = json!("bookings");
        let edit = editor.request("textDocument/rename", at);
        let expected = [
            "link/models/orders.sql",
            "link/models/s.yml",
            "link/models/use.sql",
        ];
        assert_eq!(paths(&edit, &base), expected);
    }
}
