//! One branch (or folder) of a run: list, read, analyse, compare, store.

use std::collections::{BTreeSet, HashSet};

use metasync_analysis::{Dialect, Language, Layout, Part, SourceFile};
use metasync_protocol::repositories::{JobResult, SyncRequest};
use metasync_sources::{Contents, FileContent, ListRequest, Listing, Source};
use metasync_store::{Footprints, LiveFile, StoredConnection};

use super::{
    super::context::{Failure, RunContext},
    analysis::{self, Analysis},
    changes::{Changes, Known},
    follow::{CIRCLE, Delta},
    found::{Found, add_errors},
    memory::{Basis, Memory},
    rows::Rows,
    share,
    write::Writing,
};

/// Changes that were followed, rather than everything read.
#[cfg(test)]
pub(in crate::runs) static FOLLOWED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

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
        let request = ListRequest {
            branch: self.name,
            previous: usable.then_some(&memory.source),
            ignore_patterns: &self.options.ignore_patterns,
            wanted: &is_wanted,
        };
        if usable && memory.whole {
            let delta = self.delta(&request, &memory).await?;
            if delta.is_empty(&memory) {
                return self.nothing_changed(&memory, delta, result).await;
            }
            let followed = match memory.followed {
                true => self.follow(&delta, &memory, dialect, result).await?,
                false => Err(CIRCLE),
            };
            match followed {
                Ok(()) => {
                    #[cfg(test)]
                    FOLLOWED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    return Ok(());
                }
                Err(reason) => tracing::info!(run = %self.context.run.id, reason, "all files are read"),
            }
        }
        self.index_all(&request, &memory, basis, dialect, result).await
    }

    /// What changed since the last run.
    async fn delta(&self, request: &ListRequest<'_>, memory: &Memory) -> Result<Delta, Failure> {
        if let Some(changed) = self.source.changes(request).await? {
            return Ok(Delta {
                entries: changed.entries,
                gone: changed.gone,
                errors: changed.errors,
                state: changed.state,
                listing: None,
            });
        }
        let listing = self.source.list(request).await?;
        let live = self.live_files().await?;
        let known = Known::new(&live, memory);
        let changes = known.changes(&listing);
        Ok(Delta {
            entries: changes.changed.into_iter().cloned().collect(),
            gone: changes
                .deleted
                .into_iter()
                .map(|f| f.relative_path.clone())
                .collect(),
            errors: listing.errors.clone(),
            state: listing.state.clone(),
            listing: Some(listing),
        })
    }

    async fn live_files(&self) -> Result<Vec<LiveFile>, Failure> {
        let rows = self.rows();
        let store = &self.context.runs.store;
        Ok(store
            .live_files(self.context.run.org, rows.connection, rows.branch)
            .await?)
    }

    /// Reads and analyses everything.
    async fn index_all(
        &self,
        request: &ListRequest<'_>,
        memory: &Memory,
        basis: Basis,
        dialect: Option<Dialect>,
        result: &mut JobResult,
    ) -> Result<(), Failure> {
        let listing = self.source.list(request).await?;
        let live_files = self.live_files().await?;
        let known = Known::new(&live_files, memory);
        let changes = known.changes(&listing);
        let contents = self.read(&listing, &changes, request.previous.is_some()).await?;
        let mut part = self.analyse(&contents, &listing, dialect).await?;
        let fresh = Memory {
            basis,
            source: listing.state.clone(),
            unlisted: listing.errors.clone(),
            files: (listing.entries.len() + listing.errors.len()) as u64,
            layout: layout_files(&listing),
            whole: true,
            followed: !part.is_circular,
            ..Memory::default()
        };
        let rows = self.rows();
        let paths = listing.entries.iter().map(|e| e.path.as_str());
        let paths = paths.chain(changes.deleted.iter().map(|f| f.relative_path.as_str()));
        let footprints = Footprints {
            branch: self.memory_key().to_owned(),
            files: paths
                .map(|path| (rows.file_id(path), analysis::stored(&part.footprints, path)))
                .collect(),
        };
        let found = Found {
            listing: &listing,
            contents: &contents,
            known: &known,
            memory,
        };
        let facts = std::mem::take(&mut part.facts);
        drop(part);
        self.compare_and_store(&found, &changes, facts, footprints, fresh, result)
            .await
    }

    /// The facts stay; the errors of the files that failed are told again.
    async fn nothing_changed(
        &self,
        memory: &Memory,
        delta: Delta,
        result: &mut JobResult,
    ) -> Result<(), Failure> {
        let fresh = Memory {
            source: delta.state,
            ..memory.clone()
        };
        fresh.count_rest(0, result);
        add_errors(result, fresh.errors());
        result.objects += fresh.objects;
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
    ) -> Result<Part, Failure> {
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
        let percentage = self.analysed_percentage();
        let part = Analysis::default()
            .run(
                self.context,
                files,
                metasync_analysis::Known::default(),
                dialect,
                percentage,
            )
            .await?;
        self.context.reporter.percentage(self.percentage(share::ANALYSED));
        Ok(part)
    }

    /// A share of the analysis as a share of the whole.
    pub(super) fn analysed_percentage(&self) -> impl Fn(f64) -> f64 + Send + Sync + 'static {
        let (nth, all) = (self.part.0 as f64, self.part.1 as f64);
        move |done| {
            let share = share::READ + (share::ANALYSED - share::READ) * done;
            share::FETCHED.max((nth * 100.0 + share) / all)
        }
    }

    pub(super) async fn write(&self, writing: Writing, memory: &Memory) -> Result<(), Failure> {
        let writing = Writing {
            branch: self.memory_key().to_owned(),
            memory: memory.to_value(),
            revision: memory.revision().filter(|_| self.rows().branch.is_none()),
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
    pub(super) fn memory_key(&self) -> &str {
        self.rows().branch.map_or("", |_| self.name.unwrap_or(""))
    }

    fn dialect(&self) -> Result<Option<Dialect>, Failure> {
        let configured = self.connection.dialect.as_deref();
        configured
            .map(|name| crate::config::address::dialect(name).map_err(|e| Failure::new("invalid_dialect", e)))
            .transpose()
    }

    /// A share of this branch's work as a share of the whole.
    pub(super) fn percentage(&self, share: f64) -> f64 {
        let (nth, all) = (self.part.0 as f64, self.part.1 as f64);
        share::FETCHED.max((nth * 100.0 + share) / all)
    }
}

/// Whether the index looks at a file.
pub(super) fn is_wanted(path: &str) -> bool {
    Language::of_path(path) != Language::Other || metasync_analysis::is_configuration(path)
}

fn layout_files(listing: &Listing) -> BTreeSet<String> {
    let paths = listing.entries.iter().map(|e| &e.path);
    paths.filter(|path| Layout::is_made_of(path)).cloned().collect()
}

pub(super) fn source_file(file: FileContent) -> SourceFile {
    SourceFile {
        path: file.path,
        text: file.text,
    }
}
