//! Runs of external sources (seed 003): read portion by portion, store each with where it ends, and make
//! unavailable what a complete read did not bring.

mod failing;
mod items;
mod link;
mod options;
mod preview;
mod schedule;
mod spec;
mod start;
mod targets;
mod work;

use std::sync::Arc;

use metasync_sources::entries::Outside;
use metasync_store::StoredConnection;

pub(crate) use options::SyncOptions;
pub(super) use preview::preview;
pub(crate) use schedule::{Upkeep, keep_up};
pub(crate) use start::{Asked, Refusal};
pub(super) use work::sync;

use crate::secrets::Sealer;

/// The kind of the runs that read an external source.
pub(crate) const SOURCE: &str = "source";

/// The kind of the runs that say what one would do.
pub(crate) const PREVIEW: &str = "source_preview";

/// What runs of external sources may use.
#[derive(Clone)]
pub(crate) struct EntryPolicy {
    pub(crate) outside: Arc<Outside>,
    pub(crate) sealer: Arc<Sealer>,
}

/// Whether a connection is an external source.
pub(crate) fn is_source(stored: &StoredConnection) -> bool {
    metasync_sources::entries::adapter(&stored.connection.kind).is_some()
}
