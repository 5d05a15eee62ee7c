//! External sources end to end: rows of a CSV file a second beside `sqlite3 .import` of the same file, the
//! hub's memory at two sizes, and pages of a REST source a second beside a client that only fetches them.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

#[path = "../rig/mod.rs"]
mod rig;
mod web;

use std::{
    io::{BufWriter, Write as _},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use rig::{
    http::Http,
    memory, quick,
    report::{Figure, Report},
    serving::{SECRET_VARIABLE, Serving, USER},
    shown,
};

const ORGANIZATION: &str = "11111111-1111-4111-8111-111111111111";

/// How long a sync may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Pages of the REST source, and items of each.
const PAGES: usize = 200;
const PAGE_ITEMS: usize = 100;

/// How much more memory the larger file may take.
const AIM_MEMORY: f64 = 1.5;

fn main() -> Result<()> {
    let sizes = if quick() {
        [10_000, 100_000]
    } else {
        [1_000_000, 10_000_000]
    };
    let mut figures = Vec::new();
    let mut peaks = Vec::new();
    for rows in sizes {
        let folder = tempfile::tempdir()?;
        let mut hub = Hub::start(folder.path())?;
        let file = folder.path().join("data/imports/songs.csv");
        write_songs(&file, rows)?;
        let ours = hub.sync("csv", "songs.csv", &json!({"contentType": "music"}), rows)?;
        let again = {
            // the same rows in a file that is another one: all are read and compared
            write_songs(&file, rows)?;
            hub.sync("csv", "songs.csv", &json!({"contentType": "music"}), rows)?
        };
        let import = import(&file, &folder.path().join("peer.db"))?;
        peaks.push(memory::of(hub.serving.process())?.peak);
        let per_row = |time: Duration| time.as_secs_f64() * 1e6 / rows as f64;
        figures.push(
            Figure::new(
                format!("a row of {}, first sync", shown(rows)),
                "µs",
                per_row(ours),
            )
            .against("sqlite3 .import", per_row(import)),
        );
        figures.push(Figure::new(
            format!("a row of {}, unchanged", shown(rows)),
            "µs",
            per_row(again),
        ));
    }
    figures.push(
        Figure::new(format!("peak memory, {} rows", shown(sizes[1])), "MB", peaks[1])
            .against(format!("{} rows", shown(sizes[0])), peaks[0])
            .ratio_at_most(AIM_MEMORY),
    );
    let folder = tempfile::tempdir()?;
    let mut hub = Hub::start(folder.path())?;
    let url = web::serve(PAGES, PAGE_ITEMS)?;
    let options = json!({
        "dataPath": "items",
        "pagination": {"type": "page", "limitParam": "limit", "limit": PAGE_ITEMS, "pageParam": "page"},
    });
    let synced = hub.sync("api", &format!("{url}/songs"), &options, PAGES * PAGE_ITEMS)?;
    let fetched = web::fetch_all(&url, PAGES)?;
    let per_page = |time: Duration| time.as_secs_f64() * 1e3 / PAGES as f64;
    figures.push(
        Figure::new(format!("a page of {PAGE_ITEMS} items"), "ms", per_page(synced))
            .against("only fetching it", per_page(fetched)),
    );
    Report {
        conditions: format!(
            "A hub on SQLite; each row becomes a row of content_index and an object with its hash, in transactions \
             with the run's checkpoint. `sqlite3 .import` fills a table of texts without a key, in one transaction. \
             The file has five columns. The REST source is a server of this program's own, {PAGES} pages over \
             loopback, one connection kept alive."
        ),
        figures,
    }
    .print()
}

/// `id,title,artist,genre,album`, one line each.
fn write_songs(file: &Path, rows: usize) -> Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "id,title,artist,genre,album")?;
    for n in 0..rows {
        writeln!(
            out,
            "{n},Song number {n},Artist {},Pop,\"Album, {}\"",
            n % 997,
            n % 10_007
        )?;
    }
    Ok(out.flush()?)
}

/// The same file into a table by SQLite's own program.
fn import(file: &Path, database: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let status = Command::new("sqlite3")
        .arg(database)
        .arg(".mode csv")
        .arg(format!(".import {} songs", file.display()))
        .status()
        .context("sqlite3 is needed as the peer")?;
    ensure!(status.success(), "sqlite3 .import failed");
    Ok(begun.elapsed())
}

struct Hub {
    serving: Serving,
    http: Http,
}

impl Hub {
    fn start(folder: &Path) -> Result<Hub> {
        let data = folder.join("data");
        std::fs::create_dir_all(data.join("imports"))?;
        let config = folder.join("hub.toml");
        std::fs::write(
            &config,
            format!(
                "data_dir = {data:?}\n[auth]\njwt_secret_env = \"{SECRET_VARIABLE}\"\n[sources]\n\
                 allow_private_networks = true\n[[organizations]]\nid = \"{ORGANIZATION}\"\nname = \"acme\"\n\
                 members = [{{ user = \"{USER}\", role = \"owner\" }}]\n"
            ),
        )?;
        let serving = Serving::start(&config)?;
        let http = Http::connect(&serving.url, &serving.token)?;
        Ok(Hub { serving, http })
    }

    /// Syncs to the end; from the trigger to the last row.
    fn sync(&mut self, kind: &str, identifier: &str, options: &Value, rows: usize) -> Result<Duration> {
        let body =
            json!({"sourceType": kind, "sourceIdentifier": identifier, "options": options}).to_string();
        let begun = Instant::now();
        let started: Value = serde_json::from_slice(
            &self
                .http
                .send(
                    "POST",
                    "/v1/sync/trigger",
                    "content-type: application/json\r\n",
                    &body,
                )?
                .body,
        )?;
        let number = started["data"]["syncRunId"]
            .as_u64()
            .with_context(|| started.to_string())?;
        loop {
            ensure!(begun.elapsed() < PATIENCE, "the sync does not end");
            let run: Value =
                serde_json::from_slice(&self.http.get(&format!("/v1/sync/{number}"), None)?.body)?;
            let run = &run["data"];
            match run["status"].as_str() {
                Some("completed") => {
                    let taken = begun.elapsed();
                    let count = |name: &str| run[name].as_u64().unwrap_or(0);
                    let seen = count("itemsProcessed") + count("itemsSkipped");
                    ensure!(seen == rows as u64, "{seen} of {rows} rows: {run}");
                    return Ok(taken);
                }
                Some("failed" | "cancelled") => anyhow::bail!("{run}"),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}
