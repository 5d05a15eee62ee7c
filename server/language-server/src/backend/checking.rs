//! Diagnostics and their quick fixes. A text is looked at when nobody has typed for a moment; what was found for an
//! older text is thrown away.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use metasync_ide::{
    File,
    diagnostics::{Code, Finding, Severity, findings},
};
use metasync_protocol::settings::DiagnosticSettings;
use parking_lot::RwLock;
use tokio::sync::Semaphore;
use tower_lsp::{Client, ls_types::*};

use super::{
    Backend, capabilities::Offers, catalogue::Cached, convert, references::beside, texts::has_hash,
    workspaces::Workspaces,
};
use crate::{
    documents::{Document, Documents, Encoding},
    sync::View,
};

/// How long after the last key a text is looked at.
const PAUSE: Duration = Duration::from_millis(150);

/// The name under which editors list what is found.
const SOURCE: &str = "metasync";

/// Looks at texts and tells the editor.
#[derive(Clone)]
pub struct Checker {
    client: Client,
    documents: Arc<Documents>,
    workspaces: Arc<Workspaces>,
    /// What the user wants to be told.
    wanted: Arc<RwLock<DiagnosticSettings>>,
    /// Each look by its document: a newer one makes older ones void.
    looks: Arc<Mutex<HashMap<Uri, u64>>>,
    /// One for each text that may be looked at now: as many as leave half of the machine to answers.
    turns: Arc<Semaphore>,
    /// The texts that the catalogue was made from, of the documents that are open.
    before: Arc<Mutex<HashMap<Uri, Arc<str>>>>,
}

impl Checker {
    /// Nothing is looked at yet.
    pub fn new(client: Client, documents: Arc<Documents>, workspaces: Arc<Workspaces>) -> Checker {
        Checker {
            client,
            documents,
            workspaces,
            wanted: Arc::default(),
            looks: Arc::default(),
            turns: Arc::new(Semaphore::new(
                std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            )),
            before: Arc::default(),
        }
    }

    /// What is told from now on.
    pub fn want(&self, wanted: DiagnosticSettings) {
        *self.wanted.write() = wanted;
    }

    /// Looks at a document soon.
    pub fn look(&self, uri: Uri, encoding: Encoding) {
        let look = self.next_look(&uri);
        let checker = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            let Ok(_turn) = checker.turns.acquire().await else {
                return;
            };
            if !checker.is_newest(&uri, look) {
                return;
            }
            let Some(document) = checker.documents.get(&uri) else {
                return;
            };
            let version = document.version;
            let (inner, of) = (checker.clone(), uri.clone());
            let found = beside(move || inner.diagnostics(&of, &document, encoding)).await;
            if let Some(found) = found.filter(|_| checker.is_newest(&uri, look)) {
                checker
                    .client
                    .publish_diagnostics(uri, found, Some(version))
                    .await;
            }
        });
    }

    /// Looks at all open documents: what is known has changed.
    pub fn look_at_all(&self, encoding: Encoding) {
        for (uri, _) in self.documents.all() {
            self.look(uri, encoding);
        }
    }

    /// A closed document has no problems.
    pub async fn forget(&self, uri: Uri) {
        self.looks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&uri);
        self.before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&uri);
        self.client.publish_diagnostics(uri, Vec::new(), None).await;
    }

    fn next_look(&self, uri: &Uri) -> u64 {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let look = looks.entry(uri.clone()).or_default();
        *look += 1;
        *look
    }

    fn is_newest(&self, uri: &Uri, look: u64) -> bool {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(uri) == Some(&look)
    }

    fn findings(&self, uri: &Uri, document: &Document) -> Vec<Finding> {
        let wanted = self.wanted.read().clone();
        let path = convert::path_of(uri);
        let Some((path, workspace)) =
            path.and_then(|path| Some((path.clone(), self.workspaces.of_path(&path)?)))
        else {
            return Vec::new();
        };
        // what lies outside of every open folder is explained, not judged
        if !wanted.enabled || !path.starts_with(&workspace.found.root) {
            return Vec::new();
        }
        let root = workspace.found.root.clone();
        let relative = convert::relative(&path, &root);
        let view = workspace.handle.view;
        let before = self.before(uri, &path, &relative, &document.text.text, &view);
        let dialect = view.options().dialect;
        let catalogue = Cached::new(view, root, relative.clone()).with_open(self.documents.clone());
        let file = File {
            path: &relative,
            text: &document.text.text,
            dialect,
            names: Some(&document.names),
        };
        findings(&file, before.as_deref(), &catalogue, |code: Code| {
            !wanted.disabled.iter().any(|off| off == code.name())
        })
    }

    /// The text of a document as the catalogue knows it: what is open, or what is on disk, if that is it.
    fn before(
        &self,
        uri: &Uri,
        path: &Path,
        relative: &str,
        text: &Arc<str>,
        view: &View,
    ) -> Option<Arc<str>> {
        let known = view.ask(|reader| reader.content_hash(relative)).flatten()?;
        let is_known = |text: &str| has_hash(text, &known);
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = before.get(uri).filter(|text| is_known(text)) {
            return Some(text.clone());
        }
        let found = if is_known(text) {
            text.clone()
        } else {
            std::fs::read_to_string(path)
                .ok()
                .filter(|text| is_known(text))?
                .into()
        };
        before.insert(uri.clone(), found.clone());
        Some(found)
    }

    fn diagnostics(&self, uri: &Uri, document: &Document, encoding: Encoding) -> Vec<Diagnostic> {
        let found = self.findings(uri, document);
        found
            .iter()
            .map(|finding| diagnostic(finding, document, encoding))
            .collect()
    }
}

