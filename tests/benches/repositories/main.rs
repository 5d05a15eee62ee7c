//! Indexing a large git repository: all of it, a few changed files, nothing changed; and how soon a trigger
//! is answered while the hub indexes.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod hub;
#[path = "../rig/mod.rs"]
mod rig;
mod upstream;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use hub::Hub;
use rig::{
    report::{Figure, Report},
    samples::Samples,
};
use upstream::Upstream;

/// How many times as fast as a full index one of a few changes is to be.
const FASTER: f64 = 100.0;
/// What git takes may be taken so many times (design: within twice; a run is fetched, stored and told, too).
const NEAR_GIT: f64 = 2.0;
/// Milliseconds until a trigger is answered.
const ANSWERED: f64 = 50.0;
/// Files of the change.
const CHANGED: usize = 8;

fn main() -> Result<()> {
    let files = if rig::quick() { 10_000 } else { 100_000 };
    let samples = if rig::quick() { 3 } else { 7 };
    let triggers = if rig::quick() { 60 } else { 200 };
    let folder = tempfile::Builder::new().prefix("metasync-bench-").tempdir()?;
    let big = Upstream::create(&folder.path().join("big.git"), files)?;
    let busy = Upstream::create(&folder.path().join("busy.git"), files / 4)?;
    let small = Upstream::create(&folder.path().join("small.git"), 40)?;
    let connections = [("big", &big), ("busy", &busy), ("small", &small)];
    let hub = Hub::start(
        folder.path(),
        &connections.map(|(name, up)| (name, up.path.as_path())),
    )?;

    let begun = Instant::now();
    let first = hub.index("big", &json!({}))?;
    let first_index = begun.elapsed().as_secs_f64();
    ensure!(
        first["result"]["files_added"] == files,
        "the first index: {first}"
    );
    let after_first = rig::memory::of(hub.process())?;
    let begun = Instant::now();
    hub.index("big", &json!({"full_reindex": true}))?;
    let full = begun.elapsed().as_secs_f64();
    let peak = rig::memory::of(hub.process())?.peak;

    let mirror = big.mirror()?;
    let (mut changed, mut diff, mut own) = (Samples::default(), Samples::default(), Samples::default());
    let (mut fetch, mut fetch_nothing) = (Samples::default(), Samples::default());
    for n in 0..samples {
        let (before, after) = big.change(n, CHANGED)?;
        let begun = Instant::now();
        let job = hub.index("big", &json!({}))?;
        changed.push(begun.elapsed());
        ensure!(
            job["result"]["files_modified"] == CHANGED,
            "after a change: {job}"
        );
        own.push(Duration::from_millis(
            job["result"]["duration_ms"].as_u64().unwrap_or_default(),
        ));
        ensure!(
            job["progress"]["files_processed"] == CHANGED,
            "after a change: {job}"
        );
        let begun = Instant::now();
        big.git(&["diff", "--name-status", &before, &after])?;
        diff.push(begun.elapsed());
        let begun = Instant::now();
        big.fetch_into(&mirror)?;
        fetch.push(begun.elapsed());
    }
    let (mut nothing, mut parse) = (Samples::default(), Samples::default());
    for _ in 0..samples {
        let begun = Instant::now();
        let job = hub.index("big", &json!({}))?;
        nothing.push(begun.elapsed());
        ensure!(
            job["result"]["files_unchanged"] == files,
            "without a change: {job}"
        );
        let begun = Instant::now();
        big.git(&["rev-parse", "main"])?;
        parse.push(begun.elapsed());
        let begun = Instant::now();
        big.fetch_into(&mirror)?;
        fetch_nothing.push(begun.elapsed());
    }

    hub.index("small", &json!({}))?;
    let mut answered = Samples::default();
    let mut long = hub.trigger("busy", &json!({}))?.0;
    for _ in 0..triggers {
        if hub.is_over("busy", &long)? {
            long = hub.trigger("busy", &json!({"full_reindex": true}))?.0;
        }
        let (job, took) = hub.trigger("small", &json!({}))?;
        answered.push(took);
        hub.wait("small", &job)?;
    }
    let restarted = hub.restarted()?;
    big.change(samples, CHANGED)?;
    let begun = Instant::now();
    restarted.index("big", &json!({}))?;
    let after_restart = begun.elapsed().as_secs_f64() * 1_000.0;

    Report {
        conditions: format!(
            "A bare repository of {} files, {}; the hub fetches, indexes and stores with SQLite. Times of runs \
             are from the POST until the job is `completed`, asked for every 2 ms; {samples} samples each, the \
             full ones once. Triggers: {triggers} of a small repository while another of {} files is indexed \
             whole.",
            rig::shown(files),
            upstream::ABOUT,
            rig::shown(files / 4)
        ),
        figures: vec![
            Figure::new("first index", "s", first_index),
            Figure::new("full re-index, nothing changed", "s", full),
            Figure::new("memory of the hub after the first index", "MiB", after_first.resident),
            Figure::new("memory of the hub at most", "MiB", peak),
            Figure::new(format!("{CHANGED} changed files"), "ms", changed.median())
                .against("first index", first_index * 1_000.0)
                .ratio_at_most(1.0 / FASTER),
            Figure::new(format!("{CHANGED} changed files, again"), "ms", changed.median())
                .against("full re-index that finds nothing new", full * 1_000.0),
            Figure::new(format!("{CHANGED} changed files, with the fetch"), "ms", changed.median())
                .against("git fetch alone", fetch.median()),
            Figure::new(format!("{CHANGED} changed files, found, read and stored"), "ms", changed.median())
                .against("git diff --name-status", diff.median()),
            Figure::new(format!("{CHANGED} changed files, the hub's own time"), "ms", own.median()),
            Figure::new("after a restart of the hub", "ms", after_restart),
            Figure::new("nothing changed", "ms", nothing.median())
                .against("git rev-parse", parse.median()),
            Figure::new("nothing changed, with the fetch", "ms", nothing.median())
                .against("git fetch alone", fetch_nothing.median())
                .ratio_at_most(NEAR_GIT),
            Figure::new("a trigger's answer while another run works, p50", "ms", answered.median()).at_most(ANSWERED),
            Figure::new("a trigger's answer while another run works, p99", "ms", answered.percentile(0.99))
                .at_most(ANSWERED),
        ],
    }
    .print()
}
