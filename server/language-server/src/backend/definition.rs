//! `textDocument/definition`: to the file of a model, seed, source or macro; to where a column gets its name;
//! to a CTE of this file; to a page about what another repository has.

use std::path::Path;

use metasync_analysis::{Span, SymbolKind};
use metasync_cache::ObjectHit;
use metasync_ide::{
    File, Question, ask,
    references::{alias_of, column_made_in},
    rename::Files,
};
use tower_lsp::ls_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Location, LocationLink, Position, Range, Uri,
};

use super::{
    Backend, convert, elsewhere::page_of, lookup::Lookups, references::beside, server::Place, texts::Texts,
};
use crate::documents::{Encoding, Text};

impl Backend {
    /// Where the thing at a position is defined.
    pub(super) async fn definition_at(&self, params: GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        let at = params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        let texts = self.texts_near(&here.workspace);
        let has_links = self.offers.read().definition_links;
        beside(move || {
            let offset = here.document.text.offset_within(at.position, encoding)?;
            let symbol = symbol_around(&here, offset)?;
            let found = Definitions {
                here: &here,
                uri: &at.text_document.uri,
                texts: &texts,
                encoding,
            };
            let targets = found.of(&symbol);
            if targets.is_empty() {
                return None;
            }
            let text = &here.document.text;
            let origin = text.range(symbol.span.start, symbol.span.end, encoding);
            Some(answer(targets, origin, has_links))
        })
        .await
        .flatten()
    }
}

/// The name at an offset, or the one right before it: a cursor at the end of a word stands there.
fn symbol_around(here: &Place, offset: usize) -> Option<Question> {
    let text: &str = &here.document.text.text;
    let options = here.workspace.handle.view.options();
    let before = || {
        let last = text.get(..offset)?.chars().next_back()?;
        let is_name = last.is_alphanumeric() || last == '_';
        ask(&here.path, text, offset.checked_sub(last.len_utf8())?, &options).filter(|_| is_name)
    };
    ask(&here.path, text, offset, &options).or_else(before)
}

/// One question for definitions.
struct Definitions<'a> {
    here: &'a Place,
    uri: &'a Uri,
    texts: &'a Texts,
    encoding: Encoding,
}

impl Definitions<'_> {
    fn of(&self, symbol: &Question) -> Vec<(Uri, Range)> {
        let view = &self.here.workspace.handle.view;
        let lookups = Lookups::new(view, &self.here.path);
        let found = match &symbol.kind {
            SymbolKind::Relation(name) => lookups.relation(name),
            SymbolKind::Macro { package, name } => lookups.macros(package.as_deref(), name),
            SymbolKind::Column {
                column,
                candidates,
                origins,
                local,
            } => {
                let alias = local
                    .as_ref()
                    .and_then(|_| alias_of(&self.here.file(), symbol.span.start));
                if let Some(alias) = alias.filter(|alias| *alias != symbol.span) {
                    return self.in_this_text(alias);
                }
                let owners = candidates.iter().cloned().map(|r| (r, column.clone()));
                let column = owners
                    .chain(origins.iter().cloned())
                    .find_map(|(relation, column)| {
                        let facts = lookups.column(std::slice::from_ref(&relation), &column)?;
                        Some((lookups.hit(facts.object.id)?, facts.column.name))
                    });
                match column {
                    Some((hit, column)) => return self.of_column(hit, &column),
                    None => return alias.map(|alias| self.in_this_text(alias)).unwrap_or_default(),
                }
            }
            SymbolKind::Test { id } => lookups.tests(id),
            SymbolKind::Cte { span, .. } => return self.in_this_text(*span),
            _ => Vec::new(),
        };
        self.of_objects(&found)
    }

    fn in_this_text(&self, span: Span) -> Vec<(Uri, Range)> {
        let range = self.here.document.text.range(span.start, span.end, self.encoding);
        vec![(self.uri.clone(), range)]
    }

    /// The name of a column where its object's file makes or describes it; else the object.
    fn of_column(&self, hit: ObjectHit, column: &str) -> Vec<(Uri, Range)> {
        let catalogue = self.here.catalogue();
        let place = hit.path.as_deref().filter(|_| catalogue.is_here(&hit));
        let named = place.and_then(|path| {
            let text = self.texts.text(path)?;
            let file = File::new(path, &text).in_dialect(self.here.file().dialect);
            let span = column_made_in(&file, hit.id, column, &catalogue)?;
            let uri = convert::uri_of(&self.here.workspace.found.root.join(path))?;
            let range = Text::new(text.clone()).range(span.start, span.end, self.encoding);
            Some((uri, range))
        });
        match named {
            Some(named) => vec![named],
            None => self.of_objects(&[hit]),
        }
    }

    fn of_objects(&self, found: &[ObjectHit]) -> Vec<(Uri, Range)> {
        let here = &self.here;
        let view = &here.workspace.handle.view;
        let catalogue = here.catalogue();
        let root = &here.workspace.found.root;
        let hits = found.iter().filter(|hit| catalogue.is_here(hit));
        let targets: Vec<(Uri, Range)> = hits.filter_map(|hit| place_of(hit, root)).collect();
        if !targets.is_empty() {
            return targets;
        }
        let lookups = Lookups::new(view, &here.path);
        let elsewhere = found.iter().filter(|hit| catalogue.is_elsewhere(hit));
        elsewhere
            .filter_map(|hit| page_of(view, &lookups, hit))
            .take(1)
            .collect()
    }
}

fn answer(targets: Vec<(Uri, Range)>, origin: Range, has_links: bool) -> GotoDefinitionResponse {
    if !has_links {
        let location = |(uri, range)| Location::new(uri, range);
        return GotoDefinitionResponse::Array(targets.into_iter().map(location).collect());
    }
    let link = |(uri, range): (Uri, Range)| {
        // a name is marked; of what goes over many lines only the beginning
        let end = if range.start.line == range.end.line {
            range.end
        } else {
            range.start
        };
        LocationLink {
            origin_selection_range: Some(origin),
            target_uri: uri,
            target_range: range,
            target_selection_range: Range::new(range.start, end),
        }
    };
    GotoDefinitionResponse::Link(targets.into_iter().map(link).collect())
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
