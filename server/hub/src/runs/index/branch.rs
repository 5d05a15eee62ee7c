//! One branch (or folder) of a run: list, read, analyse, compare, store.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use metasync_analysis::{Dialect, Facts, Language, Options, SourceFile};
use metasync_protocol::repositories::{JobResult, SyncRequest};
use metasync_sources::{Contents, ListRequest, Listing, Source};
use metasync_store::{LiveFile, StoredConnection};

use super::{
    super::context::{Failure, RunContext},
    changes::{Changes, Known},
    found::{Found, add_errors},
    memory::{Basis, Memory},
    rows::Rows,
    share,
    write::Writing,
};

/// The index of one branch.
pub(super) struct IndexBranch<'a> {
    pub(super) context: &'a RunContext,
    pub(super) connection: &'a StoredConnection,
    pub(super) source: &'a dyn Source,
    pub(super) options: &'a SyncRequest,
    /// `None` for sources without branches.
    pub(super) name: Option<&'a str>,
    pub(super) is_default: bool,
    /// Which of how many branches this is.
    pub(super) part: (usize, usize),
}

impl IndexBranch<'_> {
    pub(super) async fn index(&self, result: &mut JobResult) -> Result<(), Failure> {
        let store = &self.context.runs.store;
        let dialect = self.dialect()?;
        let basis = Basis::now(dialect, &self.options.ignore_patterns);
        let stored = store
            .index_state(self.context.run.org, self.rows().connection, self.memory_key())
            .await?;
        let memory = Memory::read(stored);
        // Facts of another analysis are compared with nothing: all files are read.
        let usable = !self.options.full_reindex && self.options.incremental && memory.basis == basis;
        let listing = self
            .source
            .list(&ListRequest {
                branch: self.name,
                previous: usable.then_some(&memory.source),
                ignore_patterns: &self.options.ignore_patterns,
                wanted: &|path| Language::of_path(path) != Language::Other,
            })
            .await?;
        let live_files = store
            .live_files(self.context.run.org, self.rows().connection, self.rows().branch)
            .await?;
        let known = Known::new(&live_files, &memory);
        let changes = known.changes(&listing);
        let fresh = Memory {
            basis,
            source: listing.state.clone(),
            failed: BTreeMap::new(),
        };
        if usable && changes.none() {
            return self
                .nothing_changed(&memory, fresh, &listing, &live_files, result)
                .await;
        }
        let contents = self.read(&listing, &changes, usable).await?;
        let facts = self.analyse(&contents, &listing, dialect).await?;
        let found = Found {
            listing: &listing,
            contents: &contents,
            known: &known,
            memory: &memory,
        };
        self.compare_and_store(&found, &changes, facts, fresh, result)
            .await
    }

    /// The facts stay; the errors of the files that failed are told again.
    async fn nothing_changed(
        &self,
        memory: &Memory,
        mut fresh: Memory,
        listing: &Listing,
        live: &[LiveFile],
        result: &mut JobResult,
    ) -> Result<(), Failure> {
        fresh.failed.clone_from(&memory.failed);
        let there: HashSet<&str> = listing.entries.iter().map(|e| e.path.as_str()).collect();
        fresh.failed.retain(|path, _| there.contains(path.as_str()));
        let mut failed: BTreeSet<&str> = fresh.failed.keys().map(String::as_str).collect();
        failed.extend(listing.errors.iter().map(|e| e.path.as_str()));
        result.files_unchanged += live
            .iter()
            .filter(|f| !failed.contains(f.relative_path.as_str()))
            .count() as u64;
        result.files_failed += failed.len() as u64;
        add_errors(
            result,
            listing
                .errors
                .iter()
                .chain(fresh.failed.values().flat_map(|f| &f.errors)),
        );
        result.objects += self.live_objects().await?.len() as u64;
        if fresh != *memory {
            self.write(Writing::default(), &fresh).await?;
        }
        Ok(())
    }

    /// Reads all files: facts of one file depend on the others. Progress counts what changed, or all
    /// of them in a full run.
    async fn read(
        &self,
        listing: &Listing,
        changes: &Changes<'_>,
        incremental: bool,
    ) -> Result<Contents, Failure> {
        let counted: HashSet<&str> = changes.changed.iter().map(|e| e.path.as_str()).collect();
        let reporter = &self.context.reporter;
        let total = if incremental {
            counted.len()
        } else {
            listing.entries.len()
        };
        reporter.more_files(total);
        let read = std::sync::atomic::AtomicUsize::new(0);
        let all = listing.entries.len().max(1);
        let seen = |path: &str| {
            if !incremental || counted.contains(path) {
                reporter.file(path);
            }
            let nth = read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let share = share::FETCHED + (share::READ - share::FETCHED) * nth as f64 / all as f64;
            reporter.percentage(self.percentage(share));
        };
        Ok(self.source.read(&listing.entries, &seen).await?)
    }

    async fn analyse(
        &self,
        contents: &Contents,
        listing: &Listing,
        dialect: Option<Dialect>,
    ) -> Result<Facts, Failure> {
        let mut files: Vec<SourceFile> = contents
            .files
            .iter()
            .map(|f| SourceFile {
                path: f.path.clone(),
                text: f.text.clone(),
            })
            .collect();
        // An unreadable model is still a model: with an empty text under its name, what others say
        // about it keeps its target.
        let placeholders = contents.errors.iter().chain(&listing.errors);
        files.extend(placeholders.map(|e| SourceFile {
            path: e.path.clone(),
            text: String::new(),
        }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|b, a| a.path == b.path);
        self.context
            .reporter
            .silent_until(self.percentage(share::ANALYSED));
        let facts =
            tokio::task::spawn_blocking(move || metasync_analysis::analyze(&files, &Options { dialect }))
                .await
                .map_err(|e| {
                    tracing::error!(error = %e, "the analysis panicked");
                    Failure::new(
                        "analysis",
                        "the analysis failed on this repository; the hub's log says more",
                    )
                })?;
        // A problem of no file: the analysis itself failed, and its facts are worth nothing.
        if let Some(problem) = facts.problems.iter().find(|p| p.path.is_empty()) {
            return Err(Failure::new("analysis", problem.message.clone()));
        }
        self.context.reporter.percentage(self.percentage(share::ANALYSED));
        Ok(facts)
    }

    pub(super) async fn write(&self, writing: Writing, memory: &Memory) -> Result<(), Failure> {
        let writing = Writing {
            branch: self.memory_key().to_owned(),
            memory: memory.to_value(),
            ..writing
        };
        let percentage = |share| self.percentage(share);
        writing
            .store(self.context, self.rows().connection, percentage)
            .await
    }

    pub(super) async fn live_objects(&self) -> Result<Vec<metasync_store::LiveObject>, Failure> {
        let rows = self.rows();
        Ok(self
            .context
            .runs
            .store
            .live_objects(self.context.run.org, rows.connection, rows.branch)
            .await?)
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            connection: self.connection.connection.id,
            branch: self.name.filter(|_| !self.is_default),
        }
    }

    /// The default branch has one memory, whatever its name: its rows carry none.
    fn memory_key(&self) -> &str {
        self.rows().branch.map_or("", |_| self.name.unwrap_or(""))
    }

    fn dialect(&self) -> Result<Option<Dialect>, Failure> {
        let configured = self.connection.dialect.as_deref();
        configured
            .map(|name| crate::config::address::dialect(name).map_err(|e| Failure::new("invalid_dialect", e)))
            .transpose()
    }

    /// A share of this branch's work as a share of the whole.
    fn percentage(&self, share: f64) -> f64 {
        let (nth, all) = (self.part.0 as f64, self.part.1 as f64);
        share::FETCHED.max((nth * 100.0 + share) / all)
    }
}
