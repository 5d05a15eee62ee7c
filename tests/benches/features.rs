//! What an editor asks while one types, with a large catalogue: completion, definition, symbols, the way from a key to
//! what is wrong, and the memory after many edits.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use rig::{
    hub::Hub,
    lsp::{self, Editor, Start},
    memory,
    report::{Figure, Report},
    samples::{Samples, measure},
    workspace::{AT_COLUMN, AT_NOTHING, AT_REF},
};

/// Open documents.
const DOCUMENTS: usize = 64;
/// Keys after each of which one waits for what is wrong.
const KEYS: usize = 60;
/// The server's own pause after a key (ms), which is part of that way.
const PAUSE: f64 = 150.0;
/// Aims (ms).
const AIM_P99: f64 = 20.0;
const AIM_KEY: f64 = PAUSE + 50.0;
/// CTEs of the long document, and columns of each: ten thousand lines.
const LONG: (usize, usize) = (100, 95);
/// What is asked after a change of it; the diagnostics have begun by themselves.
const ASKED_OF_LONG: [&str; 4] = ["hover", "completion", "documentHighlight", "semanticTokens/full"];
/// How often.
const LONG_ROUNDS: usize = 40;
/// Aim (ms).
const AIM_LONG: f64 = 100.0;
/// How much more memory the server may hold after more edits than after the first fifth of them, which fills what it keeps.
const AIM_GROWTH: f64 = 1.1;
/// How often memory is looked at during the edits.
const PARTS: usize = 5;
/// Version of a document before the edits; every other change of it had a lower one.
const EDITED: i64 = 2_000_000;
/// Every so many edits of a document give it another text.
const ANOTHER_TEXT: usize = 20;

fn main() -> Result<()> {
    let [_, objects] = rig::sizes();
    let (asks, edits) = if rig::quick() {
        (200, 2_000)
    } else {
        (2_000, 50_000)
    };
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
    let resident = |editor: &Editor| anyhow::Ok(memory::of(editor.process())?.resident);
    let mut stages = vec![("after the first sync", resident(&editor)?)];
    let documents: Vec<PathBuf> = (0..DOCUMENTS)
        .map(|d| workspace.path().join(format!("models/report_{d}.sql")))
        .collect();
    for (number, document) in documents.iter().enumerate() {
        editor.open(document, &rig::workspace::text(number * objects / DOCUMENTS))?;
    }
    stages.push(("with the documents open", resident(&editor)?));
    let mut next = documents.iter().cycle();
    let mut ask = |editor: &mut Editor, method: &str, place: (u32, u32)| -> Result<Value> {
        let document = next.next().context("there are documents")?;
        editor.request(method, &lsp::at(document, place))
    };
    let nothing = measure(asks, || {
        ask(&mut editor, "textDocument/hover", AT_NOTHING).map(drop)
    })?;
    let hover = measure(asks, || {
        ask(&mut editor, "textDocument/hover", AT_COLUMN).map(drop)
    })?;
    let definition = measure(asks, || {
        ask(&mut editor, "textDocument/definition", AT_REF).map(drop)
    })?;
    let answer = ask(&mut editor, "textDocument/completion", AT_COLUMN)?;
    ensure!(
        answer["items"].as_array().is_some_and(|i| !i.is_empty()),
        "no completion: {answer}"
    );
    let completion = measure(asks, || {
        ask(&mut editor, "textDocument/completion", AT_COLUMN).map(drop)
    })?;
    stages.push(("after hovers, definitions and completions", resident(&editor)?));
    let words = ["model_1", "99", "mdl9", "el_12"];
    let mut words = words.iter().cycle();
    let symbols = measure(asks / 10, || {
        let query = words.next().context("there are words")?;
        editor
            .request("workspace/symbol", &json!({"query": query}))
            .map(drop)
    })?;
    stages.push(("after symbols", resident(&editor)?));
    let key = keys(&mut editor, &documents[0], objects)?;
    let before = resident(&editor)?;
    stages.push(("before the edits", before));
    let mut held = Vec::new();
    for part in 0..PARTS {
        for number in part * edits / PARTS..(part + 1) * edits / PARTS {
            let document = &documents[number % DOCUMENTS];
            edit(&mut editor, document, number, objects)?;
            if number % 50 == 0 {
                let method = ["hover", "completion", "definition"][number / 50 % 3];
                ask(&mut editor, &format!("textDocument/{method}"), AT_COLUMN)?;
            }
        }
        editor.request("workspace/symbol", &json!({"query": "model_1"}))?;
        held.push(resident(&editor)?);
    }
    // last, so that its memory is no part of what the edits hold
    let long = long(&mut editor, &workspace.path().join("models/long.sql"))?;

    let size = rig::shown(objects);
    let mut figures = Vec::new();
    for (name, samples) in [
        ("hover", &hover),
        ("definition", &definition),
        ("completion", &completion),
        ("workspace/symbol", &symbols),
    ] {
        for (share, percentile) in [("p50", 0.5), ("p99", 0.99)] {
            let figure = Figure::new(
                format!("{name}, {size} objects, {share}"),
                "ms",
                samples.percentile(percentile),
            )
            .against("hover on nothing", nothing.percentile(percentile));
            figures.push(if share == "p99" {
                figure.at_most(AIM_P99)
            } else {
                figure
            });
        }
    }
    figures.push(Figure::new("from a key to what is wrong, p50", "ms", key.percentile(0.5)).at_most(AIM_KEY));
    figures.push(Figure::new(
        "from a key to what is wrong, p99",
        "ms",
        key.percentile(0.99),
    ));
    for (method, samples) in ASKED_OF_LONG.iter().zip(&long) {
        for (share, percentile) in [("p50", 0.5), ("p99", 0.99)] {
            let name = format!("{method} after a change in 10,000 lines, {share}");
            figures.push(Figure::new(name, "ms", samples.percentile(percentile)).at_most(AIM_LONG));
        }
    }
    for (stage, held) in stages {
        figures.push(Figure::new(format!("resident {stage}"), "MB", held));
    }
    let first = held.first().copied().unwrap_or(before);
    figures.push(
        Figure::new(
            format!("resident after the first {} edits", rig::shown(edits / PARTS)),
            "MB",
            first,
        )
        .against("before any", before),
    );
    for (part, resident) in held.iter().enumerate().skip(1) {
        let name = format!("resident after {} edits", rig::shown((part + 1) * edits / PARTS));
        let figure = Figure::new(name, "MB", *resident).against("after the first fifth", first);
        figures.push(figure.ratio_at_most(AIM_GROWTH));
    }
    Report {
        conditions: format!(
            "{}, put into the hub through its store. `metasync lsp` over real pipes with {DOCUMENTS} open documents; \
             {asks} questions of each kind, a tenth of that for symbols of four queries. From a key to the diagnostics \
             of its version: {KEYS} whole-text changes, the server's own pause of {PAUSE} ms included. The edits are as \
             many as one types in an hour, at the pace that the machine allows: letters that come and go all over the \
             documents, now and then another text, and questions in between.",
            rig::catalogue::ABOUT
        ),
        figures,
    }
    .print()
}

