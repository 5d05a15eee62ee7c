//! The shared library (seed 001) through the whole house: real hubs, real WebDAV servers, and what goes
//! wrong between them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a story fails by panicking, and is told with json!(…)"
)]

mod conflicts;
mod crowd;
mod editor;
mod events;
mod faults;
mod published;
mod sharing;

use std::collections::BTreeMap;

use metasync_tests::{
    Hub, Place,
    webdav::{Dav, PASSWORD, USER},
};
use serde_json::{Value, json};

/// A hub whose library is shared.
struct Library {
    hub: Hub,
    token: String,
    _place: Place,
}

const FILES: &str = "/api/v1/files";

impl Library {
    /// A hub over the folder `shared` of a server.
    fn on(dav: &Dav) -> Library {
        Library::at(dav.port())
    }

    /// The same at a port.
    fn at(port: u16) -> Library {
        Library::with(port, &[])
    }

    /// The same with repositories.
    fn with(port: u16, repositories: &[(&str, &std::path::Path)]) -> Library {
        Library::node(port, repositories, None)
    }

    /// The same on a database that other processes use, too.
    fn node(port: u16, repositories: &[(&str, &std::path::Path)], database: Option<&str>) -> Library {
        let place = Place::new("nowhere", &[]);
        let mut environment = place.environment.clone();
        environment.push(("WEBDAV_PASSWORD".into(), PASSWORD.into()));
        let folder = place.base().join("hub");
        let mut hub = match database {
            Some(database) => Hub::node(&folder, &environment, repositories, Some(database)),
            None => Hub::start(&folder, &environment, repositories),
        };
        hub.configure(&format!(
            "[webdav]\nbase_url = \"http://127.0.0.1:{port}/dav\"\nusername = \"{USER}\"\n\
             password_env = \"WEBDAV_PASSWORD\"\nremote_root = \"/shared/library\"\n"
        ));
        Library {
            token: hub.token("ada"),
            hub,
            _place: place,
        }
    }

    fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, bytes) = self.hub.send(
            method,
            path,
            &self.token,
            "application/json",
            body.to_string().as_bytes(),
        );
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    #[track_caller]
    fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!(
            matches!(status, 200 | 201 | 204),
            "{method} {path}: {status} {answer}"
        );
        answer
    }

    /// Adds a file; its id.
    fn add(&self, name: &str, content: &[u8], label: &str) -> String {
        let mut body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"label\"\r\n\r\n{label}\r\n--edge\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let (status, answer) = self.hub.send(
            "POST",
            FILES,
            &self.token,
            "multipart/form-data; boundary=edge",
            &body,
        );
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        let row: Value = serde_json::from_slice(&answer).unwrap();
        row["id"].as_str().unwrap().to_owned()
    }

    fn patch(&self, id: &str, change: Value) {
        self.done("PATCH", &format!("{FILES}/{id}"), change);
    }

    fn delete(&self, id: &str) {
        self.done("DELETE", &format!("{FILES}/{id}"), Value::Null);
    }

    fn content(&self, id: &str) -> Option<Vec<u8>> {
        let (status, bytes) = self.hub.send(
            "GET",
            &format!("{FILES}/{id}/content"),
            &self.token,
            "text/plain",
            b"",
        );
        (status == 200).then_some(bytes)
    }

    fn try_sync(&self) -> (u16, Value) {
        self.ask("POST", "/api/v1/sync", json!({}))
    }

    #[track_caller]
    fn sync(&self) -> Value {
        self.done("POST", "/api/v1/sync", json!({}))
    }

    /// Syncs until one ends without errors.
    #[track_caller]
    fn must_sync(&self) -> Value {
        let mut last = (0, Value::Null);
        for _ in 0..50 {
            last = self.try_sync();
            if last.0 == 200 && last.1["errors"] == json!([]) {
                return last.1;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        panic!("no sync ends well: {last:?}");
    }

    fn status(&self) -> Value {
        self.done("GET", "/api/v1/sync/status", Value::Null)
    }

    /// What people see of every file, by id.
    fn view(&self) -> BTreeMap<String, Value> {
        let list = self.done("GET", &format!("{FILES}?limit=100000"), Value::Null);
        let files = list["files"].as_array().unwrap().iter();
        files
            .map(|f| {
                let seen = json!([f["name"], f["label"], f["collections"], f["objects"], f["sha256"]]);
                (f["id"].as_str().unwrap().to_owned(), seen)
            })
            .collect()
    }

    fn conflicts(&self) -> Vec<Value> {
        let list = self.done("GET", "/api/v1/sync/conflicts", Value::Null);
        list["conflicts"].as_array().unwrap().clone()
    }
}

/// Syncs all until none has anything to do; then all must see the same.
#[track_caller]
fn settle(libraries: &[&Library]) -> BTreeMap<String, Value> {
    for _ in 0..20 {
        for library in libraries {
            library.must_sync();
        }
        if libraries
            .iter()
            .all(|library| library.status()["needs_sync"] == json!(false))
        {
            let views: Vec<_> = libraries.iter().map(|library| library.view()).collect();
            assert!(views.windows(2).all(|pair| pair[0] == pair[1]), "{views:#?}");
            return views.into_iter().next().unwrap();
        }
    }
    panic!(
        "it never settles: {:?}",
        libraries.iter().map(|l| l.status()).collect::<Vec<_>>()
    );
}

/// Bytes that are the same for the same seed.
fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..length).map(|_| random.below(256) as u8).collect()
}

/// Numbers that are the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
