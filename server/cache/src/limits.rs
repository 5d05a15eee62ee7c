//! Every limit of this crate.

use std::time::Duration;

/// How long a writer waits for the writer of another window.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a reader waits (readers hardly ever wait in WAL mode).
pub const READ_BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// Prepared statements kept by a connection.
pub const STATEMENTS_MAX: usize = 64;
/// Connections that a [`crate::Reader`] keeps open while nobody uses them.
pub const IDLE_READERS_MAX: usize = 4;
/// SQLite's page cache of a writer, in KiB.
pub const WRITER_CACHE_KIB: i64 = 16 << 10;
/// SQLite's page cache of a reader, in KiB: flat in the size of the catalogue.
pub const READER_CACHE_KIB: i64 = 4 << 10;
/// Files up to this size (bytes) are checked from end to end when they are opened.
pub const CHECK_AT_OPEN_MAX: u64 = 8 << 20;
/// The write-ahead log is cut back to this size (bytes) after a checkpoint.
pub const WAL_MAX: i64 = 16 << 20;

/// Syncs that are remembered.
pub const HISTORY_MAX: usize = 200;
/// A second wrong checksum within this many days is reported instead of put right.
pub const MISMATCH_DAYS: f64 = 1.0;

/// Most objects that one lookup considers.
pub const CANDIDATES_MAX: usize = 500;
/// Most columns in the facts of an object.
pub const FACTS_COLUMNS_MAX: usize = 5_000;
/// Most neighbours in the facts of an object, each way; the totals say how many there are.
pub const FACTS_NEIGHBOURS_MAX: usize = 200;
/// Most edges of one column, each way.
pub const COLUMN_EDGES_MAX: usize = 1_000;

/// Deepest lineage tree.
pub const LINEAGE_DEPTH_MAX: usize = 50;
/// Most children of a node of a lineage tree: few warehouses have a table with more users.
pub const LINEAGE_BREADTH_MAX: usize = 2_000;
/// Most nodes of a lineage tree.
pub const LINEAGE_NODES_MAX: usize = 5_000;

/// Most results of a search.
pub const SEARCH_MAX: usize = 1_000;
/// Most column names that a search looks up, and most name hits that it ranks.
pub const SEARCH_SCAN_MAX: usize = 5_000;
/// Longest text searched for, in characters; the rest is left off.
pub const SEARCH_TEXT_MAX: usize = 200;
/// Most objects on one page of a list.
pub const BROWSE_MAX: u64 = 1_000;
/// Fewest letters that are looked for apart from each other: fewer are in nearly every name.
pub const LETTERS_MIN: usize = 3;
