//! The compact form of a page (sync-protocol.md, "Wire format"): what an object owns stands nested in
//! it, ids of columns and edges are left out (they are derived), and whatever repeats is named by a
//! number: ids, and words such as names of columns, types and kinds.
//!
//! [`CompactBuilder`] or [`CompactPage::of`] makes it, [`CompactPage::encode`] and [`CompactPage::decode`] carry it,
//! [`CompactPage::expand`] gives the rows of the JSON form back. A cache reads it as it is.

mod build;
mod expand;
mod scalar;
#[cfg(test)]
mod tests;
mod wire;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    catalog::{DependencyRow, DocumentationRow, LineageRow},
    hash::RowHash,
    package::{Deleted, SyncMetadata, SyncPackage},
};

pub use build::{CompactBuilder, OwnedText};
pub use scalar::ContentHash;
pub use wire::{CompactError, FRAME_MAX, ROWS_MAX};

/// Number of an id of the page ([`CompactRows::id`]).
pub type IdRef = u32;

/// Number of a word of the page ([`CompactRows::word`]).
pub type WordRef = u32;

/// A page in compact form.
#[derive(Clone, Debug, PartialEq)]
pub struct CompactPage {
    /// The rows.
    pub rows: CompactRows,
    /// Where the client stands after this page.
    pub sync_metadata: SyncMetadata,
}

/// The rows of a page. All numbers of ids and words in a decoded page are good ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompactRows {
    /// Ids, each once.
    pub ids: Vec<Uuid>,
    /// Words, each once.
    pub words: Vec<String>,
    /// Files.
    pub files: Vec<CompactFile>,
    /// Objects with all that they own.
    pub objects: Vec<CompactObject>,
    /// Documentation.
    pub documentation: Vec<DocumentationRow>,
    /// Edges between connections, which no object of the page owns.
    pub dependencies: Vec<DependencyRow>,
    /// Edges between connections, which no object of the page owns.
    pub columns_lineage: Vec<LineageRow>,
    /// What is gone.
    pub deleted: Deleted,
}

/// As [`crate::FileRow`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the row")]
pub struct CompactFile {
    pub id: IdRef,
    pub connection: IdRef,
    pub relative_path: String,
    pub language: WordRef,
    pub content_hash: ContentHash,
    pub size: u64,
    pub branch: Option<WordRef>,
    #[serde(with = "scalar::hash_bytes")]
    pub row_hash: RowHash,
}

/// As [`crate::ObjectRow`], with what it owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the row")]
pub struct CompactObject {
    pub id: IdRef,
    pub connection: IdRef,
    pub file: Option<IdRef>,
    pub name: String,
    pub full_name: String,
    pub object_type: WordRef,
    pub description: Option<String>,
    /// JSON text; absent for `null`.
    pub metadata: Option<String>,
    pub line_start: Option<u32>,
    pub line_end: Option<u32>,
    pub branch: Option<WordRef>,
    #[serde(with = "scalar::hash_bytes")]
    pub row_hash: RowHash,
    /// In order; the first has ordinal 1.
    pub columns: Vec<ColumnRef>,
    pub dependencies: Vec<DependencyRef>,
    pub lineage: Vec<LineageRef>,
}

/// A column of the object it stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the row")]
pub struct ColumnRef {
    pub name: WordRef,
    pub data_type: Option<WordRef>,
    pub description: Option<String>,
}

/// What the object it stands in depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the row")]
pub struct DependencyRef {
    pub target: Option<IdRef>,
    pub target_name: Option<WordRef>,
    pub dependency_type: WordRef,
}

/// What flows into a column of the object it stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the row")]
pub struct LineageRef {
    pub source: Option<IdRef>,
    pub source_name: Option<WordRef>,
    pub source_column: WordRef,
    pub target_column: WordRef,
    pub transformation: WordRef,
}

impl CompactRows {
    /// The id with this number.
    pub fn id(&self, number: IdRef) -> Uuid {
        self.ids.get(number as usize).copied().unwrap_or_default()
    }

    /// The word with this number.
    pub fn word(&self, number: WordRef) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }

    /// Columns of all objects.
    pub fn columns(&self) -> usize {
        self.objects.iter().map(|o| o.columns.len()).sum()
    }
}

/// A page of the feed in either form.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// As JSON carries it.
    Rows(Box<SyncPackage>),
    /// As MessagePack carries it.
    Compact(Box<CompactPage>),
}

impl Page {
    /// Where the client stands after this page.
    pub fn sync_metadata(&self) -> &SyncMetadata {
        match self {
            Page::Rows(package) => &package.sync_metadata,
            Page::Compact(page) => &page.sync_metadata,
        }
    }

    /// Columns of all objects on it.
    pub fn columns(&self) -> usize {
        match self {
            Page::Rows(package) => package.metadata.columns.len(),
            Page::Compact(page) => page.rows.columns(),
        }
    }
}
