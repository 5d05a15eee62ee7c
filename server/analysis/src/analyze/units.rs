//! SQL files read into syntax trees, on all cores: plain ones as they are, dbt's with their Jinja rendered or masked.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Workspace;
use super::declare::{Declarations, Declared};
use super::drafts::{Drafts, catalog_name};
use super::references;
use crate::dbt::files::Role;
use crate::jinja::mask::{Placeholder, mask};
use crate::lines::Lines;
use crate::position::RelationName;
use crate::sql::parse::{Parsed, Refused, STACK_BYTES, parse};
use crate::{Dialect, Language, Target};

/// A file, or the part of one that belongs to an object of dbt, with its statements.
pub(crate) struct Unit {
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    /// The object whose SQL it is, in a dbt project.
    pub(crate) object: Option<usize>,
    /// Names in the SQL that stand for objects, to their names in the catalogue.
    pub(crate) substitutes: HashMap<String, String>,
    pub(crate) statements: Vec<Parsed>,
    pub(crate) lines: Lines,
}

/// What is to be read.
struct Job {
    path: String,
    dialect: Dialect,
    object: Option<usize>,
    /// As it is to be parsed, in order of preference; the first without refusals wins, else the one with the fewest.
    texts: Vec<String>,
    substitutes: HashMap<String, String>,
    lines: Lines,
}

/// The results of one job, until they are put back in order.
type Slot = Mutex<Option<(Vec<Parsed>, Vec<Refused>)>>;

/// Reads the SQL of a workspace.
pub(crate) fn read(workspace: &Workspace<'_>, declared: &Declarations, drafts: &mut Drafts) -> Vec<Unit> {
    let jobs = jobs(workspace, declared, drafts);
    let slots: Vec<Slot> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let (Some(job), Some(slot)) = (jobs.get(nth), slots.get(nth)) else {
                break;
            };
            let result = best(job);
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        let helpers = std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .min(jobs.len())
            .saturating_sub(1);
        for _ in 0..helpers {
            // Without a helper the work is done here.
            let _ = std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work);
        }
        work();
    });
    let mut units = Vec::with_capacity(jobs.len());
    for (job, slot) in jobs.into_iter().zip(slots) {
        let Some((statements, refused)) = slot.into_inner().ok().flatten() else {
            continue;
        };
        for refusal in refused {
            drafts.problem(&job.path, refusal.line, refusal.message);
        }
        units.push(Unit {
            path: job.path,
            dialect: job.dialect,
            object: job.object,
            substitutes: job.substitutes,
            statements,
            lines: job.lines,
        });
    }
    units
}

fn best(job: &Job) -> (Vec<Parsed>, Vec<Refused>) {
    let mut best: Option<(Vec<Parsed>, Vec<Refused>)> = None;
    for text in &job.texts {
        let result = parse(text, job.dialect);
        if result.1.is_empty() {
            return result;
        }
        if best.as_ref().is_none_or(|best| result.1.len() < best.1.len()) {
            best = Some(result);
        }
    }
    best.unwrap_or_default()
}

fn jobs(workspace: &Workspace<'_>, declared: &Declarations, drafts: &mut Drafts) -> Vec<Job> {
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
            jobs.push(dbt_job(workspace, part, &file.path, &file.text, dialect, drafts));
        }
    }
    for (file, claimed) in workspace.files.iter().zip(&declared.claimed) {
        if *claimed || Language::of_path(&file.path) != Language::Sql {
            continue;
        }
        let dialect = workspace.options.dialect.unwrap_or(Dialect::Ansi);
        drafts.dialects.insert(file.path.clone(), dialect);
        let text = if file.text.contains("{{") || file.text.contains("{%") {
            mask(&file.text).text
        } else {
            file.text.clone()
        };
        jobs.push(Job {
            path: file.path.clone(),
            dialect,
            object: None,
            texts: vec![text],
            substitutes: HashMap::new(),
            lines: Lines::of(&file.text),
        });
    }
    jobs
}

fn dbt_job(
    workspace: &Workspace<'_>,
    part: &Declared,
    path: &str,
    text: &str,
    dialect: Dialect,
    drafts: &mut Drafts,
) -> Job {
    let project = &workspace.projects[part.project].name;
    let masked = mask(text);
    let mut substitutes = HashMap::new();
    for (nth, placeholder) in masked.placeholders.iter().enumerate() {
        let Placeholder::Relation(name) = placeholder else {
            continue;
        };
        if let Some(known_as) = known_as(drafts, project, part.object, name) {
            substitutes.insert(crate::jinja::mask::name(nth), known_as);
        }
    }
    let text = if part.role == Role::Snapshot {
        // Only the block's own body, at its place.
        let keep = part.body;
        let blank = |part: &str| {
            part.chars()
                .map(|c| {
                    if c == '\n' {
                        "\n".to_owned()
                    } else {
                        " ".repeat(c.len_utf8())
                    }
                })
                .collect::<String>()
        };
        let piece = |start: usize, end: usize| masked.text.get(start..end).unwrap_or("");
        format!("{}{}", blank(piece(0, keep.start)), piece(keep.start, keep.end))
    } else {
        masked.text
    };
    Job {
        path: path.to_owned(),
        dialect,
        object: Some(part.object),
        texts: vec![text.clone()],
        substitutes,
        lines: Lines::of(&text),
    }
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
