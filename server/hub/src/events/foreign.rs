//! Rings this node's bells for what other nodes on the same database did.

use std::sync::Arc;

use metasync_store::{ForeignChange, ForeignChanges};

use super::Bells;

/// Rings until the store is closed.
pub(crate) async fn ring_for_others(mut changes: ForeignChanges, bells: Arc<Bells>) {
    while let Some(change) = changes.recv().await {
        match change {
            ForeignChange::Heads { org, heads } => {
                for (connection, channel, head) in heads {
                    bells.heads.ring(org, connection, &[(channel, head)]);
                }
            }
            ForeignChange::Removed { org, connection } => {
                bells.heads.ring_removed(org, connection);
            }
            ForeignChange::Run(run) => bells.runs.ring(run),
            ForeignChange::Library => bells.library.notify_one(),
            ForeignChange::Work => bells.runs.ring_work(),
        }
    }
}
