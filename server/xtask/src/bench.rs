//! `cargo xtask bench`: runs the benchmark programs, prints one table, and keeps the results.
//!
//! A benchmark is a program in tests/benches (or an example of a crate) that prints one JSON object,
//! [`record::Report`], on stdout. Ours and what it is compared with are measured in the same run of
//! the same program, so that a busy machine slows both: the ratio is what one reads.

mod analysis;
mod cache;
mod fuzz;
mod machine;
mod record;
mod results;
mod table;

use anyhow::{Context, Result, bail};

use crate::{
    process,
    workspace::{root, target_dir},
};
use record::Report;

/// Where the results of all benchmarks are kept for people.
const RESULTS: &str = "tests/benches/RESULTS.md";

/// A benchmark program.
struct Program {
    /// As one names it on the command line.
    name: &'static str,
    /// What it measures.
    about: &'static str,
    package: &'static str,
    /// How Cargo builds and starts it.
    target: Target,
    /// Whether it starts the `metasync` program.
    starts_metasync: bool,
}

/// What Cargo calls the program.
enum Target {
    /// `cargo bench --bench NAME`
    Bench(&'static str),
    /// `cargo run --release --example NAME`, with these arguments in quick runs, and how what it
    /// prints becomes a report.
    Example {
        name: &'static str,
        quick: &'static [&'static str],
        report: fn(&str) -> Result<Report>,
    },
}

/// Not a benchmark: the step that fuzzes the analysis.
const FUZZ: &str = "fuzz";

/// The crate with the benchmarks of whole programs.
const STORIES: &str = "metasync-tests";

/// All benchmarks.
const PROGRAMS: &[Program] = &[
    Program {
        name: "cache",
        about: "the cache alone: a first sync's rows, look-ups, lineage, search",
        package: "metasync-cache",
        target: Target::Example {
            name: "bench_cache",
            quick: &["10000"],
            report: cache::report,
        },
        starts_metasync: false,
    },
    Program {
        name: "analysis",
        about: "models and Python tests per second, one changed model; against ruff",
        package: "metasync-analysis",
        target: Target::Example {
            name: "figures",
            quick: &["300"],
            report: analysis::report,
        },
        starts_metasync: false,
    },
    Program {
        name: "start",
        about: "from starting the language server to its first answer",
        package: STORIES,
        target: Target::Bench("start"),
        starts_metasync: true,
    },
    Program {
        name: "features",
        about: "completion, definition, symbols, from a key to what is wrong, memory after many edits",
        package: STORIES,
        target: Target::Bench("features"),
        starts_metasync: true,
    },
    Program {
        name: "editor",
        about: "hovers over the pipe, syncs without change, memory, at two sizes",
        package: STORIES,
        target: Target::Bench("editor"),
        starts_metasync: true,
    },
    Program {
        name: "first-sync",
        about: "the first sync of a large catalogue against a plain insert",
        package: STORIES,
        target: Target::Bench("first_sync"),
        starts_metasync: true,
    },
    Program {
        name: "hub",
        about: "pages per second on both databases, nothing changed, five hundred editors at once",
        package: STORIES,
        target: Target::Bench("hub"),
        starts_metasync: true,
    },
    Program {
        name: "sources",
        about: "rows of a CSV file against sqlite3's import, memory at two sizes, pages of a REST source",
        package: STORIES,
        target: Target::Bench("sources"),
        starts_metasync: true,
    },
    Program {
        name: "repositories",
        about: "indexing a large repository: all of it, a few changes, none; answers meanwhile",
        package: STORIES,
        target: Target::Bench("repositories"),
        starts_metasync: true,
    },
    Program {
        name: "releases",
        about: "a sync of 5,000 tests, events to their listeners, discovery against pytest",
        package: STORIES,
        target: Target::Bench("releases"),
        starts_metasync: true,
    },
    Program {
        name: "library",
        about: "syncs of the shared library: nothing, metadata, ten thousand files; against rclone",
        package: STORIES,
        target: Target::Bench("library"),
        starts_metasync: true,
    },
];

/// Runs these benchmarks, or all; fails where a program fails, not where an aim is missed.
pub fn run(quick: bool, names: &[String]) -> Result<()> {
    for name in names.iter().filter(|name| *name != FUZZ) {
        if !PROGRAMS.iter().any(|p| p.name == name) {
            let known: Vec<String> = PROGRAMS
                .iter()
                .map(|p| format!("  {}: {}", p.name, p.about))
                .collect();
            bail!("no benchmark `{name}`; there are\n{}", known.join("\n"));
        }
    }
    let wanted: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|p| names.is_empty() || names.iter().any(|n| n == p.name))
        .collect();
    if wanted.iter().any(|p| p.starts_metasync) {
        let arguments = ["build", "--release", "--package", "metasync"];
        process::run(process::command("cargo", &arguments))?;
    }
    let mut reports = Vec::new();
    let mut failed = Vec::new();
    for program in wanted {
        eprintln!("== {}: {}", program.name, program.about);
        match measure(program, quick) {
            Ok(report) => reports.push(report),
            Err(error) => {
                eprintln!("{}: {error:#}", program.name);
                failed.push(program.name);
            }
        }
    }
    let fuzzed = names.is_empty() || names.iter().any(|name| name == FUZZ);
    if fuzzed && let Err(error) = fuzz::run(quick) {
        eprintln!("{error:#}");
        failed.push(FUZZ);
    }
    print!("{}", table::plain(&reports));
    keep(&reports, quick)?;
    if !failed.is_empty() {
        bail!("{} could not be measured", failed.join(", "));
    }
    Ok(())
}

/// Builds a benchmark with the release profile, runs it, and reads what it prints.
fn measure(program: &Program, quick: bool) -> Result<Report> {
    let (mut arguments, when_quick): (_, &[&str]) = match &program.target {
        Target::Bench(name) => (vec!["bench", "--quiet", "--bench", name], &["--quick"]),
        Target::Example { name, quick, .. } => {
            (vec!["run", "--quiet", "--release", "--example", name], quick)
        }
    };
    arguments.extend(["--package", program.package]);
    if quick {
        arguments.push("--");
        arguments.extend(when_quick);
    }
    let mut command = process::command("cargo", &arguments);
    command.env("METASYNC_BIN", crate::suite::steps::program());
    if program.name == "analysis"
        && let Some(ruff) = analysis::ruff()
    {
        command.env("METASYNC_RUFF", ruff);
    }
    let printed = process::captured(command)?;
    let mut report = match &program.target {
        Target::Bench(name) => {
            serde_json::from_str(&printed).with_context(|| format!("{name} did not print one report"))?
        }
        Target::Example { report, .. } => report(&printed)?,
    };
    report.benchmark = program.name.to_owned();
    Ok(report)
}

/// Writes target/bench/results.json, and the sections of RESULTS.md unless the run was a quick one.
fn keep(reports: &[Report], quick: bool) -> Result<()> {
    let machine = machine::describe();
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let folder = target_dir().join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    let json = serde_json::json!({"machine": machine, "date": date, "quick": quick, "reports": reports});
    let path = folder.join("results.json");
    std::fs::write(&path, format!("{json:#}\n"))
        .with_context(|| format!("can't write {}", path.display()))?;
    if quick || reports.is_empty() {
        return Ok(());
    }
    let path = root().join(RESULTS);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let new = results::update(&old, reports, &machine, &date);
    std::fs::write(&path, new).with_context(|| format!("can't write {}", path.display()))?;
    eprintln!("updated {RESULTS}");
    Ok(())
}
