//! After a sync: what is shown is asked for again, and a quiet note tells what changed for the files that are open.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use metasync_analysis::RelationName;
use metasync_protocol::editor::{ChangedObject, ChangedParams};
use tower_lsp::ls_types::{
    MessageType, Uri,
    notification::Notification,
    request::{CodeLensRefresh, InlayHintRefreshRequest, SemanticTokensRefresh},
};
use uuid::Uuid;

use super::{convert, lookup::Lookups, reporter::Reporter, workspaces::Workspace};
use crate::sync::Handle;

/// Most objects that one note names.
const MAX_NAMED: usize = 3;

/// The notification `metasync/changed`.
enum Changed {}

impl Notification for Changed {
    type Params = ChangedParams;
    const METHOD: &'static str = "metasync/changed";
}

/// An object as it was shown: its description, and its columns with type and description.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    id: Uuid,
    name: String,
    object_type: String,
    path: Option<String>,
    description: Option<String>,
    columns: BTreeMap<String, (Option<String>, Option<String>)>,
}

/// What the objects of open documents looked like at the last sync.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<Uri, Vec<Look>>>);

impl Seen {
    /// A document was opened: what is known of it now is what later changes are told against. Before the first sync
    /// there is nothing to compare with.
    pub fn opened(&self, uri: &Uri, workspace: &Workspace) {
        let is_synced = workspace
            .handle
            .view
            .ask(|reader| reader.last_sync_at())
            .flatten()
            .is_some();
        let Some(path) = convert::path_of(uri).filter(|_| is_synced) else {
            return;
        };
        let relative = convert::relative(&path, &workspace.found.root);
        let looks = looks(&workspace.handle, &relative);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(uri.clone(), looks);
    }
}

impl Reporter {
    /// The cache has other facts than before.
    pub(super) async fn facts_changed(&self, handle: &Handle) {
        self.checker.look_at_all(self.offers.encoding);
        self.refresh();
        let changes = self.compare(handle);
        if !changes.is_empty() {
            let message = message(&changes);
            self.client.log_message(MessageType::INFO, &message).await;
            let params = ChangedParams {
                objects: changes,
                message,
            };
            self.client.send_notification::<Changed>(params).await;
        }
    }

    /// What is shown around the text is asked for again, as far as the editor knows how.
    pub(super) fn refresh(&self) {
        let client = &self.client;
        let refreshes = self.offers.refreshes;
        // a client that is busy answers later: nothing waits for it
        if refreshes.inlay_hints {
            let client = client.clone();
            tokio::spawn(async move { client.send_request::<InlayHintRefreshRequest>(()).await });
        }
        if refreshes.code_lenses {
            let client = client.clone();
            tokio::spawn(async move { client.send_request::<CodeLensRefresh>(()).await });
        }
        if refreshes.semantic_tokens {
            let client = client.clone();
            tokio::spawn(async move { client.send_request::<SemanticTokensRefresh>(()).await });
        }
    }

    /// What differs from the last time for the open documents; the first look at one tells nothing.
    fn compare(&self, handle: &Handle) -> Vec<ChangedObject> {
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.documents.all();
        seen.retain(|uri, _| open.iter().any(|(known, _)| known == uri));
        let mut changes = Vec::new();
        for (uri, _) in open {
            let Some(path) = convert::path_of(&uri) else {
                continue;
            };
            let Some(workspace) = self.workspaces.of_path(&path) else {
                continue;
            };
            if !std::sync::Arc::ptr_eq(&workspace.handle.session(), &handle.session()) {
                continue;
            }
            let relative = convert::relative(&path, &workspace.found.root);
            let now = looks(&workspace.handle, &relative);
            if let Some(before) = seen.insert(uri, now.clone()) {
                changes.extend(differences(&before, &now));
            }
        }
        changes
    }
}

fn looks(handle: &Handle, path: &str) -> Vec<Look> {
    let hits = Lookups::new(&handle.view, path).relation(&RelationName::ThisFile);
    hits.into_iter()
        .map(|hit| {
            let columns = handle
                .view
                .ask(|reader| reader.columns_of(hit.id))
                .unwrap_or_default();
            let look =
                |column: metasync_protocol::ColumnRow| (column.name, (column.data_type, column.description));
            Look {
                id: hit.id,
                name: hit.name,
                object_type: hit.object_type,
                path: hit.path,
                description: hit.description,
                columns: columns.into_iter().map(look).collect(),
            }
        })
        .collect()
}

fn differences(before: &[Look], now: &[Look]) -> Vec<ChangedObject> {
    let mut changes = Vec::new();
    for look in now {
        let what = match before.iter().find(|old| old.id == look.id) {
            None => Some(("added", "added".to_owned())),
            Some(old) if old == look => None,
            Some(old) => what_changed(old, look).map(|what| ("changed", what)),
        };
        changes.extend(what.map(|(change, what)| changed(look, change, what)));
    }
    let gone = before
        .iter()
        .filter(|old| now.iter().all(|look| look.id != old.id));
    changes.extend(gone.map(|old| changed(old, "removed", "removed".to_owned())));
    changes
}

fn what_changed(old: &Look, look: &Look) -> Option<String> {
    let names = old.columns.keys().chain(look.columns.keys());
    let mut differing: Vec<&String> = names
        .filter(|name| old.columns.get(*name) != look.columns.get(*name))
        .collect();
    differing.sort();
    differing.dedup();
    match differing.len() {
        0 => (old.description != look.description).then(|| "description changed".to_owned()),
        1 => Some("1 column changed".to_owned()),
        n => Some(format!("{n} columns changed")),
    }
}

fn changed(look: &Look, change: &str, what: String) -> ChangedObject {
    ChangedObject {
        id: look.id,
        name: look.name.clone(),
        object_type: look.object_type.clone(),
        path: look.path.clone(),
        change: change.to_owned(),
        what,
    }
}

fn message(changes: &[ChangedObject]) -> String {
    let one = |change: &ChangedObject| match change.what.strip_suffix(" changed") {
        Some(what) => format!("{what} of {} changed", change.name),
        None => format!("{} {}", change.name, change.what),
    };
    let mut text = changes
        .iter()
        .take(MAX_NAMED)
        .map(one)
        .collect::<Vec<_>>()
        .join(", ");
    if changes.len() > MAX_NAMED {
        text.push_str(&format!(" and {} more", changes.len() - MAX_NAMED));
    }
    text
}
