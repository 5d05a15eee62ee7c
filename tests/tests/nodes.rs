//! Two hub processes on one PostgreSQL: one hub to everybody who asks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::{path::PathBuf, time::Duration};

use metasync_tests::{
    Editor, Hub, PATIENCE, Place, eventually,
    place::{git, write},
    postgres::Database,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA, SCHEMA_FILE, TAKINGS},
};
use serde_json::{Value, json};

const PACKAGE: &str = "/api/metadata-sync/organizations/acme/sync-package";
const REF: &str = "ref('stg_lo$0aves')";
/// Connections that are triggered at once.
const NAMES: [&str; 3] = ["bakery", "cellar", "attic"];
/// Models that an index run takes a while for.
const MANY: usize = 4_000;
/// A lease ends after 30 s; then another node takes the run.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(180);

struct Nodes {
    place: Place,
    upstream: PathBuf,
    one: Hub,
    two: Hub,
    _database: Database,
}

impl Nodes {
    fn start() -> Nodes {
        let place = Place::new("clone", BAKERY);
        let upstream = place.base().join("upstream");
        write(&upstream, BAKERY);
        git(&upstream, &place.environment, &["init", "-q", "-b", "main"]);
        place.cloned_from("https://git.example/acme/bakery.git");
        std::fs::remove_file(place.workspace.join(SCHEMA_FILE)).unwrap();
        let database = Database::new();
        let connections = NAMES.map(|name| (name, upstream.as_path()));
        let node = |folder: &str| {
            Hub::node(
                &place.base().join(folder),
                &place.environment,
                &connections,
                Some(&database.url),
            )
        };
        // both make the schema at once
        let (one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(|| node("two"));
            (node("one"), other.join().unwrap())
        });
        let nodes = Nodes {
            one,
            two,
            upstream,
            _database: database,
            place,
        };
        nodes.commit(&[]);
        nodes
    }

    fn commit(&self, files: &[(&str, &str)]) {
        write(&self.upstream, files);
        let environment = &self.place.environment;
        git(&self.upstream, environment, &["add", "-A"]);
        git(
            &self.upstream,
            environment,
            &["commit", "-q", "--allow-empty", "-m", "change"],
        );
    }
}

fn package(hub: &Hub, parameters: &str) -> (u16, Value) {
    hub.ask("GET", &format!("{PACKAGE}{parameters}"), "ada", None)
}

fn trigger(hub: &Hub, name: &str) -> (u16, Value) {
    hub.ask(
        "POST",
        &format!("/api/repositories/{name}/sync"),
        "ada",
        Some(json!({})),
    )
}

fn job(hub: &Hub, name: &str, id: &Value) -> Value {
    let path = format!("/api/repositories/{name}/sync/{}", id.as_str().unwrap());
    hub.ask("GET", &path, "ada", None).1
}

#[test]
fn what_one_node_indexes_reaches_the_editor_of_the_other() {
    let nodes = Nodes::start();
    nodes.one.index("bakery");
    let mut editor = Editor::open(&nodes.place, nodes.two.options("ada"));
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, REF, ABOUT_LOAVES);
    // the editor polls every five minutes only: it is the push that brings it
    nodes.commit(&[(SCHEMA_FILE, &SCHEMA.replace(ABOUT_LOAVES, "From the other node."))]);
    nodes.one.index("bakery");
    editor.hover_until(TAKINGS, REF, "From the other node.");
}

