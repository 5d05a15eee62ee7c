//! `metasync.conflicts` and `metasync.resolveConflict`: the shared library's, as the hub has them.

use futures_util::future::join_all;
use metasync_client::ClientError;
use metasync_protocol::library::{
    Conflict, ConflictList, ConflictResolved, ConflictSide, ResolveConflict, Strategy,
};
use tower_lsp::jsonrpc::Result;
use uuid::Uuid;

use super::{
    Backend,
    server::{failed, wrong_arguments},
};
use crate::sync::link::Link;

/// What differs where a text can be compared.
const CONTENT: &str = "content";

impl Backend {
    /// All conflicts; with the texts of both sides where the content differs. A hub that is away, or one
    /// before there were libraries, has none.
    pub(super) async fn conflicts(&self) -> Result<ConflictList> {
        let Some(link) = self.library_link() else {
            return Ok(ConflictList::default());
        };
        let mut list = match link.client.conflicts(&link.organization).await {
            Ok(list) => list,
            Err(ClientError::NotFound { .. }) => return Ok(ConflictList::default()),
            Err(error) => return Err(failed(format!("the conflicts can't be listed: {error}"))),
        };
        join_all(
            list.conflicts
                .iter_mut()
                .map(|conflict| with_texts(&link, conflict)),
        )
        .await;
        Ok(list)
    }

    /// Settles one, as `[file_id, strategy]` says.
    pub(super) async fn resolve_conflict(&self, file: &str, strategy: Strategy) -> Result<ConflictResolved> {
        let file_id =
            Uuid::try_parse(file).map_err(|_| wrong_arguments("[file_id, strategy]: file_id is an id"))?;
        let Some(link) = self.library_link() else {
            return Err(failed(format!(
                "the conflict of the file {file:?} can't be settled: there is no hub to ask"
            )));
        };
        let choice = ResolveConflict {
            file_id,
            strategy,
            preview: false,
        };
        let settled = link.client.resolve_conflict(&link.organization, &choice).await;
        settled.map_err(|error| {
            failed(format!(
                "the conflict of the file {file:?} can't be settled: {error}"
            ))
        })
    }

    fn library_link(&self) -> Option<Link> {
        self.workspaces.first()?.handle.view.link()
    }
}

async fn with_texts(link: &Link, conflict: &mut Conflict) {
    if !conflict.fields.iter().any(|field| field == CONTENT) {
        return;
    }
    let file = conflict.file_id;
    for (name, side) in [("local", &mut conflict.local), ("remote", &mut conflict.remote)] {
        if let Some(side) = side.as_mut().filter(|side| is_text(side)) {
            let text = link.client.library_text(&link.organization, file, name).await;
            side.text = text.unwrap_or_default();
        }
    }
}

fn is_text(side: &ConflictSide) -> bool {
    let kind = side.file.media_type.as_str();
    !side.file.deleted
        && (kind.starts_with("text/")
            || kind.ends_with("xml")
            || kind.ends_with("json")
            || kind.ends_with("octet-stream"))
}
