//! The same field changed on two hubs, or the content.

use metasync_tests::webdav::{Dav, Kind};
use serde_json::{Value, json};

use super::{FILES, Library, settle};

struct Two {
    a: Library,
    b: Library,
    id: String,
    _dav: Dav,
}

/// A file that both have and changed: `b` is in conflict.
fn conflict(change_a: impl Fn(&Library, &str), change_b: impl Fn(&Library, &str)) -> Two {
    let dav = Dav::start(Kind::Rclone);
    let (a, b) = (Library::on(&dav), Library::on(&dav));
    let id = a.add("paper.tei.xml", b"base", "base label");
    settle(&[&a, &b]);
    change_a(&a, &id);
    a.sync();
    change_b(&b, &id);
    let found = b.sync();
    assert_eq!(found["conflicts"], 1, "{found}");
    assert_eq!(b.status()["conflicts"], 1);
    Two { a, b, id, _dav: dav }
}

fn label(text: &'static str) -> impl Fn(&Library, &str) {
    move |library, id| library.patch(id, json!({"label": text}))
}

impl Two {
    fn resolve(&self, strategy: &str, preview: bool) -> (u16, Value) {
        let body = json!({"file_id": self.id, "strategy": strategy, "preview": preview});
        self.b.ask("POST", "/api/v1/sync/resolve-conflict", body)
    }
}

#[test]
fn a_conflict_is_listed_with_its_sides_previewed_and_settled_once() {
    for (strategy, labels) in [
        ("local_wins", &["of b"][..]),
        ("remote_wins", &["of a"]),
        ("keep_both", &["of a", "of b"]),
    ] {
        let two = conflict(label("of a"), label("of b"));
        let listed = &two.b.conflicts()[0];
        assert_eq!(listed["fields"], json!(["label"]));
        let side = |side: &str| listed[side]["label"].as_str().unwrap().to_owned();
        assert_eq!(
            [side("base"), side("local"), side("remote")],
            ["base label", "of b", "of a"]
        );
        let (status, preview) = two.resolve(strategy, true);
        assert_eq!((status, &preview["preview"]), (200, &json!(true)), "{preview}");
        assert_eq!(two.b.conflicts().len(), 1, "a preview changes nothing");
        let (status, settled) = two.resolve(strategy, false);
        assert_eq!(status, 200, "{settled}");
        let told: Vec<&str> = preview["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["label"].as_str().unwrap())
            .collect();
        let done: Vec<&str> = settled["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["label"].as_str().unwrap())
            .collect();
        assert_eq!(told, done, "what was shown is what happened");
        let view = settle(&[&two.b, &two.a]);
        let mut found: Vec<&str> = view.values().map(|f| f[1].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, labels, "{strategy}: {view:?}");
        if strategy == "keep_both" {
            assert_eq!(view[&two.id][1], "of a", "the share's keeps the id");
            assert!(
                view.values().any(|f| f[0] == "paper (ada's copy).tei.xml"),
                "{view:?}"
            );
        }
        assert_eq!(two.resolve(strategy, false).0, 404);
        assert_eq!(two.resolve("coin_toss", false).0, 400);
    }
}

#[test]
fn a_deletion_against_a_change_is_a_conflict_and_either_can_win() {
    let delete = |library: &Library, id: &str| library.delete(id);
    for (strategy, left) in [("local_wins", 0), ("remote_wins", 1), ("keep_both", 1)] {
        let two = conflict(label("of a"), delete);
        assert_eq!(two.b.conflicts()[0]["fields"], json!(["deleted", "label"]));
        assert_eq!(two.resolve(strategy, false).0, 200);
        assert_eq!(
            settle(&[&two.b, &two.a]).len(),
            left,
            "{strategy}: the change on the share"
        );
    }
    for (strategy, left) in [("local_wins", 1), ("remote_wins", 0), ("keep_both", 1)] {
        let two = conflict(delete, label("of b"));
        assert_eq!(two.resolve(strategy, false).0, 200);
        assert_eq!(
            settle(&[&two.b, &two.a]).len(),
            left,
            "{strategy}: the change here"
        );
    }
}

#[test]
fn contents_that_both_changed_are_both_kept() {
    let put = |text: &'static [u8]| {
        move |library: &Library, id: &str| {
            let path = format!("{FILES}/{id}/content");
            let (status, _) = library.hub.send("PUT", &path, &library.token, "text/plain", text);
            assert_eq!(status, 200);
        }
    };
    let two = conflict(put(b"of a"), put(b"of b"));
    assert_eq!(two.b.conflicts()[0]["fields"][0], "content");
    assert_eq!(two.resolve("keep_both", false).0, 200);
    let view = settle(&[&two.b, &two.a]);
    let mut contents: Vec<Vec<u8>> = view.keys().map(|id| two.a.content(id).unwrap()).collect();
    contents.sort();
    assert_eq!(contents, [b"of a".to_vec(), b"of b".to_vec()]);
    assert_eq!(two.b.content(&two.id).unwrap(), b"of a");
}
