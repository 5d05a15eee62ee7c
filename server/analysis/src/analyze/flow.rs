//! Columns followed through all files in their order: what each object's columns are and where they come from.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Workspace;
use super::declare::by_name;
use super::drafts::{Drafts, catalog_name};
use super::memo::{Flow, Memo, key_of};
use super::part::Known;
use super::reading::trees as trees_of;
use super::units::{Outline, Unit};
use crate::dbt::files::stem;
use crate::jinja::mask::mentions_placeholder;
use crate::jinja::render::Library;
use crate::sql::lineage::{Catalog, Kind, Made, Session, TableSchema, Write};
use crate::{ColumnFact, ObjectFact, Target};

/// Columns that dbt adds to every snapshot.
pub(super) const SNAPSHOT_COLUMNS: [&str; 4] =
    ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"];

/// Follows the columns through `units` in `order`; `None` when told to stop.
pub(crate) fn follow(
    workspace: &Workspace<'_>,
    library: &Library,
    units: &mut [Unit<'_>],
    (order, known): (&[usize], &Known),
    drafts: &mut Drafts,
    memo: &mut Memo,
) -> Option<()> {
    let mut catalog = Catalog::default();
    for draft in &drafts.all {
        if matches!(
            draft.fact.object_type.as_str(),
            "model" | "seed" | "snapshot" | "source"
        ) {
            // A source is defined by what dbt saw of it.
            let is_whole =
                draft.fact.object_type == "seed" || draft.fact.object_type == "source" && draft.is_defined;
            let complete = is_whole && !draft.fact.columns.is_empty();
            let schema = define(&mut catalog, &draft.fact, complete);
            if let Some(path) = &draft.fact.path {
                let name = catalog_name(&draft.fact.object_type, &draft.fact.full_name);
                drafts.names.exports(path, &name, &schema);
            }
        }
    }
    for export in &known.exports {
        catalog.define(&export.name, &export.schema());
    }
    for nth in order {
        let Some(unit) = units.get_mut(*nth) else { continue };
        if !workspace.watch.step() {
            return None;
        }
        let key = key_of(&(unit.job.key, &unit.substitutes));
        let before = memo.flows.get(unit.job.place(), key);
        let object = unit.job.declared.map(|part| part.object);
        let run = Run {
            workspace,
            library,
            unit,
            object,
        };
        if let Some(changed) = run.all(before.as_deref().map(Vec::as_slice), &mut catalog, drafts) {
            memo.flows.put(unit.job.place(), key, Arc::new(changed));
        }
        note(unit, drafts);
    }
    Some(())
}

/// Which names a file gives and needs, as its statements mention them.
fn note(unit: &Unit<'_>, drafts: &mut Drafts) {
    let path = &unit.job.file.path;
    for statement in &unit.read.statements {
        if let Some(name) = &statement.provides {
            drafts.names.provides(path, name);
        }
        for name in &statement.reads {
            let name = unit.substitutes.get(name).unwrap_or(name);
            drafts.names.needs(path, name);
        }
    }
}

/// One file on its way through.
struct Run<'r, 'w> {
    workspace: &'r Workspace<'r>,
    library: &'r Library,
    unit: &'r Unit<'w>,
    object: Option<usize>,
}

impl Run<'_, '_> {
    /// Puts what the file's statements make onto their objects. Gives back what is to be remembered, unless that is
    /// what was `known`.
    fn all(&self, known: Option<&[Flow]>, catalog: &mut Catalog, drafts: &mut Drafts) -> Option<Vec<Flow>> {
        // What was asked so far has been of no file.
        let _ = catalog.take_trace();
        let mut queries = 0;
        if let Some(known) = known {
            let mut good = 0;
            for (flow, statement) in known.iter().zip(&self.unit.read.statements) {
                if flow.trace.mixed || !catalog.agrees(&flow.trace) {
                    break;
                }
                catalog.replay(&flow.trace.defined);
                self.note(flow, drafts);
                self.put(&flow.writes, statement, &mut queries, catalog, drafts);
                good += 1;
            }
            let _ = catalog.take_trace();
            if good == self.unit.read.statements.len() {
                return None;
            }
            return Some(self.from(good, &known[..good], &mut queries, catalog, drafts));
        }
        Some(self.from(0, &[], &mut queries, catalog, drafts))
    }

    /// Follows the statements from the `first` on; those before it are known.
    fn from(
        &self,
        first: usize,
        known: &[Flow],
        queries: &mut usize,
        catalog: &mut Catalog,
        drafts: &mut Drafts,
    ) -> Vec<Flow> {
        let unit = self.unit;
        let again;
        let trees = match &unit.trees {
            Some(trees) => trees,
            None => {
                again = trees_of(&unit.job, self.workspace, self.library);
                &again
            }
        };
        let substitutes: HashMap<String, Arc<str>> = unit
            .substitutes
            .iter()
            .map(|(name, known_as)| (name.clone(), Arc::from(known_as.as_str())))
            .collect();
        let mut flows = known.to_vec();
        for (tree, statement) in trees.iter().zip(&unit.read.statements).skip(first) {
            let writes = Session::new(unit.job.dialect, catalog, &substitutes, unit.job.masked).run(tree);
            let trace = catalog.take_trace();
            let flow = Flow { trace, writes };
            self.note(&flow, drafts);
            self.put(&flow.writes, statement, queries, catalog, drafts);
            let _ = catalog.take_trace();
            flows.push(flow);
        }
        flows
    }

    /// Notes what a statement asked of the catalogue of columns, and what it says there.
    fn note(&self, flow: &Flow, drafts: &mut Drafts) {
        let path = &self.unit.job.file.path;
        for (name, _) in &flow.trace.asked {
            drafts.names.needs(path, name);
        }
        for (name, schema) in &flow.trace.defined {
            match schema {
                Some(schema) => drafts.names.exports(path, name, schema),
                None => drafts.names.forgets(path, name),
            }
        }
        for write in &flow.writes {
            drafts.names.provides(path, &write.target);
        }
    }

    /// Puts what one statement makes onto its objects.
    fn put(
        &self,
        writes: &[Write],
        statement: &Outline,
        queries: &mut usize,
        catalog: &mut Catalog,
        drafts: &mut Drafts,
    ) {
        let path = &self.unit.job.file.path;
        let masked = self.unit.job.masked;
        for write in writes {
            if write.made.is_change() {
                if self.object.is_none() {
                    drafts.change(path, write);
                }
                continue;
            }
            let place = match (self.object, write.made) {
                (Some(object), Made::Query) => Some(object),
                (Some(_), _) => None,
                (None, Made::Query) if statement.procedural => None,
                (None, Made::Query) => {
                    *queries += 1;
                    query_object(path, *queries, statement.lines, drafts)
                }
                // A table whose name only Jinja knows.
                (None, _) if masked && mentions_placeholder(&write.target) => None,
                (None, _) => table_object(path, write, statement.lines, drafts),
            };
            let Some(place) = place else { continue };
            let is_model = self.object.is_some();
            record(place, write, is_model, masked, drafts);
            if is_model && let Some(draft) = drafts.all.get(place) {
                let schema = define(catalog, &draft.fact, write.is_complete());
                let name = catalog_name(&draft.fact.object_type, &draft.fact.full_name);
                drafts.names.exports(path, &name, &schema);
            }
        }
    }
}

fn define(catalog: &mut Catalog, fact: &ObjectFact, complete: bool) -> TableSchema {
    let columns = fact
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.data_type.clone()))
        .collect();
    let schema = TableSchema { columns, complete };
    catalog.define(&catalog_name(&fact.object_type, &fact.full_name), &schema);
    schema
}

