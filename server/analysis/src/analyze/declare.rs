//! What dbt's files declare: models, seeds, snapshots, sources, macros, exposures, and what YAML says about them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Workspace;
use super::drafts::Drafts;
use super::memo::{Memo, key_of};
use super::references;
use crate::dbt::docs::{self, Docs};
use crate::dbt::files::{Role, below, role, stem};
use crate::dbt::project::Project;
use crate::dbt::properties::{self, Properties};
use crate::dbt::seed;
use crate::jinja::blocks::{Block, blocks};
use crate::lines::Lines;
use crate::span::Span;
use crate::{ColumnFact, Language, ObjectFact, SourceFile};

/// A file, or part of one, whose SQL belongs to an object of dbt.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) file: usize,
    pub(crate) project: usize,
    pub(crate) object: usize,
    pub(crate) role: Role,
    /// The part of the file that holds the SQL.
    pub(crate) body: Span,
}

/// What declaring leaves for the steps behind it.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    pub(crate) sql: Vec<Declared>,
    /// Files that belong to a dbt project, by their number.
    pub(crate) claimed: Vec<bool>,
    /// The macros of all projects, as written, with the project's name.
    pub(crate) macros: Vec<(String, String, String)>,
}

/// Declares everything that does not need SQL to be read.
pub(crate) fn declare(workspace: &Workspace<'_>, drafts: &mut Drafts, memo: &mut Memo) -> Declarations {
    let mut out = Declarations {
        claimed: vec![false; workspace.files.len()],
        ..Declarations::default()
    };
    let mut docs = vec![Docs::new(); workspace.projects.len()];
    let mut yaml = Vec::new();
    for (nth, file) in workspace.files.iter().enumerate() {
        let Some((owner, role, project)) = role(&workspace.projects, &file.path) else {
            continue;
        };
        out.claimed[nth] = true;
        match role {
            Role::Docs => docs::collect(&file.text, &mut docs[owner]),
            Role::Properties => yaml.push((owner, *file)),
            Role::Seed => declare_seed(project, file, drafts),
            Role::Macro => declare_macros(project, file, drafts, &mut out),
            Role::Snapshot => declare_snapshots(project, (nth, owner), file, drafts, &mut out),
            Role::Model | Role::Test | Role::Analysis => {
                let kind = match role {
                    Role::Model => "model",
                    Role::Test => "test",
                    _ => "analysis",
                };
                let lines = Lines::of(&file.text);
                let fact = object(project, kind, stem(&file.path), file, (1, lines.last()));
                let Some(object) = drafts.add(fact) else { continue };
                if role == Role::Model {
                    drafts.publish(&project.name, stem(&file.path), object);
                }
                out.sql.push(Declared {
                    file: nth,
                    project: owner,
                    object,
                    role,
                    body: Span::new(0, file.text.len()),
                });
            }
        }
    }
    let mut entries = Vec::new();
    for (owner, file) in yaml {
        let key = key_of(&file.text);
        let read = memo.properties.get(file.path.clone(), key).unwrap_or_else(|| {
            let read = Arc::new(properties::read(&file.text));
            memo.properties.put(file.path.clone(), key, read.clone());
            read
        });
        if let Some((line, message)) = &read.1 {
            drafts.problem(&file.path, *line, format!("YAML not understood: {message}"));
        }
        entries.push((owner, file, read));
    }
    let entries: Vec<_> = entries
        .iter()
        .flat_map(|(owner, file, read)| read.0.iter().map(move |properties| (*owner, *file, properties)))
        .collect();
    for (owner, file, properties) in &entries {
        drafts.names.provides(&file.path, &properties.name);
        declare_from_yaml(
            &workspace.projects[*owner],
            file,
            properties,
            &docs[*owner],
            drafts,
        );
    }
    settings(workspace, &out, drafts, memo);
    let measures: HashMap<&str, &str> = entries
        .iter()
        .filter(|(_, _, properties)| properties.kind == "semantic_model")
        .flat_map(|(_, _, properties)| {
            properties
                .measures()
                .map(|measure| (measure, properties.name.as_str()))
        })
        .collect();
    for (owner, _, properties) in &entries {
        link(&workspace.projects[*owner], properties, &measures, drafts);
    }
    out
}

