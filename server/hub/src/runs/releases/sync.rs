//! One release: its branch is brought here, its tests are found and compared with those that are stored, and what
//! differs is stored. The lines that it tells are the seed's, to the letter.

use std::collections::HashSet;

use jiff::Timestamp;
use metasync_protocol::{Compact, ObjectRow};
use metasync_sources::git::BranchState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        context::{Failure, RunContext},
        index::rows::Rows,
    },
    Release, ReleaseResult,
    compare::{Differences, compare, set},
    discover::{Discovered, discover},
    fetch::{NotFetched, Wanted},
    result::FileDetail,
    start::Options,
    write::Writing,
};

/// Under this name a connection remembers what it was made of.
pub(super) const MEMORY: &str = "release";

/// Counted up when the same tree would be read in another way.
const DISCOVERY: u32 = 1;

/// Shares of the whole work, in percent: fetched, read, compared.
const FETCHED: f64 = 20.0;
const READ: f64 = 50.0;
const COMPARED: f64 = 60.0;

/// What a release was made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    tree: String,
    base_path: String,
    staging_config: Option<String>,
    discovery: u32,
    /// What reading it said.
    tests: u64,
    failed: u64,
    errors: Vec<FileDetail>,
}

/// The run; its result is a [`ReleaseResult`].
pub(in crate::runs) async fn sync(context: &RunContext) -> Result<Value, Failure> {
    let mut result = ReleaseResult::default();
    let ended = work(context, &mut result).await;
    let value = serde_json::to_value(&result).unwrap_or_default();
    let Err(failure) = ended else { return Ok(value) };
    if failure.is_retryable {
        // This run's own stream is told by the engine.
        let options: Options = serde_json::from_value(context.run.options.clone()).unwrap_or_default();
        if let Some(parent) = options.parent {
            let told = format!("Attempt {} failed: {}", context.run.attempt, failure.message);
            context.runs.log(parent, told).await;
        }
    }
    Err(Failure {
        result: value,
        ..failure
    })
}

/// Tells a line to those who follow this run, or the one of all that asked for it.
pub(super) struct Told<'c> {
    pub(super) context: &'c RunContext,
    parent: Option<Uuid>,
}

impl Told<'_> {
    pub(super) async fn line(&self, message: String) {
        if let Some(parent) = self.parent {
            self.context.runs.log(parent, message.clone()).await;
        }
        self.context.log(message).await;
    }
}

async fn work(context: &RunContext, result: &mut ReleaseResult) -> Result<(), Failure> {
    let (runs, run) = (&context.runs, &context.run);
    let removed = || {
        Failure::new(
            "release_removed",
            "the release is not in the configuration any more",
        )
    };
    let release = runs.releases.of_connection(&run.target).ok_or_else(removed)?;
    let branch = release.git_branch.as_deref().ok_or_else(removed)?;
    let options: Options = serde_json::from_value(run.options.clone()).unwrap_or_default();
    runs.store
        .number_release_sync(run.org, run.id, release.connection, &release.name)
        .await?;
    let told = Told {
        context,
        parent: options.parent,
    };
    told.line(format!("Starting metadata sync for release: {}", release.name))
        .await;
    told.line(format!("Git branch: {branch}")).await;
    told.line(format!("Acquiring Git lock for branch '{branch}'"))
        .await;
    let _branch = runs.releases.lock_branch(branch).await;
    told.line(format!("Pulling latest changes from branch '{branch}'"))
        .await;
    let state = bring(context, branch, &options).await?;
    result.git_commit_hash = Some(state.commit.clone());
    context.reporter.percentage(FETCHED);

    // Fetching waits for others; from here on it is this machine that works.
    let _worker = runs.workers.acquire().await;
    let settings = runs.releases.settings();
    let known = runs
        .store
        .index_state(run.org, release.connection, MEMORY)
        .await?;
    let known: Option<Memory> = known.and_then(|known| serde_json::from_value(known).ok());
    let mut memory = Memory {
        tree: state.tree.clone(),
        base_path: settings.base_path.clone(),
        staging_config: settings.staging_config.clone(),
        discovery: DISCOVERY,
        ..Memory::default()
    };
    let same = known.filter(|known| {
        (
            &known.tree,
            &known.base_path,
            &known.staging_config,
            known.discovery,
        ) == (
            &memory.tree,
            &memory.base_path,
            &memory.staging_config,
            memory.discovery,
        )
    });
    let (differences, writing) = match same {
        Some(known) => {
            discovered(&told, result, &known).await;
            memory = known;
            told.line("Comparing with existing metadata".to_owned()).await;
            (Differences::default(), Writing::default())
        }
        None => {
            let repository = runs.releases.repository()?;
            let staging = settings.staging_config.as_deref();
            let found = discover(&repository, &state.tree, &settings.base_path, staging).await?;
            memory.tests = found.tests_of_good_files() as u64;
            memory.failed = found.failed.len() as u64;
            let (made, errors, rows) = rows(found, release, &settings.base_path);
            memory.errors = errors;
            discovered(&told, result, &memory).await;
            check_failures(&rows, settings.max_failure_rate)?;
            context.reporter.percentage(READ);
            told.line("Comparing with existing metadata".to_owned()).await;
            let stored = runs.store.live_tests(run.org, release.connection).await?;
            let live = runs.store.live_files(run.org, release.connection, None).await?;
            (
                compare(stored, made, &rows.failed_ids, &state.commit),
                rows.writing(&live),
            )
        }
    };
    context.reporter.percentage(COMPARED);
    let memory = serde_json::to_value(&memory).unwrap_or_default();
    writing
        .store(&told, release.connection, differences, memory, result)
        .await?;
    told.line("=== Sync Complete ===".to_owned()).await;
    told.line(format!("Tests discovered: {}", result.tests_discovered))
        .await;
    told.line(format!("Tests added: {}", result.tests_added)).await;
    told.line(format!("Tests updated: {}", result.tests_updated))
        .await;
    told.line(format!("Tests removed: {}", result.tests_removed))
        .await;
    told.line(format!("Files failed to parse: {}", result.files_failed))
        .await;
    told.line(format!("Sync completed successfully for {}", release.name))
        .await;
    Ok(())
}

