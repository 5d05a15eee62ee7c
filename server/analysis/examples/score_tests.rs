//! Scores the discovery of Python tests against pytest's own list: `score_tests FOLDER IDS [--misses]`.
//!
//! `IDS` holds what `pytest --collect-only -q` prints in FOLDER; parameters in brackets are cut off.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use metasync_analysis::{SourceFile, tests};

/// What must be found, and how much more may be, in percent (issue 5).
const WANTED: f64 = 99.0;
const MAX_EXTRA: f64 = 3.0;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(folder), Some(ids)) = (arguments.first(), arguments.get(1)) else {
        println!("usage: score_tests FOLDER IDS [--misses]");
        return std::process::ExitCode::from(2);
    };
    let Ok(ids) = std::fs::read_to_string(ids) else {
        println!("{ids} cannot be read");
        return std::process::ExitCode::FAILURE;
    };
    let expected: BTreeSet<&str> = ids
        .lines()
        .filter(|line| line.contains(".py::"))
        .map(|line| line.split('[').next().unwrap_or(line).trim())
        .collect();
    let mut files = Vec::new();
    collect(Path::new(folder), Path::new(folder), &mut files);
    let start = Instant::now();
    let facts = tests(&files);
    let took = start.elapsed();
    let found: BTreeSet<&str> = facts.objects.iter().map(|test| test.full_name.as_str()).collect();
    let missing: Vec<&&str> = expected.difference(&found).collect();
    let extra: Vec<&&str> = found.difference(&expected).collect();
    if arguments.len() > 2 {
        for id in &missing {
            println!("- {id}");
        }
        for id in &extra {
            println!("+ {id}");
        }
        for problem in &facts.problems {
            println!("! {}:{} {}", problem.path, problem.line, problem.message);
        }
    }
    let percent = |part: usize| part as f64 * 100.0 / expected.len().max(1) as f64;
    let right = expected.len() - missing.len();
    let python = files.iter().filter(|file| file.path.ends_with(".py")).count();
    println!(
        "{folder}: {right} of {} found ({:.2} %), {} missing, {} extra ({:.2} %), {python} Python files in {took:?}",
        expected.len(),
        percent(right),
        missing.len(),
        extra.len(),
        percent(extra.len()),
    );
    if percent(right) >= WANTED && percent(extra.len()) <= MAX_EXTRA && !expected.is_empty() {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "py" || ending == "ini" || ending == "toml" || ending == "cfg")
            && let (Ok(text), Ok(inside)) = (std::fs::read_to_string(&path), path.strip_prefix(root))
        {
            files.push(SourceFile {
                path: inside.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
}
