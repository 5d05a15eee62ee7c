//! What an editor feels: hovers over the pipe, a sync when nothing changed, and the server's memory,
//! each with a small and with a large catalogue in the cache.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use serde_json::{Value, json};

use rig::{
    http::Http,
    hub::Hub,
    inside::Inside,
    lsp::{self, Editor, Start},
    memory::{self, Memory},
    report::{Figure, Report},
    samples::{Samples, measure},
    workspace::{AT_COLUMN, AT_NOTHING, AT_REF},
};

/// Open documents, each of which reads another model.
const DOCUMENTS: usize = 64;
/// Objects of a page where the feed is read by hand.
const PAGE: usize = 10_000;
/// Times that nothing changed.
const SYNCS: usize = 50;
/// Aims of a hover inside (ms).
const AIM_HOVER_P50: f64 = 0.2;
const AIM_HOVER_P99: f64 = 1.0;
/// Aim of the memory (MB), at any size of the catalogue.
const AIM_MEMORY: f64 = 60.0;
/// Aim of the hub's answer that nothing changed (ms).
const AIM_NOTHING_CHANGED: f64 = 1.0;
/// How much slower than with the small catalogue something may be that must not grow: noise.
const AIM_GROWTH: f64 = 1.5;

/// All that is measured at one size.
struct Measured {
    objects: usize,
    hover: Samples,
    inside: Samples,
    empty_hover: Samples,
    sync: Samples,
    not_modified: Samples,
    health: Samples,
    memory: Memory,
}

fn main() -> Result<()> {
    let [few, many] = rig::sizes();
    let hovers = if rig::quick() { 300 } else { 3_000 };
    let small = at(few, hovers)?;
    let large = at(many, hovers)?;
    let mut figures = Vec::new();
    for measured in [&small, &large] {
        figures.extend(figures_of(measured));
    }
    figures.push(
        Figure::new(
            format!("sync without change, {} objects, median", rig::shown(many)),
            "ms",
            large.sync.median(),
        )
        .against(format!("the same at {}", rig::shown(few)), small.sync.median())
        .ratio_at_most(AIM_GROWTH),
    );
    figures.push(
        Figure::new(
            format!("hub's 304, {} objects, median", rig::shown(many)),
            "ms",
            large.not_modified.median(),
        )
        .against(
            format!("the same at {}", rig::shown(few)),
            small.not_modified.median(),
        )
        .ratio_at_most(AIM_GROWTH),
    );
    Report {
        conditions: format!(
            "{}, put into the hub through its store. `metasync lsp` over real pipes, {hovers} hovers on names \
             in ref() and on columns behind an alias, over {DOCUMENTS} open documents that each read another \
             model; the limit is a hover on white space. Inside: the same messages to a server in the benchmark's own \
             process, on one thread, over a buffer instead of a pipe, JSON included. {SYNCS} syncs without change as the command \
             `metasync.sync`, and as a bare HTTP request with If-None-Match on a kept connection; the limit \
             of that is /healthz. Memory is the server's after all of it; its peak holds the first sync.",
            rig::catalogue::ABOUT
        ),
        figures,
    }
    .print()
}

fn at(objects: usize, hovers: usize) -> Result<Measured> {
    let hub = Hub::with_objects(objects)?;
    let workspace = rig::workspace::create()?;
    let cache = tempfile::tempdir()?;
    let start = Start {
        workspace: workspace.path(),
        cache: cache.path(),
        options: hub.options(),
    };
    let mut editor = Editor::start(&start)?;
    editor.initialized()?;
    let first = editor.command("metasync.sync")?;
    ensure!(first["state"] == "up_to_date", "the first sync answered {first}");
    let status = editor.command("metasync.status")?;
    ensure!(status["objects"] == objects, "after the first sync: {status}");

    let documents: Vec<PathBuf> = (0..DOCUMENTS)
        .map(|d| workspace.path().join(format!("models/report_{d}.sql")))
        .collect();
    for (number, document) in documents.iter().enumerate() {
        editor.open(document, &rig::workspace::text(number * objects / DOCUMENTS))?;
    }
    for document in &documents {
        for position in [AT_REF, AT_COLUMN] {
            let answer = editor.hover(document, position)?;
            ensure!(
                answer["contents"].is_object(),
                "no hover at {position:?}: {answer}"
            );
        }
    }
    let mut next = documents.iter().cycle();
    let mut document = || next.next().context("there are documents");
    let mut odd = false;
    let hover = measure(hovers, || {
        odd = !odd;
        editor.hover(document()?, if odd { AT_REF } else { AT_COLUMN })?;
        Ok(())
    })?;
    let empty_hover = measure(hovers, || editor.hover(document()?, AT_NOTHING).map(drop))?;
    let sync = measure(SYNCS, || {
        let answer = editor.command("metasync.sync")?;
        ensure!(answer["up_to_date"] == true, "something changed: {answer}");
        Ok(())
    })?;
    let (not_modified, health) = not_modified(&hub)?;
    let memory = memory::of(editor.process())?;
    drop(editor);
    Ok(Measured {
        objects,
        hover,
        inside: inside(&start, &documents, objects, hovers)?,
        empty_hover,
        sync,
        not_modified,
        health,
        memory,
    })
}

