//! Two hubs over one folder, on each server.

use metasync_tests::webdav::{Dav, Kind};
use serde_json::json;

use super::{Library, bytes, settle};

fn methods(log: &[String]) -> Vec<String> {
    let words = [
        "PUT", "GET", "HEAD", "PROPFIND", "MKCOL", "MOVE", "COPY", "DELETE", "LOCK", "UNLOCK",
    ];
    log.iter()
        .filter_map(|line| line.split([' ', ':']).find(|word| words.contains(word)))
        .map(str::to_owned)
        .collect()
}

fn two_hubs_share(kind: Kind) {
    let mut dav = Dav::start(kind);
    let (a, b) = (Library::on(&dav), Library::on(&dav));
    let (large, same) = (bytes(3_000_000, 1), bytes(5_000, 2));
    let ids = [
        a.add("Ünï 漢字 😀.tei.xml", b"<TEI/>", "one"),
        a.add("large.bin", &large, "two"),
        a.add("empty.txt", b"", "three"),
        a.add("same.txt", &same, "four"),
        a.add("same too.txt", &same, "five"),
    ];
    let sent = a.sync();
    assert_eq!(
        (&sent["uploaded"], &sent["metadata_updated"]),
        (&json!(4), &json!(1)),
        "{sent}"
    );
    let status = a.status();
    let expected = if kind == Kind::Rclone { "weak" } else { "strong" };
    assert_eq!(status["server_strength"], expected, "{status}");
    let share = dav.root().join("shared/library");
    assert_eq!(
        std::fs::read_to_string(share.join("version.txt")).unwrap().trim(),
        status["local_version"].to_string()
    );
    assert!(
        std::fs::read(share.join("metadata.db"))
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
    assert_eq!(
        std::fs::read_dir(share.join("tmp")).unwrap().count(),
        0,
        "nothing is left on its way"
    );

    let got = b.sync();
    assert_eq!(
        (&got["downloaded"], &got["errors"]),
        (&json!(4), &json!([])),
        "{got}"
    );
    assert_eq!(b.content(&ids[1]), Some(large));
    assert_eq!(b.content(&ids[2]), Some(Vec::new()));

    // nothing changed: one small request
    let before = dav.log().len();
    assert_eq!(b.sync()["skipped"], json!(true));
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(methods(&dav.log()[before..]), ["GET"]);

    // metadata moves no file
    for id in &ids {
        a.patch(id, json!({"label": "changed", "collections": ["x"]}));
    }
    let (sent, got) = (a.sync(), b.sync());
    assert_eq!(
        (&sent["uploaded"], &sent["metadata_updated"]),
        (&json!(0), &json!(5)),
        "{sent}"
    );
    assert_eq!(
        (&got["downloaded"], &got["metadata_updated"]),
        (&json!(0), &json!(5)),
        "{got}"
    );

    // deletions are flags; different fields merge
    b.delete(&ids[0]);
    b.patch(&ids[1], json!({"objects": ["shop.orders"]}));
    a.patch(&ids[1], json!({"name": "renamed.bin"}));
    let (sent, got) = (b.sync(), a.sync());
    assert_eq!(
        (&sent["deleted_remote"], &got["deleted_local"]),
        (&json!(1), &json!(1)),
        "{sent} {got}"
    );
    let view = settle(&[&a, &b]);
    assert_eq!(view.len(), 4);
    assert_eq!(
        view[&ids[1]],
        json!(["renamed.bin", "changed", ["x"], ["shop.orders"], view[&ids[1]][4]])
    );

    // a copy that somebody broke or removed is made again by whoever publishes next
    std::fs::write(share.join("metadata.db"), b"broken").unwrap();
    std::fs::remove_file(share.join("version.txt")).unwrap();
    a.patch(&ids[2], json!({"label": null}));
    // rclone remembers the sizes of files that change behind its back
    dav.kill();
    dav.run();
    settle(&[&a, &b]);
    assert!(
        std::fs::read(share.join("metadata.db"))
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
}

#[test]
fn two_hubs_share_through_wsgidav() {
    two_hubs_share(Kind::WsgiDav);
}

#[test]
fn two_hubs_share_through_apache() {
    two_hubs_share(Kind::Apache);
}

#[test]
fn two_hubs_share_through_rclone() {
    two_hubs_share(Kind::Rclone);
}

/// What cannot be trusted is not taken, and nothing here changes.
#[test]
fn a_head_that_is_not_what_it_says_is_refused() {
    let dav = Dav::start(Kind::Apache);
    let (a, b) = (Library::on(&dav), Library::on(&dav));
    let id = a.add("a.txt", b"a", "one");
    settle(&[&a, &b]);
    a.patch(&id, json!({"label": "two"}));
    a.sync();
    let tickets = dav.root().join("shared/library/v");
    let head = std::fs::read_dir(tickets)
        .unwrap()
        .map(|e| e.unwrap().path())
        .max()
        .unwrap();
    let snapshot = std::fs::read_dir(&head).unwrap().map(|e| e.unwrap().path());
    let snapshot = snapshot
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "db"))
        .unwrap();
    let whole = std::fs::read(&snapshot).unwrap();
    let before = b.view();
    for broken in [&whole[..whole.len() / 2], b"", b"not a database"] {
        std::fs::write(&snapshot, broken).unwrap();
        let (status, answer) = b.try_sync();
        assert_eq!(
            (status, &answer["code"]),
            (502, &json!("untrusted_head")),
            "{answer}"
        );
        assert_eq!(b.view(), before);
    }
    std::fs::write(&snapshot, whole).unwrap();
    assert_eq!(settle(&[&a, &b])[&id][1], "two");
}

