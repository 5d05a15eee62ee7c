//! The tools that tests with real editors need: one script each in tests/set-up, which keeps what it
//! installs and does nothing when it is there already.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{process, workspace::root};

/// Where the scripts are.
const FOLDER: &str = "tests/set-up";

/// Runs the scripts of these tools, of all with `all`; with neither, lists them.
pub fn run(all: bool, tools: &[String]) -> Result<()> {
    let known = scripts()?;
    let names = || {
        known
            .iter()
            .map(|(n, _)| n.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !all && tools.is_empty() {
        println!(
            "tools: {}; `cargo xtask set-up --all` installs all of them",
            names()
        );
        return Ok(());
    }
    for tool in tools {
        if !known.iter().any(|(name, _)| name == tool) {
            bail!("no tool `{tool}`; there are {}", names());
        }
    }
    let wanted = known.iter().filter(|(name, _)| all || tools.contains(name));
    let mut failed = Vec::new();
    for (name, script) in wanted {
        let started = Instant::now();
        let outcome = process::run(process::command("bash", &[&script.to_string_lossy()]));
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("{name}: ready ({seconds:.1} s)"),
            Err(error) => {
                println!("{name}: failed ({seconds:.1} s): {error:#}");
                failed.push(name.as_str());
            }
        }
    }
    if !failed.is_empty() {
        bail!(
            "could not set up {}; what its script says stands above",
            failed.join(", ")
        );
    }
    Ok(())
}

/// Names and paths of the scripts, in the order of names.
fn scripts() -> Result<Vec<(String, PathBuf)>> {
    let folder = root().join(FOLDER);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("can't list {}", folder.display()))?;
    let mut scripts = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("can't list {}", folder.display()))?
            .path();
        let name = path
            .file_stem()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.extension().is_some_and(|e| e == "sh") {
            scripts.push((name, path));
        }
    }
    scripts.sort();
    Ok(scripts)
}
