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
use crate::jinja::render::{Context, Library, NotRendered, is_worthwhile, relation_word, render};
use crate::lines::Lines;
use crate::relation::RelationName;
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
    /// Whether there was Jinja in the text, so that names in it may stand for some.
    pub(crate) masked: bool,
}

/// What is to be read.
struct Job {
    path: String,
    dialect: Dialect,
    object: Option<usize>,
    /// As it is to be parsed, its Jinja masked.
    masked: String,
    /// As it is written, where rendering is worth while.
    template: Option<Template>,
    substitutes: HashMap<String, String>,
    lines: Lines,
    has_jinja: bool,
}

/// What is to be rendered.
struct Template {
    text: String,
    /// The line of the file in which it begins.
    line: u32,
    project: usize,
    model: String,
    adapter: &'static str,
}

/// What came of a job.
#[derive(Default)]
struct Outcome {
    parsed: Vec<Parsed>,
    refused: Vec<Refused>,
    /// The relations that the rendered text names, when that is the text that was parsed.
    relations: Option<Vec<RelationName>>,
    /// Why the text had to be masked although it should have been rendered.
    not_rendered: Option<NotRendered>,
    /// What rendering gave is no SQL that can be read.
    not_understood: Option<String>,
    /// Macros that nobody defines, with the line of the template.
    unknown: Vec<(String, u32)>,
}

/// The results of one job, until they are put back in order.
type Slot = Mutex<Option<Outcome>>;

/// Reads the SQL of a workspace.
pub(crate) fn read(workspace: &Workspace<'_>, declared: &Declarations, drafts: &mut Drafts) -> Vec<Unit> {
    let jobs = jobs(workspace, declared, drafts);
    let library = Library::of(
        &declared.macros,
        workspace.projects.iter().map(|project| project.name.clone()),
    );
    let slots: Vec<Slot> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let (Some(job), Some(slot)) = (jobs.get(nth), slots.get(nth)) else {
                break;
            };
            let result = outcome(job, workspace, &library);
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
    for (mut job, slot) in jobs.into_iter().zip(slots) {
        let Some(outcome) = slot.into_inner().ok().flatten() else {
            continue;
        };
        let refused = !outcome.refused.is_empty();
        for refusal in outcome.refused {
            let last = refusal.message.rsplit(' ').next().unwrap_or("");
            let message = if crate::jinja::mask::is_placeholder(last) {
                "not analysed: the SQL that this Jinja makes is only known to dbt".to_owned()
            } else {
                refusal.message
            };
            drafts.problem(&job.path, refusal.line, message);
        }
        if let (Some(object), Some(template)) = (job.object, &job.template) {
            let project = workspace.projects[template.project].name.as_str();
            for (nth, name) in outcome.relations.iter().flatten().enumerate() {
                if let Some(known_as) = known_as(drafts, project, object, name) {
                    job.substitutes.insert(relation_word(nth), known_as);
                }
                // What only rendering tells: a ref whose name is put together.
                if let Some((target, how)) = references::target(drafts, project, name) {
                    drafts.depend(object, target, how);
                }
            }
            if let Some(draft) = drafts.all.get_mut(object) {
                let rendered = outcome.relations.is_some();
                draft.metadata.set("rendered", serde_json::Value::Bool(rendered));
            }
            let line = |line: u32| line.saturating_add(template.line.saturating_sub(1));
            if let Some(reason) = outcome.not_understood.filter(|_| refused) {
                drafts.problem(&job.path, line(1), reason);
            }
            if let Some(NotRendered { line: at, reason }) = outcome.not_rendered {
                let message = format!("the template could not be rendered, so its Jinja is masked: {reason}");
                drafts.warning(&job.path, line(at), message);
            }
            for (name, at) in outcome.unknown {
                let message = format!("no file defines the macro `{name}`; what it makes is not known");
                drafts.warning(&job.path, line(at), message);
            }
        }
        let statements = outcome.parsed;
        units.push(Unit {
            path: job.path,
            dialect: job.dialect,
            object: job.object,
            substitutes: job.substitutes,
            statements,
            lines: job.lines,
            masked: job.has_jinja,
        });
    }
    units
}

/// Rendered and parsed where that works, else masked and parsed; the one with fewer refusals.
fn outcome(job: &Job, workspace: &Workspace<'_>, library: &Library) -> Outcome {
    let mut not_rendered = None;
    let mut not_understood = None;
    let mut unknown = Vec::new();
    let mut from_rendered = None;
    if let Some(template) = &job.template {
        let project = &workspace.projects[template.project];
        let context = Context {
            library,
            vars: &project.vars,
            project: &project.name,
            model: &template.model,
            adapter: template.adapter,
        };
        match render(&template.text, &context) {
            Ok(rendered) => {
                let (parsed, refused) = parse(&rendered.text, job.dialect);
                let outcome = Outcome {
                    parsed,
                    refused,
                    relations: Some(rendered.relations),
                    unknown: rendered.unknown,
                    ..Outcome::default()
                };
                if outcome.refused.is_empty() && !outcome.parsed.is_empty() {
                    return outcome;
                }
                unknown.clone_from(&outcome.unknown);
                not_understood = outcome.refused.first().map(|refusal| {
                    format!(
                        "in the SQL that the Jinja makes (its line {}): {}",
                        refusal.line, refusal.message
                    )
                });
                from_rendered = Some(outcome);
            }
            Err(reason) => not_rendered = Some(reason),
        }
    }
    let (parsed, refused) = parse(&job.masked, job.dialect);
    match from_rendered {
        // Positions in the rendered text mean nothing to its reader: the masked text's refusals are told.
        Some(outcome) if outcome.parsed.len() > parsed.len() => Outcome { refused, ..outcome },
        _ => Outcome {
            parsed,
            refused,
            relations: None,
            not_rendered,
            not_understood,
            unknown,
        },
    }
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
        let has_jinja = file.text.contains("{{") || file.text.contains("{%");
        let text = if has_jinja {
            mask(&file.text).text
        } else {
            file.text.clone()
        };
        jobs.push(Job {
            path: file.path.clone(),
            dialect,
            object: None,
            masked: text,
            template: None,
            substitutes: HashMap::new(),
            lines: Lines::of(&file.text),
            has_jinja,
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
    let own = text.get(part.body.start..part.body.end).unwrap_or("");
    let template = is_worthwhile(own).then(|| Template {
        text: own.to_owned(),
        line: Lines::of(text).line(part.body.start),
        project: part.project,
        model: drafts
            .all
            .get(part.object)
            .map(|draft| draft.fact.name.clone())
            .unwrap_or_default(),
        adapter: dialect.as_str(),
    });
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
        lines: Lines::of(&text),
        masked: text,
        template,
        substitutes,
        has_jinja: own.contains("{{") || own.contains("{%"),
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
