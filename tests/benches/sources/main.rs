//! External sources end to end: rows of a CSV file beside `sqlite3 .import` and a short program of its own, the
//! hub's memory as they come, its disk, searches in what came, and pages of a REST source beside a client that only
//! fetches them.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod disk;
#[path = "../rig/mod.rs"]
mod rig;
mod songs;
mod web;

use std::{
    path::Path,
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

/// Whose hub it is.
const ORGANIZATION: &str = "11111111-1111-4111-8111-111111111111";

/// How long a sync may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Rows of the smaller file, and most of the larger one, which is as large as the disk allows.
const FEW: usize = 1_000_000;
const MOST: usize = 10_000_000;

/// In quick runs.
const QUICK: (usize, usize) = (10_000, 100_000);

/// Pages of the REST source, and items of each.
const PAGES: usize = 200;
const PAGE_ITEMS: usize = 100;

/// One row in so many is changed.
const CHANGED: usize = 100;

/// How much more memory the larger file may take, and how much longer a search may.
const AIM_MEMORY: f64 = 1.25;
const AIM_SEARCH: f64 = 3.0;

/// How often a search is done.
const SEARCHES: usize = 15;

/// Searches: a common word, a word as somebody begins to write it, one row among all, a mistyped word.
const WORDS: [(&str, &str); 4] = [
    ("a word that all rows hold", "song"),
    ("two letters", "ar"),
    ("one row", "song number 4711"),
    ("a mistyped word", "sogn 4711"),
];

/// What was measured with one file.
struct Measured {
    rows: usize,
    figures: Vec<Figure>,
    /// MiB, when each eighth of the file was read, and at most.
    resident: Vec<f64>,
    peak: f64,
    /// Bytes of the hub's database for each row, and of all that the benchmark had at once.
    per_row: f64,
    taken: u64,
    /// Milliseconds of each of the searches.
    searches: Vec<f64>,
}

fn main() -> Result<()> {
    let budget = disk::budget(&std::env::temp_dir())?;
    let (few, most) = if quick() { QUICK } else { (FEW, MOST) };
    let small = measure(few)?;
    // a fifth more than was seen: the log, and what the peers write
    let fitting = budget as f64 / (small.taken as f64 / few as f64 * 1.2);
    let large = measure((fitting as usize / 100_000 * 100_000).clamp(few, most))?;
    let mut figures: Vec<Figure> = Vec::new();
    let memory = |at: usize| large.resident.get(at).copied().unwrap_or(large.peak);
    for (share, at) in [("1/8", 0), ("1/2", 3), ("all", 7)] {
        let name = format!("memory when {share} of {} rows are read", shown(large.rows));
        figures.push(Figure::new(name, "MB", memory(at)));
    }
    figures.push(
        Figure::new(
            format!("memory at most, {} rows", shown(large.rows)),
            "MB",
            large.peak,
        )
        .against(format!("{} rows", shown(small.rows)), small.peak)
        .ratio_at_most(AIM_MEMORY),
    );
    figures.push(Figure::new("disk of a row in the hub", "bytes", large.per_row));
    for (((name, _), ours), before) in WORDS.iter().zip(&large.searches).zip(&small.searches) {
        figures.push(
            Figure::new(format!("search among {}: {name}", shown(large.rows)), "ms", *ours)
                .against(format!("among {}", shown(small.rows)), *before)
                .ratio_at_most(AIM_SEARCH),
        );
    }
    figures.extend(pages()?);
    Report {
        conditions: format!(
            "A hub on SQLite; each row becomes a row of content_index with its words in an index, and an object with \
             its hash, in transactions with the run's checkpoint. `sqlite3 .import` fills a table of texts without a \
             key in one transaction; `csv + rusqlite` is a loop of twenty lines that puts each row under its key. The \
             file has five columns. The larger file had as many rows, up to {}, as {:.1} GB of disk allow; at most \
             {:.1} GB were taken. Searches: median of {SEARCHES} over HTTP. The REST source is a server of this \
             program's own, {PAGES} pages over loopback, one connection kept alive.",
            shown(most),
            budget as f64 / 1e9,
            large.taken as f64 / 1e9,
        ),
        figures: small.figures.into_iter().chain(large.figures).chain(figures).collect(),
    }
    .print()
}

/// All that is measured with a file of so many rows.
fn measure(rows: usize) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let mut hub = Hub::start(folder.path())?;
    let file = folder.path().join("data/imports/songs.csv");
    let options = json!({"contentType": "music"});
    songs::write(&file, rows, None)?;
    let mut resident = Vec::new();
    let first = hub.sync("csv", "songs.csv", &options, rows, &mut resident)?;
    // the same rows in a file that is another one: all are read and compared
    songs::write(&file, rows, None)?;
    let again = hub.sync("csv", "songs.csv", &options, rows, &mut Vec::new())?;
    songs::write(&file, rows, Some(CHANGED))?;
    let changed = hub.sync("csv", "songs.csv", &options, rows, &mut Vec::new())?;
    let database = std::fs::metadata(folder.path().join("data/hub.db"))?.len();
    let mut searches = Vec::new();
    for (_, words) in WORDS {
        searches.push(hub.search(words)?);
    }
    let peak = memory::of(hub.serving.process())?.peak;
    let peer = folder.path().join("peer.db");
    let upsert = songs::upsert(&file, &peer)?;
    let import = songs::import(&file, &peer)?;
    let taken = disk::taken(folder.path())?;
    let per_row = |time: Duration| time.as_secs_f64() * 1e6 / rows as f64;
    let name = |what: &str| format!("a row of {}, {what}", shown(rows));
    Ok(Measured {
        rows,
        figures: vec![
            Figure::new(name("first sync"), "µs", per_row(first)).against("csv + rusqlite", per_row(upsert)),
            Figure::new(
                name("first sync, beside a table without a key"),
                "µs",
                per_row(first),
            )
            .against("sqlite3 .import", per_row(import)),
            Figure::new(name("unchanged"), "µs", per_row(again)),
            Figure::new(name("1 % changed"), "µs", per_row(changed)),
        ],
        resident,
        peak,
        per_row: database as f64 / rows as f64,
        // the peers' databases were there one after the other, and hold what the file does and a key
        taken: taken + std::fs::metadata(&file)?.len() * 2,
        searches,
    })
}

