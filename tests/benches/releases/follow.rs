//! A sync, followed event by event.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use metasync_tests::{Hub, hub::PIN};
use serde_json::Value;

use super::rig::samples::Samples;

/// What a sync told, and when.
pub struct Followed {
    job: String,
    /// From the trigger to `complete`.
    pub took: Duration,
    /// Its log, with the id of each event and when it was heard.
    pub lines: Vec<(i64, String, jiff::Timestamp)>,
}

impl Followed {
    /// Whether it told so.
    pub fn has(&self, line: &str) -> bool {
        self.lines.iter().any(|(_, told, _)| told == line)
    }

    /// How long each event took from being stored to being heard.
    pub fn heard(&self, database: &Path, samples: &mut Samples) -> Result<()> {
        let connection =
            rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut stored =
            connection.prepare("SELECT created_at FROM run_events WHERE run_id = ?1 AND id = ?2")?;
        for (id, _, heard) in &self.lines {
            let at: String = stored.query_row(rusqlite::params![self.job, id], |row| row.get(0))?;
            let at: jiff::Timestamp = at.parse()?;
            samples.push(Duration::try_from(heard.duration_since(at)).unwrap_or_default());
        }
        Ok(())
    }
}

/// Triggers a release and follows it to its good end.
pub fn follow(hub: &Hub, release: usize) -> Result<Followed> {
    let begun = Instant::now();
    let (status, text) = hub.operate("POST", &format!("metadata-sync/trigger/{release}"), "");
    if status != 200 {
        bail!("release {release}: {status} {text}");
    }
    let started: Value = serde_json::from_str(&text)?;
    let job = started["job_id"].as_str().context("no job")?.to_owned();
    let answer = ureq::get(format!("{}/api/v1/admin/metadata-sync/progress/{job}", hub.url))
        .header("x-admin-pin", PIN)
        .call()?;
    let mut followed = Followed {
        job,
        took: Duration::ZERO,
        lines: Vec::new(),
    };
    let (mut name, mut id) = (String::new(), 0);
    let mut last = String::new();
    for line in BufReader::new(answer.into_body().into_reader()).lines() {
        let line = line?;
        if let Some(event) = line.strip_prefix("event:") {
            name = event.trim().to_owned();
        } else if let Some(text) = line.strip_prefix("id:") {
            id = text.trim().parse()?;
        } else if let Some(data) = line.strip_prefix("data:") {
            last = data.trim().to_owned();
        } else if line.is_empty() && name == "log" {
            let data: Value = serde_json::from_str(&last)?;
            let message = data["message"].as_str().unwrap_or_default().to_owned();
            followed.lines.push((id, message, jiff::Timestamp::now()));
        } else if line.is_empty() && name == "complete" {
            followed.took = begun.elapsed();
            return Ok(followed);
        } else if line.is_empty() && name == "error" {
            bail!("release {release}: {last}");
        }
    }
    bail!("release {release}: the stream ended without an end")
}
