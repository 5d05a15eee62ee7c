//! `textDocument/documentSymbol` and `workspace/symbol`.

use metasync_analysis::{Language, OutlineItem, outline};
use tower_lsp::ls_types::{
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Location, OneOf, Range, SymbolInformation,
    SymbolKind, Uri, WorkspaceLocation, WorkspaceSymbol, WorkspaceSymbolResponse,
};

use super::{
    Backend,
    catalogue::Cached,
    convert,
    elsewhere::{self, Places, page_of},
    lookup::Lookups,
    references::beside,
    workspaces::Workspace,
};
use crate::documents::{Encoding, Text};

/// Most symbols in one answer.
const MAX_SYMBOLS: usize = 300;
/// Deepest nesting that is shown.
const MAX_DEPTH: usize = 16;

impl Backend {
    /// The outline of a document.
    pub(super) fn document_symbols(&self, params: &DocumentSymbolParams) -> Option<DocumentSymbolResponse> {
        let uri = &params.text_document.uri;
        let here = self.place(uri)?;
        let text = &here.document.text;
        let items = outline(
            Language::of_path(&here.path),
            &here.path,
            &text.text,
            &here.workspace.handle.view.options(),
        );
        let encoding = self.encoding();
        let tree: Vec<DocumentSymbol> = items.iter().map(|item| symbol(item, text, encoding, 0)).collect();
        if self.offers.read().symbol_tree {
            return Some(DocumentSymbolResponse::Nested(tree));
        }
        let mut flat = Vec::new();
        flatten(&tree, None, uri, &mut flat);
        Some(DocumentSymbolResponse::Flat(flat))
    }

    /// Objects of all open workspaces whose name is like `query`.
    pub(super) async fn workspace_symbols(&self, query: String) -> Option<WorkspaceSymbolResponse> {
        let workspaces = self.workspaces.all();
        let is_resolved = self.offers.read().symbols_resolved;
        beside(move || {
            let all = workspaces.iter();
            let mut symbols: Vec<WorkspaceSymbol> =
                all.flat_map(|w| symbols_of(w, &query, is_resolved)).collect();
            symbols.truncate(MAX_SYMBOLS);
            WorkspaceSymbolResponse::Nested(symbols)
        })
        .await
    }

    /// Where a symbol lies that was listed without its range: the page about it is written now.
    pub(super) async fn resolve_symbol(&self, mut symbol: WorkspaceSymbol) -> WorkspaceSymbol {
        let id = symbol.data.as_ref().and_then(|data| data.as_str()?.parse().ok());
        let Some(id) = id else { return symbol };
        let workspaces = self.workspaces.all();
        let page = beside(move || {
            workspaces.iter().find_map(|workspace| {
                let view = &workspace.handle.view;
                let lookups = Lookups::new(view, "");
                page_of(view, &lookups, &lookups.hit(id)?)
            })
        });
        if let Some((uri, range)) = page.await.flatten() {
            symbol.location = OneOf::Left(Location::new(uri, range));
        }
        symbol
    }
}

fn symbols_of(workspace: &Workspace, query: &str, is_resolved: bool) -> Vec<WorkspaceSymbol> {
    let view = &workspace.handle.view;
    let root = &workspace.found.root;
    let hits = view.ask(|reader| reader.symbols(query, MAX_SYMBOLS));
    let catalogue = Cached::new(view.clone(), root.clone(), String::new());
    let mut places = Places::new(&catalogue);
    let symbol = |hit: metasync_cache::ObjectHit| {
        let mut data = None;
        let location = if is_resolved && catalogue.is_elsewhere(&hit) {
            // its page is made when it is opened
            data = Some(hit.id.to_string().into());
            let uri = convert::uri_of(&elsewhere::path_of(view, &hit)?)?;
            OneOf::Right(WorkspaceLocation { uri })
        } else {
            let (uri, range) = places.or_root(&hit)?;
            OneOf::Left(Location::new(uri, range))
        };
        Some(WorkspaceSymbol {
            kind: kind(&hit.object_type),
            container_name: Some(hit.object_type).filter(|t| !t.is_empty()),
            name: hit.name,
            tags: None,
            location,
            data,
        })
    };
    hits.unwrap_or_default().into_iter().filter_map(symbol).collect()
}

pub(super) fn kind(object_type: &str) -> SymbolKind {
    match object_type {
        "model" | "snapshot" | "table" | "view" | "query" => SymbolKind::CLASS,
        "source" | "seed" => SymbolKind::STRUCT,
        "macro" => SymbolKind::FUNCTION,
        "column" => SymbolKind::FIELD,
        "test" => SymbolKind::METHOD,
        "exposure" | "metric" => SymbolKind::EVENT,
        "cte" => SymbolKind::VARIABLE,
        _ => SymbolKind::OBJECT,
    }
}

#[allow(deprecated)] // the protocol's struct has a field that one must fill
fn symbol(item: &OutlineItem, text: &Text, encoding: Encoding, depth: usize) -> DocumentSymbol {
    let range = text.range(item.range.start, item.range.end, encoding);
    let selection = text.range(item.selection.start, item.selection.end, encoding);
    let inside = selection.start >= range.start && selection.end <= range.end;
    let children: Vec<DocumentSymbol> = if depth < MAX_DEPTH {
        item.children
            .iter()
            .map(|child| symbol(child, text, encoding, depth + 1))
            .collect()
    } else {
        Vec::new()
    };
    DocumentSymbol {
        name: if item.name.trim().is_empty() {
            "(unnamed)".to_owned()
        } else {
            item.name.clone()
        },
        detail: item.detail.clone(),
        kind: kind(&item.kind),
        tags: None,
        deprecated: None,
        range,
        selection_range: if inside {
            selection
        } else {
            Range {
                start: range.start,
                end: range.start,
            }
        },
        children: Some(children).filter(|c| !c.is_empty()),
    }
}

#[allow(deprecated)]
fn flatten(tree: &[DocumentSymbol], container: Option<&str>, uri: &Uri, out: &mut Vec<SymbolInformation>) {
    for node in tree {
        out.push(SymbolInformation {
            name: node.name.clone(),
            kind: node.kind,
            tags: None,
            deprecated: None,
            location: Location::new(uri.clone(), node.range),
            container_name: container.map(str::to_owned),
        });
        flatten(
            node.children.as_deref().unwrap_or_default(),
            Some(&node.name),
            uri,
            out,
        );
    }
}
