//! The tests of releases through the whole house (seed 000): git branches, triggers and their streams, the schedule,
//! what the catalogue and the editor have in the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

mod editor;
mod failures;
mod schedule;
mod syncs;

use std::{collections::BTreeMap, path::PathBuf};

use metasync_tests::{
    Hub, PATIENCE, Place, eventually,
    place::{git, write},
};
use serde_json::Value;

const SYNC: &str = "metadata-sync";

/// What another repository holds.
const SCHEMA: &str = "create table shop.loaves (id integer);\n";

/// A hub over a repository with a branch for each release.
struct World {
    place: Place,
    upstream: PathBuf,
    hub: Hub,
}

/// A test file with one test.
fn one(text: &str) -> String {
    format!("import pytest\n\n\ndef test_one():\n    \"\"\"{text}\"\"\"\n    assert True\n")
}

impl World {
    /// Releases are names and branches; `more` is added to `[metadata_sync]`.
    fn new(releases: &[(&str, Option<&str>)], more: &str) -> World {
        World::with_environment(releases, more, &[])
    }

    fn with_environment(
        releases: &[(&str, Option<&str>)],
        more: &str,
        variables: &[(&str, String)],
    ) -> World {
        let mut place = Place::new("workspace", &[]);
        let upstream = place.base().join("acme/suite");
        std::fs::create_dir_all(&upstream).unwrap();
        let added = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        place.environment.extend(added);
        git(&upstream, &place.environment, &["init", "-q", "-b", "main"]);
        let shop = place.repository("shop", &[("schema.sql", SCHEMA)]);
        let mut hub = Hub::start(&place.base().join("hub"), &place.environment, &[("shop", &shop)]);
        let mut config = String::new();
        for (name, branch) in releases {
            config.push_str(&format!("[[organizations.releases]]\nname = {name:?}\n"));
            if let Some(branch) = branch {
                config.push_str(&format!("git_branch = {branch:?}\n"));
            }
        }
        let url = upstream.display().to_string();
        config.push_str(&format!("[metadata_sync]\ngit_repo_url = {url:?}\n{more}"));
        hub.configure(&config);
        World { place, upstream, hub }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.upstream, &self.place.environment, arguments)
    }

    /// Commits to the branch that is checked out.
    fn commit(&self, files: &[(&str, &str)]) {
        write(&self.upstream, files);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.upstream.join(path)).unwrap();
        self.commit(&[]);
    }

    fn json(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.hub.operate(method, &format!("{SYNC}/{path}"), body);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Triggers and follows to the end: the log, and the last event.
    fn sync(&self, path: &str) -> (Vec<String>, Event) {
        let (status, started) = self.json("POST", path, "");
        assert_eq!(
            (status, &started["status"]),
            (200, &Value::from("started")),
            "{started}"
        );
        self.follow(started["job_id"].as_str().unwrap())
    }

    fn follow(&self, job: &str) -> (Vec<String>, Event) {
        let (status, text) = self.hub.operate("GET", &format!("{SYNC}/progress/{job}"), "");
        assert_eq!(status, 200, "{text}");
        let mut events = events(&text);
        let first = events.remove(0);
        assert_eq!(first.0, "connected");
        assert_eq!(first.1["job_id"], job);
        let last = events.pop().unwrap();
        assert!(events.iter().all(|(name, _)| name == "log"), "{events:?}");
        let message = |(_, data): Event| data["message"].as_str().unwrap().to_owned();
        (events.into_iter().map(message).collect(), last)
    }

    /// Syncs a release, which must go well; its row of the history.
    fn done(&self, release: u32) -> Value {
        let (log, last) = self.sync(&format!("trigger/{release}"));
        assert_eq!(last.0, "complete", "{last:?} after {log:?}");
        self.history()[0].clone()
    }

    fn history(&self) -> Vec<Value> {
        let (status, history) = self.json("GET", "history", "");
        assert_eq!(status, 200, "{history}");
        history.as_array().unwrap().clone()
    }

    /// The tests of a release by their ids.
    fn tests(&self, release: &str) -> BTreeMap<String, Value> {
        let organization = "/api/metadata-sync/organizations/acme";
        let (_, listed) = self
            .hub
            .ask("GET", &format!("{organization}/connections"), "ada", None);
        let all = listed["connections"].as_array().unwrap();
        let connection = all.iter().find(|c| c["name"] == release).unwrap();
        assert_eq!(connection["type"], "release");
        let id = connection["id"].as_str().unwrap();
        let path = format!("{organization}/sync-package?limit=10000&connection_ids={id}");
        let (status, page) = self.hub.ask("GET", &path, "ada", None);
        assert_eq!(status, 200, "{page}");
        let objects = page["metadata"]["objects"].as_array().unwrap().iter();
        let by_id = |o: &Value| (o["full_name"].as_str().unwrap().to_owned(), o.clone());
        objects.map(by_id).collect()
    }
}

/// Name and data.
type Event = (String, Value);

fn events(text: &str) -> Vec<Event> {
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    let read = |block: &str| {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        (
            field("event:"),
            serde_json::from_str(&field("data:")).unwrap_or(Value::Null),
        )
    };
    blocks.map(read).collect()
}

fn counts(row: &Value) -> [u64; 4] {
    [
        "tests_discovered",
        "tests_added",
        "tests_updated",
        "tests_removed",
    ]
    .map(|name| row[name].as_u64().unwrap())
}
