//! `textDocument/hover`.

use metasync_analysis::{Language, Span, SymbolKind, quoted_at};
use metasync_ide::{Markup, ask, hover};
use tower_lsp::ls_types::{Hover, HoverContents, HoverParams};

use super::{Backend, convert, lookup::Lookups, server::Place};

impl Backend {
    /// What stands at a position; `None` where nothing is known of it.
    pub(super) fn hover_at(&self, params: &HoverParams) -> Option<Hover> {
        let at = &params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        let offset = here.document.text.offset_within(at.position, encoding)?;
        let text = &here.document.text.text;
        let known = self.symbol_hover(&here, text, offset);
        let (shown, span) = known.or_else(|| self.entry_hover(&here, text, offset))?;
        let range = here.document.text.range(span.start, span.end, encoding);
        Some(Hover {
            contents: HoverContents::Markup(convert::markup(shown)),
            range: Some(range),
        })
    }

    /// What a name in the text stands for.
    fn symbol_hover(&self, here: &Place, text: &str, offset: usize) -> Option<(Markup, Span)> {
        let symbol = ask(&here.path, text, offset, &here.workspace.handle.view.options())?;
        let format = self.offers.read().hover;
        let lookups = Lookups::new(&here.workspace.handle.view, &here.path);
        let now = jiff::Timestamp::now();
        let shown: Option<Markup> = match &symbol.kind {
            SymbolKind::Relation(name) => (lookups.relation(name).first())
                .and_then(|hit| lookups.object(hit.id))
                .map(|mut facts| {
                    self.library.link(&here.workspace, &lookups, &mut facts);
                    hover::object(&facts, format, now)
                }),
            SymbolKind::Macro { package, name } => (lookups.macros(package.as_deref(), name).first())
                .and_then(|hit| lookups.object(hit.id))
                .map(|facts| hover::object(&facts, format, now)),
            SymbolKind::Column {
                column,
                candidates,
                origins,
                local,
            } => {
                let known = lookups
                    .column(candidates, column)
                    .map(|facts| hover::column(&facts, format, now));
                let mut inputs = origins
                    .iter()
                    .filter_map(|(r, c)| lookups.column(std::slice::from_ref(r), c));
                match (known, local) {
                    (Some(known), _) => Some(known),
                    (None, Some(expression)) => {
                        let inputs: Vec<_> = inputs.collect();
                        Some(hover::local_column(column, expression, &inputs, format))
                    }
                    // the same column under another name
                    (None, None) => inputs.next().map(|facts| hover::column(&facts, format, now)),
                }
            }
            SymbolKind::Test { id } => lookups.test(id).map(|facts| hover::object(&facts, format, now)),
            SymbolKind::Cte { name, columns, .. } => Some(hover::cte(name, columns, format)),
            _ => None,
        };
        Some((shown?, symbol.span))
    }

    /// The entry of an external source whose title or external id the text at the cursor is.
    fn entry_hover(&self, here: &Place, text: &str, offset: usize) -> Option<(Markup, Span)> {
        if !self.features.read().content.hover {
            return None;
        }
        let quoted = quoted_at(Language::of_path(&here.path), text, offset)?;
        let lookups = Lookups::new(&here.workspace.handle.view, &here.path);
        let entries = lookups.entries(quoted.value.trim());
        let facts = lookups.object(entries.first()?.id)?;
        let format = self.offers.read().hover;
        let shown = hover::entry(&facts, entries.len() - 1, format, jiff::Timestamp::now());
        Some((shown, quoted.span))
    }
}
