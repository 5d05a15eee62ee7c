//! Lineage as call hierarchy: outgoing calls are what an object is built from, incoming calls what
//! uses it (contract.md, "The language server").

use metasync_analysis::{Options, SymbolKind as Kind};
use metasync_cache::ObjectHit;
use metasync_ide::ask;
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
        let hits = match ask(&here.path, &text.text, offset, &Options::default()).map(|s| s.kind) {
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
