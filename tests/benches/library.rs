//! The shared library: a sync without change at three sizes, a first sync, and one of metadata alone, through
//! rclone's WebDAV server; against rclone's own copy of the same files to the same server.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Context as _, Result, ensure};
use metasync_protocol::library::LibraryFile;
use metasync_store::{LibraryRow, LibraryWrite, SYNCED, Store};
use metasync_tests::{
    Hub, Place,
    hub::ORGANIZATION,
    webdav::{Dav, Kind, PASSWORD, USER},
};
use serde_json::{Value, json};
use uuid::Uuid;

use rig::report::{Figure, Report};

/// Sizes at which nothing is to do.
const SIZES: [usize; 3] = [100, 10_000, 100_000];
/// Files of the first sync.
const FILES: usize = 10_000;
/// Bytes of each.
const BYTES: usize = 1_024;
/// Aim of a sync without change (ms): the seed's, and the request's.
const AIM_SKIP: f64 = 5.0;

struct World {
    dav: Dav,
    place: Place,
    hub: Hub,
    token: String,
}

impl World {
    fn new() -> World {
        let dav = Dav::start(Kind::Rclone);
        let place = Place::new("nowhere", &[]);
        let mut environment = place.environment.clone();
        environment.push(("WEBDAV_PASSWORD".into(), PASSWORD.into()));
        let mut hub = Hub::start(&place.base().join("hub"), &environment, &[]);
        hub.configure(&format!(
            "[webdav]\nbase_url = \"{}\"\nusername = \"{USER}\"\npassword_env = \"WEBDAV_PASSWORD\"\n\
             remote_root = \"/library\"\n",
            dav.url()
        ));
        let token = hub.token("ada");
        World {
            dav,
            place,
            hub,
            token,
        }
    }

    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Value> {
        let (status, bytes) = self.hub.send(method, path, &self.token, kind, body);
        ensure!(
            status < 300,
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&bytes)
        );
        Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn add(&self, n: usize) -> Result<String> {
        let content = format!("{n:0BYTES$}");
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{n}.txt\"\r\n\r\n{content}\r\n--edge--\r\n"
        );
        let row = self.ask(
            "POST",
            "/api/v1/files",
            "multipart/form-data; boundary=edge",
            body.as_bytes(),
        )?;
        Ok(row["id"].as_str().context("a row has an id")?.to_owned())
    }

    /// One sync: its summary, seconds, and requests.
    fn sync(&self) -> Result<(Value, f64, usize)> {
        let before = self.dav.log().len();
        let started = Instant::now();
        let summary = self.ask("POST", "/api/v1/sync", "application/json", b"{}")?;
        let seconds = started.elapsed().as_secs_f64();
        ensure!(summary["errors"] == json!([]), "{summary}");
        std::thread::sleep(std::time::Duration::from_millis(200));
        Ok((summary, seconds, self.dav.log().len() - before))
    }

    /// Puts rows into the hub's tables as if they had been synced.
    fn fill(&mut self, rows: std::ops::Range<usize>) -> Result<()> {
        self.hub.kill();
        let data = self.place.base().join("hub/data");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let store = Store::open(&data).await?;
            let writes: Vec<LibraryWrite> = rows.map(synced).collect();
            store.library_write(ORGANIZATION.parse()?, &writes).await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        self.hub.restart();
        Ok(())
    }
}

fn synced(n: usize) -> LibraryWrite {
    let file = LibraryFile {
        id: Uuid::from_u128(n as u128 + 1),
        name: format!("{n}.txt"),
        sha256: format!("{n:064x}"),
        size: 1,
        media_type: "text/plain".into(),
        version: 1,
        created_at: "2026-01-01T00:00:00Z".into(),
        updated_at: "2026-01-01T00:00:00Z".into(),
        ..LibraryFile::default()
    };
    LibraryWrite {
        seen: None,
        conflict: None,
        row: LibraryRow {
            base: Some(file.clone()),
            file,
            status: SYNCED.into(),
            revision: 1,
        },
    }
}