#[test]
fn cursors_tags_and_lists_of_one_node_are_good_on_the_other() {
    let nodes = Nodes::start();
    nodes.one.index("bakery");
    let (_, whole) = package(&nodes.one, "");
    let objects = whole["metadata"]["objects"].as_array().unwrap().len();
    // pages of one list, from either node in turn
    let (mut seen, mut offset) = (Vec::new(), 0);
    loop {
        let hub = if offset % 2 == 0 { &nodes.one } else { &nodes.two };
        let (status, page) = package(hub, &format!("?limit=1&offset={offset}"));
        assert_eq!(status, 200, "{page}");
        seen.extend(page["metadata"]["objects"].as_array().unwrap().clone());
        if page["sync_metadata"]["has_more"] == false {
            break;
        }
        offset += 1;
    }
    assert_eq!(seen.len(), objects);
    // and by cursor
    let mut cursor = String::new();
    let mut seen = 0;
    for n in 0.. {
        let hub = if n % 2 == 0 { &nodes.one } else { &nodes.two };
        let (status, page) = package(hub, &format!("?protocol=2&limit=2{cursor}"));
        assert_eq!(status, 200, "{page}");
        seen += page["metadata"]["objects"].as_array().unwrap().len();
        cursor = format!("&cursor={}", page["sync_metadata"]["cursor"].as_str().unwrap());
        if page["sync_metadata"]["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, objects);
    let epoch = |hub: &Hub| package(hub, "?limit=1").1["sync_metadata"]["epoch"].clone();
    assert_eq!(epoch(&nodes.one), epoch(&nodes.two));
}

#[test]
fn a_restored_database_gets_the_epoch_that_the_operator_says() {
    let mut nodes = Nodes::start();
    nodes.one.index("bakery");
    let epoch = |hub: &Hub| package(hub, "?limit=1").1["sync_metadata"]["epoch"].clone();
    let before = epoch(&nodes.one);
    let cursor = package(&nodes.one, "?protocol=2").1["sync_metadata"]["cursor"].clone();
    nodes.one.kill();
    nodes.one.restart();
    assert_eq!(epoch(&nodes.one), before, "a restart is no restore");
    nodes.one.kill();
    nodes.one.restart_with(&["--new-epoch"]);
    let after = epoch(&nodes.one);
    assert_ne!(after, before);
    // the other node knows, and refuses what it gave out itself
    let (status, refused) = package(
        &nodes.two,
        &format!("?protocol=2&cursor={}", cursor.as_str().unwrap()),
    );
    assert_eq!(
        (status, &refused["code"]),
        (410, &json!("resync_required")),
        "{refused}"
    );
    assert_eq!(epoch(&nodes.two), after);
}

#[test]
fn triggers_at_both_nodes_make_one_run_each() {
    let nodes = Nodes::start();
    let answers: Vec<(&str, u16, Value)> = std::thread::scope(|scope| {
        let asking: Vec<_> = NAMES
            .into_iter()
            .flat_map(|name| [(name, &nodes.one), (name, &nodes.two)])
            .map(|(name, hub)| {
                scope.spawn(move || {
                    let (status, body) = trigger(hub, name);
                    (name, status, body)
                })
            })
            .collect();
        asking.into_iter().map(|a| a.join().unwrap()).collect()
    });
    for name in NAMES {
        let mine: Vec<_> = answers.iter().filter(|(n, ..)| *n == name).collect();
        let accepted: Vec<&Value> = mine
            .iter()
            .filter(|(_, status, _)| *status == 202)
            .map(|(.., body)| &body["job_id"])
            .collect();
        assert!(
            mine.iter().all(|(_, status, _)| matches!(status, 202 | 409)),
            "{mine:?}"
        );
        // a second 202 may only be of a run that came after the first
        assert!(!accepted.is_empty(), "{mine:?}");
        for id in accepted {
            // either node tells how it went, and both the same
            let done = eventually(PATIENCE, || {
                let job = job(&nodes.two, name, id);
                (job["status"] == "completed").then_some(job)
            });
            let done = done.expect("the run ends");
            assert_eq!(job(&nodes.one, name, id)["result"], done["result"]);
        }
    }
    let counts: Vec<u64> = package(&nodes.one, "").1["sync_metadata"]["streams"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["channel"] == "core")
        .map(|s| s["rows"].as_u64().unwrap())
        .collect();
    assert_eq!(counts.len(), NAMES.len());
    assert!(counts.iter().all(|n| *n == counts[0] && *n > 0), "{counts:?}");
}

#[test]
fn the_run_of_a_killed_node_goes_on_at_the_other() {
    let mut nodes = Nodes::start();
    let many: Vec<(String, String)> = (0..MANY)
        .map(|n| {
            let path = format!("models/many/m{n}.sql");
            (
                path,
                format!("select kind as c{n} from {{{{ ref('stg_loaves') }}}}\n"),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    nodes.commit(&files);
    // the other one is away until the run is the first one's
    nodes.two.kill();
    let (status, answer) = trigger(&nodes.one, "bakery");
    assert_eq!(status, 202, "{answer}");
    let id = answer["job_id"].clone();
    eventually(PATIENCE, || {
        (job(&nodes.one, "bakery", &id)["status"] == "running").then_some(())
    })
    .expect("the run begins");
    nodes.two.restart();
    let before = job(&nodes.one, "bakery", &id);
    nodes.one.kill();
    assert_eq!(
        before["status"], "running",
        "it ended too early to prove anything"
    );
    let done = eventually(LONGER_THAN_A_LEASE, || {
        let job = job(&nodes.two, "bakery", &id);
        (!matches!(job["status"].as_str(), Some("queued" | "running"))).then_some(job)
    });
    let done = done.expect("the run ends elsewhere");
    assert_eq!(done["status"], "completed", "{done}");
    assert!(nodes.two.is_running());
    let path = "/api/metadata-sync/organizations/acme/connections";
    let (_, all) = nodes.two.ask("GET", path, "ada", None);
    let bakery = all["connections"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "bakery");
    // four models and two sources beside the many
    assert_eq!(bakery.unwrap()["object_count"], MANY + 6, "{all}");
}
