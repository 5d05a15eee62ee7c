//! `metasync history`.

use metasync_protocol::editor::HistoryAnswer;

use super::opened;
use crate::{
    arguments::CacheOptions,
    terminal::{self, Failure, count},
};

/// Runs that are listed.
const SHOWN: usize = 100;

/// The syncs of this workspace, newest first.
pub fn run(options: &CacheOptions) -> Result<(), Failure> {
    let (_, reader) = opened::cache(options)?;
    let runs = reader.history(SHOWN)?;
    if options.json {
        return terminal::print_json(&HistoryAnswer { runs });
    }
    if runs.is_empty() {
        return terminal::print("No sync of this workspace is recorded.");
    }
    let mut lines = vec![format!(
        "{:<20}  {:<12} {:<11} {:>9} {:>8} {:>8}",
        "started (UTC)", "cause", "state", "objects", "deleted", "ms"
    )];
    for run in runs {
        let started: String = run.started_at.chars().take(19).collect();
        let error = run.error.map(|e| format!("  {e}")).unwrap_or_default();
        lines.push(format!(
            "{started:<20}  {:<12} {:<11} {:>9} {:>8} {:>8}{error}",
            run.cause,
            run.state,
            count(run.objects),
            count(run.deleted),
            count(run.duration_ms)
        ));
    }
    terminal::print(&lines.join("\n"))
}
