//! Templates rendered in a sandbox that knows dbt's words: no file, no environment variable, no query is touched,
//! and the number of steps is limited.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

use super::blocks::blocks;
use super::calls::{Call, calls};
use super::lex::{TagKind, tags};
use super::objects::{Anything, Relations, Words, register};
use crate::position::RelationName;

/// How many instructions a template may take.
const FUEL: u64 = 400_000;
/// How deep macros may call each other.
const RECURSION_LIMIT: usize = 60;
/// How many macros one template may pull in.
const MAX_MACROS: usize = 200;
/// How large the result may become.
const MAX_OUTPUT_BYTES: usize = 8 * 1024 * 1024;

/// The macros of a workspace, by name.
#[derive(Debug, Default)]
pub(crate) struct Library {
    macros: HashMap<String, Macro>,
    /// Projects, whose macros may be called by `project.macro`.
    projects: BTreeSet<String>,
}

#[derive(Debug)]
struct Macro {
    source: String,
    /// The names that it calls.
    needs: Vec<String>,
}

/// What a template is rendered with.
pub(crate) struct Context<'a> {
    pub(crate) library: &'a Library,
    /// `vars:` of the project file.
    pub(crate) vars: &'a serde_json::Value,
    pub(crate) project: &'a str,
    pub(crate) model: &'a str,
    /// The adapter's name, as `target.type` says it.
    pub(crate) adapter: &'a str,
}

/// A rendered template.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// The relations that names in the text stand for, by number: `relation_word(n)`.
    pub(crate) relations: Vec<RelationName>,
}

/// The name that stands for the `nth` relation in rendered text.
pub(crate) fn relation_word(nth: usize) -> String {
    format!("_metasync_relation_{nth}")
}

impl Library {
    /// Collects macros: (project, name, source of the whole block). The first project's macro of a name counts, the
    /// workspace's own before those of packages.
    pub(crate) fn of(list: &[(String, String, String)], projects: impl IntoIterator<Item = String>) -> Self {
        let mut library = Self {
            projects: projects.into_iter().collect(),
            ..Self::default()
        };
        for (_, name, source) in list {
            let needs = called(source);
            let source = library.prepare(source);
            library
                .macros
                .entry(name.clone())
                .or_insert(Macro { source, needs });
        }
        library
    }

    /// The sources of macros that `names` need, each after those that it needs itself.
    fn closure(&self, names: &[String]) -> String {
        let mut out = String::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut stack: Vec<(&str, usize)> = names.iter().rev().map(|name| (name.as_str(), 0)).collect();
        let mut open: BTreeSet<&str> = BTreeSet::new();
        while let Some((name, at)) = stack.pop() {
            let Some(found) = self.macros.get(name) else {
                continue;
            };
            if done.contains(name) || done.len() >= MAX_MACROS {
                continue;
            }
            open.insert(name);
            match found.needs.get(at) {
                Some(next) => {
                    stack.push((name, at + 1));
                    if !open.contains(next.as_str()) {
                        stack.push((next, 0));
                    }
                }
                None => {
                    done.insert(name);
                    out.push_str(&found.source);
                }
            }
        }
        out
    }

