//! Templates rendered in a sandbox that knows dbt's words: no file, no environment variable, no query is touched,
//! and the number of steps is limited.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use super::bounds::{Bounded, Budget};
use super::calls::{Call, calls};
use super::lex::{TagKind, tags};
use super::objects::{Anything, Relations, Words, register};
use super::prepare::prepare;
use super::returns;
use crate::relation::RelationName;

/// How many instructions a template may take.
const FUEL: u64 = 100_000;
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
    /// The names of the macros.
    names: BTreeSet<String>,
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

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotRendered {
    /// The line of the template, from 1; 1 where a macro fails.
    pub(crate) line: u32,
    pub(crate) reason: String,
}

/// A rendered template.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// The relations that names in the text stand for, by number: `relation_word(n)`.
    pub(crate) relations: Vec<RelationName>,
    /// Macros that the template itself calls and that nobody defines: name as written, line in the template.
    pub(crate) unknown: Vec<(String, u32)>,
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
        let names: BTreeSet<String> = list.iter().map(|(_, name, _)| name.clone()).collect();
        for (_, name, source) in list {
            let needs = called(source);
            let source = prepare(source, &library.projects, &names);
            library
                .macros
                .entry(name.clone())
                .or_insert(Macro { source, needs });
        }
        library.names = names;
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
            if let Some(name) = dispatched(&call) {
                for prefix in DISPATCHED.iter().chain(&["default"]) {
                    let name = format!("{prefix}__{name}");
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
    }
    names
}

fn dispatched(call: &Call) -> Option<String> {
    let (name, _) = call.path.last()?;
    (name == "dispatch").then(|| call.text(0).map(str::to_owned))?
}

/// Adapters whose own macros are chosen over the default ones.
const DISPATCHED: [&str; 13] = [
    "athena",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "mysql",
    "postgres",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "trino",
    "tsql",
];

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
pub(crate) fn render(text: &str, context: &Context<'_>) -> Result<Rendered, NotRendered> {
    let library = context.library;
    let body = prepare(text, &library.projects, &library.names);
    let names = called(text);
    let mut source = context.library.closure(&names);
    if !source.is_empty() {
        // The template begins a line, and nothing is printed above it.
        source.push_str("{#\n#}");
    }
    let above = source.matches('\n').count();
    source.push_str(&body);
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
    let budget = Budget::new(MAX_OUTPUT_BYTES);
    budget.watch(&mut environment);
    returns::register(&mut environment);
    let mut result = Bounded::new(MAX_OUTPUT_BYTES);
    environment
        .template_from_named_str("model.sql", &source)
        .and_then(|template| template.render_captured_to((), &mut result).map(drop))
        .map_err(|error| match result.is_full() || budget.is_spent() {
            true => NotRendered {
                line: 1,
                reason: format!("what it makes is larger than {MAX_OUTPUT_BYTES} bytes"),
            },
            false => not_rendered(&error, above),
        })?;
    Ok(Rendered {
        text: result.into_text(),
        relations: relations.take(),
        unknown: unknown_macros(text, &source, context, &known),
    })
}

/// What the engine says, by the line of the template, which has `above` lines of macros above it.
fn not_rendered(error: &minijinja::Error, above: usize) -> NotRendered {
    let detail = match error.kind() {
        ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    let line = error.line().map_or(1, |line| line.saturating_sub(above));
    match u32::try_from(line) {
        Ok(line) if line > 0 => NotRendered { line, reason: detail },
        _ => NotRendered {
            line: 1,
            reason: format!("{detail} (in a macro that it calls)"),
        },
    }
}

/// The macros that a template calls by a bare name and that neither a file nor dbt nor the engine defines. Those of
/// packages are not among them: a package that is not installed is nothing that its users can change in the file.
fn unknown_macros(
    text: &str,
    source: &str,
    context: &Context<'_>,
    known: &BTreeSet<String>,
) -> Vec<(String, u32)> {
    let lines = crate::lines::Lines::of(text);
    let mut found: Vec<(String, u32)> = Vec::new();
    for tag in tags(text).iter().filter(|tag| tag.kind != TagKind::Comment) {
        if tag.kind == TagKind::Statement && matches!(tag.keyword(text), "macro" | "snapshot" | "test") {
            continue;
        }
        for call in calls(text, tag.inner_start, tag.inner_end) {
            let [(name, span)] = call.path.as_slice() else {
                continue;
            };
            let before = text.get(tag.inner_start..span.start).unwrap_or("");
            // A filter or a method of something.
            let is_part = before.trim_end().ends_with(['|', '.']);
            let is_defined = context.library.macros.contains_key(name)
                || known.contains(name)
                || DBT_MACROS.contains(&name.as_str())
                || !is_package_like(source, name);
            if call.has_arguments && !is_part && !is_defined && !found.iter().any(|(seen, _)| seen == name) {
                found.push((name.clone(), lines.line(span.start)));
            }
        }
    }
    found
}

/// Macros and words that dbt itself brings along and that are called by their bare names.
const DBT_MACROS: [&str; 62] = [
    "alter_column_type",
    "any_value",
    "array_append",
    "array_concat",
    "array_construct",
    "bool_or",
    "caller",
    "cast_bool_to_text",
    "concat",
    "convert_datetime",
    "create_schema",
    "current_timestamp",
    "date",
    "date_spine",
    "date_trunc",
    "dateadd",
    "datediff",
    "dates_in_range",
    "dispatch",
    "drop_relation",
    "drop_schema",
    "escape_single_quotes",
    "except",
    "fromjson",
    "fromyaml",
    "generate_alias_name",
    "generate_database_name",
    "generate_schema_name",
    "generate_series",
    "get_columns_in_query",
    "get_columns_in_relation",
    "get_intervals_between",
    "hash",
    "intersect",
    "last_day",
    "length",
    "listagg",
    "local_md5",
    "metric",
    "noop_statement",
    "partition_range",
    "position",
    "py_current_timestring",
    "replace",
    "right",
    "safe_cast",
    "safe_offset",
    "set_strict",
    "split_part",
    "string_literal",
    "super",
    "toyaml",
    "try_or_compiler_error",
    "type_bigint",
    "type_boolean",
    "type_float",
    "type_int",
    "type_numeric",
    "type_string",
    "type_timestamp",
    "zip_strict",
    "local_tz_offset",
];

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
