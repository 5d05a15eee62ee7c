//! One text of SQL read: rendered and parsed where that works, else masked and parsed.

use sqlparser::ast::Statement;

use super::Workspace;
use super::declare::Declared;
use super::memo::key_of;
use super::migrations::applied;
use super::units::{Outline, Read};
use crate::dbt::files::Role;
use crate::dbt::manifest::{Manifest, Node};
use crate::jinja::mask::mask;
use crate::jinja::render::{Context, Library, is_worthwhile, relation_word, render};
use crate::jinja::written::written_line;
use crate::lines::Lines;
use crate::sql::lineage::{creates, provides, reads};
use crate::sql::parse::{Parsed, Refused, parse};
use crate::{Dialect, SourceFile};

/// The syntax trees of a text's statements, in their order.
pub(crate) type Trees = Vec<Statement>;

/// A text that is to be read.
pub(crate) struct Job<'w> {
    pub(crate) file: &'w SourceFile,
    pub(crate) dialect: Dialect,
    /// The object of dbt that it belongs to.
    pub(crate) declared: Option<&'w Declared>,
    /// That object's name.
    model: String,
    /// Whether there is Jinja in it, so that names may stand for some.
    pub(crate) masked: bool,
    /// What dbt made of it, if that is known.
    pub(crate) compiled: Option<(&'w Manifest, &'w Node)>,
    /// Made of all that reading it depends on.
    pub(crate) key: u64,
}

impl<'w> Job<'w> {
    /// `surroundings`: the key of what rendering depends on beside the text.
    pub(crate) fn new(
        file: &'w SourceFile,
        dialect: Dialect,
        declared: Option<&'w Declared>,
        model: String,
        surroundings: u64,
    ) -> Self {
        let masked = file.text.contains("{{") || file.text.contains("{%");
        let place = declared.map(|part| (part.body, part.role == Role::Snapshot));
        let content = key_of(&(&file.text, dialect.as_str(), place));
        let key = if masked {
            key_of(&(content, surroundings, &model))
        } else {
            content
        };
        Self {
            file,
            dialect,
            declared,
            model,
            masked,
            compiled: None,
            key,
        }
    }

    /// Where in the workspace it stands.
    pub(crate) fn place(&self) -> (String, usize) {
        let start = self.declared.map_or(0, |part| part.body.start);
        (self.file.path.clone(), start)
    }

    /// The text to be parsed with its Jinja masked, and what its names stand for.
    fn mask(&self) -> (String, Vec<crate::jinja::mask::Placeholder>) {
        if !self.masked {
            let text = match self.declared {
                Some(_) => &self.file.text,
                None => applied(&self.file.text),
            };
            return (text.to_owned(), Vec::new());
        }
        let masked = mask(&self.file.text);
        let text = match self.declared {
            Some(part) if part.role == Role::Snapshot => only(&masked.text, part.body),
            _ => masked.text,
        };
        (text, masked.placeholders)
    }
}

/// Only what stands in `body`, at its place.
fn only(text: &str, body: crate::Span) -> String {
    let mut out = String::with_capacity(body.end);
    for c in text.get(..body.start).unwrap_or("").chars() {
        if c == '\n' {
            out.push('\n');
        } else {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    out.push_str(text.get(body.start..body.end).unwrap_or(""));
    out
}

/// Reads a text.
pub(crate) fn read_job(job: &Job<'_>, workspace: &Workspace<'_>, library: &Library) -> (Read, Trees) {
    let (text, placeholders) = job.mask();
    let lines = Lines::of(&text);
    let mut read = Read {
        placeholders,
        ..Read::default()
    };
    let rendered = rendered(job, workspace, library, &mut read);
    let is_whole = read.not_rendered.is_none() && read.unknown.is_empty();
    let parsed = match rendered {
        Some((parsed, refused)) if refused.is_empty() && !parsed.is_empty() && is_whole => parsed,
        rendered if let Some(parsed) = compiled(job, &rendered, &mut read) => parsed,
        Some((parsed, refused)) if refused.is_empty() && !parsed.is_empty() => parsed,
        rendered => {
            let (masked, refused) = parse(&text, job.dialect);
            // Positions in the rendered text mean nothing to its reader: the masked text's refusals are told.
            read.refused = refused;
            match rendered {
                Some((parsed, _)) if parsed.len() > masked.len() => parsed,
                _ => {
                    read.relations = None;
                    masked
                }
            }
        }
    };
    let mut trees = Vec::with_capacity(parsed.len());
    for statement in parsed {
        read.statements.push(Outline {
            lines: (
                lines.line(statement.start),
                lines.line(statement.end.saturating_sub(1)),
            ),
            procedural: statement.procedural,
            provides: provides(&statement.statement),
            creates: creates(&statement.statement),
            reads: reads(&statement.statement),
        });
        trees.push(statement.statement);
    }
    (read, trees)
}

/// What comes of rendering; `None` where that is not worth while or fails.
fn rendered(
    job: &Job<'_>,
    workspace: &Workspace<'_>,
    library: &Library,
    read: &mut Read,
) -> Option<(Vec<Parsed>, Vec<Refused>)> {
    let part = job.declared?;
    let own = job.file.text.get(part.body.start..part.body.end).unwrap_or("");
    if !is_worthwhile(own) {
        return None;
    }
    read.template = Some(Lines::of(&job.file.text).line(part.body.start));
    let project = &workspace.projects[part.project];
    let context = Context {
        library,
        vars: &project.vars,
        project: &project.name,
        model: &job.model,
        adapter: job.dialect.as_str(),
    };
    match render(own, &context) {
        Ok(rendered) => {
            let (parsed, refused) = parse(&rendered.text, job.dialect);
            read.relations = Some(rendered.relations);
            read.unknown = rendered.unknown;
            read.not_understood = refused.first().map(|refusal| {
                let line = written_line(own, &rendered.text, refusal.line).unwrap_or(1);
                let message = format!(
                    "in the SQL that the Jinja makes (its line {}): {}",
                    refusal.line, refusal.message
                );
                (line, message)
            });
            Some((parsed, refused))
        }
        Err(reason) => {
            read.not_rendered = Some(reason);
            None
        }
    }
}

/// The SQL that dbt made of a template that is not rendered well here, if it made it of the same text.
fn compiled(
    job: &Job<'_>,
    rendered: &Option<(Vec<Parsed>, Vec<Refused>)>,
    read: &mut Read,
) -> Option<Vec<Parsed>> {
    let (manifest, node) = job.compiled.filter(|(_, node)| node.is_of(&job.file.text))?;
    read.template?;
    let (sql, relations) = node.compiled(manifest, relation_word)?;
    let (parsed, refused) = parse(&sql, job.dialect);
    let known = rendered.as_ref().map_or(0, |(parsed, _)| parsed.len());
    if !refused.is_empty() || parsed.is_empty() || parsed.len() < known {
        return None;
    }
    read.relations = Some(relations);
    read.not_rendered = None;
    read.not_understood = None;
    read.unknown.clear();
    read.is_compiled = true;
    Some(parsed)
}

/// The syntax trees of a text whose reading is known.
pub(crate) fn trees(job: &Job<'_>, workspace: &Workspace<'_>, library: &Library) -> Trees {
    read_job(job, workspace, library).1
}
