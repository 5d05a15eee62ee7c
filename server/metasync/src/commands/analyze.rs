//! `metasync analyze`: what the analysis finds in files; nothing is stored.

mod reading;
mod report;

use std::collections::BTreeMap;

use anyhow::bail;
use metasync_analysis::{Options, analyze};

use crate::{
    arguments::AnalyzeOptions,
    terminal::{self, Failure},
};

/// Analyses files and folders.
pub async fn run(options: &AnalyzeOptions) -> Result<(), Failure> {
    let mut files = BTreeMap::new();
    for path in &options.paths {
        let input = reading::read(path).await?;
        let facts = analyze(
            &input.files,
            &Options {
                dialect: options.dialect,
            },
        );
        for report in report::reports(&input, &facts) {
            files.insert(report.path.clone(), report);
        }
    }
    if files.is_empty() {
        let names: Vec<String> = options.paths.iter().map(|p| p.display().to_string()).collect();
        let message = format!("no SQL, dbt YAML, CSV or Python file in {}", names.join(", "));
        if !options.json {
            return Err(Failure::from(anyhow::anyhow!(message)));
        }
        terminal::complain(&message);
    }
    let report = report::Report {
        files: files.into_values().collect(),
    };
    if options.json {
        return terminal::print_json(&report);
    }
    terminal::print(&report.to_string())
}

/// A path that can't be opened, in words.
fn unreadable(
    path: &std::path::Path,
    why: impl std::fmt::Display,
) -> anyhow::Result<std::convert::Infallible> {
    bail!(
        "{} can't be opened ({why}): name a file or folder that is there",
        path.display()
    )
}
