//! The analysis' own benchmark (server/analysis/examples/figures.rs): its figures as a report.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::record::{Aim, Figure, Peer, Report};
use crate::process;

/// The script that installs ruff and prints where it is.
const RUFF: &str = "tests/set-up/ruff.sh";
/// How many times `ruff check --select E9` finding the tests of the same files may take.
const AIM_RUFF: f64 = 3.0;
/// What bringing one changed model up to date may take (ms).
const AIM_PART: f64 = 10.0;

/// What the program prints.
#[derive(Deserialize)]
struct Printed {
    models: u64,
    from_scratch_ms: f64,
    one_core_ms: Option<f64>,
    whole_unchanged_ms: f64,
    whole_comment_ms: f64,
    whole_column_ms: f64,
    part_ms: f64,
    python_files: u64,
    python_ms: f64,
    ruff_ms: Option<f64>,
}

/// Where ruff is; nothing where it can't be had.
pub fn ruff() -> Option<String> {
    let told = process::output("bash", &[RUFF]).ok()?;
    told.lines().last().map(str::to_owned)
}

/// The report of what the program printed.
pub fn report(printed: &str) -> Result<Report> {
    let p: Printed = serde_json::from_str(printed).context("the analysis' benchmark prints another shape")?;
    let figure = |name: String, ours: f64, aim: Option<Aim>| Figure {
        name,
        unit: "ms".to_owned(),
        ours,
        peer: None,
        aim,
    };
    let models = p.models;
    let mut figures = vec![
        figure(
            format!("{models} models from scratch, all cores"),
            p.from_scratch_ms,
            None,
        ),
        figure(
            format!("one of {models} models changed, as an index run reads it"),
            p.part_ms,
            Some(Aim::AtMost(AIM_PART)),
        ),
        figure(
            format!("all {models} models again, unchanged"),
            p.whole_unchanged_ms,
            None,
        ),
        figure(
            format!("all {models} models again, a comment changed"),
            p.whole_comment_ms,
            None,
        ),
        figure(
            format!("all {models} models again, a column changed"),
            p.whole_column_ms,
            None,
        ),
    ];
    let one_core = p.one_core_ms;
    figures.extend(one_core.map(|ms| figure(format!("{models} models from scratch, one core"), ms, None)));
    figures.push(Figure {
        peer: p.ruff_ms.map(|value| Peer {
            name: "ruff check --select E9".to_owned(),
            value,
        }),
        ..figure(
            format!("tests of {} Python files", p.python_files),
            p.python_ms,
            p.ruff_ms.map(|_| Aim::RatioAtMost(AIM_RUFF)),
        )
    });
    Ok(Report {
        benchmark: String::new(),
        conditions:
            "a made-up project in chains of 20 models with 12 columns each; files in memory, ruff's on disk"
                .to_owned(),
        figures,
    })
}