/// The branch, as it is now.
async fn bring(context: &RunContext, branch: &str, options: &Options) -> Result<BranchState, Failure> {
    let releases = &context.runs.releases;
    let repository = releases.repository()?;
    let (since, mut branches): (_, Vec<String>) = match options.since {
        Some(since) => (
            since,
            releases.due().map(|(_, branch)| branch.to_owned()).collect(),
        ),
        None => (Timestamp::now(), Vec::new()),
    };
    branches.extend(releases.settings().main_branch.clone());
    let wanted = Wanted {
        branch,
        branches,
        since,
        // Whoever tries again does so on purpose.
        takes_failures: options.since.is_some() && context.run.attempt == 1,
    };
    let failed = |why: &str| format!("Git clone failed: {why}");
    match releases.turn.bring(&repository, wanted).await {
        Ok(Some(state)) => Ok(state),
        Ok(None) => {
            let missing = format!("branch {branch:?} is not in {}", repository.shown());
            Err(Failure::new("source_not_found", failed(&missing)))
        }
        Err(NotFetched::Before(why)) => Err(Failure::new("git_failed", failed(&why))),
        Err(NotFetched::Now(error)) => Err(Failure {
            message: failed(&error.to_string()),
            ..Failure::from(error)
        }),
    }
}

async fn discovered(told: &Told<'_>, result: &mut ReleaseResult, memory: &Memory) {
    result.tests_discovered = memory.tests;
    result.files_failed = memory.failed;
    result.add_errors(memory.errors.iter().cloned());
    told.line(format!(
        "Discovered {} tests ({} files failed)",
        memory.tests, memory.failed
    ))
    .await;
}

fn check_failures(files: &Files, most: f64) -> Result<(), Failure> {
    let (failed, all) = (files.failed_ids.len(), files.tested);
    let rate = failed as f64 / all.max(1) as f64;
    if failed == 0 || rate <= most {
        return Ok(());
    }
    Err(Failure::new(
        "high_failure_rate",
        format!(
            "High failure rate: {failed} of {all} test files could not be parsed ({:.0} %, and {:.0} % are allowed); \
             nothing was changed. See the failed files in the sync log's error_details.",
            rate * 100.0,
            most * 100.0
        ),
    ))
}

/// The files of a commit, as the catalogue has them.
pub(super) struct Files {
    /// Test files, read or not.
    tested: usize,
    /// Those that failed, by their ids.
    failed_ids: HashSet<Uuid>,
    good: Vec<metasync_protocol::FileRow>,
}

impl Files {
    /// What of the files changes; one that failed stays as it is.
    fn writing(self, live: &[metasync_store::LiveFile]) -> Writing {
        let known: std::collections::HashMap<Uuid, _> =
            live.iter().map(|file| (file.id, file.row_hash)).collect();
        let there: HashSet<Uuid> = self.good.iter().map(|file| file.id).collect();
        let gone = live
            .iter()
            .map(|file| file.id)
            .filter(|id| !there.contains(id) && !self.failed_ids.contains(id));
        Writing {
            deleted_files: gone.collect(),
            files: self
                .good
                .into_iter()
                .filter(|file| known.get(&file.id) != Some(&file.row_hash))
                .collect(),
        }
    }
}

impl Discovered {
    /// Tests of files that were read well.
    fn tests_of_good_files(&self) -> usize {
        self.tests
            .facts
            .objects
            .iter()
            .filter(|test| self.is_good(test.path.as_deref()))
            .count()
    }

    fn is_good(&self, path: Option<&str>) -> bool {
        path.is_some_and(|path| !self.failed.contains(path))
    }
}

/// The catalogue's rows of what was found, with the staging states; and what there is to report.
fn rows(
    found: Discovered,
    release: &Release,
    base: &str,
) -> (Vec<(ObjectRow, Compact)>, Vec<FileDetail>, Files) {
    let rows = Rows {
        connection: release.connection,
        branch: None,
    };
    let files = Files {
        tested: found.tests.files.len(),
        failed_ids: found.failed.iter().map(|path| rows.file_id(path)).collect(),
        good: found
            .files
            .values()
            .filter(|file| !found.failed.contains(&file.path))
            .map(|file| rows.file_of(file))
            .collect(),
    };
    let mut made = Vec::with_capacity(found.tests.facts.objects.len());
    let mut objects = found.tests.facts.objects;
    objects.retain(|test| {
        test.path
            .as_deref()
            .is_some_and(|path| !found.failed.contains(path))
    });
    for test in objects {
        let (mut row, owned) = rows.object(test);
        if let Some(state) = found.staging.of(&row.full_name, base) {
            set(&mut row, "staging", Some(state.name.into()));
            set(&mut row, "staging_note", state.note.map(Into::into));
        }
        made.push((row, owned));
    }
    let mut errors = found.errors;
    errors.extend(found.staging.unused());
    errors.truncate(super::result::MAX_ERRORS);
    (made, errors, files)
}
