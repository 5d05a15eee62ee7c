//! What is shown around the text: inlay hints, code lenses, links, folds, semantic tokens, signature help.

use metasync_analysis::Span;
use metasync_ide::{folding, inlay, lens, links, signature, tokens};
use serde_json::json;
use tower_lsp::ls_types::*;

use super::{Backend, convert, references::beside};

/// What a lens runs; the argument is the object's full name.
const SHOW_LINEAGE: &str = "metasync.lineage";

/// The types of semantic tokens, in the order of [`tokens::KINDS`].
pub const TOKEN_TYPES: [SemanticTokenType; 5] = [
    SemanticTokenType::CLASS,
    SemanticTokenType::STRUCT,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::VARIABLE,
];
/// The one modifier.
pub const TOKEN_MODIFIERS: [SemanticTokenModifier; 1] = [SemanticTokenModifier::DEFINITION];

impl Backend {
    /// Inlay hints of the part that is shown.
    pub(super) async fn inlay_hints(&self, params: InlayHintParams) -> Option<Vec<InlayHint>> {
        let wanted = self.features.read().inlay_hints.clone();
        let here = self.place(&params.text_document.uri)?;
        let encoding = self.encoding();
        beside(move || {
            let text = &here.document.text;
            let shown = Span::new(
                text.offset(params.range.start, encoding),
                text.offset(params.range.end, encoding),
            );
            let hint = |hint: inlay::Hint| InlayHint {
                position: text.position(hint.at, encoding),
                label: InlayHintLabel::String(hint.label),
                kind: hint.is_type.then_some(InlayHintKind::TYPE),
                text_edits: None,
                tooltip: hint.tooltip.map(InlayHintTooltip::String),
                padding_left: None,
                padding_right: None,
                data: None,
            };
            let is_wanted = |hint: &inlay::Hint| {
                if hint.is_type {
                    wanted.column_types
                } else {
                    wanted.stars
                }
            };
            let hints = inlay::hints(&here.file(), shown, &here.catalogue());
            hints.into_iter().filter(is_wanted).map(hint).collect()
        })
        .await
    }

    /// Code lenses.
    pub(super) async fn lenses(&self, params: CodeLensParams) -> Option<Vec<CodeLens>> {
        if !self.features.read().code_lens.lineage {
            return None;
        }
        let here = self.place(&params.text_document.uri)?;
        let encoding = self.encoding();
        beside(move || {
            let text = &here.document.text;
            let lens = |lens: lens::Lens| CodeLens {
                range: text.range(lens.span.start, lens.span.end, encoding),
                command: Some(Command {
                    title: lens.title,
                    command: SHOW_LINEAGE.to_owned(),
                    arguments: Some(vec![json!(lens.object)]),
                }),
                data: None,
            };
            lens::lenses(&here.file(), &here.catalogue())
                .into_iter()
                .map(lens)
                .collect()
        })
        .await
    }

    /// Document links.
    pub(super) async fn links(&self, params: DocumentLinkParams) -> Option<Vec<DocumentLink>> {
        let here = self.place(&params.text_document.uri)?;
        let encoding = self.encoding();
        beside(move || {
            let text = &here.document.text;
            let root = &here.workspace.found.root;
            let link = |link: links::Link| {
                Some(DocumentLink {
                    range: text.range(link.span.start, link.span.end, encoding),
                    target: Some(convert::uri_of(&root.join(link.object.path.as_deref()?))?),
                    tooltip: Some(format!("{} {}", link.object.object_type, link.object.full_name)),
                    data: None,
                })
            };
            links::links(&here.file(), &here.catalogue())
                .into_iter()
                .filter_map(link)
                .collect()
        })
        .await
    }

    /// What may be folded.
    pub(super) async fn folds(&self, params: FoldingRangeParams) -> Option<Vec<FoldingRange>> {
        let here = self.place(&params.text_document.uri)?;
        let encoding = self.encoding();
        beside(move || {
            let text = &here.document.text;
            let fold = |span: Span| {
                let range = text.range(span.start, span.end, encoding);
                (range.end.line > range.start.line).then_some(FoldingRange {
                    start_line: range.start.line,
                    start_character: None,
                    end_line: range.end.line,
                    end_character: None,
                    kind: None,
                    collapsed_text: None,
                })
            };
            folding::folds(&here.file())
                .into_iter()
                .filter_map(fold)
                .collect()
        })
        .await
    }

    /// Semantic tokens of a whole document.
    pub(super) async fn semantic_tokens(&self, params: SemanticTokensParams) -> Option<SemanticTokensResult> {
        let here = self.place(&params.text_document.uri)?;
        let encoding = self.encoding();
        let data = beside(move || {
            let text = &here.document.text;
            let mut data = Vec::new();
            let mut before = Position::default();
            for token in tokens::tokens(&here.file(), &here.catalogue()) {
                let range = text.range(token.span.start, token.span.end, encoding);
                // a token ends where its line ends
                if range.start.line != range.end.line || range.end.character <= range.start.character {
                    continue;
                }
                let same_line = range.start.line == before.line;
                data.push(SemanticToken {
                    delta_line: range.start.line - before.line,
                    delta_start: range.start.character - if same_line { before.character } else { 0 },
                    length: range.end.character - range.start.character,
                    token_type: tokens::KINDS
                        .iter()
                        .position(|kind| *kind == token.kind)
                        .unwrap_or(0) as u32,
                    token_modifiers_bitset: u32::from(token.is_definition),
                });
                before = range.start;
            }
            data
        });
        Some(SemanticTokensResult::Tokens(SemanticTokens {
            result_id: None,
            data: data.await?,
        }))
    }

    /// The macro that is being called.
    pub(super) fn signature_at(&self, params: &SignatureHelpParams) -> Option<SignatureHelp> {
        let at = &params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let text = &here.document.text;
        let offset = text.offset(at.position, self.encoding());
        let found = signature::signature(&here.file(), offset, &here.catalogue())?;
        let parameter = |(start, end): &(usize, usize)| ParameterInformation {
            label: ParameterLabel::Simple(found.label.get(*start..*end).unwrap_or_default().to_owned()),
            documentation: None,
        };
        // beyond the last argument none is marked: an index that is none says so
        let active = found.active.unwrap_or(found.parameters.len()) as u32;
        Some(SignatureHelp {
            signatures: vec![SignatureInformation {
                parameters: Some(found.parameters.iter().map(parameter).collect()),
                active_parameter: Some(active),
                documentation: None,
                label: found.label,
            }],
            active_signature: Some(0),
            active_parameter: Some(active),
        })
    }
}
