//! Lineage as call hierarchy: outgoing calls are what an object is built from, incoming calls what
//! uses it (contract.md, "The language server"). On a column, the same for that column.

use std::path::Path;

use metasync_analysis::{Passes, SymbolKind as Kind};
use metasync_cache::ObjectHit;
use metasync_ide::{ask, catalogue::Target, references::target_at};
use tower_lsp::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, CallHierarchyPrepareParams,
    Range,
};
use uuid::Uuid;

use super::{
    Backend, catalogue::Cached, elsewhere::Places, lookup::Lookups, symbols::kind, workspaces::Workspace,
};

/// The field of an item's data that names its workspace.
const ROOT: &str = "root";

impl Backend {
    /// The object at a position; on no name, the object that the file defines.
    pub(super) fn prepare_calls(
        &self,
        params: &CallHierarchyPrepareParams,
    ) -> Option<Vec<CallHierarchyItem>> {
        let at = &params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let text = &here.document.text;
        let offset = text.offset(at.position, self.encoding());
        let lookups = Lookups::new(&here.workspace.handle.view, &here.path);
        if let Some(item) = column_at(&here, offset) {
            return Some(vec![item]);
        }
        let hits = match ask(
            &here.path,
            &text.text,
            offset,
            &here.workspace.handle.view.options(),
        )
        .map(|s| s.kind)
        {
            Some(Kind::Relation(name)) => lookups.relation(&name),
            Some(Kind::Macro { package, name }) => lookups.macros(package.as_deref(), &name),
            _ => lookups.relation(&metasync_analysis::RelationName::ThisFile),
        };
        let catalogue = here.catalogue();
        let item = item(hits.first()?, &mut Places::new(&catalogue))?;
        Some(vec![item])
    }

    /// What an item is built from.
    pub(super) fn outgoing(&self, of: &CallHierarchyItem) -> Option<Vec<CallHierarchyOutgoingCall>> {
        if let Some(ends) = self.column_neighbours(of, true) {
            let call = |to| CallHierarchyOutgoingCall {
                to,
                from_ranges: vec![of.selection_range],
            };
            return Some(ends.into_iter().map(call).collect());
        }
        let call = |to| CallHierarchyOutgoingCall {
            to,
            from_ranges: vec![of.selection_range],
        };
        Some(self.neighbours(of, true)?.into_iter().map(call).collect())
    }

    /// What uses an item.
    pub(super) fn incoming(&self, of: &CallHierarchyItem) -> Option<Vec<CallHierarchyIncomingCall>> {
        if let Some(ends) = self.column_neighbours(of, false) {
            let call = |from: CallHierarchyItem| {
                let from_ranges = vec![from.selection_range];
                CallHierarchyIncomingCall { from, from_ranges }
            };
            return Some(ends.into_iter().map(call).collect());
        }
        let call = |from: CallHierarchyItem| {
            let from_ranges = vec![from.selection_range];
            CallHierarchyIncomingCall { from, from_ranges }
        };
        Some(self.neighbours(of, false)?.into_iter().map(call).collect())
    }

    /// The columns on one side of a column's item; `None` where the item is an object's.
    fn column_neighbours(&self, of: &CallHierarchyItem, upstream: bool) -> Option<Vec<CallHierarchyItem>> {
        let data = of.data.as_ref()?;
        let column = data.get("column")?.as_str()?;
        let id: Uuid = serde_json::from_value(data.get("id")?.clone()).ok()?;
        let workspace = self.workspace_of(of)?;
        let view = &workspace.handle.view;
        let catalogue = of_workspace(&workspace);
        let mut places = Places::new(&catalogue);
        let lineage = view
            .ask(|reader| reader.column_lineage(id, column))
            .unwrap_or_default();
        let ends = if upstream {
            lineage.sources
        } else {
            lineage.targets
        };
        let items = ends.into_iter().filter_map(|end| {
            let id = end.object?;
            let hit = view.ask(|reader| reader.object(id)).flatten()?;
            let transformation = Some(end.transformation).filter(|t| !t.is_empty());
            column_item(&hit, &end.column, transformation, &mut places)
        });
        Some(items.collect())
    }

    fn neighbours(&self, of: &CallHierarchyItem, upstream: bool) -> Option<Vec<CallHierarchyItem>> {
        let workspace = self.workspace_of(of)?;
        let id: Uuid = serde_json::from_value(of.data.as_ref()?.get("id")?.clone()).ok()?;
        let view = &workspace.handle.view;
        let facts = view.ask(|reader| reader.facts(id))??;
        let ids = if upstream {
            facts.upstream
        } else {
            facts.downstream
        };
        let hits = ids
            .iter()
            .filter_map(|n| n.id)
            .filter_map(|id| view.ask(|reader| reader.object(id))?);
        let catalogue = of_workspace(&workspace);
        let mut places = Places::new(&catalogue);
        Some(hits.filter_map(|hit| item(&hit, &mut places)).collect())
    }

    /// The workspace that an item was asked for in: what it stands for may lie in another repository.
    fn workspace_of(&self, item: &CallHierarchyItem) -> Option<Workspace> {
        let root = item.data.as_ref()?.get(ROOT)?.as_str()?;
        self.workspaces.of_path(Path::new(root))
    }
}

/// The catalogue for what no document asks.
fn of_workspace(workspace: &Workspace) -> Cached {
    Cached::new(
        workspace.handle.view.clone(),
        workspace.found.root.clone(),
        String::new(),
    )
}

/// The column that stands at an offset, if it is one of the catalogue.
fn column_at(here: &super::server::Place, offset: usize) -> Option<CallHierarchyItem> {
    let (one, targets) = target_at(&here.file(), offset, &here.catalogue())?;
    if !one.symbol.span.contains(offset) {
        return None;
    }
    // the file's own column where it makes one, else the one that it names
    let own = if one.passes == Passes::ToFile {
        targets.last()
    } else {
        targets.first()
    };
    let Some(Target::Column(id, column)) = own else {
        return None;
    };
    let view = &here.workspace.handle.view;
    let hit = view.ask(|reader| reader.object(*id)).flatten()?;
    let columns = view.ask(|reader| reader.columns_of(*id)).unwrap_or_default();
    let known = columns
        .into_iter()
        .find(|known| known.name.eq_ignore_ascii_case(column))?;
    let catalogue = here.catalogue();
    column_item(&hit, &known.name, known.data_type, &mut Places::new(&catalogue))
}

fn column_item(
    hit: &ObjectHit,
    column: &str,
    detail: Option<String>,
    places: &mut Places<'_>,
) -> Option<CallHierarchyItem> {
    let of = item(hit, places)?;
    let mut data = of.data.clone()?;
    data["column"] = column.into();
    Some(CallHierarchyItem {
        name: format!("{}.{column}", hit.name),
        kind: kind("column"),
        detail,
        data: Some(data),
        ..of
    })
}

fn item(hit: &ObjectHit, places: &mut Places<'_>) -> Option<CallHierarchyItem> {
    let (uri, range) = places.or_root(hit)?;
    Some(CallHierarchyItem {
        name: hit.name.clone(),
        kind: kind(&hit.object_type),
        tags: None,
        detail: Some(hit.object_type.clone()),
        uri,
        range,
        selection_range: Range {
            start: range.start,
            end: range.start,
        },
        data: Some(serde_json::json!({"id": hit.id, ROOT: places.root()})),
    })
}
