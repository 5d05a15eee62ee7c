//! SQL files read into statements, on all cores: plain ones as they are, dbt's with their Jinja rendered or masked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::declare::Declarations;
use super::drafts::{Drafts, catalog_name};
use super::memo::{Memo, key_of};
use super::migrations::{applied_order, is_undo};
use super::reading::{Job, Trees, read_job};
use super::references;
use super::{Workspace, on_all_cores};
use crate::jinja::mask::Placeholder;
use crate::jinja::render::{Library, NotRendered, relation_word};
use crate::relation::RelationName;
use crate::sql::parse::Refused;
use crate::{Dialect, Language, Target};

/// Words of templates whose results are known only when dbt runs.
const ASKS_THE_WAREHOUSE: &[&str] = &[
    "run_query",
    "adapter.",
    "load_result",
    "graph.",
    "statement(",
    ".get_",
    ".pivot(",
    ".unpivot(",
    ".star(",
    ".union_relations(",
    ".deduplicate(",
    ".date_spine(",
    ".generate_series(",
    ".nullcheck",
];

/// A file, or the part of one that belongs to an object of dbt, with its statements.
pub(crate) struct Unit<'w> {
    pub(crate) job: Job<'w>,
    /// Names in the SQL that stand for objects, to their names in the catalogue.
    pub(crate) substitutes: BTreeMap<String, String>,
    pub(crate) read: Arc<Read>,
    /// The syntax trees, unless `read` comes out of the memo.
    pub(crate) trees: Option<Trees>,
}

/// What is known of a text of SQL without its syntax trees.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) statements: Vec<Outline>,
    pub(crate) refused: Vec<Refused>,
    /// What the names in the masked text stand for, by number.
    pub(crate) placeholders: Vec<Placeholder>,
    /// The relations that the rendered text names, when that is the text that was parsed.
    pub(crate) relations: Option<Vec<RelationName>>,
    /// Why the text had to be masked although it should have been rendered.
    pub(crate) not_rendered: Option<NotRendered>,
    /// Whether the SQL is what dbt made, as its manifest says.
    pub(crate) is_compiled: bool,
    /// What rendering gave is no SQL that can be read.
    pub(crate) not_understood: Option<(u32, String)>,
    /// Macros that nobody defines, with the line of the file.
    pub(crate) unknown: Vec<(String, u32)>,
    /// The line of the file in which its template begins, if rendering it was worth while.
    pub(crate) template: Option<u32>,
}

/// A statement without its syntax tree.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Its first and last line in the file, from 1.
    pub(crate) lines: (u32, u32),
    /// Whether it stands in a procedure.
    pub(crate) procedural: bool,
    /// The names (lower case) of what it creates or fills, and of what it mentions.
    pub(crate) provides: Option<String>,
    /// Whether it creates that.
    pub(crate) creates: bool,
    pub(crate) reads: BTreeSet<String>,
}

/// The results of one job, until they are put back in order.
type Slot = Mutex<Option<(Arc<Read>, Option<Trees>)>>;

/// Syntax trees take a hundred times the room of their text and more: those of so many bytes of SQL are kept for the
/// step behind, the others are made again there.
const TREES_OF_BYTES: usize = 8 * 1024 * 1024;

