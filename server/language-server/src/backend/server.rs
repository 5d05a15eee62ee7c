//! The protocol's methods, each of one shape: unpack, ask, answer.

use std::path::PathBuf;

use tower_lsp::{
    LanguageServer,
    jsonrpc::{Error, ErrorCode, Result},
    ls_types::*,
};

use super::{
    Backend,
    capabilities::{self, Offers},
    convert, watching,
    workspaces::Workspace,
};
use crate::{documents::Document, settings};

/// A document and the workspace that it belongs to.
pub(super) struct Place {
    pub(super) document: Document,
    pub(super) workspace: Workspace,
    /// Path of the document relative to the workspace.
    pub(super) path: String,
}

impl Backend {
    /// The open document of an address, and its workspace.
    pub(super) fn place(&self, uri: &Uri) -> Option<Place> {
        let document = self.documents.get(uri)?;
        let path = convert::path_of(uri).unwrap_or_else(|| PathBuf::from(uri.as_str()));
        let workspace = self.workspaces.of_path(&path)?;
        let path = convert::relative(&path, &workspace.found.root);
        Some(Place {
            document,
            workspace,
            path,
        })
    }

    /// Opens the folders with the settings in force.
    fn open(&self, folders: &[PathBuf], restart: bool) {
        let editor = self.editor_settings.read().all();
        let (effective, problems) = settings::resolve(&self.environment, &editor);
        for problem in problems {
            tracing::warn!("{problem}");
        }
        tracing::info!(mode = ?effective.mode, ?folders, "opening");
        self.take_features();
        let reporter = self.reporter();
        self.workspaces
            .set(folders, &effective, restart, |handle, events| {
                tokio::spawn(reporter.clone().listen(handle, events));
            });
    }

    /// Whose metadata is served, and how.
    fn effective(&self) -> settings::Effective {
        settings::resolve(&self.environment, &self.editor_settings.read().all()).0
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.folders.read().clone()
    }

    /// What is shown around the text, by the settings in force.
    fn take_features(&self) {
        let settings = settings::features(&self.environment, &self.editor_settings.read().all());
        self.checker.want(settings.diagnostics.clone());
        *self.features.write() = settings;
    }

    /// Whether the user does not want a feature.
    fn is_off(&self, feature: &str) -> bool {
        let features = self.features.read();
        features.features.disabled.iter().any(|off| off == feature)
    }

    /// Takes settings that the editor sent; whether anything changed.
    fn take_settings(&self, sent: &serde_json::Value) -> bool {
        self.editor_settings.write().sent(sent)
    }

