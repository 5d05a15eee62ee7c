//! Entries of external sources (seed 003): content and catalogue rows, the objects that bring them to
//! editors, and the runs and errors as the seed shows them.

mod begin;
mod clean_up;
mod commit;
mod item_errors;
mod resume;
mod rows;
mod runs;
mod search;
mod sweep;

use metasync_protocol::{ObjectRow, RowHash};
use serde_json::Value;
use uuid::Uuid;

pub use item_errors::{ListedError, NewError};
pub use runs::{NewSyncRun, Started, SyncRun, SyncStats};
pub(crate) use search::forget_connection as forget_words;
pub use search::{Found, Query};
pub use sweep::{Standing as EntryStanding, Walk as EntryWalk};

/// Which of the seed's tables an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryTable {
    /// `content_index`.
    Content,
    /// `catalog_items`.
    Catalog,
}

impl EntryTable {
    /// Both.
    pub const ALL: [EntryTable; 2] = [EntryTable::Content, EntryTable::Catalog];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryTable::Content => "content_index",
            EntryTable::Catalog => "catalog_items",
        }
    }

    /// The index of the words in it.
    fn words(self) -> &'static str {
        match self {
            EntryTable::Content => "content_index_words",
            EntryTable::Catalog => "catalog_items_words",
        }
    }
}

/// What the tables of the seed hold of an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryFields {
    /// A row of `content_index`.
    Content(ContentFields),
    /// A row of `catalog_items`.
    Catalog(CatalogFields),
}

/// Fields of `content_index`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContentFields {
    /// `music`, `video`, …: free text.
    pub content_type: Option<String>,
    /// Title.
    pub title: String,
    /// Artist, author, director.
    pub artist: Option<String>,
    /// Genre or category.
    pub genre: Option<String>,
    /// The source's own id.
    pub external_id: Option<String>,
}

/// Fields of `catalog_items`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogFields {
    /// Category.
    pub category_id: String,
    /// Capacity as it is sold, such as `8GB`.
    pub capacity: String,
    /// The same as a number of gigabytes.
    pub capacity_gb: Option<f64>,
    /// Price, in the source's currency.
    pub price: Option<f64>,
    /// How much is on it.
    pub content_count: Option<i64>,
    /// Of what.
    pub content_unit: Option<String>,
    /// Whether it is sold.
    pub is_active: Option<bool>,
    /// Whether it is shown first.
    pub is_popular: Option<bool>,
}

/// An entry that a source has.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The object that brings it to editors; its `row_hash` tells whether anything of the entry changed.
    pub object: ObjectRow,
    /// What the table holds.
    pub fields: EntryFields,
    /// What else the source says of it.
    pub metadata: Value,
}

impl Entry {
    /// Derived from connection and identity.
    pub fn id(&self) -> Uuid {
        self.object.id
    }

    fn hash(&self) -> RowHash {
        self.object.row_hash
    }
}

/// Where entries come from, as the tables show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySource {
    /// The connection.
    pub connection: Uuid,
    /// `csv`, `api`, ….
    pub source_type: String,
    /// Path or address.
    pub source_identifier: String,
    /// The seed's table.
    pub table: EntryTable,
}

/// Entries to store at once, in one transaction with how far the run is.
#[derive(Clone, Debug, Default)]
pub struct EntryBatch {
    /// New, changed and unchanged ones, of one table.
    pub entries: Vec<Entry>,
    /// Items that were left out.
    pub errors: Vec<NewError>,
    /// Items that failed, whether or not an error of theirs is listed.
    pub failed: u64,
    /// Where a next attempt goes on.
    pub checkpoint: Value,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntriesCommitted {
    /// New ones.
    pub added: u64,
    /// Those that differ from what was stored.
    pub updated: u64,
    /// Those that do not, and those that stood in the same run before.
    pub unchanged: u64,
    /// Heads of the streams that were written.
    pub heads: Vec<(metasync_protocol::Channel, u64)>,
}
