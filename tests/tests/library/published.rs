//! A catalogue that is published to a WebDAV folder, for editors without a hub.

use std::{fs, path::PathBuf};

use metasync_tests::{
    Editor, Place, eventually,
    place::write,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA, SCHEMA_FILE},
    webdav::{Dav, Kind, PASSWORD, USER},
};
use serde_json::{Value, json};

/// A report in a workspace of its own, which uses models of the bakery.
const REPORT: &str = "reports/loaves.sql";
const READER: &[(&str, &str)] = &[
    (
        "dbt_project.yml",
        "name: office\nversion: '1.0'\nconfig-version: 2\nprofile: office\nmodel-paths: [reports]\n",
    ),
    (REPORT, "select loaf_id from {{ ref('stg_loaves') }}\n"),
];

fn address(dav: &Dav) -> String {
    format!("dav://{USER}@127.0.0.1:{}/dav/team a/catalogues", dav.port()).replace(' ', "%20")
}

/// The folder of the catalogue on the server's disk.
fn folder(dav: &Dav) -> PathBuf {
    dav.root().join("team a/catalogues/catalogue")
}

fn publisher(name: &str, files: &[(&str, &str)]) -> Place {
    let mut place = Place::new(name, files);
    place
        .environment
        .push(("WEBDAV_PASSWORD".into(), PASSWORD.into()));
    place
}

/// A place whose hub is the folder.
fn reader(dav: &Dav) -> Place {
    let mut place = publisher("office", READER);
    place.environment.push(("METASYNC_HUB_URL".into(), address(dav)));
    place
}

#[track_caller]
fn refused(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(!said.contains(PASSWORD), "{said}");
    said
}

