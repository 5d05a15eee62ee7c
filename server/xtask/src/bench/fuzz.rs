//! Runs the fuzz targets of the analysis for a while; what they find stays in their corpus.

use anyhow::{Result, bail};

use crate::{process, workspace::root};

/// The targets in server/analysis/fuzz.
const TARGETS: [&str; 4] = ["sql", "jinja", "yaml", "python"];
/// How long each runs (s).
const SECONDS: u32 = 180;
const SECONDS_QUICK: u32 = 20;
/// How long one input may take (s).
const TIMEOUT: u32 = 20;

/// Runs all; a finding fails it. Without `cargo-fuzz` and a nightly compiler it says so and goes on.
pub fn run(quick: bool) -> Result<()> {
    if process::output("cargo", &["+nightly", "fuzz", "--version"]).is_err() {
        eprintln!("fuzz: left out; it needs a nightly compiler and `cargo install cargo-fuzz`");
        return Ok(());
    }
    let seconds = if quick { SECONDS_QUICK } else { SECONDS };
    let mut failed = Vec::new();
    for target in TARGETS {
        eprintln!("== fuzz {target}: {seconds} s");
        let (total, timeout) = (
            format!("-max_total_time={seconds}"),
            format!("-timeout={TIMEOUT}"),
        );
        let arguments = [
            "+nightly",
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            target,
            "--",
            "-dict=fuzz/dictionary.txt",
            &total,
            &timeout,
        ];
        let mut command = process::command("cargo", &arguments);
        command.current_dir(root().join("server/analysis"));
        if let Err(error) = process::run(command) {
            eprintln!("fuzz {target}: {error:#}");
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("fuzzing found something in {}", failed.join(", "))
}
