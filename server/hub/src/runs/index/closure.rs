//! Which files have to be analysed when some changed, and what has to be known of the others.

use std::collections::{BTreeMap, BTreeSet};

use metasync_analysis::{
    Dialect, Export, Footprint, Known, Layout, ObjectFact, PYTEST_CONFIGURATION, Part, SourceFile, Standing,
    is_module_name, module_names, name_key,
};
use metasync_protocol::{Compact, ObjectRow};
use metasync_sources::{Contents, ListRequest};
use metasync_store::{FileFootprint, LiveObject, NameSide};
use uuid::Uuid;

use super::{
    super::context::Failure,
    analysis::{self, Analysis},
    branch::{IndexBranch, is_wanted},
    compare::gives_to_others,
    follow::{CIRCLE, Delta, Whole},
    memory::Memory,
};

const UNREADABLE: Whole = "a file that depends on the change can't be read";

/// What pytest reads of each folder on the way to a test.
const CONFTEST: &str = "conftest.py";

/// Rounds in which more and more is found to be affected; a longer chain is analysed as a whole.
const MOST_ROUNDS: usize = 200;

/// A change of fewer files is followed, however small the repository.
const SMALL: usize = 200;

/// Files that are analysed in parts at most; beyond, the whole costs hardly more.
const MOST_OWNED: usize = 20_000;

/// The part of a branch that a change touches.
pub(super) struct Closure<'a> {
    pub(super) branch: &'a IndexBranch<'a>,
    delta: &'a Delta,
    memory: &'a Memory,
    layout: &'a Layout,
    dialect: Option<Dialect>,
    /// Files whose facts are found anew.
    pub(super) owned: BTreeSet<String>,
    /// Files that only have to be there: what a dbt project's files share, what Python imports.
    shared: BTreeSet<String>,
    /// Names that were asked for so far.
    asked: Names,
    changed: BTreeSet<String>,
    texts: BTreeMap<String, String>,
    pub(super) before: BTreeMap<String, FileFootprint>,
    analysis: Analysis,
}

/// Everything that a change touches.
pub(super) struct Touched {
    pub(super) owned: BTreeSet<String>,
    pub(super) part: Part,
    /// Live objects that this part may change or take away.
    pub(super) live: Vec<(ObjectRow, Compact)>,
}

impl Touched {
    pub(super) fn live_objects(&self) -> Vec<LiveObject> {
        let live = self.live.iter().map(|(o, _)| LiveObject {
            id: o.id,
            file_id: o.file_id,
            row_hash: o.row_hash,
        });
        live.collect()
    }
}

pub(super) type Names = BTreeSet<String>;

