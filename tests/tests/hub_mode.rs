//! With an organization's hub: matched by the git remote, pulled, pushed, offline and back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::path::PathBuf;

use metasync_tests::{
    Editor, Hub, PATIENCE, Place,
    editor::offers,
    eventually,
    place::{git, write},
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA, SCHEMA_FILE, TAKINGS},
};
use serde_json::{Value, json};

/// A hub that has indexed a repository, and a clone of it. What the clone's hovers say can only
/// come from the hub: it has no descriptions of its own.
struct Bakery {
    place: Place,
    upstream: PathBuf,
    hub: Hub,
}

impl Bakery {
    fn open() -> Bakery {
        let place = Place::new("clone", BAKERY);
        let upstream = place.repository("upstream", BAKERY);
        place.cloned_from("https://user:secret@git.example/acme/bakery.git");
        std::fs::remove_file(place.workspace.join(SCHEMA_FILE)).unwrap();
        let hub = Hub::start(
            &place.base().join("hub"),
            &place.environment,
            &[("bakery", &upstream), ("cellar", &upstream)],
        );
        hub.index("bakery");
        Bakery { place, upstream, hub }
    }

    fn editor(&self) -> Editor {
        Editor::open(&self.place, self.hub.options("ada"))
    }

    fn commit(&self, files: &[(&str, &str)]) {
        write(&self.upstream, files);
        git(&self.upstream, &self.place.environment, &["add", "-A"]);
        git(
            &self.upstream,
            &self.place.environment,
            &["commit", "-q", "-m", "change"],
        );
        self.hub.index("bakery");
    }

    fn object(&self, name: &str) -> Value {
        let (_, package) = self.hub.ask(
            "GET",
            "/api/metadata-sync/organizations/acme/sync-package",
            "ada",
            None,
        );
        let objects = package["metadata"]["objects"].as_array().unwrap();
        objects.iter().find(|o| o["name"] == name).unwrap().clone()
    }
}

const REF: &str = "ref('stg_lo$0aves')";

#[test]
fn the_hubs_words_reach_the_hover_and_follow_its_changes() {
    let bakery = Bakery::open();
    let mut editor = bakery.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    let status = editor.told("metasync/status", |s| s["state"] == "up_to_date");
    assert_eq!(status["connections"].as_array().unwrap().len(), 1, "{status}");
    assert_eq!(status["connections"][0]["name"], "bakery");
    // one session, with what was matched
    let (_, sessions) = bakery.hub.ask(
        "GET",
        "/api/metadata-sync/organizations/acme/ide-sessions",
        "ada",
        None,
    );
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["workspace_identifier"], "acme/bakery");
    assert!(!sessions[0].to_string().contains("secret"));
    // pushed, by itself
    let id = bakery.object("takings")["id"].as_str().unwrap().to_owned();
    let path = format!("/api/metadata-sync/organizations/acme/documentation/{id}");
    let (code, answer) = bakery.hub.ask(
        "PUT",
        &path,
        "ada",
        Some(json!({"executive_summary": "The daily bread."})),
    );
    assert_eq!(code, 200, "{answer}");
    editor.hover_until(TAKINGS, "as ta$0kings", "takings");
    editor.show_text("models/x.sql", "select 1 from {{ ref('takings') }}");
    editor.hover_until("models/x.sql", "ref('tak$0ings')", "The daily bread.");
    bakery.commit(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "Pushed words."))]);
    editor.hover_until(TAKINGS, REF, "Pushed words.");
    let commit = git(
        &bakery.upstream,
        &bakery.place.environment,
        &["rev-parse", "--short=7", "HEAD"],
    );
    editor.hover_until(TAKINGS, REF, &format!("acme/bakery @ {commit}"));
}

