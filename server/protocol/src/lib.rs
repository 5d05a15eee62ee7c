//! Words that both sides speak: the rows of the catalogue, the feed that carries them, sessions,
//! jobs, and the editor's own requests. serde and schemars, derived ids and hashes, nothing else:
//! this crate knows no database, no network, no editor and no clock.
//!
//! The outside of all of it is fixed by the project's contract; field names are the wire's.

pub mod bundle;
pub mod catalog;
pub mod compact;
pub mod connections;
pub mod editor;
pub mod error;
pub mod events;
pub mod hash;
pub mod ids;
pub mod library;
pub mod package;
pub mod repositories;
pub mod sessions;
pub mod settings;

pub use bundle::{Compact, ObjectBundle};
pub use catalog::{ColumnRow, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow, PairOf};
pub use compact::{CompactPage, Page};
pub use error::ErrorBody;
pub use hash::RowHash;
pub use package::{Channel, Deleted, PackageMetadata, StreamState, SyncMetadata, SyncPackage};

/// Version of the feed (query parameter `protocol`, field `sync_metadata.protocol`).
pub const PROTOCOL: u32 = 2;

/// Version of what rows mean (field `sync_metadata.schema`). A client that holds rows of another
/// version rebuilds its copy (410 `resync_required`).
pub const SCHEMA: u32 = 1;

/// Media type of the compact form of a package; the default answer is JSON in seed 002's shape.
pub const MEDIA_TYPE_COMPACT: &str = "application/vnd.metasync.package+msgpack";

/// Header by which a pull names its session, so that the hub can keep that session's statistics.
pub const HEADER_SESSION: &str = "x-session-id";