/// Seconds of rclone's copy of a folder to the same server.
fn copy(dav: &Dav, folder: &Path, to: &str) -> Result<f64> {
    let hidden = Command::new("rclone").args(["obscure", PASSWORD]).output()?;
    let pass = String::from_utf8(hidden.stdout)?;
    let started = Instant::now();
    let status = Command::new("rclone")
        .args(["--config", "/dev/null", "copy", "--transfers", "4"])
        .arg(folder)
        .arg(format!(":webdav:{to}"))
        .args([
            "--webdav-url",
            &dav.url(),
            "--webdav-user",
            USER,
            "--webdav-pass",
            pass.trim(),
        ])
        .status()?;
    ensure!(status.success(), "rclone can't copy");
    Ok(started.elapsed().as_secs_f64())
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn main() -> Result<()> {
    let quick = rig::quick();
    let files = if quick { FILES / 20 } else { FILES };
    let mut figures = Vec::new();

    let mut world = World::new();
    world.add(0)?;
    world.sync()?;
    let agent = ureq::Agent::new_with_defaults();
    let mut filled = 0;
    for size in SIZES.into_iter().filter(|size| !quick || *size < 100_000) {
        world.fill(filled..size)?;
        filled = size;
        let mut skips = Vec::new();
        let mut bare = Vec::new();
        for _ in 0..50 {
            let started = Instant::now();
            let summary = world.ask("POST", "/api/v1/sync", "application/json", b"{}")?;
            skips.push(started.elapsed().as_secs_f64() * 1_000.0);
            ensure!(summary["skipped"] == json!(true), "{summary}");
            let started = Instant::now();
            agent
                .get(format!("{}/healthz", world.hub.url))
                .call()?
                .into_body()
                .read_to_string()?;
            bare.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        figures.push(
            Figure::new(
                format!("sync without change, {size} files, median"),
                "ms",
                median(skips),
            )
            .against("/healthz of the same hub", median(bare))
            .at_most(AIM_SKIP),
        );
    }

    let world = World::new();
    let folder = tempfile::tempdir()?;
    let mut ids = Vec::with_capacity(files);
    for n in 0..files {
        ids.push(world.add(n)?);
        std::fs::write(folder.path().join(format!("{n}.txt")), format!("{n:0BYTES$}"))?;
    }
    let (_, first, requests) = world.sync()?;
    let peer = copy(&world.dav, folder.path(), "copy")?;
    figures.push(
        Figure::new(format!("first sync, {files} files of 1 KiB"), "s", first).against("rclone copy", peer),
    );
    figures.push(Figure::new(
        "requests of it, for each file",
        "",
        requests as f64 / files as f64,
    ));
    for id in &ids {
        world.ask(
            "PATCH",
            &format!("/api/v1/files/{id}"),
            "application/json",
            b"{\"label\": \"changed\"}",
        )?;
    }
    let (summary, labels, requests) = world.sync()?;
    ensure!(summary["uploaded"] == json!(0), "{summary}");
    let nothing = copy(&world.dav, folder.path(), "copy")?;
    figures.push(
        Figure::new(format!("sync of {files} changed labels"), "s", labels)
            .against("rclone copy with nothing to copy", nothing),
    );
    figures.push(Figure::new("requests of it, in all", "", requests as f64));
    let snapshot = std::fs::metadata(world.dav.root().join("library/metadata.db"))?.len();
    figures.push(Figure::new(
        "bytes of the snapshot, for each file",
        "B",
        snapshot as f64 / files as f64,
    ));
    Report {
        conditions:
            "One hub, SQLite, through rclone's WebDAV server on the loopback. Nothing is read of the data \
                     files where labels alone changed."
                .into(),
        figures,
    }
    .print()
}