#[test]
fn a_hub_that_goes_is_told_and_its_return_too_and_answers_go_on() {
    let mut bakery = Bakery::open();
    let mut editor = bakery.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    bakery.hub.kill();
    editor.told("metasync/status", |s| s["state"] == "offline");
    let text = editor.hover(TAKINGS, REF);
    assert!(
        text.contains(ABOUT_LOAVES) && text.contains("offline copy"),
        "{text}"
    );
    assert_eq!(editor.command("metasync.sync", json!([]))["state"], "offline");
    // an editor that starts now has the copy at once, and says what it is
    let mut late = bakery.editor();
    late.show(TAKINGS);
    late.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    late.told("metasync/status", |s| s["state"] == "offline");
    editor.forget();
    bakery.hub.restart();
    editor.told("metasync/status", |s| s["state"] == "up_to_date");
    assert!(!editor.hover(TAKINGS, REF).contains("offline copy"));
    bakery.commit(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "After the storm."))]);
    editor.hover_until(TAKINGS, REF, "After the storm.");
}

#[test]
fn a_bad_token_is_told_once_and_new_ones_are_taken() {
    let bakery = Bakery::open();
    let mut options = bakery.hub.options("ada");
    options["token"] = json!("not.a.token");
    let mut editor = Editor::open(&bakery.place, options);
    editor.told("metasync/status", |s| s["state"] == "signed_out");
    assert_eq!(editor.command("metasync.sync", json!([]))["state"], "signed_out");
    assert_eq!(editor.all_told("window/showMessage").len(), 1);
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"metasync": bakery.hub.options("ada")}}),
    );
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    editor.told("metasync/status", |s| s["state"] == "up_to_date");
    assert!(!bakery.place.cache_files().iter().any(|f| {
        std::fs::read(f)
            .unwrap()
            .windows(12)
            .any(|w| w == b"not.a.token\"" || w.starts_with(b"eyJ0eXAiOiJK"))
    }));
}

#[test]
fn who_lost_access_keeps_no_copy() {
    let bakery = Bakery::open();
    let mut editor = bakery.editor();
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    let stranger = json!({"settings": {"metasync": {"token": bakery.hub.token("stranger")}}});
    editor.notify("workspace/didChangeConfiguration", stranger);
    editor.told("metasync/status", |s| s["state"] == "signed_out");
    assert_eq!(editor.hover(TAKINGS, REF), "");
    let left = bakery.place.cache_files();
    let holds = |f: &PathBuf| String::from_utf8_lossy(&std::fs::read(f).unwrap()).contains("kind of loaf");
    assert!(!left.iter().any(holds), "{left:?}");
}

#[test]
fn a_workspace_without_a_match_is_asked_about_once_and_the_choice_is_kept() {
    let bakery = Bakery::open();
    bakery.place.git(&[
        "remote",
        "set-url",
        "origin",
        "git@git.example:elsewhere/bake.git",
    ]);
    let mut editor = bakery.editor();
    editor.told("metasync/status", |s| s["state"] == "up_to_date");
    let choices = editor.command("metasync.selectConnections", json!([]));
    let choices = choices["connections"].as_array().unwrap().clone();
    assert_eq!(choices.len(), 2, "{choices:?}");
    assert!(choices.iter().all(|c| c["selected"] == false));
    let chosen = choices.iter().find(|c| c["name"] == "bakery").unwrap();
    let answer = editor.command("metasync.selectConnections", json!([[chosen["id"]]]));
    assert!(
        answer["connections"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["name"] == "bakery" && c["selected"] == true)
    );
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    editor.quit();
    let mut again = bakery.editor();
    again.show(TAKINGS);
    again.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    let status = again.told("metasync/status", |s| s["state"] == "up_to_date");
    assert_eq!(status["connections"][0]["name"], "bakery");
    assert!(
        !again
            .was_asked()
            .contains(&"window/showMessageRequest".to_owned())
    );
}

