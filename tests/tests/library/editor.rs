//! The library in an editor: an object's hover names its files, conflicts are listed with their texts and
//! settled.

use metasync_tests::{
    Editor, Place,
    projects::{BAKERY, TAKINGS},
    webdav::{Dav, Kind},
};
use serde_json::json;

use super::{FILES, Library, settle};

#[test]
fn hovers_name_the_files_and_conflicts_are_settled_from_the_editor() {
    let dav = Dav::start(Kind::Rclone);
    let place = Place::new("clone", BAKERY);
    let upstream = place.repository("upstream", BAKERY);
    place.cloned_from("https://git.example/acme/bakery.git");
    let (a, b) = (
        Library::with(dav.port(), &[("bakery", &upstream)]),
        Library::on(&dav),
    );
    a.hub.index("bakery");
    let id = a.add("recipe.txt", b"flour", "how it is made");
    a.patch(&id, json!({"objects": ["takings"]}));

    let mut editor = Editor::open(&place, a.hub.options("ada"));
    editor.show(TAKINGS);
    editor.command("metasync.sync", json!([]));
    editor.show("models/marts/best_sellers.sql");
    let hover = editor.hover_until("models/marts/best_sellers.sql", "ref('tak$0ings')", "recipe.txt");
    assert!(hover.contains("**Files** `recipe.txt`"), "{hover}");

    settle(&[&a, &b]);
    assert_eq!(
        editor.command("metasync.conflicts", json!([])),
        json!({"conflicts": []})
    );
    for (library, text) in [(&b, &b"rye"[..]), (&a, b"wheat")] {
        let path = format!("{FILES}/{id}/content");
        assert_eq!(
            library
                .hub
                .send("PUT", &path, &library.token, "text/plain", text)
                .0,
            200
        );
        library.must_sync();
    }
    let list = editor.command("metasync.conflicts", json!([]));
    let conflict = &list["conflicts"][0];
    assert_eq!(
        (&conflict["file_id"], &conflict["fields"]),
        (&json!(id), &json!(["content"])),
        "{list}"
    );
    assert_eq!(
        (&conflict["local"]["text"], &conflict["remote"]["text"]),
        (&json!("wheat"), &json!("rye"))
    );
    let settled = editor.command("metasync.resolveConflict", json!([id, "remote_wins"]));
    assert_eq!(settled["files"].as_array().map(Vec::len), Some(1), "{settled}");
    assert_eq!(
        editor.command("metasync.conflicts", json!([])),
        json!({"conflicts": []})
    );
    settle(&[&a, &b]);
    assert_eq!(a.content(&id).unwrap(), b"rye");

    // gone here, gone there
    a.delete(&id);
    let gone = || {
        editor.command("metasync.sync", json!([]));
        let hover = editor.hover("models/marts/best_sellers.sql", "ref('tak$0ings')");
        (!hover.contains("recipe.txt")).then_some(())
    };
    assert!(metasync_tests::eventually(metasync_tests::PATIENCE, gone).is_some());
}
