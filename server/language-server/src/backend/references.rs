//! `textDocument/references`, `documentHighlight` and `rename`: where a thing is named, in the workspace or one file.

use std::collections::{HashMap, HashSet};

use metasync_ide::{
    Catalogue, File,
    catalogue::Target,
    references::{self, target_at},
    rename::{self, Files, Renaming},
};
use tower_lsp::{jsonrpc::Result, ls_types::*};
use uuid::Uuid;

use super::{
    Backend,
    catalogue::Cached,
    convert,
    elsewhere::Places,
    server::{Place, failed},
    texts::Texts,
};
use crate::documents::{Encoding, Text};

impl Place {
    /// The catalogue, as this document asks for it.
    pub(super) fn catalogue(&self) -> Cached {
        let view = self.workspace.handle.view.clone();
        Cached::new(view, self.workspace.found.root.clone(), self.path.clone())
    }

    /// The document for the features.
    pub(super) fn file(&self) -> File<'_> {
        File {
            path: &self.path,
            text: &self.document.text.text,
            dialect: self.workspace.handle.view.options().dialect,
            names: Some(&self.document.names),
        }
    }
}

/// Runs what takes longer than a look-up beside the loop that reads messages.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

impl Backend {
    /// All places of the workspace where the thing at a position is named.
    pub(super) async fn references_of(&self, params: ReferenceParams) -> Option<Vec<Location>> {
        let at = params.text_document_position;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        let texts = self.texts(&here.workspace);
        let definitions = params.context.include_declaration;
        beside(move || {
            let catalogue = here.catalogue();
            let offset = here.document.text.offset(at.position, encoding);
            let (_, targets) = target_at(&here.file(), offset, &catalogue)?;
            let target = targets.into_iter().next()?;
            let root = &here.workspace.found.root;
            let dialect = here.file().dialect;
            let mut found = in_other_repositories(&target, definitions, &catalogue);
            for (path, text) in candidates(&texts, &here, &target, &catalogue) {
                let is_here = path == here.path && text == here.document.text.text;
                let file = File {
                    dialect,
                    names: is_here.then_some(&here.document.names),
                    ..File::new(&path, &text)
                };
                let places = references::references(&file, &target, &catalogue);
                let places: Vec<_> = places
                    .into_iter()
                    .filter(|p| definitions || !p.is_definition)
                    .collect();
                if places.is_empty() {
                    continue;
                }
                let (Some(uri), text) = (convert::uri_of(&root.join(&path)), Text::new(text.clone())) else {
                    continue;
                };
                let location = |place: references::Place| {
                    Location::new(
                        uri.clone(),
                        text.range(place.span.start, place.span.end, encoding),
                    )
                };
                found.extend(places.into_iter().map(location));
            }
            Some(found)
        })
        .await
        .flatten()
    }

    /// All places of one document that mean the same as what stands at a position.
    pub(super) async fn highlights_of(
        &self,
        params: DocumentHighlightParams,
    ) -> Option<Vec<DocumentHighlight>> {
        let at = params.text_document_position_params;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        beside(move || {
            let text = &here.document.text;
            let offset = text.offset(at.position, encoding);
            let places = references::highlights(&here.file(), offset, &here.catalogue());
            let highlight = |place: references::Place| DocumentHighlight {
                range: text.range(place.span.start, place.span.end, encoding),
                kind: Some(if place.is_definition {
                    DocumentHighlightKind::WRITE
                } else {
                    DocumentHighlightKind::READ
                }),
            };
            let found: Vec<_> = places.into_iter().map(highlight).collect();
            (!found.is_empty()).then_some(found)
        })
        .await
        .flatten()
    }

