//! `metasync`: the one binary. It composes the two worlds, the language server and the hub, which
//! know nothing of each other, and gives both a command line.

mod arguments;
mod bundled;
mod commands;
mod embedded;
mod logging;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use terminal::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit status of what failed (contract.md, "The program"); wrong usage is clap's 2.
const FAILED: u8 = 1;

/// Threads for what takes its time in an editor's server; each keeps memory of its own, and a burst of requests
/// would start hundreds.
const EDITOR_BLOCKING_THREADS: usize = 16;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start(&arguments.command);
    let threads = if matches!(arguments.command, Command::Analyze(_)) {
        1
    } else {
        4
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(threads).enable_all();
    if matches!(arguments.command, Command::Lsp) {
        runtime.max_blocking_threads(EDITOR_BLOCKING_THREADS);
    }
    let outcome = match runtime.build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(arguments.command));
            // stdin may still be read by a thread that nothing can interrupt
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::from(anyhow::anyhow!(
            "the asynchronous runtime did not start: {error}"
        ))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Silent) => ExitCode::from(FAILED),
        Err(Failure::Usage(message)) => terminal::wrong_usage(&message),
        Err(Failure::Told(error)) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Try(options) => commands::try_out::run(options).await,
        Command::Lsp => commands::lsp::run().await,
        Command::Hub(options) => commands::hub::run(options).await,
        Command::Sync(options) => commands::sync::run(options).await,
        Command::Publish(options) => commands::publish::run(options).await,
        Command::Status(options) => commands::status::run(&options),
        Command::History(options) => commands::history::run(&options),
        Command::Show(options) => commands::show::run(&options),
        Command::Search(options) => commands::search::run(&options),
        Command::Lineage(options) => commands::lineage::run(&options),
        Command::Analyze(options) => commands::analyze::run(&options).await,
        Command::Token(options) => commands::token::run(&options),
        Command::Doctor(options) => commands::doctor::run(options).await,
    }
}
