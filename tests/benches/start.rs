//! From starting the program to the answer of `initialize`, and the memory that it has then.
#![allow(clippy::print_stdout, reason = "a benchmark prints its report")]

mod rig;

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use serde_json::json;

use rig::{
    lsp::{Editor, Start},
    memory,
    report::{Figure, Report},
    samples::measure,
};

/// Aim of the start (ms).
const AIM_START: f64 = 30.0;

fn main() -> Result<()> {
    let samples = if rig::quick() { 5 } else { 30 };
    let workspace = rig::workspace::create()?;
    let cache = tempfile::tempdir()?;
    let start = Start {
        workspace: workspace.path(),
        cache: cache.path(),
        options: json!({"local": {"enabled": false}}),
    };
    Editor::start(&start)?;
    let mut resident = 0.0_f64;
    let started = measure(samples, || {
        let editor = Editor::start(&start)?;
        resident = resident.max(memory::of(editor.process())?.resident);
        Ok(())
    })?;
    let program = rig::program()?;
    let bare = measure(samples, || {
        let status = Command::new(&program)
            .arg("--version")
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "metasync --version failed");
        Ok(())
    })?;
    Report {
        conditions: format!(
            "`metasync lsp` on stdio with an empty cache and local mode off, {samples} starts; the limit is \
             the same program answering `--version`. A start holds the end of the process before it, \
             which is killed."
        ),
        figures: vec![
            Figure::new(
                "start to the answer of initialize, median",
                "ms",
                started.median(),
            )
            .against("metasync --version", bare.median())
            .at_most(AIM_START),
            Figure::new("resident then, most", "MB", resident),
        ],
    }
    .print()
}
