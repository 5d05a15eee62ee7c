//! Adapters that read the outside and save nothing: git repositories, folders on disk, and the shared
//! folder on a WebDAV server, which hubs also publish to ([`shared_folder`]).
//!
//! An adapter knows nothing about the hub's tables, organizations or runs. It answers three
//! questions: bring yourself up to date ([`Source::refresh`]), what is there ([`Source::list`]), and
//! what does it say ([`Source::read`]). A listing says where absence means nothing
//! ([`Listing::unknown`]): a failed read is never a deletion.
//!
//! Every future may be dropped at any time: that is how a run is cancelled. Child processes die with
//! the future that started them, together with their process group.
//!
//! Adding a source: one module here, and one line in [`registry`].

pub mod content;
pub mod entries;
pub mod error;
pub mod git;
pub mod ignored;
pub mod limits;
pub mod listing;
pub mod published_keys;
pub mod reach;
pub mod registry;
pub mod shared_folder;
pub mod source;
pub mod webdav;
pub mod webhook;
pub mod workspace;

pub use content::{Contents, FileContent};
pub use error::SourceError;
pub use listing::{ChangedFiles, Entry, ListRequest, Listing};
pub use published_keys::{Fetched, KeySource, PublishedKeys};
pub use reach::Reach;
pub use registry::{Sources, SourcesOptions};
pub use shared_folder::{Draft, Head, LibraryEntry, Manifest, Outcome, ShareError, SharedFolder, Ticket};
pub use source::{CURRENT_BRANCH, Pending, RefreshRequest, Refreshed, Source, SourceSpec};
pub use webhook::{Refusal, Webhooks};