fn object(project: &Project, kind: &str, name: &str, file: &SourceFile, lines: (u32, u32)) -> ObjectFact {
    ObjectFact {
        name: name.to_owned(),
        full_name: format!("{}.{name}", project.name),
        object_type: kind.to_owned(),
        path: Some(file.path.clone()),
        line_start: Some(lines.0),
        line_end: Some(lines.1),
        ..ObjectFact::default()
    }
}

fn declare_seed(project: &Project, file: &SourceFile, drafts: &mut Drafts) {
    let name = stem(&file.path);
    let mut fact = object(project, "seed", name, file, (1, Lines::of(&file.text).last()));
    let delimiter = if file.path.ends_with(".tsv") { b'\t' } else { b',' };
    match seed::columns(&file.text, delimiter) {
        Ok(columns) => fact.columns = columns,
        Err((line, message)) => drafts.problem(&file.path, line, message),
    }
    if let Some(object) = drafts.add(fact) {
        drafts.publish(&project.name, name, object);
        let inside = below(
            &project.seed_paths,
            project.inside(&file.path).unwrap_or(&file.path),
        );
        if let Some(types) = project.map_setting("seeds", inside, "column_types") {
            seed_types(object, types, drafts);
        }
    }
}

fn declare_macros(project: &Project, file: &SourceFile, drafts: &mut Drafts, out: &mut Declarations) {
    let lines = Lines::of(&file.text);
    for block in blocks(&file.text) {
        let name = match block.kind {
            "macro" => block.name.clone(),
            "test" => format!("test_{}", block.name),
            _ => continue,
        };
        let source = file.text.get(block.span.start..block.span.end).unwrap_or("");
        if block.kind == "macro" {
            out.macros
                .push((project.name.clone(), name.clone(), source.to_owned()));
        }
        let fact = object(project, "macro", &name, file, range(&block, &lines));
        let Some(object) = drafts.add(fact) else { continue };
        if let Some(draft) = drafts.all.get_mut(object) {
            let arguments = block
                .arguments
                .iter()
                .map(|name| serde_json::json!({ "name": name }))
                .collect();
            draft.metadata.set("arguments", arguments);
        }
        drafts.publish_macro(&project.name, &name, object);
    }
}

fn range(block: &Block, lines: &Lines) -> (u32, u32) {
    (
        lines.line(block.span.start),
        lines.line(block.span.end.saturating_sub(1)),
    )
}

fn declare_snapshots(
    project: &Project,
    place: (usize, usize),
    file: &SourceFile,
    drafts: &mut Drafts,
    out: &mut Declarations,
) {
    let lines = Lines::of(&file.text);
    for block in blocks(&file.text)
        .into_iter()
        .filter(|block| block.kind == "snapshot")
    {
        let fact = object(project, "snapshot", &block.name, file, range(&block, &lines));
        let Some(object) = drafts.add(fact) else { continue };
        drafts.publish(&project.name, &block.name, object);
        out.sql.push(Declared {
            file: place.0,
            project: place.1,
            object,
            role: Role::Snapshot,
            body: block.body,
        });
    }
}