#[test]
fn the_command_line_shares_the_editors_copy_and_its_session() {
    let bakery = Bakery::open();
    let mut place_environment = bakery.place.environment.clone();
    for (name, value) in [
        ("HUB_URL", bakery.hub.url.clone()),
        ("TOKEN", bakery.hub.token("bo")),
    ] {
        place_environment.push((format!("METASYNC_{name}"), value));
    }
    let run =
        |arguments: &[&str]| metasync_tests::run(&bakery.place.workspace, &place_environment, arguments);
    let synced = run(&["sync", "--json"]);
    assert!(
        synced.status.success(),
        "{}",
        String::from_utf8_lossy(&synced.stderr)
    );
    let answer: Value = serde_json::from_slice(&synced.stdout).unwrap();
    assert_eq!(
        (answer["state"].as_str(), answer["up_to_date"].as_bool()),
        (Some("up_to_date"), Some(false))
    );
    let shown = run(&["show", "stg_loaves"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains(ABOUT_LOAVES));
    let doctor = run(&["doctor"]);
    assert!(
        doctor.status.success(),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
}

#[test]
fn a_restored_hub_is_copied_anew_while_answers_go_on() {
    let mut bakery = Bakery::open();
    bakery.hub.back_up();
    let mut editor = bakery.editor();
    bakery.commit(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "After the backup."))]);
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, "After the backup.");
    bakery.hub.restore();
    let restored = eventually(PATIENCE, || {
        let text = editor.hover(TAKINGS, REF);
        assert!(
            text.contains("After the backup.") || text.contains(ABOUT_LOAVES),
            "no answer meanwhile: {text:?}"
        );
        text.contains(ABOUT_LOAVES).then_some(())
    });
    assert!(restored.is_some(), "the copy is the restored hub's");
    assert_eq!(editor.command("metasync.sync", json!([]))["state"], "up_to_date");
    bakery.commit(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "Baked again."))]);
    editor.hover_until(TAKINGS, REF, "Baked again.");
}

#[test]
fn who_belongs_to_several_organizations_chooses_once() {
    let mut bakery = Bakery::open();
    bakery.hub.configure(
        "[[organizations]]\nid = \"7f9619ff-8b86-4d01-b42d-00cf4fc964ff\"\nname = \"orchard\"\n\
         members = [{ user = \"ada\", role = \"member\" }]\n",
    );
    let options = json!({"hub": {"url": bakery.hub.url}, "token": bakery.hub.token("ada")});
    let mut offers = offers();
    offers["window"]["showMessage"] = json!({});
    let open = |choice: Option<&str>| {
        let mut editor = Editor::start(&bakery.place.workspace, &bakery.place.environment);
        if let Some(choice) = choice {
            editor.will_choose(choice);
        }
        editor.greet(options.clone(), offers.clone());
        editor
    };
    let asked = |editor: &Editor| {
        let asked = editor.was_asked();
        asked.iter().filter(|m| *m == "window/showMessageRequest").count()
    };
    let mut editor = open(Some("acme"));
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    let status = editor.told("metasync/status", |s| s["state"] == "up_to_date");
    assert_eq!(status["organization"]["name"], "acme", "{status}");
    assert_eq!(asked(&editor), 1);
    editor.quit();
    let mut again = open(None);
    again.show(TAKINGS);
    again.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    again.told("metasync/status", |s| s["state"] == "up_to_date");
    assert_eq!(asked(&again), 0);
}

#[test]
fn who_does_not_answer_is_told_the_choices_and_not_asked_again() {
    let mut bakery = Bakery::open();
    bakery.hub.configure(
        "[[organizations]]\nid = \"7f9619ff-8b86-4d01-b42d-00cf4fc964ff\"\nname = \"orchard\"\n\
         members = [{ user = \"ada\", role = \"member\" }]\n",
    );
    let options = json!({"hub": {"url": bakery.hub.url}, "token": bakery.hub.token("ada")});
    let mut editor = Editor::start(&bakery.place.workspace, &bakery.place.environment);
    let mut offers = offers();
    offers["window"]["showMessage"] = json!({});
    editor.greet(options, offers);
    let status = editor.told("metasync/status", |s| s["state"] == "error");
    let message = status["message"].as_str().unwrap();
    assert!(
        message.contains("acme") && message.contains("orchard"),
        "{message}"
    );
    assert_eq!(editor.command("metasync.sync", json!([]))["state"], "error");
    let asked = editor.was_asked();
    assert_eq!(
        asked.iter().filter(|m| *m == "window/showMessageRequest").count(),
        1
    );
    // A setting answers it as well.
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"metasync": bakery.hub.options("ada")}}),
    );
    editor.told("metasync/status", |s| s["state"] == "up_to_date");
}
