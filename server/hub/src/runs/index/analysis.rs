//! The analysis on a thread of its own: its progress becomes the run's, and it ends soon when the run does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use metasync_analysis::{Dialect, Footprint, Known, Memo, Options, Part, SourceFile};
use metasync_store::FileFootprint;

use super::super::{
    background::{Panicked, background},
    context::{Failure, RunContext},
};

/// Steps between two looks at the run.
const STEPS: usize = 32;

/// Stops the analysis when the run is dropped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is analysed again and again, with what the analysis remembers of it.
#[derive(Default)]
pub(super) struct Analysis {
    memo: Memo,
}

impl Analysis {
    /// Analyses `files`; `percentage` makes a share of the analysis one of the run.
    pub(super) async fn run(
        &mut self,
        context: &RunContext,
        files: Vec<SourceFile>,
        known: Known,
        dialect: Option<Dialect>,
        percentage: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Result<Part, Failure> {
        let stop = StopOnDrop(Arc::default());
        let stopped = Arc::clone(&stop.0);
        let reporter = Arc::clone(&context.reporter);
        let mut memo = std::mem::take(&mut self.memo);
        let work = background("analysis", move || {
            let progress = |done: usize, total: usize| {
                if done.is_multiple_of(STEPS) {
                    reporter.percentage(percentage(done as f64 / total.max(1) as f64));
                }
                !stopped.load(Ordering::Relaxed)
            };
            let part =
                metasync_analysis::analyze_part(&mut memo, &files, &known, &Options { dialect }, &progress);
            (memo, part)
        });
        let (memo, part) = work.await.map_err(|Panicked| {
            tracing::error!("the analysis panicked");
            failed("the analysis failed on this repository; the hub's log says more")
        })?;
        self.memo = memo;
        let part = part.ok_or_else(|| failed("the analysis was stopped"))?;
        // A problem of no file: the analysis itself failed, and its facts are worth nothing.
        match part.facts.problems.iter().find(|p| p.path.is_empty()) {
            Some(problem) => Err(failed(&problem.message)),
            None => Ok(part),
        }
    }
}

fn failed(message: &str) -> Failure {
    Failure::new("analysis", message)
}

/// The footprint of a file as the store keeps it.
pub(super) fn stored(footprints: &BTreeMap<String, Footprint>, path: &str) -> Option<FileFootprint> {
    footprints.get(path).map(|footprint| FileFootprint {
        provides: footprint.provides.clone(),
        needs: footprint.needs.clone(),
        exports: serde_json::to_value(
            footprint
                .exports
                .iter()
                .map(|export| (&export.name, export.complete, &export.columns))
                .collect::<Vec<_>>(),
        )
        .unwrap_or_default(),
    })
}

/// What the store keeps of a file's exports, as the analysis knows it.
pub(super) fn exports(footprint: &FileFootprint) -> Vec<metasync_analysis::Export> {
    type Stored = (String, bool, Vec<(String, Option<String>)>);
    let stored: Vec<Stored> = serde_json::from_value(footprint.exports.clone()).unwrap_or_default();
    stored
        .into_iter()
        .map(|(name, complete, columns)| metasync_analysis::Export {
            name,
            columns,
            complete,
        })
        .collect()
}
