//! `cargo xtask`: what this repository does with itself: generated files, rules that run, set-up of
//! the tools that tests need, the tests, the benchmarks, and the distribution.
//!
//! It depends on nothing of ours but the protocol, so that it builds in seconds on a cold machine
//! and runs while another crate does not compile.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal: printing is what it does"
)]

mod bench;
mod codegen;
mod dist;
mod process;
mod score;
mod set_up;
mod suite;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Tasks of the metasync repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes schemas/*.json and vscode-extension/src/protocol.gen.ts from the Rust types.
    Codegen {
        /// Writes nothing; fails where a file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Checks the rules of the house: arrows between crates, file sizes, names, paths, documents.
    Tidy,
    /// Installs what the tests with real editors need; without names, lists what there is.
    SetUp {
        /// Everything.
        #[arg(long, conflicts_with = "tools")]
        all: bool,
        /// Names of scripts in tests/set-up, such as neovim.
        tools: Vec<String>,
    },
    /// Everything that has to hold: format, lints, generated files, rules, tests, extension, editors.
    Test {
        /// Only what needs neither a release build nor Node.js nor an editor.
        #[arg(long)]
        quick: bool,
    },
    /// Runs the benchmarks and prints one table; keeps the results in tests/benches/RESULTS.md.
    Bench {
        /// Fewer samples and smaller sizes; leaves RESULTS.md alone.
        #[arg(long)]
        quick: bool,
        /// Benchmarks to run; all if left out. A name that there is not prints the list.
        names: Vec<String>,
    },
    /// Measures the analysis against what others say.
    Score {
        #[command(subcommand)]
        what: score::Score,
    },
    /// Builds the distribution: the optimised binary, and the extension with it inside.
    Dist,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::Tidy => tidy::run(),
        Task::SetUp { all, tools } => set_up::run(all, &tools),
        Task::Test { quick } => return suite::run(quick),
        Task::Bench { quick, names } => bench::run(quick, &names),
        Task::Score { what } => score::run(what),
        Task::Dist => dist::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Names of the subcommands, for the rule that documents only name commands that exist.
fn task_names() -> Vec<String> {
    Cli::command()
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect()
}