fn declare_from_yaml(
    project: &Project,
    file: &SourceFile,
    entry: &Properties,
    docs: &Docs,
    drafts: &mut Drafts,
) {
    let lines = (entry.line_start, entry.line_end);
    let object = match entry.kind {
        "source" => {
            let group = entry.group.as_deref().unwrap_or("");
            let mut fact = object(project, "source", &entry.name, file, lines);
            fact.full_name = format!("{}.{group}.{}", project.name, entry.name);
            let Some(object) = drafts.add(fact) else { return };
            if let Some(draft) = drafts.all.get_mut(object) {
                draft.metadata.set("source", Value::from(group));
                let parent = |key: &str| entry.parent.get(key).cloned().unwrap_or(Value::Null);
                let about = entry
                    .parent
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or("");
                draft
                    .metadata
                    .set("source_description", docs::expand(about, docs).into());
                for key in [
                    "database",
                    "schema",
                    "loader",
                    "meta",
                    "loaded_at_field",
                    "freshness",
                ] {
                    draft.metadata.set(key, parent(key));
                }
                draft.metadata.add("tags", &parent("tags"));
            }
            object
        }
        "exposure" | "metric" | "semantic_model" | "saved_query" | "unit_test" | "group" => {
            let Some(object) = drafts.add(object(project, entry.kind, &entry.name, file, lines)) else {
                return;
            };
            object
        }
        "snapshot"
            if drafts
                .find("snapshot", &format!("{}.{}", project.name, entry.name))
                .is_none() =>
        {
            // A snapshot that only YAML defines.
            let Some(object) = drafts.add(object(project, "snapshot", &entry.name, file, lines)) else {
                return;
            };
            drafts.publish(&project.name, &entry.name, object);
            object
        }
        kind => {
            let versions = entry.versions();
            drafts.publish_versions(entry, &versions);
            for (version, name, own) in versions {
                let Some(object) = drafts.find(kind, &format!("{}.{name}", project.name)) else {
                    continue;
                };
                describe(object, &entry.of_version(own), docs, drafts);
                if let Some(draft) = drafts.all.get_mut(object) {
                    draft.metadata.set("version", version.into());
                }
            }
            if let Some(object) = drafts.find(kind, &format!("{}.{}", project.name, entry.name)) {
                describe(object, entry, docs, drafts);
                if kind == "seed"
                    && let Some(types) = entry.setting("column_types").and_then(Value::as_object)
                {
                    seed_types(object, types, drafts);
                }
            }
            return;
        }
    };
    describe(object, entry, docs, drafts);
}

/// Puts the types that dbt is told to give a seed's columns over those that its rows look like.
fn seed_types(object: usize, types: &serde_json::Map<String, Value>, drafts: &mut Drafts) {
    let columns = drafts.all.get_mut(object).map(|draft| &mut draft.fact.columns);
    for column in columns.into_iter().flatten() {
        let told = types
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        if let Some(told) = told.and_then(|(_, told)| told.as_str()) {
            column.data_type = Some(told.to_lowercase());
        }
    }
}

/// Puts what YAML says onto an object.
fn describe(object: usize, entry: &Properties, docs: &Docs, drafts: &mut Drafts) {
    let Some(draft) = drafts.all.get_mut(object) else {
        return;
    };
    if let Some(text) = entry.text("description") {
        draft.fact.description = Some(docs::expand(text, docs));
    }
    for key in [
        "materialized",
        "meta",
        "access",
        "group",
        "schema",
        "database",
        "alias",
        "identifier",
        "loader",
        "freshness",
        "contract",
        "label",
        "type",
        "owner",
        "url",
        "maturity",
        "versions",
        "latest_version",
        "primary_entity",
        "defaults",
        "enabled",
        "unique_key",
        "strategy",
        "updated_at",
        "docs",
    ] {
        if let Some(value) = entry.setting(key) {
            draft.metadata.set(key, value.clone());
        }
    }
    draft
        .metadata
        .add("tags", entry.value.get("tags").unwrap_or(&Value::Null));
    draft.metadata.add(
        "tags",
        entry
            .value
            .get("config")
            .and_then(|config| config.get("tags"))
            .unwrap_or(&Value::Null),
    );
    draft
        .metadata
        .set("tests", properties::tests(&entry.value).into());
    if entry.kind == "macro"
        && let Some(arguments) = entry.value.get("arguments")
    {
        draft.metadata.set("arguments", arguments.clone());
    }
    for (name, column) in entry.columns() {
        let said = ColumnFact {
            name: name.to_owned(),
            data_type: column.get("data_type").and_then(Value::as_str).map(str::to_owned),
            description: column
                .get("description")
                .and_then(Value::as_str)
                .map(|text| docs::expand(text, docs))
                .filter(|text| !text.is_empty()),
            tests: properties::tests(column),
        };
        match draft
            .fact
            .columns
            .iter_mut()
            .find(|known| known.name.eq_ignore_ascii_case(name))
        {
            Some(known) => {
                known.data_type = said.data_type.or_else(|| known.data_type.take());
                known.description = said.description.or_else(|| known.description.take());
                known.tests.extend(said.tests);
            }
            None => draft.fact.columns.push(said),
        }
    }
}

