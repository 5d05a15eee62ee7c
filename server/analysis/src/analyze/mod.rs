//! The whole workspace in, facts out: declare what files define, read the SQL, follow the columns in dependency order.

mod changes;
mod declare;
mod drafts;
mod enrich;
mod flow;
mod manifests;
mod memo;
mod migrations;
mod names;
mod order;
mod part;
mod reading;
mod references;
mod releases;
mod tests;
mod units;
mod watch;

use crate::dbt::artifacts;
use crate::dbt::project::{Project, projects};
use crate::jinja::render::Library;
use crate::sql::parse::STACK_BYTES;
use crate::{Facts, Options, Problem, Severity, SourceFile};
use drafts::Drafts;
use watch::Watch;

pub use memo::Memo;
pub use names::{Export, Footprint, key as name_key};
pub use part::{Known, Layout, Part, Standing, analyze_part, is_configuration};
pub use releases::{FoundTests, TestSearch, tests_below};

/// A smaller stack for machines that refuse `STACK_BYTES`.
const SMALL_STACK_BYTES: usize = 32 * 1024 * 1024;

/// Reads all files of a workspace and says what is in them. Deterministic, and never fails: what cannot be read
/// becomes a problem. Finds dbt projects, several and in sub-folders too, and treats other SQL as plain.
pub fn analyze(files: &[SourceFile], options: &Options) -> Facts {
    analyze_with(&mut Memo::default(), files, options)
}

/// As [`analyze`], with the memo of an analysis before: what did not change since then is not read again. The facts are
/// the same, byte by byte.
pub fn analyze_with(memo: &mut Memo, files: &[SourceFile], options: &Options) -> Facts {
    analyze_watched(memo, files, options, &|_, _| true).unwrap_or_default()
}

/// As [`analyze_with`], telling `progress` how many of how many steps are done (the number of steps grows while it
/// begins); once that answers `false` the analysis ends soon, with `None`. It is called from several threads.
pub fn analyze_watched(
    memo: &mut Memo,
    files: &[SourceFile],
    options: &Options,
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Option<Facts> {
    analyze_part(memo, files, &Known::default(), options, progress).map(|part| part.facts)
}

/// Only the Python tests, as pytest would list them: objects of type `test` whose full name is the node id without
/// parameters, and the problems of their files.
pub fn tests(files: &[SourceFile]) -> Facts {
    tests_watched(&mut Memo::default(), files, &|_, _| true).unwrap_or_default()
}

/// As [`tests()`], with a memo and an ear as [`analyze_watched`] has them.
pub fn tests_watched(
    memo: &mut Memo,
    files: &[SourceFile],
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Option<Facts> {
    watched(memo, files, progress, tests::only, |facts| facts)
}

fn watched<T: Send>(
    memo: &mut Memo,
    files: &[SourceFile],
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
    work: impl FnOnce(&[&SourceFile], &Watch<'_>, &mut Memo) -> Option<T> + Send,
    failed: fn(Facts) -> T,
) -> Option<T> {
    let mut sorted: Vec<&SourceFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    sorted.dedup_by(|a, b| a.path == b.path);
    let watch = Watch::new(progress);
    memo.turn();
    on_big_stack(|| work(&sorted, &watch, memo)).unwrap_or_else(|| {
        *memo = Memo::default();
        Some(failed(Facts {
            problems: vec![Problem {
                path: String::new(),
                line: 1,
                message: "the analysis failed inside; please report the files that it was given".to_owned(),
                severity: Severity::Error,
            }],
            ..Facts::default()
        }))
    })
}

/// Runs `work` here and on helpers, one for each other core though no more than there are `tasks`; each call takes its
/// tasks from what all share. The helpers' stacks hold the deepest syntax tree.
fn on_all_cores(tasks: usize, work: impl Fn() + Copy + Send) {
    std::thread::scope(|scope| {
        let helpers = std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .min(tasks)
            .saturating_sub(1);
        for _ in 0..helpers {
            // Without a helper the work is done here.
            let _ = std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work);
        }
        work();
    });
}

/// Runs `work` on a thread whose stack holds the deepest syntax tree; `None` when no thread could be had or it failed.
pub(crate) fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    let work = std::sync::Mutex::new(Some(work));
    std::thread::scope(|scope| {
        let attempt = |bytes| {
            let work = &work;
            std::thread::Builder::new()
                .stack_size(bytes)
                .spawn_scoped(scope, move || {
                    let work = work.lock().ok().and_then(|mut work| work.take());
                    work.map(|work| work())
                })
                .ok()
        };
        let thread = attempt(STACK_BYTES).or_else(|| attempt(SMALL_STACK_BYTES))?;
        thread.join().ok().flatten()
    })
}

/// The workspace as every step sees it.
pub(crate) struct Workspace<'a> {
    files: &'a [&'a SourceFile],
    projects: Vec<Project>,
    options: &'a Options,
    watch: &'a Watch<'a>,
    manifests: Vec<Option<(std::sync::Arc<memo::ReadManifest>, u64)>>,
}

fn run(
    files: &[&SourceFile],
    known: &Known,
    options: &Options,
    watch: &Watch<'_>,
    memo: &mut Memo,
) -> Option<Part> {
    let mut problems = Vec::new();
    let projects = projects(files, &mut problems);
    let mut drafts = Drafts::default();
    drafts.problems = problems;
    let manifests = manifests::read(&projects, files, &mut drafts, memo);
    let workspace = Workspace {
        files,
        projects,
        options,
        watch,
        manifests,
    };
    if !watch.expect(0, 0) {
        return None;
    }
    drafts.know(known);
    let declared = declare::declare(&workspace, &mut drafts, memo);
    let (seen, wrong) = artifacts::seen(&workspace.projects, files);
    for (path, message) in wrong {
        drafts.warning(&path, 1, message);
    }
    enrich::sources(&seen, &mut drafts);
    let library = Library::of(
        &declared.macros,
        workspace.projects.iter().map(|project| project.name.clone()),
    );
    let mut units = units::read(&workspace, &declared, &library, &mut drafts, memo)?;
    let (order, is_circular) = order::order(&units, &drafts);
    flow::follow(
        &workspace,
        &library,
        &mut units,
        (&order, known),
        &mut drafts,
        memo,
    )?;
    enrich::types(&seen, &mut drafts);
    enrich::snapshots(&mut drafts);
    manifests::enrich(&workspace, &mut drafts);
    tests::add(files, &declared.claimed, &mut drafts, watch, memo)?;
    let footprints = std::mem::take(&mut drafts.names).finish();
    Some(Part {
        facts: drafts.finish(),
        footprints,
        is_circular,
    })
}