fn diagnostic(finding: &Finding, document: &Document, encoding: Encoding) -> Diagnostic {
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Hint => DiagnosticSeverity::HINT,
    };
    Diagnostic {
        range: document
            .text
            .range(finding.span.start, finding.span.end, encoding),
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.code.name().to_owned())),
        source: Some(SOURCE.to_owned()),
        message: finding.message.clone(),
        ..Diagnostic::default()
    }
}

impl Backend {
    /// Quick fixes for what is wrong in a range of the text as it is now.
    pub(super) async fn fixes(
        &self,
        params: CodeActionParams,
        offers: Offers,
    ) -> Option<Vec<CodeActionOrCommand>> {
        let wanted = params.context.only.as_ref();
        let is_wanted = |kind: &CodeActionKind| CodeActionKind::QUICKFIX.as_str().starts_with(kind.as_str());
        if wanted.is_some_and(|kinds| !kinds.iter().any(is_wanted)) {
            return None;
        }
        let uri = params.text_document.uri;
        let document = self.documents.get(&uri)?;
        let checker = self.checker.clone();
        beside(move || {
            let encoding = offers.encoding;
            let start = document.text.offset(params.range.start, encoding);
            let end = document.text.offset(params.range.end, encoding);
            let touched = |finding: &Finding| finding.span.start <= end && start <= finding.span.end;
            let mut actions = Vec::new();
            for finding in checker.findings(&uri, &document).into_iter().filter(touched) {
                let told = diagnostic(&finding, &document, encoding);
                for fix in finding.fixes {
                    let edit = |(span, new_text): (metasync_analysis::Span, String)| TextEdit {
                        range: document.text.range(span.start, span.end, encoding),
                        new_text,
                    };
                    let edits: Vec<TextEdit> = fix.edits.into_iter().map(edit).collect();
                    actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                        title: fix.title,
                        kind: Some(CodeActionKind::QUICKFIX),
                        diagnostics: Some(vec![told.clone()]),
                        edit: Some(one_document(
                            &uri,
                            document.version,
                            edits,
                            offers.document_changes,
                        )),
                        is_preferred: Some(fix.is_preferred),
                        ..CodeAction::default()
                    }));
                }
            }
            actions
        })
        .await
    }
}

fn one_document(uri: &Uri, version: i32, edits: Vec<TextEdit>, document_changes: bool) -> WorkspaceEdit {
    if !document_changes {
        return WorkspaceEdit {
            changes: Some([(uri.clone(), edits)].into()),
            ..WorkspaceEdit::default()
        };
    }
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(vec![TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri: uri.clone(),
                version: Some(version),
            },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        }])),
        ..WorkspaceEdit::default()
    }
}