    /// Asks the editor for its settings, where it offers that.
    async fn ask_settings(&self) -> bool {
        if !self.offers.read().configuration {
            return false;
        }
        let item = ConfigurationItem {
            scope_uri: None,
            section: Some(settings::SECTION.to_owned()),
        };
        let asked = tokio::time::timeout(settings::PATIENCE, self.client.configuration(vec![item])).await;
        match asked {
            Ok(Ok(mut told)) if !told.is_empty() => {
                self.editor_settings.write().answered(told.swap_remove(0))
            }
            Ok(Ok(_)) => false,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the editor told no settings");
                false
            }
            Err(_) => {
                tracing::warn!("the editor did not tell its settings in time; going on without");
                false
            }
        }
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let offers = Offers::of(&params.capabilities);
        if let Some(options) = &params.initialization_options {
            self.take_settings(options);
        }
        #[allow(deprecated)] // older clients have nothing else
        let root = params.root_uri.as_ref().and_then(convert::path_of);
        let folders = params.workspace_folders.unwrap_or_default();
        let mut folders: Vec<PathBuf> = folders.iter().filter_map(|f| convert::path_of(&f.uri)).collect();
        if folders.is_empty() {
            folders.extend(root);
        }
        *self.folders.write() = folders;
        let capabilities = capabilities::announced(&offers);
        *self.offers.write() = offers;
        Ok(InitializeResult {
            capabilities,
            server_info: Some(ServerInfo {
                name: "metasync".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        // the editor answers while this waits: the transport reads on
        self.ask_settings().await;
        self.open(&self.folders(), false);
        self.opened.send_replace(true);
        let offers = self.offers.read().clone();
        let registrations = watching::registrations(&offers);
        if !registrations.is_empty()
            && let Err(error) = self.client.register_capability(registrations).await
        {
            tracing::warn!(%error, "the editor does not watch files; changes on disk show at the next sync");
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.end();
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let d = params.text_document;
        let uri = d.uri.clone();
        self.documents.open(d.uri, d.version, d.text);
        self.open_around(&uri);
        if let Some(here) = self.place(&uri) {
            self.seen.opened(&uri, &here.workspace);
        }
        self.checker.look(uri, self.encoding());
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let d = params.text_document;
        self.documents
            .change(&d.uri, d.version, params.content_changes, self.encoding());
        self.checker.look(d.uri, self.encoding());
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let path = convert::path_of(&params.text_document.uri);
        if let Some(workspace) = path.and_then(|path| self.workspaces.of_path(&path)) {
            watching::changed(&workspace);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.documents.close(&params.text_document.uri);
        self.checker.forget(params.text_document.uri).await;
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let told = params
            .settings
            .get(settings::SECTION)
            .unwrap_or(&params.settings)
            .clone();
        let before = self.effective();
        let mut changed = self.take_settings(&told);
        // some editors send nothing and want to be asked
        changed |= self.ask_settings().await;
        if !changed {
            return;
        }
        self.take_features();
        self.checker.look_at_all(self.encoding());
        self.reporter().refresh();
        // what is merely shown differently needs no new start
        if before != self.effective() {
            self.open(&self.folders(), true);
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        {
            let mut folders = self.folders.write();
            let removed: Vec<PathBuf> = params
                .event
                .removed
                .iter()
                .filter_map(|f| convert::path_of(&f.uri))
                .collect();
            folders.retain(|f| !removed.contains(f));
            folders.extend(params.event.added.iter().filter_map(|f| convert::path_of(&f.uri)));
        }
        self.open(&self.folders(), false);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        for change in params.changes {
            let path = convert::path_of(&change.uri);
            if let Some(workspace) = path.and_then(|path| self.workspaces.of_path(&path)) {
                watching::changed(&workspace);
            }
        }
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        if self.is_off("hover") {
            return Ok(None);
        }
        Ok(self.hover_at(&params))
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        if self.is_off("definition") {
            return Ok(None);
        }
        Ok(self.definition_at(params).await)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        if self.is_off("completion") {
            return Ok(None);
        }
        Ok(self.complete_at(&params))
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        if self.is_off("documentSymbol") {
            return Ok(None);
        }
        Ok(self.document_symbols(&params))
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        if self.is_off("workspaceSymbol") {
            return Ok(None);
        }
        Ok(self.workspace_symbols(params.query).await)
    }

    async fn symbol_resolve(&self, params: WorkspaceSymbol) -> Result<WorkspaceSymbol> {
        Ok(self.resolve_symbol(params).await)
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        if self.is_off("callHierarchy") {
            return Ok(None);
        }
        Ok(self.prepare_calls(&params))
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        Ok(self.incoming(&params.item))
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        Ok(self.outgoing(&params.item))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        if self.is_off("references") {
            return Ok(None);
        }
        Ok(self.references_of(params).await)
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        if self.is_off("documentHighlight") {
            return Ok(None);
        }
        Ok(self.highlights_of(params).await)
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        if self.is_off("rename") {
            return Ok(None);
        }
        self.prepare_rename_at(params).await
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        if self.is_off("rename") {
            return Ok(None);
        }
        self.rename_at(params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        if self.is_off("codeAction") {
            return Ok(None);
        }
        let offers = self.offers.read().clone();
        Ok(self.fixes(params, offers).await)
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        if self.is_off("codeLens") {
            return Ok(None);
        }
        Ok(self.lenses(params).await)
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        if self.is_off("documentLink") {
            return Ok(None);
        }
        Ok(self.links(params).await)
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        if self.is_off("foldingRange") {
            return Ok(None);
        }
        Ok(self.folds(params).await)
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        if self.is_off("inlayHint") {
            return Ok(None);
        }
        Ok(self.inlay_hints(params).await)
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        if self.is_off("semanticTokens") {
            return Ok(None);
        }
        Ok(self.semantic_tokens(params).await)
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        if self.is_off("signatureHelp") {
            return Ok(None);
        }
        Ok(self.signature_at(&params))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        self.run_command(&params.command, params.arguments)
            .await
            .map(Some)
    }
}

impl Backend {
    /// `window/workDoneProgress/cancel`, which the trait does not know.
    pub async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        self.workspaces.cancel(&params.token);
    }

    /// A client that opens single files, without any folder, means the folder of the file.
    fn open_around(&self, uri: &Uri) {
        if !self.folders.read().is_empty() {
            return;
        }
        let Some(folder) = convert::path_of(uri).and_then(|p| p.parent().map(std::path::Path::to_path_buf))
        else {
            return;
        };
        if folder.is_dir() {
            *self.folders.write() = vec![folder];
            self.open(&self.folders(), false);
        }
    }
}

/// Wrong arguments of a command, and what they should be.
pub(super) fn wrong_arguments(expected: &str) -> Error {
    Error {
        code: ErrorCode::InvalidParams,
        message: format!("expected {expected}").into(),
        data: None,
    }
}

/// A command that could not do it, and why.
pub(super) fn failed(why: impl std::fmt::Display) -> Error {
    Error {
        code: ErrorCode::ServerError(-32803),
        message: why.to_string().into(),
        data: None,
    }
}