/// What `config()` in the file and `dbt_project.yml` say, the first over the second.
fn settings(workspace: &Workspace<'_>, out: &Declarations, drafts: &mut Drafts, memo: &mut Memo) {
    for declared in &out.sql {
        let Some(file) = workspace.files.get(declared.file) else {
            continue;
        };
        let project = &workspace.projects[declared.project];
        let text = file
            .text
            .get(declared.body.start..declared.body.end)
            .unwrap_or("");
        let place = (file.path.clone(), declared.body.start);
        let key = key_of(text);
        let found = memo.calls.get(place.clone(), key).unwrap_or_else(|| {
            let found = Arc::new(if Language::of_path(&file.path) == Language::Python {
                crate::jinja::calls::calls(text, 0, text.len())
            } else {
                references::template_calls(text)
            });
            memo.calls.put(place, key, found.clone());
            found
        });
        references::note(drafts, declared.object, &project.name, &found);
        let (kind, folders) = match declared.role {
            Role::Snapshot => ("snapshots", &project.snapshot_paths),
            Role::Model => ("models", &project.model_paths),
            _ => continue,
        };
        let inside = below(folders, project.inside(&file.path).unwrap_or(&file.path));
        let own = references::config(&found);
        let Some(draft) = drafts.all.get_mut(declared.object) else {
            continue;
        };
        for key in ["materialized", "schema", "meta", "enabled"] {
            if let Some(value) = project.setting(kind, inside, key)
                && !draft.metadata.has(key)
            {
                draft.metadata.set(key, value.clone());
            }
        }
        draft.metadata.add(
            "tags",
            project.setting(kind, inside, "tags").unwrap_or(&Value::Null),
        );
        for (key, value) in own {
            match key.as_str() {
                "tags" => draft.metadata.add("tags", &value),
                "pre_hook" | "post_hook" | "sql_header" => {}
                _ => draft.metadata.set(&key, value),
            }
        }
        if declared.role == Role::Model && !draft.metadata.has("materialized") {
            draft.metadata.set("materialized", Value::from("view"));
        }
    }
}

/// `depends_on` and the like of things that only YAML defines.
fn link(project: &Project, entry: &Properties, measures: &HashMap<&str, &str>, drafts: &mut Drafts) {
    if !matches!(
        entry.kind,
        "exposure" | "metric" | "semantic_model" | "saved_query" | "snapshot" | "unit_test"
    ) {
        return;
    }
    let Some(object) = drafts.find(entry.kind, &format!("{}.{}", project.name, entry.name)) else {
        return;
    };
    let calls = entry.calls();
    references::note(drafts, object, &project.name, &calls);
    // A unit test names its model without `ref`.
    if entry.kind == "unit_test"
        && let Some(model) = entry.text("model")
        && let Some(found) = drafts.resolve_ref(&project.name, None, model)
        && let Some(target) = drafts.target(found)
    {
        drafts.depend(object, target, "ref");
    }
    let named = calls.iter().filter(|call| call.simple() == Some("metric"));
    let named = named.filter_map(|call| call.text(0).map(str::to_owned));
    for name in entry.inputs().into_iter().chain(named) {
        let found = drafts
            .find("metric", &format!("{}.{name}", project.name))
            .or_else(|| {
                let model = measures.get(name.as_str())?;
                drafts.find("semantic_model", &format!("{}.{model}", project.name))
            });
        if let Some(target) = found.and_then(|found| drafts.target(found)) {
            drafts.depend(object, target, "metric");
        }
    }
}

/// Columns by their lower-case names, for merging.
pub(crate) fn by_name(columns: &[ColumnFact]) -> HashMap<String, &ColumnFact> {
    columns
        .iter()
        .map(|column| (column.name.to_lowercase(), column))
        .collect()
}