    /// Rewrites what the engine does not know: blocks of dbt, `package.macro(…)`, lists that are appended to.
    fn prepare(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let mut inserts: Vec<(usize, &str)> = Vec::new();
        let mut blank = |start: usize, end: usize| {
            if let Some(range) = bytes.get_mut(start..end) {
                range
                    .iter_mut()
                    .filter(|byte| **byte != b'\n')
                    .for_each(|byte| *byte = b' ');
            }
        };
        for block in blocks(text) {
            match block.kind {
                "snapshot" => {
                    blank(block.span.start, block.body.start);
                    blank(block.body.end, block.span.end);
                }
                "macro" => {}
                _ => blank(block.span.start, block.span.end),
            }
        }
        for tag in tags(text).iter().filter(|tag| tag.kind != TagKind::Comment) {
            for call in calls(text, tag.inner_start, tag.inner_end) {
                if let [(package, span), (name, name_span)] = call.path.as_slice()
                    && self.projects.contains(package)
                    && !name.is_empty()
                {
                    blank(span.start, name_span.start);
                }
            }
            let inner = tag.inner(text);
            if tag.kind == TagKind::Statement
                && tag.keyword(text) == "set"
                && let Some((_, value)) = inner.split_once('=')
                && value.trim_start().starts_with('[')
                && value.trim_end().ends_with(']')
            {
                let start = tag.inner_start + inner.len() - value.trim_start().len();
                inserts.push((start, "_list("));
                inserts.push((tag.inner_start + inner.trim_end().len(), ")"));
            }
        }
        let mut out = String::with_capacity(bytes.len() + inserts.len() * 6);
        let text = String::from_utf8(bytes).unwrap_or_default();
        let mut at = 0;
        for (place, word) in inserts {
            out.push_str(text.get(at..place).unwrap_or(""));
            out.push_str(word);
            at = place;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }
}

/// The names of everything that a template calls.
fn called(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for tag in tags(text).iter().filter(|tag| tag.kind != TagKind::Comment) {
        for call in calls(text, tag.inner_start, tag.inner_end) {
            if let Some((name, _)) = call.path.last().filter(|_| call.has_arguments)
                && !names.contains(name)
            {
                names.push(name.clone());
            }
            // `adapter.dispatch('x')` ends in `default__x`.
            if let Some(name) = dispatched(&call)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    names
}

fn dispatched(call: &Call) -> Option<String> {
    let (name, _) = call.path.last()?;
    (name == "dispatch").then(|| call.text(0).map(|name| format!("default__{name}")))?
}

/// Whether a template needs rendering to be read well: masking is enough for plain `{{ ref('x') }}`.
pub(crate) fn is_worthwhile(text: &str) -> bool {
    tags(text).iter().any(|tag| match tag.kind {
        TagKind::Comment => false,
        TagKind::Statement => !matches!(tag.keyword(text), "snapshot" | "endsnapshot"),
        TagKind::Expression => calls(text, tag.inner_start, tag.inner_end)
            .first()
            .is_none_or(|call| {
                !call
                    .simple()
                    .is_some_and(|name| matches!(name, "ref" | "source" | "this" | "config"))
            }),
    })
}

/// Renders a template; `Err` says why it cannot be done.
pub(crate) fn render(text: &str, context: &Context<'_>) -> Result<Rendered, String> {
    let body = context.library.prepare(text);
    let names = called(text);
    let source = format!("{}{body}", context.library.closure(&names));
    let relations = Arc::new(Relations::default());
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    let words = Words {
        relations: relations.clone(),
        vars: vars(context),
        model: context.model.to_owned(),
        adapter: context.adapter.to_owned(),
    };
    register(&mut environment, &words);
    // Whatever else is called or looked into stands for itself.
    let known: BTreeSet<String> = environment.globals().map(|(name, _)| name.to_owned()).collect();
    for tag in tags(&source).iter().filter(|tag| tag.kind != TagKind::Comment) {
        for call in calls(&source, tag.inner_start, tag.inner_end) {
            let Some((name, _)) = call.path.first() else {
                continue;
            };
            let is_unknown_call =
                call.has_arguments && call.path.len() == 1 && !context.library.macros.contains_key(name);
            let is_package = call.path.len() > 1 && call.has_arguments && is_package_like(&source, name);
            if (is_unknown_call || is_package) && !known.contains(name) {
                environment.add_global(name.clone(), Value::from_object(Anything::new(name)));
            }
        }
    }
    let result = environment
        .render_named_str("model.sql", &source, ())
        .map_err(|error| {
            let line = error.line().unwrap_or(1);
            let detail = error
                .detail()
                .map(str::to_owned)
                .unwrap_or_else(|| error.kind().to_string());
            format!("Jinja not rendered: {detail} (line {line} with its macros)")
        })?;
    if result.len() > MAX_OUTPUT_BYTES {
        return Err("Jinja not rendered: the result is too large".to_owned());
    }
    Ok(Rendered {
        text: result,
        relations: relations.take(),
    })
}

/// Names before a dot that no `set`, `for` or argument of this text makes.
fn is_package_like(source: &str, name: &str) -> bool {
    !["set ", "for ", "(", ", "].iter().any(|before| {
        [" ", "=", ",", ")"]
            .iter()
            .any(|after| source.contains(&format!("{before}{name}{after}")))
    })
}

/// The variables of a project: its own section over the general ones.
fn vars(context: &Context<'_>) -> BTreeMap<String, serde_json::Value> {
    let mut vars = BTreeMap::new();
    if let Some(all) = context.vars.as_object() {
        for (key, value) in all {
            vars.insert(key.clone(), value.clone());
        }
        if let Some(own) = all.get(context.project).and_then(serde_json::Value::as_object) {
            for (key, value) in own {
                vars.insert(key.clone(), value.clone());
            }
        }
    }
    vars
}
