//! Lineage as call hierarchy: outgoing calls are what an object is built from, incoming calls what
//! uses it (contract.md, "The language server"). On a column, the same for that column.

use metasync_analysis::{Passes, SymbolKind as Kind};
use metasync_cache::ObjectHit;
use metasync_ide::{ask, catalogue::Target, references::target_at};
use tower_lsp::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, CallHierarchyPrepareParams,
    Range,
};
use uuid::Uuid;

use super::{Backend, convert, definition::place_of, lookup::Lookups, symbols::kind, workspaces::Workspace};

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
        let items: Vec<_> = hits
            .iter()
            .take(1)
            .filter_map(|hit| item(hit, &here.workspace))
            .collect();
        (!items.is_empty()).then_some(items)
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
        let (workspace, hits) = self.neighbours(of, true)?;
        let call = |to| CallHierarchyOutgoingCall {
            to,
            from_ranges: vec![of.selection_range],
        };
        Some(
            hits.iter()
                .filter_map(|hit| item(hit, &workspace))
                .map(call)
                .collect(),
        )
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
        let (workspace, hits) = self.neighbours(of, false)?;
        let call = |from: CallHierarchyItem| {
            let from_ranges = vec![from.selection_range];
            CallHierarchyIncomingCall { from, from_ranges }
        };
        Some(
            hits.iter()
                .filter_map(|hit| item(hit, &workspace))
                .map(call)
                .collect(),
        )
    }

    /// The columns on one side of a column's item; `None` where the item is an object's.
    fn column_neighbours(&self, of: &CallHierarchyItem, upstream: bool) -> Option<Vec<CallHierarchyItem>> {
        let data = of.data.as_ref()?;
        let column = data.get("column")?.as_str()?;
        let id: Uuid = serde_json::from_value(data.get("id")?.clone()).ok()?;
        let workspace = self.workspaces.of_path(&convert::path_of(&of.uri)?)?;
        let view = &workspace.handle.view;
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
            column_item(&hit, &end.column, transformation, &workspace)
        });
        Some(items.collect())
    }

    fn neighbours(&self, of: &CallHierarchyItem, upstream: bool) -> Option<(Workspace, Vec<ObjectHit>)> {
        let path = convert::path_of(&of.uri)?;
        let workspace = self.workspaces.of_path(&path)?;
        let id: Uuid = serde_json::from_value(of.data.clone()?.get("id")?.clone()).ok()?;
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
        let hits = hits.collect();
        Some((workspace, hits))
    }
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
    column_item(&hit, &known.name, known.data_type, &here.workspace)
}

fn column_item(
    hit: &ObjectHit,
    column: &str,
    detail: Option<String>,
    workspace: &Workspace,
) -> Option<CallHierarchyItem> {
    Some(CallHierarchyItem {
        name: format!("{}.{column}", hit.name),
        kind: kind("column"),
        detail,
        data: Some(serde_json::json!({"id": hit.id, "column": column})),
        ..item(hit, workspace)?
    })
}

fn item(hit: &ObjectHit, workspace: &Workspace) -> Option<CallHierarchyItem> {
    let root = &workspace.found.root;
    // an object whose file is not here stands at the workspace's root: it can still be followed
    let (uri, range) = match place_of(hit, root) {
        Some(place) => place,
        None => (convert::uri_of(root)?, Range::default()),
    };
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
        data: Some(serde_json::json!({"id": hit.id})),
    })
}