/// The time of each answer about a long document after a change of it.
fn long(editor: &mut Editor, document: &Path) -> Result<Vec<Samples>> {
    editor.open(document, &rig::workspace::long(LONG.0, LONG.1))?;
    let mut version = 1;
    let mut all = Vec::new();
    for method in ASKED_OF_LONG {
        let method = format!("textDocument/{method}");
        all.push(measure(LONG_ROUNDS, || {
            version += 1;
            editor.edit(document, version, (4, 0), 0, " ")?;
            let answer = editor.request(&method, &lsp::at(document, AT_REF_OF_LONG))?;
            ensure!(!answer.is_null(), "no answer to {method}");
            Ok(())
        })?);
    }
    Ok(all)
}

/// Where the name in its first `ref()` stands.
const AT_REF_OF_LONG: (u32, u32) = (1, 28);

/// One of many edits.
fn edit(editor: &mut Editor, document: &Path, number: usize, objects: usize) -> Result<()> {
    let version = EDITED + number as i64;
    let round = number / DOCUMENTS;
    if round.is_multiple_of(ANOTHER_TEXT) {
        let text = rig::workspace::text((number * 7919) % objects);
        return editor.change(document, version, &text);
    }
    let random = number.wrapping_mul(2_654_435_761) >> 7;
    let place = ((random % 4) as u32, (random / 4 % 30) as u32);
    let (cut, text) = if random.is_multiple_of(3) {
        (1, "")
    } else {
        (0, ["x", ",", "\n", " ", "("][random % 5])
    };
    editor.edit(document, version, place, cut, text)
}

/// From a change to the diagnostics of its version.
fn keys(editor: &mut Editor, document: &Path, objects: usize) -> Result<Samples> {
    let text = rig::workspace::text(objects / 3);
    let mut version = 1_000_000;
    measure(KEYS, || {
        version += 1;
        editor.change(document, version, &format!("-- {version}\n{text}"))?;
        editor.until("textDocument/publishDiagnostics", |params| {
            params["version"] == version
        })
    })
}