#[test]
fn a_wrong_password_and_a_server_that_is_away_are_told() {
    let mut dav = Dav::start(Kind::Rclone);
    let a = Library::on(&dav);
    a.add("a.txt", b"a", "one");
    a.sync();
    a.add("b.txt", b"b", "two");
    dav.kill();
    let (status, answer) = a.try_sync();
    assert_eq!(
        (status, &answer["code"]),
        (502, &json!("share_unreachable")),
        "{answer}"
    );
    let now = a.status();
    assert_eq!(
        (&now["remote_version"], &now["unsynced_count"]),
        (&json!(null), &json!(1))
    );
    dav.run();
    assert_eq!(a.must_sync()["uploaded"], 1);
}

/// A share with the seed's file alone is taken over; one that can't be read is left as it is.
#[test]
fn what_lies_on_a_new_share_is_never_written_over_unread() {
    let dav = Dav::start(Kind::Apache);
    let a = Library::on(&dav);
    let id = a.add("a.txt", b"a", "one");
    a.sync();
    let share = dav.root().join("shared/library");
    std::fs::remove_dir_all(share.join("v")).unwrap();
    let b = Library::on(&dav);
    b.add("b.txt", b"b", "two");
    b.must_sync();
    let view = settle(&[&a, &b]);
    assert_eq!(view.len(), 2);
    assert_eq!(view[&id][1], "one");

    std::fs::remove_dir_all(share.join("v")).unwrap();
    std::fs::write(share.join("metadata.db"), b"somebody else's").unwrap();
    let c = Library::on(&dav);
    c.add("c.txt", b"c", "three");
    let (status, answer) = c.try_sync();
    assert_eq!(
        (status, &answer["code"]),
        (502, &json!("untrusted_head")),
        "{answer}"
    );
    assert_eq!(
        std::fs::read(share.join("metadata.db")).unwrap(),
        b"somebody else's"
    );
}

/// Data files that were removed or cut off on the share are sent again by whoever has them, when asked to look.
#[test]
fn a_forced_sync_makes_data_files_whole_again() {
    let dav = Dav::start(Kind::Apache);
    let (a, b) = (Library::on(&dav), Library::on(&dav));
    let content = bytes(4_000, 9);
    let id = a.add("a.bin", &content, "one");
    a.sync();
    let share = dav.root().join("shared/library");
    let sha256 = a.view()[&id][4].as_str().unwrap().to_owned();
    let file = share.join(&sha256[..2]).join(&sha256);
    std::fs::write(&file, &content[..100]).unwrap();
    let got = b.sync();
    assert_eq!(got["errors"].as_array().map(Vec::len), Some(1), "{got}");
    assert_eq!(b.status()["needs_sync"], json!(true), "it is not forgotten");
    let healed = a.done("POST", "/api/v1/sync", json!({"force": true}));
    assert_eq!(
        (&healed["skipped"], &healed["uploaded"]),
        (&json!(false), &json!(1)),
        "{healed}"
    );
    settle(&[&a, &b]);
    assert_eq!(b.content(&id), Some(content));
}
