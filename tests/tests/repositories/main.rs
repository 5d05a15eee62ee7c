//! Repositories through the whole house (seed 004): what git does to a history, what files may be,
//! remotes that are away, webhooks, search.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

mod files;
mod history;
mod remotes;
mod search;
mod served;
mod webhooks;

use std::{collections::BTreeMap, path::PathBuf};

use metasync_tests::{
    Hub, PATIENCE, Place, eventually,
    place::{git, write},
};
use serde_json::{Value, json};

/// A hub over a repository that others push to.
struct World {
    place: Place,
    upstream: PathBuf,
    hub: Hub,
}

fn table(name: &str) -> String {
    format!("create table {name} (id integer, amount numeric);\n")
}

impl World {
    /// `more` is added to the hub's configuration.
    fn new(more: impl FnOnce(&std::path::Path) -> String) -> World {
        World::with(&[], more)
    }

    /// The same, with more in the hub's environment.
    fn with(variables: &[(&str, &str)], more: impl FnOnce(&std::path::Path) -> String) -> World {
        let place = Place::new("nowhere", &[]);
        let upstream = place.base().join("upstream");
        std::fs::create_dir_all(&upstream).unwrap();
        git(&upstream, &place.environment, &["init", "-q", "-b", "main"]);
        let path = format!(
            "{}:{}",
            place.base().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut environment = place.environment.clone();
        environment.push(("PATH".into(), path));
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        environment.extend(variables);
        let mut hub = Hub::start(&place.base().join("hub"), &environment, &[("shop", &upstream)]);
        let more = more(&place.base());
        if !more.is_empty() {
            hub.configure(&more);
        }
        World { place, upstream, hub }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.upstream, &self.place.environment, arguments)
    }

    fn commit(&self, files: &[(&str, &str)]) {
        write(&self.upstream, files);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
    }

    fn post(&self, name: &str, body: Value) -> (u16, Value) {
        self.hub.ask(
            "POST",
            &format!("/api/repositories/{name}/sync"),
            "ada",
            Some(body),
        )
    }

    /// A sync to its end, whatever that is.
    fn sync(&self, name: &str, body: Value) -> Value {
        let (status, job) = self.post(name, body);
        assert_eq!(status, 202, "{job}");
        self.ended(name, job["job_id"].as_str().unwrap())
    }

    fn ended(&self, name: &str, job: &str) -> Value {
        let path = format!("/api/repositories/{name}/sync/{job}");
        eventually(PATIENCE, || {
            let (_, job) = self.hub.ask("GET", &path, "ada", None);
            matches!(job["status"].as_str(), Some("completed" | "failed" | "cancelled")).then_some(job)
        })
        .expect("the job ends")
    }

    fn done(&self, name: &str, body: Value) -> Value {
        let job = self.sync(name, body);
        assert_eq!(job["status"], "completed", "{job}");
        job["result"].clone()
    }

    /// Live objects by full name and branch: id.
    fn objects(&self, name: &str) -> BTreeMap<String, String> {
        let (_, listed) = self.hub.ask("GET", "/api/repositories", "ada", None);
        let all = listed["repositories"].as_array().unwrap();
        let id = all.iter().find(|r| r["name"] == name).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path =
            format!("/api/metadata-sync/organizations/acme/sync-package?limit=10000&connection_ids={id}");
        let (status, page) = self.hub.ask("GET", &path, "ada", None);
        assert_eq!(status, 200, "{page}");
        let objects = page["metadata"]["objects"].as_array().unwrap().iter();
        objects
            .map(|o| {
                let branch = o["branch"].as_str().map(|b| format!("@{b}")).unwrap_or_default();
                (
                    format!("{}{branch}", o["full_name"].as_str().unwrap()),
                    o["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    fn names(&self, name: &str) -> Vec<String> {
        self.objects(name).into_keys().collect()
    }
}

/// A connection for the configuration.
fn connection(name: &str, url: &str, branch: Option<&str>) -> String {
    let branch = branch.map(|b| format!("branch = {b:?}\n")).unwrap_or_default();
    format!(
        "[[organizations.connections]]\ntype = \"github\"\nname = {name:?}\nfull_name = \"acme/{name}\"\nurl = {url:?}\n{branch}"
    )
}

fn counts(result: &Value) -> [u64; 5] {
    [
        "files_added",
        "files_modified",
        "files_deleted",
        "files_unchanged",
        "files_failed",
    ]
    .map(|name| result[name].as_u64().unwrap())
}

fn nothing() -> Value {
    json!({})
}
