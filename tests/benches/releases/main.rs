//! The tests of releases: a sync of 5,000 tests from trigger to `complete`, how soon an event is heard, and the
//! suites of real projects against what pytest collects.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints its report, and what it does not hold"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark whose world does not come up has no result"
)]

mod follow;
mod projects;
#[path = "../rig/mod.rs"]
mod rig;

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};
use metasync_tests::{
    Hub, Place,
    place::{git, write},
};

use follow::follow;
use rig::{
    report::{Figure, Report},
    samples::Samples,
};

/// Tests of one file.
const EACH: usize = 50;
/// Seconds in which a sync of 5,000 tests is to be done once its branch is here (issue 7; the seed says 15 to 60).
const SYNCED: f64 = 1.0;
/// Milliseconds in which an event is to be heard (seed 000).
const HEARD: f64 = 100.0;
/// Percent of pytest's ids that are to be found.
const FOUND: f64 = 99.0;

fn main() -> Result<()> {
    let files = if rig::quick() { 20 } else { 100 };
    let rounds = if rig::quick() { 2 } else { 5 };
    let tests = files * EACH;
    let place = Place::new("nothing", &[]);
    let upstream = place.base().join("acme/suite");
    std::fs::create_dir_all(&upstream)?;
    let git = |arguments: &[&str]| git(&upstream, &place.environment, arguments);
    git(&["init", "-q", "-b", "main"]);
    suite(&upstream, files, 0);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    let projects = projects::unpacked()?;
    let mut releases = vec!["main".to_owned()];
    for round in 0..rounds {
        releases.push(format!("copy-{round}"));
        git(&["branch", &format!("copy-{round}")]);
    }
    for (name, folder) in &projects {
        projects::branch(&git, &upstream, name, folder)?;
        releases.push(name.clone());
    }
    git(&["checkout", "-q", "-f", "main"]);
    let mut hub = Hub::start(&place.base().join("hub"), &place.environment, &[]);
    let listed = releases
        .iter()
        .map(|name| format!("[[organizations.releases]]\nname = {name:?}\ngit_branch = {name:?}\n"));
    let url = upstream.display().to_string();
    hub.configure(&format!(
        "{}[metadata_sync]\ngit_repo_url = {url:?}\ntest_discovery_base_path = \"tests\"\n",
        listed.collect::<String>()
    ));
    let number = |name: &str| {
        releases
            .iter()
            .position(|known| known == name)
            .map_or(0, |at| at + 1)
    };

    let cold = follow(&hub, number("main"))?;
    ensure!(
        cold.has(&format!("Tests added: {tests}")),
        "the first sync: {:?}",
        cold.lines
    );
    let (mut fresh, mut changed) = (Samples::default(), Samples::default());
    let (mut nothing, mut fetch, mut heard) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..rounds {
        let done = follow(&hub, number(&format!("copy-{round}")))?;
        ensure!(done.has(&format!("Tests added: {tests}")), "{:?}", done.lines);
        fresh.push(done.took);
        done.heard(&place.base().join("hub/data/hub.db"), &mut heard)?;
    }
    for round in 0..rounds {
        suite(&upstream, files, round + 1);
        git(&["commit", "-q", "-a", "-m", "change"]);
        let done = follow(&hub, number("main"))?;
        ensure!(done.has(&format!("Tests updated: {tests}")), "{:?}", done.lines);
        changed.push(done.took);
        nothing.push(follow(&hub, number("main"))?.took);
        let begun = Instant::now();
        git(&["ls-remote", "--quiet", &url, "refs/heads/main"]);
        fetch.push(begun.elapsed());
    }
    let mut figures = vec![
        Figure::new("first sync, clone included", "s", cold.took.as_secs_f64()),
        Figure::new("all tests new, branch here", "s", seconds(&fresh)).at_most(SYNCED),
        Figure::new("docstrings of all tests changed", "s", seconds(&changed)).at_most(SYNCED),
        Figure::new("nothing changed", "ms", nothing.median()).against("git ls-remote", fetch.median()),
        Figure::new(
            "from an event's storing to its listener, p50",
            "ms",
            heard.median(),
        ),
        Figure::new(
            "from an event's storing to its listener, p99",
            "ms",
            heard.percentile(0.99),
        )
        .at_most(HEARD),
    ];
    for (name, folder) in &projects {
        let done = follow(&hub, number(name))?;
        figures.extend(projects::compare(&hub, name, folder, &done, FOUND)?);
    }
    Report {
        conditions: format!(
            "{} tests in {files} files of one repository, synced by trigger; times are from the POST until the event \
             `complete`, median of {rounds}, with SQLite. \"Branch here\": another release whose commits were \
             fetched already; its tests are all new. Real projects: their source distributions from PyPI, each a \
             branch; ours is the whole sync, pytest's is `pytest --collect-only -q tests` in an environment where \
             their tests can be imported. Tests that a class inherits are listed once, where they are written \
             (contract), pytest lists them again in each heir: those are not counted as missing where the class that \
             writes them is listed.",
            rig::shown(tests)
        ),
        figures,
    }
    .print()
}

fn seconds(samples: &Samples) -> f64 {
    samples.median() / 1_000.0
}

/// The files of a suite; `round` stands in every docstring.
fn suite(folder: &Path, files: usize, round: usize) {
    for file in 0..files {
        let tests: String = (0..EACH)
            .map(|n| {
                format!(
                    "@pytest.mark.parametrize(\"x\", [1, 2, 3])\ndef test_case_{n:02}(x, client):\n    \"\"\"Case {n} of \
                     {file}, round {round}.\"\"\"\n    rows = client.run(\"select id from shop.orders_{file}\")\n    assert \
                     len(rows) > x\n\n\n"
                )
            })
            .collect();
        write(
            folder,
            &[(
                &format!("tests/area_{}/test_{file:03}.py", file % 10),
                &format!("import pytest\n\n\n{tests}"),
            )],
        );
    }
}
