//! A hub over repositories on this machine, and what one asks it.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::rig::{
    http::Http,
    serving::{SECRET_VARIABLE, Serving, USER},
};

const ORGANIZATION: &str = "11111111-1111-4111-8111-111111111111";
/// How long a job may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A started hub; killed when dropped.
pub struct Hub {
    serving: Serving,
    http: RefCell<Http>,
    config: PathBuf,
}

impl Hub {
    /// Starts one with these connections: name and path.
    pub fn start(folder: &Path, connections: &[(&str, &Path)]) -> Result<Hub> {
        let mut text = format!(
            "data_dir = {:?}\n[auth]\njwt_secret_env = \"{SECRET_VARIABLE}\"\n[repositories]\non_startup = \
             false\ninterval_minutes = 0\n[[organizations]]\nid = \"{ORGANIZATION}\"\nname = \"acme\"\nmembers = [{{ \
             user = \"{USER}\", role = \"owner\" }}]\n",
            folder.join("data")
        );
        for (name, path) in connections {
            text.push_str(&format!(
                "[[organizations.connections]]\ntype = \"github\"\nname = \"{name}\"\nfull_name = \"acme/{name}\"\nurl \
                 = {:?}\nbranch = \"main\"\n",
                path.display().to_string()
            ));
        }
        let config = folder.join("hub.toml");
        std::fs::write(&config, text)?;
        Hub::on(config)
    }

    fn on(config: PathBuf) -> Result<Hub> {
        let serving = Serving::start(&config)?;
        let http = Http::connect(&serving.url, &serving.token)?;
        Ok(Hub {
            serving,
            http: RefCell::new(http),
            config,
        })
    }

    /// Killed, and started again on the same state.
    pub fn restarted(self) -> Result<Hub> {
        let config = self.config.clone();
        drop(self);
        Hub::on(config)
    }

    /// Process id.
    pub fn process(&self) -> u32 {
        self.serving.process()
    }

    /// Starts a sync; its job, and how long the answer took.
    pub fn trigger(&self, name: &str, body: &Value) -> Result<(String, Duration)> {
        let path = format!("/api/repositories/{name}/sync");
        let body = body.to_string();
        let begun = Instant::now();
        let answer = self.http.borrow_mut().send("POST", &path, "", &body)?;
        let took = begun.elapsed();
        ensure!(
            answer.status == 202,
            "{name}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        let job: Value = serde_json::from_slice(&answer.body)?;
        Ok((job["job_id"].as_str().context("no job")?.to_owned(), took))
    }

    fn job(&self, name: &str, job: &str) -> Result<Value> {
        let answer = self
            .http
            .borrow_mut()
            .get(&format!("/api/repositories/{name}/sync/{job}"), None)?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Whether a job ended.
    pub fn is_over(&self, name: &str, job: &str) -> Result<bool> {
        Ok(matches!(
            self.job(name, job)?["status"].as_str(),
            Some("completed" | "failed" | "cancelled")
        ))
    }

    /// Waits for a job's good end.
    pub fn wait(&self, name: &str, job: &str) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let now = self.job(name, job)?;
            match now["status"].as_str() {
                Some("completed") => return Ok(now),
                Some("queued" | "running") if begun.elapsed() < PATIENCE => {}
                _ => bail!("{name}: {now}"),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// A sync from its trigger to its end.
    pub fn index(&self, name: &str, body: &Value) -> Result<Value> {
        let (job, _) = self.trigger(name, body)?;
        self.wait(name, &job)
    }
}
