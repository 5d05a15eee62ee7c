//! The whole workspace in, facts out: declare what files define, read the SQL, follow the columns in dependency order.

mod declare;
mod drafts;
mod flow;
mod order;
mod references;
mod units;

use crate::dbt::project::{Project, projects};
use crate::sql::parse::STACK_BYTES;
use crate::{Facts, Options, Problem, Severity, SourceFile};
use drafts::Drafts;

/// A smaller stack for machines that refuse `STACK_BYTES`.
const SMALL_STACK_BYTES: usize = 32 * 1024 * 1024;

/// Reads all files of a workspace and says what is in them. Deterministic, and never fails: what cannot be read
/// becomes a problem. Finds dbt projects, several and in sub-folders too, and treats other SQL as plain.
pub fn analyze(files: &[SourceFile], options: &Options) -> Facts {
    let mut sorted: Vec<&SourceFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    sorted.dedup_by(|a, b| a.path == b.path);
    on_big_stack(|| run(&sorted, options)).unwrap_or_else(|| Facts {
        problems: vec![Problem {
            path: String::new(),
            line: 1,
            message: "the analysis failed inside; please report the files that it was given".to_owned(),
            severity: Severity::Error,
        }],
        ..Facts::default()
    })
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
}

fn run(files: &[&SourceFile], options: &Options) -> Facts {
    let mut problems = Vec::new();
    let projects = projects(files, &mut problems);
    let workspace = Workspace {
        files,
        projects,
        options,
    };
    let mut drafts = Drafts::default();
    drafts.problems = problems;
    let declared = declare::declare(&workspace, &mut drafts);
    let mut units = units::read(&workspace, &declared, &mut drafts);
    let order = order::order(&units, &drafts);
    flow::follow(&mut units, &order, &mut drafts);
    drafts.finish()
}