/// The object of a bare query: named after its file.
fn query_object(path: &str, nth: usize, lines: (u32, u32), drafts: &mut Drafts) -> Option<usize> {
    let stem = stem(path).to_lowercase();
    let name = if nth == 1 { stem } else { format!("{stem}_{nth}") };
    let mut full_name = name.clone();
    if drafts.find("query", &full_name).is_some() {
        // Another file of that name, in another folder.
        let folders = path
            .rsplit_once('/')
            .map_or("", |(folders, _)| folders)
            .replace('/', ".")
            .to_lowercase();
        full_name = format!("{folders}.{name}");
    }
    drafts.add(ObjectFact {
        name,
        full_name,
        object_type: "query".to_owned(),
        path: Some(path.to_owned()),
        line_start: Some(lines.0),
        line_end: Some(lines.1),
        ..ObjectFact::default()
    })
}

/// The object that a statement makes or fills.
fn table_object(path: &str, write: &Write, lines: (u32, u32), drafts: &mut Drafts) -> Option<usize> {
    let kind = match write.made {
        Made::View => "view",
        Made::MaterializedView => "materialized_view",
        _ => "table",
    };
    let defines = write.made != Made::Filled;
    if defines {
        drafts.forget_earlier(path, &write.target, kind != "table");
    }
    if let Some(known) = drafts.by_catalog_name(&write.target) {
        // Filled before it is created: now it is known where.
        if let Some(draft) = drafts.all.get_mut(known)
            && defines
            && !draft.is_defined
            && draft.fact.object_type == "table"
        {
            draft.is_defined = true;
            if kind == "table" {
                draft.fact.path = Some(path.to_owned());
                (draft.fact.line_start, draft.fact.line_end) = (Some(lines.0), Some(lines.1));
            }
        }
        return Some(known);
    }
    let name = write
        .target
        .rsplit('.')
        .next()
        .unwrap_or(&write.target)
        .to_owned();
    let place = drafts.add(ObjectFact {
        name,
        full_name: write.target.clone(),
        object_type: kind.to_owned(),
        path: Some(path.to_owned()),
        line_start: Some(lines.0),
        line_end: Some(lines.1),
        ..ObjectFact::default()
    })?;
    let draft = drafts.all.get_mut(place)?;
    draft.is_defined = defines;
    if write.made == Made::TemporaryTable {
        draft.metadata.set("temporary", Value::Bool(true));
    }
    Some(place)
}

