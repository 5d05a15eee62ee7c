//! Runs the fuzz targets of the analysis for a while; what they find stays in their corpus.

use anyhow::{Context as _, Result, bail};

use crate::{process, workspace::root};

/// The compiler that fuzzing needs.
const TOOLCHAIN: &str = "nightly";
/// The targets in server/analysis/fuzz.
const TARGETS: [&str; 4] = ["sql", "jinja", "yaml", "python"];
/// How long each runs (s).
const SECONDS: u32 = 180;
const SECONDS_QUICK: u32 = 20;
/// How long one input may take (s).
const TIMEOUT: u32 = 20;

/// The program that builds and runs them, pinned.
const CARGO_FUZZ: [&str; 2] = ["cargo-fuzz", "0.13.1"];

/// Runs all; a finding fails it. What it needs is installed first: a nightly compiler, cargo-fuzz.
pub fn run(quick: bool) -> Result<()> {
    let fuzz = set_up()?;
    let seconds = if quick { SECONDS_QUICK } else { SECONDS };
    let mut failed = Vec::new();
    for target in TARGETS {
        eprintln!("== fuzz {target}: {seconds} s");
        let (total, timeout) = (
            format!("-max_total_time={seconds}"),
            format!("-timeout={TIMEOUT}"),
        );
        let arguments = [
            "run",
            "--sanitizer",
            "none",
            target,
            "--",
            "-dict=fuzz/dictionary.txt",
            &total,
            &timeout,
        ];
        let mut command = process::command(&fuzz, &arguments);
        command
            .current_dir(root().join("server/analysis"))
            .env("RUSTUP_TOOLCHAIN", TOOLCHAIN);
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

/// Installs what is missing; the path of cargo-fuzz.
fn set_up() -> Result<String> {
    let is_there = process::output("rustup", &["run", TOOLCHAIN, "rustc", "--version"]).is_ok();
    if !is_there {
        let install = ["toolchain", "install", TOOLCHAIN, "--profile", "minimal"];
        process::run(process::command("rustup", &install))?;
    }
    let home = std::env::var("HOME").context("HOME is not set")?;
    let cache =
        std::env::var("METASYNC_TEST_CACHE").unwrap_or_else(|_| format!("{home}/.cache/metasync-tests"));
    let folder = format!("{cache}/cargo-fuzz");
    let program = format!("{folder}/bin/cargo-fuzz");
    let [name, version] = CARGO_FUZZ;
    let known = process::output(&program, &["--version"]).unwrap_or_default();
    if known.trim() != format!("{name} {version}") {
        let install = [
            "install",
            name,
            "--version",
            version,
            "--locked",
            "--root",
            &folder,
        ];
        process::run(process::command("cargo", &install))?;
    }
    Ok(program)
}