/// The sync of a command that fails: its answer.
fn sync_json(place: &Place) -> Value {
    let output = place.run(&["sync", "--json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the doctor says of the folder.
fn of_folder(editor: &mut Editor) -> Value {
    let answer = editor.command("metasync.doctor", json!([]));
    let checks = answer["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["name"] == "folder")
        .cloned()
        .unwrap()
}

#[test]
fn an_editor_without_a_hub_hovers_what_was_published_and_goes_on_offline() {
    let mut dav = Dav::start(Kind::WsgiDav);
    let bakery = publisher("bakery", BAKERY);
    let to = address(&dav);
    let first = bakery.json(&["publish", "--to", &to]);
    assert_eq!(
        (
            &first["published"],
            &first["version"],
            &first["url"],
            &first["workspace"]
        ),
        (&json!(true), &json!(1), &json!(to), &json!("bakery")),
        "{first}"
    );
    let again = bakery.json(&["publish", "--to", &to]);
    assert_eq!(
        (&again["published"], &again["version"], &again["objects"]),
        (&json!(false), &json!(1), &first["objects"])
    );

    let office = Place::new("office", READER);
    let options = |token: &str| json!({"hub": {"url": to}, "token": token, "autoSync": {"enabled": true}});
    let mut editor = Editor::open(&office, options(PASSWORD));
    editor.show(REPORT);
    let hover = editor.hover_until(REPORT, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    assert!(
        hover.contains("bakery") && hover.contains("Price of one loaf"),
        "{hover}"
    );
    let status = editor.command("metasync.status", json!([]));
    assert_eq!(
        (&status["state"], &status["hub"]),
        (&json!("up_to_date"), &json!(to))
    );

    // nothing new: one small request
    let before = dav.log().len();
    let nothing = editor.command("metasync.sync", json!([]));
    assert_eq!(
        (&nothing["state"], &nothing["up_to_date"]),
        (&json!("up_to_date"), &json!(true))
    );
    let asked = dav.log()[before..].join("\n");
    assert!(
        asked.lines().count() == 1 && asked.contains("version.txt"),
        "{asked}"
    );

    let better = SCHEMA.replace(ABOUT_LOAVES, "Each kind of loaf once.");
    bakery.write(&[(SCHEMA_FILE, &better)]);
    assert_eq!(bakery.json(&["publish", "--to", &to])["version"], json!(2));
    let changed = editor.command("metasync.sync", json!([]));
    assert_eq!(
        changed["objects"],
        json!(1),
        "only what changed travels: {changed}"
    );
    editor.hover_until(REPORT, "ref('stg_lo$0aves')", "Each kind of loaf once.");

    let folder = of_folder(&mut editor);
    assert!(
        folder["ok"] == json!(true) && folder["message"].as_str().unwrap().contains("bakery, version 2"),
        "{folder}"
    );

    dav.kill();
    let away = editor.command("metasync.sync", json!([]));
    assert_eq!(away["state"], json!("offline"), "{away}");
    assert_eq!(of_folder(&mut editor)["ok"], json!(false));
    assert!(
        editor
            .hover(REPORT, "ref('stg_lo$0aves')")
            .contains("Each kind of loaf once.")
    );
    editor.quit();
    let mut editor = Editor::open(&office, options(PASSWORD));
    editor.show(REPORT);
    editor.hover_until(REPORT, "ref('stg_lo$0aves')", "Each kind of loaf once.");
    editor.quit();

    dav.run();
    let mut editor = Editor::open(&office, options("wrong"));
    let answer = editor.command("metasync.sync", json!([]));
    assert_eq!(answer["state"], json!("signed_out"), "{answer}");
    let folder = of_folder(&mut editor);
    assert!(
        folder["ok"] == json!(false) && folder["advice"].as_str().unwrap().contains("WEBDAV_PASSWORD"),
        "{folder}"
    );
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"metasync": options(PASSWORD)}}),
    );
    let back = || (editor.command("metasync.sync", json!([]))["state"] == "up_to_date").then_some(());
    assert!(eventually(metasync_tests::PATIENCE, back).is_some());
}

#[test]
fn what_can_not_be_trusted_is_not_taken_and_what_was_there_stays() {
    let dav = Dav::start(Kind::WsgiDav);
    let bakery = publisher("bakery", BAKERY);
    let (to, office) = (address(&dav), reader(&dav));
    assert!(refused(&office, &["sync"]).contains("no catalogue is published"));
    bakery.json(&["publish", "--to", &to]);
    assert_eq!(sync_json(&office)["state"], json!("up_to_date"));
    let shown = office.json(&["show", "stg_loaves"]);
    assert_eq!(shown["description"], json!(ABOUT_LOAVES));
    assert!(!office.cache_files().iter().any(|path| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes
            .windows(PASSWORD.len())
            .any(|part| part == PASSWORD.as_bytes())
    }));

    // a publication that was cut off before its manifest does not exist, and nobody waits for it
    let better = SCHEMA.replace(ABOUT_LOAVES, "Each kind of loaf once.");
    bakery.write(&[(SCHEMA_FILE, &better)]);
    assert_eq!(bakery.json(&["publish", "--to", &to])["version"], json!(2));
    let second = folder(&dav).join("v/00000002");
    let manifest = fs::read(second.join("manifest.json")).unwrap();
    fs::remove_file(second.join("manifest.json")).unwrap();
    assert_eq!(sync_json(&office)["up_to_date"], json!(true));

    // damaged, cut off, too large, another's tables: refused each time, and offline nothing is lost
    let about: Value = serde_json::from_slice(&manifest).unwrap();
    let snapshot = second.join(about["file"].as_str().unwrap());
    let whole = fs::read(&snapshot).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 0x55;
    let write_manifest = |manifest: &[u8]| fs::write(second.join("manifest.json"), manifest).unwrap();
    write_manifest(&manifest);
    let version = folder(&dav).join("version.txt");
    for (nth, content) in [&damaged[..], &whole[..100], b""].into_iter().enumerate() {
        fs::write(&snapshot, content).unwrap();
        fs::write(&version, format!("{}\n", 100 + nth)).unwrap();
        let answer = sync_json(&office);
        assert_eq!(answer["state"], json!("error"), "{answer}");
        assert!(
            answer["error"].as_str().unwrap().contains("can't be trusted"),
            "{answer}"
        );
    }
    let mut huge = about;
    huge["size"] = json!(1_u64 << 40);
    write_manifest(huge.to_string().as_bytes());
    assert!(refused(&office, &["sync", "--full"]).contains("more than this program reads"));
    assert_eq!(
        office.json(&["show", "stg_loaves"])["description"],
        json!(ABOUT_LOAVES)
    );

    // as it should be again
    fs::write(&snapshot, &whole).unwrap();
    write_manifest(&manifest);
    assert_eq!(sync_json(&office)["state"], json!("up_to_date"));
    assert_eq!(
        office.json(&["show", "stg_loaves"])["description"],
        json!("Each kind of loaf once.")
    );

    // addresses and passwords
    let wrong = format!("http://127.0.0.1:{}/elsewhere", dav.port());
    assert!(refused(&bakery, &["publish", "--to", &wrong]).contains("nothing was published"));
    let mut stranger = publisher("bakery", BAKERY);
    stranger.environment.retain(|(name, _)| name != "WEBDAV_PASSWORD");
    assert!(refused(&stranger, &["publish", "--to", &to]).contains("WEBDAV_PASSWORD"));
    let told = "dav://ann:secret@127.0.0.1/x";
    let output = bakery.run(&["publish", "--to", told]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
    let nobody = format!("dav://127.0.0.1:{}/x", free_port());
    assert!(refused(&bakery, &["publish", "--to", &nobody]).contains("can't be reached"));
    let empty = publisher("empty", &[]);
    assert!(refused(&empty, &["publish", "--to", &to]).contains("nothing to publish"));
}

#[test]
fn publishers_at_once_leave_one_whole_catalogue_and_another_workspace_must_say_so() {
    let dav = Dav::start(Kind::WsgiDav);
    let to = address(&dav);
    let (one, two) = (publisher("bakery", BAKERY), publisher("bakery", BAKERY));
    for (place, about) in [(&one, "Of one."), (&two, "Of two.")] {
        let text = SCHEMA
            .replace(ABOUT_LOAVES, about)
            .replace("What each kind of loaf brought in.", about);
        place.write(&[(SCHEMA_FILE, &text)]);
    }
    std::thread::scope(|scope| {
        for place in [&one, &two] {
            let to = &to;
            scope.spawn(move || assert_eq!(place.json(&["publish", "--to", to])["published"], json!(true)));
        }
    });
    let office = reader(&dav);
    assert_eq!(sync_json(&office)["state"], json!("up_to_date"));
    let about = |name: &str| office.json(&["show", name])["description"].clone();
    assert_eq!(about("stg_loaves"), about("takings"));
    let left: Vec<_> = fs::read_dir(folder(&dav).join("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    let mill = publisher("mill", &[]);
    write(&mill.workspace, READER);
    let said = refused(&mill, &["publish", "--to", &to]);
    assert!(
        said.contains("\"bakery\"") && said.contains("--replace"),
        "{said}"
    );
    assert_eq!(
        mill.json(&["publish", "--to", &to, "--replace"])["published"],
        json!(true)
    );
    assert_eq!(sync_json(&office)["state"], json!("up_to_date"));
    assert_eq!(office.json(&["show", "loaves"])["name"], json!("loaves"));
    assert!(refused(&office, &["show", "takings"]).contains("takings"));
    assert_eq!(sync_json(&office)["up_to_date"], json!(true));
    assert_eq!(office.json(&["show", "loaves"])["connection"], json!("mill"));
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