    /// The name that would be renamed; the error says why none can be.
    pub(super) async fn prepare_rename_at(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let Some(here) = self.place(&at.text_document.uri) else {
            return Ok(None);
        };
        let encoding = self.encoding();
        let prepared = beside(move || {
            let text = &here.document.text;
            let offset = text.offset(at.position, encoding);
            let (span, placeholder) = rename::prepare(&here.file(), offset, &here.catalogue())?;
            let range = text.range(span.start, span.end, encoding);
            Ok::<_, String>(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
        });
        match prepared.await {
            Some(Ok(answer)) => Ok(Some(answer)),
            Some(Err(why)) => Err(failed(why)),
            None => Ok(None),
        }
    }

    /// The changes of a rename.
    pub(super) async fn rename_at(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let Some(here) = self.place(&at.text_document.uri) else {
            return Ok(None);
        };
        let offers = self.offers.read().clone();
        let texts = self.texts(&here.workspace);
        let versions: HashMap<Uri, i32> = self
            .documents
            .all()
            .into_iter()
            .map(|(uri, d)| (uri, d.version))
            .collect();
        let changes = beside(move || {
            let offset = here.document.text.offset(at.position, offers.encoding);
            let renaming = rename::rename(&texts, &here.file(), offset, &params.new_name, &here.catalogue())?;
            if !renaming.files.is_empty() && !offers.renames_files {
                let (from, to) = &renaming.files[0];
                return Err(format!(
                    "this editor can't rename files with a name: rename {from} to {to} yourself, then the uses"
                ));
            }
            let root = &here.workspace.found.root;
            let notes = renaming.notes.clone();
            Ok((
                workspace_edit(
                    renaming,
                    &texts,
                    root,
                    &versions,
                    offers.encoding,
                    offers.document_changes,
                ),
                notes,
            ))
        });
        match changes.await {
            Some(Ok((edit, notes))) => {
                if !notes.is_empty() {
                    self.client
                        .show_message(MessageType::WARNING, notes.join("; "))
                        .await;
                }
                Ok(Some(edit))
            }
            Some(Err(why)) => Err(failed(why)),
            None => Ok(None),
        }
    }
}

/// What other repositories have of a target, as pages about it: its definition, and what uses it.
fn in_other_repositories(target: &Target, definitions: bool, catalogue: &Cached) -> Vec<Location> {
    let reader = |id| catalogue.view().ask(|reader| reader.object(id)).flatten();
    let (own, users): (Uuid, Vec<Uuid>) = match target {
        Target::Object(id) => {
            let facts = catalogue.view().ask(|reader| reader.facts(*id)).flatten();
            let users = facts.into_iter().flat_map(|facts| facts.downstream);
            (*id, users.filter_map(|user| user.id).collect())
        }
        Target::Column(id, column) => {
            let users = catalogue.users(*id, column);
            (*id, users.into_iter().map(|user| user.object).collect())
        }
        Target::Cte(_) | Target::Word(_) => return Vec::new(),
    };
    let mut places = Places::new(catalogue);
    let mut seen = HashSet::new();
    let objects = definitions.then_some(own).into_iter().chain(users);
    objects
        .filter(|id| seen.insert(*id))
        .filter_map(reader)
        .filter(|hit| catalogue.is_elsewhere(hit))
        .filter_map(|hit| places.of(&hit))
        .map(|(uri, range)| Location::new(uri, range))
        .collect()
}

/// The files that may name a target: a CTE is its file's alone.
fn candidates(
    texts: &Texts,
    here: &Place,
    target: &Target,
    catalogue: &dyn Catalogue,
) -> Vec<(String, std::sync::Arc<str>)> {
    let word = match target {
        Target::Cte(_) => return vec![(here.path.clone(), here.document.text.text.clone())],
        Target::Object(id) => catalogue.object(*id).map(|known| known.name),
        Target::Column(_, column) => Some(column.clone()),
        Target::Word(word) => word.rsplit([' ', ':']).next().map(str::to_owned),
    };
    word.map(|word| texts.mentioning(&word)).unwrap_or_default()
}

fn workspace_edit(
    renaming: Renaming,
    texts: &Texts,
    root: &std::path::Path,
    versions: &HashMap<Uri, i32>,
    encoding: Encoding,
    document_changes: bool,
) -> WorkspaceEdit {
    let mut edits: Vec<(Uri, Vec<TextEdit>)> = Vec::new();
    for (path, changes) in renaming.edits {
        let (Some(text), Some(uri)) = (texts.text(&path), convert::uri_of(&root.join(&path))) else {
            continue;
        };
        let text = Text::new(text);
        let edit = |(span, new_text): (metasync_analysis::Span, String)| TextEdit {
            range: text.range(span.start, span.end, encoding),
            new_text,
        };
        edits.push((uri, changes.into_iter().map(edit).collect()));
    }
    if !document_changes {
        return WorkspaceEdit {
            changes: Some(edits.into_iter().collect()),
            ..WorkspaceEdit::default()
        };
    }
    let mut operations: Vec<DocumentChangeOperation> = edits
        .into_iter()
        .map(|(uri, edits)| {
            DocumentChangeOperation::Edit(TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    version: versions.get(&uri).copied(),
                    uri,
                },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            })
        })
        .collect();
    for (from, to) in renaming.files {
        if let (Some(old_uri), Some(new_uri)) =
            (convert::uri_of(&root.join(from)), convert::uri_of(&root.join(to)))
        {
            operations.push(DocumentChangeOperation::Op(ResourceOp::Rename(RenameFile {
                old_uri,
                new_uri,
                options: None,
                annotation_id: None,
            })));
        }
    }
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    }
}