/// A REST source, page by page.
fn pages() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut hub = Hub::start(folder.path())?;
    let url = web::serve(PAGES, PAGE_ITEMS)?;
    let options = json!({
        "dataPath": "items",
        "pagination": {"type": "page", "limitParam": "limit", "limit": PAGE_ITEMS, "pageParam": "page"},
    });
    let mut sync = || {
        hub.sync(
            "api",
            &format!("{url}/songs"),
            &options,
            PAGES * PAGE_ITEMS,
            &mut Vec::new(),
        )
    };
    let (synced, again) = (sync()?, sync()?);
    let fetched = web::fetch_all(&url, PAGES)?;
    let per_page = |time: Duration| time.as_secs_f64() * 1e3 / PAGES as f64;
    let name = |what: &str| format!("a page of {PAGE_ITEMS} items{what}");
    Ok(vec![
        Figure::new(name(""), "ms", per_page(synced)).against("only fetching it", per_page(fetched)),
        Figure::new(name(", unchanged"), "ms", per_page(again)),
    ])
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
    /// `resident`: the hub's memory whenever another eighth of the rows was read.
    fn sync(
        &mut self,
        kind: &str,
        identifier: &str,
        options: &Value,
        rows: usize,
        resident: &mut Vec<f64>,
    ) -> Result<Duration> {
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
            let count = |name: &str| run[name].as_u64().unwrap_or(0);
            let seen = count("itemsProcessed") + count("itemsSkipped");
            if seen as usize * 8 >= rows * (resident.len() + 1) {
                resident.push(memory::of(self.serving.process())?.resident);
            }
            match run["status"].as_str() {
                Some("completed") => {
                    let taken = begun.elapsed();
                    ensure!(seen == rows as u64, "{seen} of {rows} rows: {run}");
                    return Ok(taken);
                }
                Some("failed" | "cancelled") => anyhow::bail!("{run}"),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Hub {
    /// Milliseconds of a search, the median.
    fn search(&mut self, words: &str) -> Result<f64> {
        let path = format!("/v1/content?limit=20&q={}", words.replace(' ', "%20"));
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let begun = Instant::now();
            let found: Value = serde_json::from_slice(&self.http.get(&path, None)?.body)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            ensure!(
                found["total"].as_u64().unwrap_or(0) > 0,
                "{words:?} finds nothing: {found}"
            );
        }
        times.sort_by(f64::total_cmp);
        Ok(times[times.len() / 2])
    }
}