impl<'a> Closure<'a> {
    pub(super) fn new(
        branch: &'a IndexBranch<'a>,
        (delta, memory): (&'a Delta, &'a Memory),
        layout: &'a Layout,
        dialect: Option<Dialect>,
        contents: &Contents,
    ) -> Closure<'a> {
        let texts: BTreeMap<String, String> = contents
            .files
            .iter()
            .map(|f| (f.path.clone(), f.text.clone()))
            .collect();
        let changed: BTreeSet<String> = texts
            .keys()
            .filter(|path| layout.standing(path) != Standing::Inert)
            .cloned()
            .collect();
        Closure {
            branch,
            delta,
            memory,
            layout,
            dialect,
            owned: changed.clone(),
            shared: BTreeSet::new(),
            asked: Names::new(),
            changed,
            texts,
            before: BTreeMap::new(),
            analysis: Analysis::default(),
        }
    }

    /// All that the change touches, unless that has to be looked for everywhere.
    pub(super) async fn find(&mut self) -> Result<Result<Touched, Whole>, Failure> {
        let all = self.owned.len() + usize::try_from(self.memory.files).unwrap_or(usize::MAX);
        if self.owned.len() > SMALL && self.owned.len() > all / 2 {
            return Ok(Err("most of the repository changed"));
        }
        // each round analyses what was found so far: that may not cost more than analysing everything
        let mut analysed = 0;
        for _ in 0..MOST_ROUNDS {
            analysed += self.owned.len();
            if analysed > SMALL && analysed > all {
                return Ok(Err("following the change costs more than reading everything"));
            }
            if self.owned.len() > MOST_OWNED {
                return Ok(Err("many files depend on the change"));
            }
            if let Some(reason) = self.complete().await? {
                return Ok(Err(reason));
            }
            let known = self.known().await?;
            let part = self.analyze(known).await?;
            if part.is_circular {
                return Ok(Err(CIRCLE));
            }
            let needs = self.names(&part, |f| &f.needs);
            if !needs.is_subset(&self.asked) {
                self.asked.extend(needs);
                continue;
            }
            let live = self.live().await?;
            let owned = self.grown(&part, &live).await?;
            if owned != self.owned {
                self.owned = owned;
                continue;
            }
            let (live, more) = self.with_unplaced(&part, live).await?;
            if !more.is_empty() {
                self.owned.extend(more);
                continue;
            }
            if self.closes_circle(&part).await? {
                return Ok(Err(CIRCLE));
            }
            return Ok(Ok(Touched {
                owned: std::mem::take(&mut self.owned),
                part,
                live,
            }));
        }
        Ok(Err("the change goes too deep"))
    }

    /// Brings what the files found so far have to be analysed with; a reason where that can't be done.
    async fn complete(&mut self) -> Result<Option<Whole>, Failure> {
        let standings: BTreeSet<_> = self.owned.iter().map(|p| self.layout.standing(p) as u8).collect();
        let any = |of: &[Standing]| of.iter().any(|s| standings.contains(&(*s as u8)));
        let with_project = any(&[Standing::Project, Standing::Properties]);
        // A broken file takes from what it described: that is weighed against everything.
        if with_project && self.memory.failed.keys().any(|path| gives_to_others(path)) {
            return Ok(Some("a file that describes others is broken"));
        }
        let mut moved = self.changed.iter().chain(&self.delta.gone);
        let all_python = moved.any(|path| path.rsplit('/').next() == Some(CONFTEST));
        if with_project || all_python {
            self.share(all_python).await?;
        }
        if any(&[Standing::Python]) && !all_python {
            self.import().await?;
        }
        let missing: Vec<&String> = self
            .owned
            .union(&self.shared)
            .filter(|path| !self.texts.contains_key(*path))
            .collect();
        let Some(entries) = self.branch.entries_of(self.delta, missing) else {
            return Ok(Some(UNREADABLE));
        };
        let read = self.branch.source.read(&entries, &|_| {}).await?;
        self.texts
            .extend(read.files.into_iter().map(|f| (f.path, f.text)));
        if self.owned.iter().any(|path| !self.texts.contains_key(path)) {
            return Ok(Some(UNREADABLE));
        }
        let gone = self.delta.gone.iter();
        let unknown: Vec<&String> = self
            .owned
            .iter()
            .chain(gone)
            .filter(|p| !self.before.contains_key(*p))
            .collect();
        let ids: BTreeMap<Uuid, &String> = unknown
            .iter()
            .map(|p| (self.branch.rows().file_id(p), *p))
            .collect();
        let wanted: Vec<Uuid> = ids.keys().copied().collect();
        let context = self.branch.context;
        let mut found = context.runs.store.footprints(context.run.org, &wanted).await?;
        let found: Vec<_> = ids
            .into_iter()
            .map(|(id, path)| (path.clone(), found.remove(&id).unwrap_or_default()))
            .collect();
        self.before.extend(found);
        Ok(None)
    }

    /// What the files of dbt projects share, and with `python` everything that is Python.
    async fn share(&mut self, python: bool) -> Result<(), Failure> {
        let listed;
        let listing = match &self.delta.listing {
            Some(listing) => listing,
            None => {
                let request = ListRequest {
                    branch: self.branch.name,
                    previous: None,
                    ignore_patterns: &self.branch.options.ignore_patterns,
                    wanted: &is_wanted,
                };
                listed = self.branch.source.list(&request).await?;
                &listed
            }
        };
        for entry in &listing.entries {
            match self.layout.standing(&entry.path) {
                Standing::Shared | Standing::Properties => {
                    self.shared.insert(entry.path.clone());
                }
                Standing::Python if python => {
                    self.owned.insert(entry.path.clone());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the Python files that are analysed read beside themselves: what they import, as far as that is
    /// known, and what says how tests are found.
    async fn import(&mut self) -> Result<(), Failure> {
        let asked = self.asked.iter().filter(|name| is_module_name(name));
        let mut names: Names = asked.cloned().collect();
        names.insert(PYTEST_CONFIGURATION.to_owned());
        names.extend(module_names(CONFTEST));
        let files = self.others(NameSide::Provides, &names).await?;
        self.shared.extend(files.into_iter().map(|(_, path)| path));
        Ok(())
    }

    async fn analyze(&mut self, known: Known) -> Result<Part, Failure> {
        let files = self
            .owned
            .union(&self.shared)
            .filter_map(|path| {
                Some(SourceFile {
                    path: path.clone(),
                    text: self.texts.get(path)?.clone(),
                })
            })
            .collect();
        let percentage = self.branch.analysed_percentage();
        self.analysis
            .run(self.branch.context, files, known, self.dialect, percentage)
            .await
    }

    /// What is known of names that other files give.
    async fn known(&self) -> Result<Known, Failure> {
        let names = self.asked.iter().filter(|name| !is_module_name(name));
        let names: Names = names.cloned().collect();
        let providers = self.others(NameSide::Provides, &names).await?;
        let ids: Vec<Uuid> = providers.iter().map(|(id, _)| *id).collect();
        let context = self.branch.context;
        let store = &context.runs.store;
        let paths: BTreeMap<Uuid, String> = providers.into_iter().collect();
        let mut known = Known::default();
        for (object, _) in store.objects_of_files(context.run.org, &ids).await? {
            if names.contains(&name_key(&object.full_name)) || names.contains(&name_key(&object.name)) {
                known.objects.push(ObjectFact {
                    path: object.file_id.and_then(|id| paths.get(&id).cloned()),
                    name: object.name,
                    full_name: object.full_name,
                    object_type: object.object_type,
                    line_start: object.line_start,
                    line_end: object.line_end,
                    ..ObjectFact::default()
                });
            }
        }
        let footprints = store.footprints(context.run.org, &ids).await?;
        let exports = footprints.values().flat_map(analysis::exports);
        known.exports = exports.filter(|export| names.contains(&export.key())).collect();
        known.exports.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(known)
    }

    /// Files on one side of these names, without those that are analysed and those that are gone.
    pub(super) async fn others(&self, side: NameSide, names: &Names) -> Result<Vec<(Uuid, String)>, Failure> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let context = self.branch.context;
        let (store, org) = (&context.runs.store, context.run.org);
        let rows = self.branch.rows();
        let key = self.branch.memory_key();
        let found = store
            .files_by_name(org, rows.connection, key, side, names)
            .await?;
        let ours = self.owned.iter().chain(&self.delta.gone);
        let ours: BTreeSet<Uuid> = ours.map(|path| rows.file_id(path)).collect();
        let found: Vec<Uuid> = found.into_iter().filter(|id| !ours.contains(id)).collect();
        let files = store.files_by_id(org, &found).await?;
        Ok(files.into_iter().map(|f| (f.id, f.relative_path)).collect())
    }

    fn names(&self, part: &Part, of: fn(&Footprint) -> &Names) -> Names {
        let files = self.owned.iter().filter_map(|path| part.footprints.get(path));
        files.flat_map(of).cloned().collect()
    }

    async fn live(&self) -> Result<Vec<(ObjectRow, Compact)>, Failure> {
        let rows = self.branch.rows();
        let paths = self.owned.iter().chain(&self.delta.gone);
        let ids: Vec<Uuid> = paths.map(|path| rows.file_id(path)).collect();
        let context = self.branch.context;
        Ok(context.runs.store.objects_of_files(context.run.org, &ids).await?)
    }

    /// The files to analyse, with those that depend on what changed, and those that give the same names.
    async fn grown(&self, part: &Part, live: &[(ObjectRow, Compact)]) -> Result<BTreeSet<String>, Failure> {
        let mut changed: Names = Names::new();
        let provided_before: Names = self
            .before
            .values()
            .flat_map(|f| f.provides.iter().cloned())
            .collect();
        let provided = self.names(part, |f| &f.provides);
        changed.extend(provided_before.symmetric_difference(&provided).cloned());

        // Who imports a module depends on all that it says.
        let modules = self.changed.iter().chain(&self.delta.gone);
        let names = modules.flat_map(|path| module_names(path));
        changed.extend(names.map(|name| name_key(&name)));

        let identity = |kind: &str, full_name: &str| (kind.to_owned(), full_name.to_owned());
        let were: BTreeSet<_> = live
            .iter()
            .map(|(o, _)| identity(&o.object_type, &o.full_name))
            .collect();
        let objects = part.facts.objects.iter();
        let are: BTreeSet<_> = objects
            .filter(|o| o.path.as_ref().is_some_and(|path| self.owned.contains(path)))
            .map(|o| identity(&o.object_type, &o.full_name))
            .collect();
        changed.extend(were.symmetric_difference(&are).map(|(_, name)| name_key(name)));

        let old: BTreeMap<String, Export> = self
            .before
            .values()
            .flat_map(analysis::exports)
            .map(|e| (e.name.to_lowercase(), e))
            .collect();
        let owned = self.owned.iter().filter_map(|path| part.footprints.get(path));
        let new: BTreeMap<String, Export> = owned
            .flat_map(|f| f.exports.iter().cloned())
            .map(|e| (e.name.to_lowercase(), e))
            .collect();
        let differ = |name: &&String| old.get(*name) != new.get(*name);
        changed.extend(
            old.keys()
                .chain(new.keys())
                .filter(differ)
                .map(|name| name_key(name)),
        );

        let mut grown = self.owned.clone();
        grown.extend(
            self.others(NameSide::Needs, &changed)
                .await?
                .into_iter()
                .map(|(_, path)| path),
        );
        // Who gives the same name has a say in what it means.
        let mut shared_names: Names = self.before_of(|path| self.speaks(path), |f| &f.provides);
        let speaking = self.owned.iter().filter(|path| self.speaks(path));
        shared_names.extend(
            speaking
                .filter_map(|path| part.footprints.get(path))
                .flat_map(|f| f.provides.iter().cloned()),
        );
        let others = self.others(NameSide::Provides, &shared_names).await?;
        grown.extend(others.into_iter().map(|(_, path)| path));
        Ok(grown)
    }

    /// Whether the names that a file gives concern others that give them.
    fn speaks(&self, path: &str) -> bool {
        match self.layout.standing(path) {
            Standing::Properties => {
                self.changed.contains(path) || self.delta.gone.iter().any(|gone| gone == path)
            }
            standing => standing != Standing::Python,
        }
    }

    fn before_of(&self, wanted: impl Fn(&str) -> bool, of: fn(&FileFootprint) -> &Names) -> Names {
        let files = self.before.iter().filter(|(path, _)| wanted(path));
        files.flat_map(|(_, f)| of(f).iter().cloned()).collect()
    }

    /// Objects that no file defines (undeclared sources) live as long as somebody names them: those that
    /// may be gone, and the files that have to be asked.
    async fn with_unplaced(
        &self,
        part: &Part,
        mut live: Vec<(ObjectRow, Compact)>,
    ) -> Result<(Vec<(ObjectRow, Compact)>, BTreeSet<String>), Failure> {
        let rows = self.branch.rows();
        let made = part.facts.objects.iter().filter(|fact| fact.path.is_none());
        let made: BTreeSet<Uuid> = made
            .map(|fact| rows.object_id(&fact.object_type, &fact.full_name))
            .collect();
        let targets = live.iter().flat_map(|(_, owned)| {
            let dependencies = owned.dependencies.iter().filter_map(|(id, ..)| *id);
            dependencies.chain(owned.lineage.iter().filter_map(|(id, ..)| *id))
        });
        let ids: BTreeSet<Uuid> = targets.chain(made.iter().copied()).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let context = self.branch.context;
        let found = context.runs.store.objects_by_id(context.run.org, &ids).await?;
        let unplaced: Vec<_> = found.into_iter().filter(|(o, _)| o.file_id.is_none()).collect();
        let lost = unplaced.iter().filter(|(o, _)| !made.contains(&o.id));
        let names: Names = lost.map(|(o, _)| name_key(&o.name)).collect();
        let others = self.others(NameSide::Needs, &names).await?;
        live.extend(unplaced);
        Ok((live, others.into_iter().map(|(_, path)| path).collect()))
    }
}
