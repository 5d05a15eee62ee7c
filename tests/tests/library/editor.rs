//! The library in an editor: an object's hover names its files, conflicts are listed with their texts and
//! settled.

use metasync_tests::{
    Editor, PATIENCE, Place, eventually,
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
    assert!(hover.contains("**Files** [`recipe.txt`](file://"), "{hover}");
    // the link leads to the file itself once it came, which is soon
    let opened = || {
        let hover = editor.hover("models/marts/best_sellers.sql", "ref('tak$0ings')");
        linked(&hover).filter(|path| !path.to_string_lossy().ends_with(".md"))
    };
    let copy = eventually(PATIENCE, opened).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), b"flour");
    assert!(std::fs::metadata(&copy).unwrap().permissions().readonly());

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
    assert!(eventually(PATIENCE, gone).is_some());
}

/// Where the first link of a hover leads.
fn linked(hover: &str) -> Option<std::path::PathBuf> {
    let (_, rest) = hover.split_once("](file://")?;
    let (path, _) = rest.split_once(')')?;
    Some(path.into())
}
