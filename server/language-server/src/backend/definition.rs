//! `textDocument/definition`: to the file of a model, seed, source or macro; to a column's object;
//! to a CTE of this file; to a page about what another repository has.

use std::path::Path;

use metasync_analysis::SymbolKind;
use metasync_cache::ObjectHit;
use metasync_ide::ask;
use tower_lsp::ls_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Location, LocationLink, Position, Range, Uri,
};

use super::{Backend, convert, elsewhere::page_of, lookup::Lookups};

impl Backend {
    /// Where the thing at a position is defined.
    pub(super) fn definition_at(&self, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        let at = &params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        let text = &here.document.text;
        let symbol = ask(
            &here.path,
            &text.text,
            text.offset_within(at.position, encoding)?,
            &here.workspace.handle.view.options(),
        )?;
        let lookups = Lookups::new(&here.workspace.handle.view, &here.path);
        let found = match &symbol.kind {
            SymbolKind::Relation(name) => lookups.relation(name),
            SymbolKind::Macro { package, name } => lookups.macros(package.as_deref(), name),
            SymbolKind::Column {
                column,
                candidates,
                origins,
                ..
            } => {
                let owners = candidates
                    .iter()
                    .cloned()
                    .map(|r| (r, column.clone()))
                    .chain(origins.iter().cloned());
                owners
                    .filter_map(|(relation, column)| lookups.column(std::slice::from_ref(&relation), &column))
                    .flat_map(|facts| lookups.hit(facts.object.id))
                    .take(1)
                    .collect()
            }
            SymbolKind::Test { id } => lookups.tests(id),
            SymbolKind::Cte { span, .. } => {
                let range = text.range(span.start, span.end, encoding);
                return Some(GotoDefinitionResponse::Scalar(Location::new(
                    at.text_document.uri.clone(),
                    range,
                )));
            }
            _ => Vec::new(),
        };
        let root = &here.workspace.found.root;
        let catalogue = here.catalogue();
        let hits = found.iter().filter(|hit| catalogue.is_here(hit));
        let mut targets: Vec<(Uri, Range)> = hits.filter_map(|hit| place_of(hit, root)).collect();
        if targets.is_empty() {
            let view = &here.workspace.handle.view;
            let elsewhere = found.iter().filter(|hit| catalogue.is_elsewhere(hit));
            targets = elsewhere
                .filter_map(|hit| page_of(view, &lookups, hit))
                .take(1)
                .collect();
        }
        if targets.is_empty() {
            return None;
        }
        let origin = text.range(symbol.span.start, symbol.span.end, encoding);
        Some(if self.offers.read().definition_links {
            let link = |(uri, range): (Uri, Range)| LocationLink {
                origin_selection_range: Some(origin),
                target_uri: uri,
                target_range: range,
                target_selection_range: Range {
                    start: range.start,
                    end: range.start,
                },
            };
            GotoDefinitionResponse::Link(targets.into_iter().map(link).collect())
        } else {
            GotoDefinitionResponse::Array(
                targets
                    .into_iter()
                    .map(|(uri, range)| Location::new(uri, range))
                    .collect(),
            )
        })
    }
}

/// Where an object lies in the workspace; `None` if its file is not here.
pub(super) fn place_of(hit: &ObjectHit, root: &Path) -> Option<(Uri, Range)> {
    let path = root.join(hit.path.as_deref()?);
    // what a hub says is a path stays below the root
    let inside = path
        .components()
        .all(|c| !matches!(c, std::path::Component::ParentDir))
        && path.starts_with(root);
    if !inside || !path.is_file() {
        return None;
    }
    let line = |line: Option<u32>| Position {
        line: line.unwrap_or(1).saturating_sub(1),
        character: 0,
    };
    let start = line(hit.line_start);
    Some((
        convert::uri_of(&path)?,
        Range {
            start,
            end: line(hit.line_end).max(start),
        },
    ))
}