/// Reads the SQL of a workspace; `None` when told to stop.
pub(crate) fn read<'w>(
    workspace: &'w Workspace<'_>,
    declared: &'w Declarations,
    library: &Library,
    drafts: &mut Drafts,
    memo: &mut Memo,
) -> Option<Vec<Unit<'w>>> {
    let jobs = jobs(workspace, declared, drafts);
    let mut slots: Vec<Slot> = Vec::with_capacity(jobs.len());
    let mut open: Vec<usize> = Vec::new();
    for (nth, job) in jobs.iter().enumerate() {
        let known = memo.reads.get(job.place(), job.key);
        if known.is_none() {
            open.push(nth);
        }
        slots.push(Mutex::new(known.map(|read| (read, None))));
    }
    let watch = workspace.watch;
    watch.expect(jobs.len() - open.len(), jobs.len() * 2);
    let next = AtomicUsize::new(0);
    let kept = AtomicUsize::new(0);
    let work = || {
        loop {
            let nth = open.get(next.fetch_add(1, Ordering::Relaxed)).copied();
            let Some((job, slot)) = nth.and_then(|nth| Some((jobs.get(nth)?, slots.get(nth)?))) else {
                break;
            };
            if !watch.step() {
                break;
            }
            let (read, trees) = read_job(job, workspace, library);
            if let Ok(mut slot) = slot.lock() {
                let before = kept.fetch_add(job.file.text.len(), Ordering::Relaxed);
                let trees = (before < TREES_OF_BYTES).then_some(trees);
                *slot = Some((Arc::new(read), trees));
            }
        }
    };
    on_all_cores(open.len(), work);
    if watch.is_stopped() {
        return None;
    }
    let mut units = Vec::with_capacity(jobs.len());
    let mut is_open = vec![false; jobs.len()];
    for nth in &open {
        is_open[*nth] = true;
    }
    for ((job, slot), is_open) in jobs.into_iter().zip(slots).zip(is_open) {
        let Some((read, trees)) = slot.into_inner().ok().flatten() else {
            continue;
        };
        if is_open {
            memo.reads.put(job.place(), job.key, read.clone());
        }
        tell(&job, &read, drafts);
        let substitutes = substitutes(workspace, &job, &read, drafts);
        units.push(Unit {
            job,
            substitutes,
            read,
            trees,
        });
    }
    Some(units)
}

/// What went wrong with a file.
fn tell(job: &Job<'_>, read: &Read, drafts: &mut Drafts) {
    let path = &job.file.path;
    for refusal in &read.refused {
        let last = refusal.message.rsplit(' ').next().unwrap_or("");
        if crate::jinja::mask::is_placeholder(last) {
            let message = "not analysed: the SQL that this Jinja makes is only known to dbt";
            drafts.problem(path, refusal.line, message);
        } else {
            drafts.problem(path, refusal.line, refusal.message.clone());
        }
    }
    let Some(first) = read.template else { return };
    let line = |line: u32| line.saturating_add(first.saturating_sub(1));
    if let Some((at, reason)) = read.not_understood.as_ref().filter(|_| !read.refused.is_empty()) {
        drafts.problem(path, line(*at), reason.clone());
    }
    if let Some(NotRendered { line: at, reason }) = &read.not_rendered {
        let message = format!("the template could not be rendered, so its Jinja is masked: {reason}");
        drafts.warning(path, line(*at), message);
    }
    for (name, at) in &read.unknown {
        let message = format!("no file defines the macro `{name}`; what it makes is not known");
        drafts.warning(path, line(*at), message);
    }
}

/// What the names in a file's SQL stand for.
fn substitutes(
    workspace: &Workspace<'_>,
    job: &Job<'_>,
    read: &Read,
    drafts: &mut Drafts,
) -> BTreeMap<String, String> {
    let mut substitutes = BTreeMap::new();
    let Some(part) = job.declared else {
        return substitutes;
    };
    let project = workspace.projects[part.project].name.as_str();
    let named = read
        .placeholders
        .iter()
        .filter_map(|placeholder| match placeholder {
            Placeholder::Relation(name) => Some(name),
            _ => None,
        });
    for name in named.chain(read.relations.iter().flatten()) {
        drafts.names.needs(&job.file.path, references::last_of(name));
    }
    for (name, _) in &read.unknown {
        drafts.names.needs(&job.file.path, name);
    }
    for (nth, placeholder) in read.placeholders.iter().enumerate() {
        if let Placeholder::Relation(name) = placeholder
            && let Some(known_as) = known_as(drafts, project, part.object, name)
        {
            substitutes.insert(crate::jinja::mask::name(nth), known_as);
        }
    }
    if read.template.is_none() {
        return substitutes;
    }
    for (nth, name) in read.relations.iter().flatten().enumerate() {
        if let Some(known_as) = known_as(drafts, project, part.object, name) {
            substitutes.insert(relation_word(nth), known_as);
        }
        // What only rendering tells: a ref whose name is put together.
        if let Some((target, how)) = references::target(drafts, project, name) {
            drafts.depend(part.object, target, how);
        }
    }
    if let Some(draft) = drafts.all.get_mut(part.object) {
        let rendered = read.relations.is_some();
        draft.metadata.set("rendered", serde_json::Value::Bool(rendered));
        if read.is_compiled {
            draft.metadata.set("compiled", serde_json::Value::Bool(true));
        }
        // loops over what only the warehouse knows may make any column
        let asks = ASKS_THE_WAREHOUSE.iter().any(|word| job.file.text.contains(word));
        if !read.is_compiled && (asks || !read.unknown.is_empty()) {
            draft.metadata.set("open", serde_json::Value::Bool(true));
        }
    }
    substitutes
}

