//! What the client can do, and what the server says it can do.

use metasync_ide::Format;
use tower_lsp::ls_types::*;

use super::{commands, hints};
use crate::documents::Encoding;

/// What the client offered at `initialize`; it is asked for nothing else.
#[derive(Clone, Debug)]
pub struct Offers {
    /// Units of positions.
    pub encoding: Encoding,
    /// What hovers may be written in.
    pub hover: Format,
    /// What completion items may be documented in.
    pub completion: Format,
    /// `window/workDoneProgress/create`.
    pub progress: bool,
    /// `workspace/configuration`.
    pub configuration: bool,
    /// `client/registerCapability` for watched files.
    pub watching: bool,
    /// `client/registerCapability` for configuration changes.
    pub configuration_changes: bool,
    /// `LocationLink` in answers to definition.
    pub definition_links: bool,
    /// A tree in answers to `documentSymbol`.
    pub symbol_tree: bool,
    /// `workspaceSymbol/resolve` for the range.
    pub symbols_resolved: bool,
    /// `window/showMessageRequest`.
    pub questions: bool,
    /// `WorkspaceEdit.documentChanges`.
    pub document_changes: bool,
    /// File renames in workspace edits.
    pub renames_files: bool,
    /// What the client asks for again when it is told to.
    pub refreshes: Refreshes,
}

impl Default for Offers {
    fn default() -> Offers {
        Offers::of(&ClientCapabilities::default())
    }
}

impl Offers {
    /// From the client's capabilities.
    pub fn of(c: &ClientCapabilities) -> Offers {
        let text = c.text_document.as_ref();
        let workspace = c.workspace.as_ref();
        let window = c.window.as_ref();
        let edits = workspace.and_then(|w| w.workspace_edit.as_ref());
        let format = |kinds: Option<&Vec<MarkupKind>>| match kinds {
            Some(kinds) if kinds.contains(&MarkupKind::Markdown) => Format::Markdown,
            // also of a client that says nothing about formats: contract.md, "The language server"
            _ => Format::Plain,
        };
        let hover = text
            .and_then(|t| t.hover.as_ref())
            .and_then(|h| h.content_format.as_ref());
        let item = text
            .and_then(|t| t.completion.as_ref())
            .and_then(|c| c.completion_item.as_ref());
        Offers {
            encoding: Encoding::choose(c.general.as_ref().and_then(|g| g.position_encodings.as_deref())),
            hover: format(hover),
            completion: format(item.and_then(|i| i.documentation_format.as_ref())),
            progress: window.and_then(|w| w.work_done_progress).unwrap_or(false),
            configuration: workspace.and_then(|w| w.configuration).unwrap_or(false),
            watching: workspace
                .and_then(|w| w.did_change_watched_files.as_ref())
                .and_then(|w| w.dynamic_registration)
                .unwrap_or(false),
            configuration_changes: workspace
                .and_then(|w| w.did_change_configuration.as_ref())
                .and_then(|w| w.dynamic_registration)
                .unwrap_or(false),
            definition_links: text
                .and_then(|t| t.definition.as_ref())
                .and_then(|d| d.link_support)
                .unwrap_or(false),
            symbol_tree: text
                .and_then(|t| t.document_symbol.as_ref())
                .and_then(|d| d.hierarchical_document_symbol_support)
                .unwrap_or(false),
            symbols_resolved: workspace
                .and_then(|w| w.symbol.as_ref())
                .and_then(|s| s.resolve_support.as_ref())
                .is_some_and(|s| s.properties.iter().any(|p| p == "location.range")),
            questions: window.is_some_and(|w| w.show_message.is_some()),
            document_changes: edits.and_then(|e| e.document_changes).unwrap_or(false),
            renames_files: edits.is_some_and(|e| {
                let operations = e.resource_operations.as_deref().unwrap_or_default();
                e.document_changes == Some(true) && operations.contains(&ResourceOperationKind::Rename)
            }),
            refreshes: Refreshes::of(workspace),
        }
    }
}

/// Requests with which a server says that what is shown is old.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refreshes {
    /// `workspace/inlayHint/refresh`.
    pub inlay_hints: bool,
    /// `workspace/codeLens/refresh`.
    pub code_lenses: bool,
    /// `workspace/semanticTokens/refresh`.
    pub semantic_tokens: bool,
}

impl Refreshes {
    fn of(workspace: Option<&WorkspaceClientCapabilities>) -> Refreshes {
        Refreshes {
            inlay_hints: workspace
                .and_then(|w| w.inlay_hint.as_ref())
                .and_then(|w| w.refresh_support)
                .unwrap_or(false),
            code_lenses: workspace
                .and_then(|w| w.code_lens.as_ref())
                .and_then(|w| w.refresh_support)
                .unwrap_or(false),
            semantic_tokens: workspace
                .and_then(|w| w.semantic_tokens.as_ref())
                .and_then(|w| w.refresh_support)
                .unwrap_or(false),
        }
    }
}

/// What the server can do.
pub fn announced(offers: &Offers) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(offers.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                include_text: Some(false),
            })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["'", "\"", ".", "("].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Right(WorkspaceSymbolOptions {
            resolve_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: Some(CodeLensOptions {
            resolve_provider: Some(false),
        }),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_owned(), ",".to_owned()]),
            ..SignatureHelpOptions::default()
        }),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: SemanticTokensLegend {
                    token_types: hints::TOKEN_TYPES.to_vec(),
                    token_modifiers: hints::TOKEN_MODIFIERS.to_vec(),
                },
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::ALL.iter().map(|c| (*c).to_owned()).collect(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}
