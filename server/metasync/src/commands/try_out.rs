//! `metasync try`: the newcomer's command. What an editor would do, on one screen.

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, anyhow, bail};
use metasync_cache::{ObjectHit, Reader, Status};
use metasync_ide::{Format, hover};
use metasync_language_server::{
    answers::{self, lineage::Way},
    settings::{self, Environment},
    sync::{Cause, Engine},
    workspace::{Found, Identity, detect, places::create_private},
};
use metasync_protocol::editor::SyncAnswer;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{hub::asked_to_end, lineage::tree};
use crate::{
    arguments::TryOptions,
    bundled,
    embedded::EmbeddedHubs,
    terminal::{self, Failure, bars, count},
};

/// Objects that are looked at for the sample.
const CANDIDATES: usize = 500;
/// Levels of the tree that is shown.
const DEPTH: usize = 4;

#[derive(Serialize)]
struct Tried {
    files: u64,
    objects: u64,
    columns: u64,
    dependencies: u64,
    columns_lineage: u64,
    index_ms: u64,
    sync_ms: u64,
    cache: String,
    sample_hover: Option<String>,
}

/// Indexes a folder with an embedded hub, syncs it, and shows what an editor would see.
pub async fn run(options: TryOptions) -> Result<(), Failure> {
    let (data_dir, temporary) = match &options.data_dir {
        Some(folder) => {
            create_private(folder).with_context(|| format!("{} can't be created", folder.display()))?;
            (folder.canonicalize()?, None)
        }
        None => {
            let folder = tempfile::Builder::new().prefix("metasync-try-").tempdir()?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    let found = workspace(&options, &data_dir)?;
    let environment = Environment {
        cache_dir: data_dir.join("cache"),
        ..Environment::default()
    };
    let (settings, _) = settings::resolve(&environment, &serde_json::Value::Null);
    let shutdown = CancellationToken::new();
    let (events, told) = mpsc::unbounded_channel();
    let hubs = Arc::new(EmbeddedHubs::new(shutdown.clone()));
    let started = Instant::now();
    let (handle, task) = Engine::start(found.clone(), settings, hubs, events, false);
    let shown = bars::show(told);
    let synced = tokio::select! {
        answer = handle.sync(Cause::Command, false) => Ok(answer),
        () = asked_to_end() => Err(anyhow!("interrupted")),
    };
    let took = started.elapsed().as_millis() as u64;
    let view = handle.view.clone();
    handle.stop();
    drop((handle, task.await));
    shutdown.cancel();
    drop(shown.await);
    let outcome = synced
        .map_err(Failure::from)
        .and_then(|answer| match (&answer.error, view.reader()) {
            (None, Some(reader)) => show(&options, &found, &reader, &answer, took),
            (error, _) => {
                let why = error.clone().unwrap_or_else(|| "nothing was synced".to_owned());
                Err(anyhow!("{} could not be tried: {why}", found.root.display()).into())
            }
        });
    drop(view);
    drop(temporary);
    outcome
}

/// The folder that was named, as it is: not the repository around it.
fn workspace(options: &TryOptions, data_dir: &std::path::Path) -> anyhow::Result<Found> {
    let named = match &options.path {
        Some(path) => path.clone(),
        None => {
            let folder = data_dir.join(bundled::NAME);
            bundled::unpack(&folder).with_context(|| format!("{} can't be written", folder.display()))?;
            folder
        }
    };
    match std::fs::metadata(&named) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => bail!(
            "{} is a file: name a folder with a dbt project or SQL files",
            named.display()
        ),
        Err(error) => bail!(
            "{} can't be opened ({error}): name a folder that is there",
            named.display()
        ),
    }
    std::fs::read_dir(&named).with_context(|| format!("{} can't be read", named.display()))?;
    let root: PathBuf = named.canonicalize()?;
    let found = detect(&root)?;
    let identity = if found.root == root {
        found.identity
    } else {
        Identity::of_folder(&root)
    };
    Ok(Found {
        root,
        identity,
        git: found.git,
    })
}

fn show(
    options: &TryOptions,
    found: &Found,
    reader: &Reader,
    answer: &SyncAnswer,
    took: u64,
) -> Result<(), Failure> {
    let counts = reader.status()?;
    let sample = sample(reader)?;
    let hover = |format| -> Result<Option<String>, Failure> {
        let Some(hit) = &sample else { return Ok(None) };
        let facts = reader.facts(hit.id)?;
        let facts = facts.map(|facts| answers::facts::for_hover(facts, false));
        Ok(facts.map(|facts| hover::object(&facts, format, jiff::Timestamp::now()).value))
    };
    let index_ms = answer.index_ms.unwrap_or_default();
    let sync_ms = answer.duration_ms.saturating_sub(index_ms);
    if options.json {
        return terminal::print_json(&Tried {
            files: counts.files,
            objects: counts.objects,
            columns: counts.columns,
            dependencies: counts.dependencies,
            columns_lineage: counts.columns_lineage,
            index_ms,
            sync_ms,
            cache: reader.path().display().to_string(),
            sample_hover: hover(Format::Markdown)?,
        });
    }
    terminal::print(&summary(found, &counts, index_ms, sync_ms, took))?;
    let Some(hit) = &sample else {
        return terminal::print(
            "\nNo models, tables, views or seeds were found here. Name a folder with a dbt project (dbt_project.yml)\n\
             or SQL files, or run `metasync try` without a path to see the bundled example.",
        );
    };
    let text = hover(Format::Plain)?.unwrap_or_default();
    let framed: Vec<String> = text
        .lines()
        .map(|line| format!("  │ {line}").trim_end().to_owned())
        .collect();
    terminal::print(&format!(
        "\nHovering {} in your editor shows:\n\n{}",
        hit.name,
        framed.join("\n")
    ))?;
    let wanted = answers::lineage::Options {
        direction: Way::Both,
        column: None,
        depth: Some(DEPTH),
    };
    if let Ok(lineage) = answers::lineage::lineage(reader, &hit.full_name, &wanted) {
        terminal::print(&format!("\nIts lineage:\n\n{}", tree(&lineage, Way::Both)))?;
    }
    terminal::print(&next(options, hit))
}

fn summary(found: &Found, counts: &Status, index_ms: u64, sync_ms: u64, took: u64) -> String {
    format!(
        "{}\n\n  {:>9} files read\n  {:>9} objects\n  {:>9} columns\n  {:>9} dependencies\n  {:>9} column lineage edges\n\n  \
         indexed in {index_ms} ms, synced into the cache in {sync_ms} ms, {took} ms in all",
        found.root.display(),
        count(counts.files),
        count(counts.objects),
        count(counts.columns),
        count(counts.dependencies),
        count(counts.columns_lineage),
    )
}

fn next(options: &TryOptions, hit: &ObjectHit) -> String {
    let here = options
        .path
        .as_ref()
        .map(|p| format!("cd {} && ", p.display()))
        .unwrap_or_default();
    format!(
        "\nWhat next:\n  \
         {here}metasync sync && metasync lineage {}     the same from your shell, offline afterwards\n  \
         code --install-extension metasync.vsix        hovers, completion and lineage in VS Code\n  \
         metasync hub                                  one catalogue for everybody",
        hit.name
    )
}

/// The object that shows most: described, built from something, used by something.
fn sample(reader: &Reader) -> Result<Option<ObjectHit>, Failure> {
    let types = ["model", "view", "table", "snapshot", "seed", "source", "query"];
    let mut best: Option<(usize, ObjectHit)> = None;
    for hit in reader.names_of_type(&types, "", CANDIDATES)? {
        let Some(facts) = reader.facts(hit.id)? else {
            continue;
        };
        let described = facts
            .columns
            .iter()
            .filter(|c| c.description.is_some())
            .count()
            .min(8);
        let score = 4 * usize::from(facts.object.description.is_some())
            + 3 * facts.upstream.len().min(3)
            + 3 * facts.downstream.len().min(2)
            + described
            + 2 * usize::from(hit.object_type == "model");
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, hit));
        }
    }
    Ok(best.map(|(_, hit)| hit))
}
