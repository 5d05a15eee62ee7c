//! External sources through the whole house (seed 003): files and interfaces, kills, secrets, retries, the
//! editor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a story fails by panicking"
)]

mod editor;
mod files;
mod rest;
mod web;

use metasync_tests::{Hub, PATIENCE, Place, eventually};
use serde_json::{Value, json};

/// A hub that may reach this machine.
struct World {
    place: Place,
    hub: Hub,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> World {
        let place = Place::new("nowhere", &[]);
        World::at(place, variables)
    }

    fn at(place: Place, variables: &[(&str, &str)]) -> World {
        let mut environment = place.environment.clone();
        environment.extend(variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let mut hub = Hub::start(&place.base().join("hub"), &environment, &[]);
        hub.configure("[sources]\nallow_private_networks = true\n");
        std::fs::create_dir_all(place.base().join("hub/data/imports")).unwrap();
        World { place, hub }
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.place.base().join("hub/data/imports").join(name), text).unwrap();
    }

    fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.hub.ask("POST", path, "ada", Some(body))
    }

    fn trigger(&self, kind: &str, identifier: &str, options: Value) -> u64 {
        let body = json!({"sourceType": kind, "sourceIdentifier": identifier, "options": options});
        let (status, started) = self.post("/v1/sync/trigger", body);
        assert_eq!(status, 202, "{started}");
        started["data"]["syncRunId"].as_u64().unwrap()
    }

    fn look(&self, number: u64) -> Value {
        let (status, run) = self.hub.ask("GET", &format!("/v1/sync/{number}"), "ada", None);
        assert_eq!(status, 200, "{run}");
        run["data"].clone()
    }

    fn ended(&self, number: u64) -> Value {
        eventually(PATIENCE, || {
            let run = self.look(number);
            matches!(run["status"].as_str(), Some("completed" | "failed" | "cancelled")).then_some(run)
        })
        .expect("the run ends")
    }

    fn sync(&self, kind: &str, identifier: &str, options: Value) -> Value {
        self.ended(self.trigger(kind, identifier, options))
    }

    fn content(&self, query: &str) -> Vec<Value> {
        let path = format!("/v1/content?limit=1000{query}");
        let (status, found) = self.hub.ask("GET", &path, "ada", None);
        assert_eq!(status, 200, "{found}");
        found["data"].as_array().unwrap().clone()
    }

    fn titles(&self) -> Vec<String> {
        let rows = self.content("");
        rows.iter()
            .map(|row| row["title"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Whether a text stands in any file of the hub.
    fn keeps(&self, text: &str) -> bool {
        let mut folders = vec![self.place.base().join("hub/data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap_or_default();
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    return true;
                }
            }
        }
        false
    }
}

fn counts(run: &Value) -> [u64; 3] {
    ["itemsProcessed", "itemsFailed", "itemsSkipped"].map(|name| run[name].as_u64().unwrap())
}