/// The same hovers by a server inside this process, from the same cache.
fn inside(start: &Start<'_>, documents: &[PathBuf], objects: usize, hovers: usize) -> Result<Samples> {
    let mut server = Inside::start(start)?;
    let sync = json!({"command": "metasync.sync", "arguments": []});
    server.request("workspace/executeCommand", &sync)?;
    let mut asked = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let text = rig::workspace::text(number * objects / DOCUMENTS);
        server.notify("textDocument/didOpen", &lsp::opened(document, &text))?;
        asked.extend([AT_REF, AT_COLUMN].map(|position| lsp::at(document, position)));
    }
    for position in &asked {
        let answer = server.request("textDocument/hover", position)?;
        ensure!(answer["contents"].is_object(), "no hover inside: {answer}");
    }
    let mut next = asked.iter().cycle();
    measure(hovers, || {
        let position = next.next().context("there are documents")?;
        server.request("textDocument/hover", position).map(drop)
    })
}

/// The hub's answer that nothing changed, and its shortest answer at all.
fn not_modified(hub: &Hub) -> Result<(Samples, Samples)> {
    let mut http = Http::connect(hub.url(), hub.token())?;
    let feed = hub.feed();
    let path = feed.strip_prefix(hub.url()).context("the feed is the hub's")?;
    // The ETag stands on the checkpoint, at the end of all pages.
    let mut at = format!("{path}?limit={PAGE}");
    let etag = loop {
        let page = http.get(&at, None)?;
        let body: Value = serde_json::from_slice(&page.body)?;
        let state = &body["sync_metadata"];
        let cursor = state["cursor"]
            .as_str()
            .with_context(|| format!("no cursor in {at}"))?;
        at = format!("{path}?limit={PAGE}&cursor={cursor}");
        if state["has_more"] == false {
            break page
                .header("etag")
                .context("a checkpoint has no ETag")?
                .to_owned();
        }
    };
    let not_modified = measure(SYNCS * 4, || {
        let answer = http.get(&at, Some(&etag))?;
        ensure!(answer.status == 304, "the hub answered {}", answer.status);
        Ok(())
    })?;
    let health = measure(SYNCS * 4, || http.get("/healthz", None).map(drop))?;
    Ok((not_modified, health))
}

fn figures_of(m: &Measured) -> Vec<Figure> {
    let size = rig::shown(m.objects);
    let hover = |name, share: f64| {
        Figure::new(
            format!("hover over the pipe, {size} objects, {name}"),
            "ms",
            m.hover.percentile(share),
        )
        .against("hover on nothing", m.empty_hover.percentile(share))
    };
    let inside = |name, share: f64, aim: f64| {
        Figure::new(
            format!("hover inside, {size} objects, {name}"),
            "ms",
            m.inside.percentile(share),
        )
        .at_most(aim)
    };
    vec![
        hover("p50", 0.5),
        hover("p99", 0.99),
        inside("p50", 0.5, AIM_HOVER_P50),
        inside("p99", 0.99, AIM_HOVER_P99),
        Figure::new(
            format!("sync without change, {size} objects, median"),
            "ms",
            m.sync.median(),
        ),
        Figure::new(
            format!("hub's 304, {size} objects, median"),
            "ms",
            m.not_modified.median(),
        )
        .against("/healthz", m.health.median())
        .at_most(AIM_NOTHING_CHANGED),
        Figure::new(format!("resident, {size} objects"), "MB", m.memory.resident).at_most(AIM_MEMORY),
        Figure::new(format!("resident at most, {size} objects"), "MB", m.memory.peak),
    ]
}