/// Puts what a statement writes onto its object.
fn record(place: usize, write: &Write, is_model: bool, masked: bool, drafts: &mut Drafts) {
    let own = drafts.target(place);
    let mut flows = Vec::new();
    for column in &write.columns {
        for ((table, source_column), kind) in column.origins.iter() {
            if let Some(source) = target(drafts, table, masked) {
                flows.push(((source, source_column.to_string(), column.name.clone()), *kind));
            }
        }
    }
    for table in &write.open {
        if let Some(source) = target(drafts, table, masked) {
            flows.push(((source, "*".to_owned(), "*".to_owned()), Kind::Plain));
        }
    }
    let reads: Vec<Target> = write
        .reads
        .iter()
        .filter_map(|table| target(drafts, table, masked))
        .collect();
    for read in reads {
        drafts.depend(place, read, "table");
    }
    let Some(draft) = drafts.all.get_mut(place) else {
        return;
    };
    for (flow, kind) in flows {
        if is_model && own.as_ref() == Some(&flow.0) {
            // An incremental model that reads itself.
            continue;
        }
        draft
            .lineage
            .entry(flow)
            .and_modify(|known| *known = (*known).max(kind))
            .or_insert(kind);
    }
    if draft.fact.description.is_none() {
        draft.fact.description.clone_from(&write.description);
    }
    columns(draft, write, is_model, !write.is_complete());
}

/// The columns in the order of the SQL, with what is already known about them; those that only YAML knows come last.
/// Metadata tells whether there may be more (`open`), and which ones YAML describes that a model does not make
/// (`missing_columns`): editors warn only of what is sure.
fn columns(draft: &mut super::drafts::Draft, write: &Write, is_model: bool, is_open: bool) {
    let before = std::mem::take(&mut draft.fact.columns);
    let known = by_name(&before);
    let mut columns = Vec::with_capacity(write.columns.len());
    let written = write.columns.iter().map(|column| ColumnFact {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        description: column.description.clone(),
        tests: Vec::new(),
    });
    let added = SNAPSHOT_COLUMNS
        .iter()
        .filter(|_| draft.fact.object_type == "snapshot")
        .map(|name| ColumnFact {
            name: (*name).to_owned(),
            ..ColumnFact::default()
        });
    let first = if is_model { Vec::new() } else { before.clone() };
    for column in first.into_iter().chain(written).chain(added) {
        let key = column.name.to_lowercase();
        let said = known.get(&key);
        columns.push(match said {
            Some(said) => ColumnFact {
                name: if is_model { column.name } else { said.name.clone() },
                data_type: said.data_type.clone().or(column.data_type),
                description: said.description.clone().or(column.description),
                tests: said.tests.clone(),
            },
            None => column,
        });
    }
    if is_open {
        draft.metadata.set("open", true.into());
    } else if is_model {
        let is_made = |name: &str| columns.iter().any(|made| made.name.eq_ignore_ascii_case(name));
        let missing: Vec<&str> = before.iter().map(|column| column.name.as_str()).collect();
        let missing: Vec<&str> = missing.into_iter().filter(|name| !is_made(name)).collect();
        draft.metadata.set("missing_columns", missing.into());
    }
    columns.extend(before.iter().cloned());
    let mut seen = std::collections::HashSet::new();
    columns.retain(|column: &ColumnFact| seen.insert(column.name.to_lowercase()));
    draft.fact.columns = columns;
}

/// The other end of an edge, by the name that the SQL part gives it; `None` for what only Jinja knows.
fn target(drafts: &Drafts, name: &str, masked: bool) -> Option<Target> {
    if let Some(object) = drafts.by_catalog_name(name) {
        return drafts.target(object);
    }
    let is_unknown = masked && mentions_placeholder(name);
    (!is_unknown && !name.is_empty()).then(|| Target::Unknown {
        name: name.to_owned(),
    })
}
