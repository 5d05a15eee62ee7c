//! Rules of the house that run. Each rule is one function from what it looks at to its findings,
//! and each has a test that shows that it can fail.

mod arrows;
mod circles;
mod documents;
mod graph;
mod lock;
mod names;
mod places;
mod rooms;
mod settings;
mod sizes;
mod words;

use std::fmt;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, File};

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// Warnings are printed and fail nothing.
    warning: bool,
    /// File, with a line from 1 where there is one; or what else it is about.
    place: String,
    message: String,
}

impl Finding {
    fn error(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            warning: false,
            place: place.into(),
            message: message.into(),
        }
    }

    fn warning(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            warning: true,
            ..Finding::error(place, message)
        }
    }

    fn at(file: &File, line: usize, message: impl Into<String>) -> Finding {
        Finding::error(format!("{}:{line}", file.path), message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "warning: " } else { "" };
        write!(f, "{kind}{}: {}", self.place, self.message)
    }
}

/// Runs all rules on this repository; prints what they find and fails if any of it is an error.
pub fn run() -> Result<()> {
    let root = workspace::root();
    let files = workspace::files(root)?;
    let graph = graph::Graph::of_workspace()?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("can't read Cargo.lock")?;

    let mut findings = arrows::check(&graph);
    findings.extend(lock::check(&lock));
    findings.extend(circles::check(&files));
    findings.extend(rooms::check(&files));
    findings.extend(sizes::check(&files));
    findings.extend(names::check(&files));
    findings.extend(places::check(&files));
    findings.extend(words::check(&files));
    findings.extend(settings::check(&files)?);
    findings.extend(documents::check(&files, &crate::task_names()));

    let (warnings, errors): (Vec<_>, Vec<_>) = findings.iter().partition(|f| f.warning);
    for finding in warnings.iter().chain(&errors) {
        println!("{finding}");
    }
    if !errors.is_empty() {
        bail!("{} rules of the house are broken", errors.len());
    }
    println!("tidy: {} files, {} warnings", files.len(), warnings.len());
    Ok(())
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: Some(text.to_owned()),
    }
}

/// The findings as text, one a line.
#[cfg(test)]
fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{f}\n")).collect()
}