fn jobs<'w>(workspace: &'w Workspace<'_>, declared: &'w Declarations, drafts: &mut Drafts) -> Vec<Job<'w>> {
    // What rendering depends on beside the text.
    let macros = key_of(&declared.macros);
    let names: Vec<&str> = workspace.projects.iter().map(|p| p.name.as_str()).collect();
    let surroundings: Vec<u64> = workspace
        .projects
        .iter()
        .map(|project| key_of(&(macros, &names, &project.name, project.vars.to_string())))
        .collect();
    let mut jobs = Vec::new();
    for part in &declared.sql {
        let Some(file) = workspace.files.get(part.file) else {
            continue;
        };
        if Language::of_path(&file.path) == Language::Sql {
            let dialect = workspace
                .options
                .dialect
                .or(workspace.projects[part.project].dialect)
                .unwrap_or(Dialect::Ansi);
            drafts.dialects.insert(file.path.clone(), dialect);
            if dialect != Dialect::Ansi
                && let Some(draft) = drafts.all.get_mut(part.object)
            {
                draft.metadata.set("dialect", dialect.as_str().into());
            }
            let fact = drafts.all.get(part.object).map(|draft| &draft.fact);
            let model = fact.map(|fact| fact.name.clone()).unwrap_or_default();
            let manifest = workspace.manifest(part.project);
            let node = manifest.zip(fact).and_then(|((manifest, key), fact)| {
                Some((manifest, manifest.node(&fact.object_type, &fact.full_name)?, key))
            });
            let mut surroundings = surroundings[part.project];
            if let Some((_, _, key)) = node {
                surroundings = key_of(&(surroundings, key));
            }
            let mut job = Job::new(file, dialect, Some(part), model, surroundings);
            job.compiled = node.map(|(manifest, node, _)| (manifest, node));
            jobs.push(job);
        }
    }
    let paths: BTreeSet<&str> = workspace.files.iter().map(|file| file.path.as_str()).collect();
    let mut plain: Vec<_> = workspace
        .files
        .iter()
        .zip(&declared.claimed)
        .filter(|(file, claimed)| !**claimed && Language::of_path(&file.path) == Language::Sql)
        .map(|(file, _)| file)
        .collect();
    plain.sort_by_cached_key(|file| applied_order(&file.path));
    for file in plain {
        if is_undo(&file.path, &paths) {
            continue;
        }
        let dialect = workspace.options.dialect.unwrap_or(Dialect::Ansi);
        drafts.dialects.insert(file.path.clone(), dialect);
        jobs.push(Job::new(file, dialect, None, String::new(), 0));
    }
    jobs
}

/// The name in the catalogue of what a relation's name stands for.
pub(crate) fn known_as(
    drafts: &mut Drafts,
    project: &str,
    own: usize,
    name: &RelationName,
) -> Option<String> {
    if *name == RelationName::ThisFile {
        return drafts.target(own).map(|target| catalog_name_of(&target));
    }
    references::target(drafts, project, name).map(|(target, _)| catalog_name_of(&target))
}

fn catalog_name_of(target: &Target) -> String {
    match target {
        Target::Object {
            object_type,
            full_name,
        } => catalog_name(object_type, full_name),
        Target::Unknown { name } => name.clone(),
    }
}
