//! A hub process, and what a client of it needs.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{PATIENCE, binary, eventually};

/// The secret of every hub here.
pub const SECRET: &str = "a-secret-of-the-stories-that-is-long-enough-for-hs256";
/// The operator's PIN of every hub here.
pub const PIN: &str = "4711-of-the-stories";
/// Media type of requests.
const JSON: &str = "application/json";
/// The organization.
pub const ORGANIZATION: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

/// A hub with the organization `acme` (ada owns it, bo is a member).
pub struct Hub {
    process: Child,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Hub {
    /// Starts a hub with its state in `folder` and these connections: name and address.
    pub fn start(folder: &Path, environment: &[(String, String)], connections: &[(&str, &Path)]) -> Hub {
        Hub::node(folder, environment, connections, None)
    }

    /// The same on a database that other hubs may be on as well.
    pub fn node(
        folder: &Path,
        environment: &[(String, String)],
        connections: &[(&str, &Path)],
        database: Option<&str>,
    ) -> Hub {
        std::fs::create_dir_all(folder).unwrap();
        let mut config = format!(
            "data_dir = {:?}\n[auth]\njwt_secret_env = \"STORY_SECRET\"\nadmin_pin_env = \"STORY_PIN\"\n\
             [repositories]\non_startup = false\ninterval_minutes = 0\n\
             [[organizations]]\nid = \"{ORGANIZATION}\"\nname = \"acme\"\n\
             members = [{{ user = \"ada\", role = \"owner\" }}, {{ user = \"bo\", role = \"member\" }}]\n",
            folder.join("data")
        );
        if let Some(database) = database {
            config = format!("database = {database:?}\n{config}");
        }
        for (name, url) in connections {
            config.push_str(&format!(
                "[[organizations.connections]]\ntype = \"github\"\nname = \"{name}\"\nfull_name = \"acme/{name}\"\n\
                 url = {:?}\nbranch = \"main\"\n",
                url.display().to_string()
            ));
        }
        std::fs::write(folder.join("hub.toml"), config).unwrap();
        let mut environment = environment.to_vec();
        environment.push(("STORY_SECRET".to_owned(), SECRET.to_owned()));
        environment.push(("STORY_PIN".to_owned(), PIN.to_owned()));
        let (process, url) = launch(folder, &environment, "127.0.0.1:0", &[]);
        Hub {
            process,
            folder: folder.to_owned(),
            environment,
            url,
        }
    }

    /// Kills it, as a crash or a pulled plug would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Starts it again at the same address.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts it again at the same address with more arguments.
    pub fn restart_with(&mut self, arguments: &[&str]) {
        let address = self.url.trim_start_matches("http://").to_owned();
        (self.process, self.url) = launch(&self.folder, &self.environment, &address, arguments);
    }

    /// A request with a body of any kind; status and bytes.
    pub fn send(&self, method: &str, path: &str, token: &str, kind: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.request(
            method,
            path,
            ("authorization", &format!("Bearer {token}")),
            kind,
            body,
        )
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        who: (&str, &str),
        kind: &str,
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(who.0, who.1)
            .header("content-type", kind);
        let mut reply = agent.run(request.body(body).unwrap()).unwrap();
        let status = reply.status().as_u16();
        let bytes = reply
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_to_vec()
            .unwrap();
        (status, bytes)
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Adds to the configuration and starts again.
    pub fn configure(&mut self, more: &str) {
        self.kill();
        let path = self.folder.join("hub.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{config}{more}")).unwrap();
        self.restart();
    }

    /// Copies the data directory, as somebody who makes backups would.
    pub fn back_up(&mut self) {
        self.kill();
        copy(&self.folder.join("data"), &self.folder.join("backup"));
        self.restart();
    }

    /// Puts the copy in the place of the data directory.
    pub fn restore(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.folder.join("data")).unwrap();
        copy(&self.folder.join("backup"), &self.folder.join("data"));
        self.restart();
    }

    /// A token for a user.
    pub fn token(&self, user: &str) -> String {
        let config = self.folder.join("hub.toml").display().to_string();
        let arguments = ["token", "--config", &config, "--user", user, "--ttl", "8h"];
        let output = binary::run(&self.folder, &self.environment, &arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A request as a user; status and JSON.
    pub fn ask(&self, method: &str, path: &str, user: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let (status, bytes) = self.send(method, path, &self.token(user), JSON, body.as_bytes());
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A request of the operator, who has the PIN; status and text.
    pub fn operate(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let path = format!("/api/v1/admin/{path}");
        let (status, bytes) = self.request(method, &path, ("x-admin-pin", PIN), JSON, body.as_bytes());
        (status, String::from_utf8(bytes).unwrap())
    }

    /// Indexes a repository to its end.
    pub fn index(&self, name: &str) -> Value {
        let path = format!("/api/repositories/{name}/sync");
        let (status, job) = self.ask("POST", &path, "ada", Some(json!({})));
        assert_eq!(status, 202, "{job}");
        let job_path = format!("{path}/{}", job["job_id"].as_str().unwrap());
        let done = eventually(PATIENCE, || {
            let (_, job) = self.ask("GET", &job_path, "ada", None);
            matches!(job["status"].as_str(), Some("completed" | "failed")).then_some(job)
        });
        let job = done.expect("indexing ends");
        assert_eq!(job["status"], "completed", "{job}");
        job
    }

    /// What editors are configured with.
    pub fn options(&self, user: &str) -> Value {
        json!({"hub": {"url": self.url, "organization": "acme"}, "token": self.token(user)})
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn launch(
    folder: &Path,
    environment: &[(String, String)],
    address: &str,
    arguments: &[&str],
) -> (Child, String) {
    let config = folder.join("hub.toml");
    let start = || {
        let mut process = binary::command(folder, environment)
            .args(["hub", "--config"])
            .arg(&config)
            .args(["--listen", address])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        match line.trim_end().strip_prefix("listening on ") {
            Some(url) => Some((process, url.to_owned())),
            None => {
                // the address of a hub that was killed may be held for a moment
                let _ = process.kill();
                let _ = process.wait();
                None
            }
        }
    };
    eventually(Duration::from_secs(30), start).expect("the hub starts")
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
