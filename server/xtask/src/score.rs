//! How good the analysis is, measured against what others say: column lineage against a file of cases, the discovery of
//! Python tests against pytest itself.
//!
//! The analysis runs in examples of its own crate, so that this program depends on nothing of ours.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{process, workspace::root};

/// The script that makes an environment with pytest and prints the path of its Python.
const PYTHON: &str = "tests/set-up/python.sh";

/// What to score.
#[derive(clap::Subcommand)]
pub enum Score {
    /// Column lineage against a file of cases; fails below the thresholds in its header.
    Lineage {
        /// The cases, as JSON.
        file: PathBuf,
        /// Shows every case that is wrong.
        #[arg(long)]
        misses: bool,
    },
    /// Python tests against `pytest --collect-only -q`; fails below 99 % found or above 3 % too many.
    Tests {
        /// A project with tests, such as an unpacked source distribution.
        folder: PathBuf,
        /// A file with the ids that are right, instead of asking pytest.
        #[arg(long)]
        ids: Option<PathBuf>,
        /// The Python to run pytest with, which has what the tests import; left out, one that has pytest alone.
        #[arg(long)]
        python: Option<String>,
        /// Shows every id that is missing or too many.
        #[arg(long)]
        misses: bool,
    },
}

/// Scores, and prints the result.
pub fn run(score: Score) -> Result<()> {
    match score {
        Score::Lineage { file, misses } => example("score_lineage", &[&absolute(&file)?], misses),
        Score::Tests {
            folder,
            ids,
            python,
            misses,
        } => {
            let folder = absolute(&folder)?;
            let ids = match ids {
                Some(ids) => absolute(&ids)?,
                None => collected(&folder, python)?,
            };
            example("score_tests", &[&folder, &ids], misses)
        }
    }
}

/// What pytest collects in a folder, in a file.
fn collected(folder: &Path, python: Option<String>) -> Result<PathBuf> {
    let python = match python {
        Some(python) => python,
        None => process::output("bash", &[PYTHON])?
            .lines()
            .last()
            .unwrap_or("python3")
            .to_owned(),
    };
    let mut command = process::command(&python, &["-m", "pytest", "--collect-only", "-q"]);
    command.current_dir(folder);
    let name = process::shown(&command);
    // Files that can't be imported make it fail although it lists the others.
    let done = command
        .output()
        .with_context(|| format!("can't start `{name}`"))?;
    let told = String::from_utf8_lossy(&done.stdout);
    if !told.lines().any(|line| line.contains("::")) {
        bail!(
            "`{name}` lists no tests: {}{}",
            told,
            String::from_utf8_lossy(&done.stderr)
        );
    }
    if !done.status.success() {
        println!(
            "pytest could not import everything: {}",
            told.lines().last().unwrap_or("")
        );
    }
    let to = root().join("target/tmp/collected.txt");
    std::fs::create_dir_all(to.parent().unwrap_or(&to)).context("can't make target/tmp")?;
    std::fs::write(&to, &done.stdout).with_context(|| format!("can't write {}", to.display()))?;
    Ok(to)
}

fn example(name: &str, paths: &[&Path], misses: bool) -> Result<()> {
    let mut command = process::command(
        "cargo",
        &[
            "run",
            "--quiet",
            "--package",
            "metasync-analysis",
            "--example",
            name,
            "--",
        ],
    );
    command.args(paths);
    if misses {
        command.arg("--misses");
    }
    process::run(command)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("{} is not there", path.display()))
}
