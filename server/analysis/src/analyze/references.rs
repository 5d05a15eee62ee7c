//! What Jinja in a file refers to, found without rendering it: refs, sources, macros, settings.

use serde_json::Value;

use super::drafts::Drafts;
use crate::jinja::calls::{Call, Literal, calls};
use crate::jinja::lex::{TagKind, tags};
use crate::jinja::mask::relation;
use crate::relation::RelationName;
use crate::{ObjectFact, Target};

/// All calls in the tags of a template.
pub(crate) fn template_calls(text: &str) -> Vec<Call> {
    tags(text)
        .iter()
        .filter(|tag| tag.kind != TagKind::Comment)
        .flat_map(|tag| calls(text, tag.inner_start, tag.inner_end))
        .collect()
}

/// Notes what `object` of `project` refers to.
pub(crate) fn note(drafts: &mut Drafts, object: usize, project: &str, found: &[Call]) {
    let path = drafts.path(object).unwrap_or_default();
    for call in found {
        if let Some(name) = relation(call) {
            drafts.names.needs(&path, last_of(&name));
            if let Some((target, how)) = target(drafts, project, &name) {
                drafts.depend(object, target, how);
            }
            continue;
        }
        let (package, name) = match call.path.as_slice() {
            [(name, _)] => (None, name),
            [(package, _), (name, _)] => (Some(package.as_str()), name),
            _ => continue,
        };
        if call.has_arguments {
            drafts.names.needs(&path, name);
        }
        if call.has_arguments
            && let Some(found) = drafts.resolve_macro(project, package, name)
            && let Some(target) = drafts.target(found)
        {
            drafts.depend(object, target, "macro");
        }
    }
}

/// The part of a relation's name by which footprints know it.
pub(crate) fn last_of(name: &RelationName) -> &str {
    match name {
        RelationName::Ref { name, .. } => name,
        RelationName::Source { table, .. } => table,
        RelationName::Table { parts } => parts.last().map_or("", String::as_str),
        RelationName::ThisFile => "",
    }
}

/// What a name of a relation in `project` stands for, and how that is called. A source that no YAML declares is made
/// an object.
pub(crate) fn target(
    drafts: &mut Drafts,
    project: &str,
    name: &RelationName,
) -> Option<(Target, &'static str)> {
    match name {
        RelationName::Ref { package, name } => {
            let target = match drafts.resolve_ref(project, package.as_deref(), name) {
                Some(found) => drafts.target(found)?,
                // With the project that it names, so that another repository's can be found by it.
                None => Target::Unknown {
                    name: match package {
                        Some(package) => format!("{package}.{name}"),
                        None => name.clone(),
                    },
                },
            };
            Some((target, "ref"))
        }
        RelationName::Source { source, table } if !table.is_empty() => {
            let found = source_object(drafts, project, source, table)?;
            Some((drafts.target(found)?, "source"))
        }
        _ => None,
    }
}

/// The object of a `source()` table.
pub(crate) fn source_object(drafts: &mut Drafts, project: &str, source: &str, table: &str) -> Option<usize> {
    let full_name = format!("{project}.{source}.{table}");
    if let Some(found) = drafts.find("source", &full_name) {
        return Some(found);
    }
    let place = drafts.add(ObjectFact {
        name: table.to_owned(),
        full_name,
        object_type: "source".to_owned(),
        ..ObjectFact::default()
    })?;
    if let Some(draft) = drafts.all.get_mut(place) {
        draft.metadata.set("source", Value::from(source));
        draft.metadata.set("declared", Value::Bool(false));
    }
    Some(place)
}

/// What the `config(…)` calls of a file set, in their order.
pub(crate) fn config(found: &[Call]) -> Vec<(String, Value)> {
    let mut settings = Vec::new();
    for call in found.iter().filter(|call| call.simple() == Some("config")) {
        for argument in &call.arguments {
            match (&argument.name, &argument.value) {
                (Some(name), Some(value)) => settings.push((name.clone(), value.to_json())),
                // `config({'materialized': 'table'})`
                (None, Some(Literal::Map(pairs))) => {
                    settings.extend(pairs.iter().map(|(key, value)| (key.clone(), value.to_json())));
                }
                _ => {}
            }
        }
    }
    settings
}
