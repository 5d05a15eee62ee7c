//! Sources of entries (seed 003): files of rows and interfaces of items, read portion by portion in
//! constant memory. An adapter gives texts under the names of fields; what they mean is the caller's to say.
//!
//! Adding a type of source: one module here, one line in [`registry`], and one line in the conformance
//! suite (`tests/entries.rs`).

pub mod csv;
pub mod error;
pub mod files;
pub mod json;
pub mod limits;
pub mod registry;
pub mod rest;
pub mod secrets;

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;

pub use error::{EntryError, ErrorKind};
pub use registry::{ADAPTERS, adapter};
pub use secrets::Variables;

use crate::Reach;

/// A future of an adapter; dropping it stops the work.
pub type Pending<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, EntryError>> + Send + 'a>>;

/// A field that the caller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownField {
    /// Its name.
    pub name: &'static str,
    /// What sources call it as well, where nobody says what they call it.
    pub aliases: &'static [&'static str],
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct EntrySpec {
    /// `csv`, `api`, ….
    pub kind: String,
    /// Path or address, as somebody wrote it.
    pub identifier: String,
    /// As the trigger gave them; each adapter reads its own members.
    pub options: Value,
    /// Fields that are looked for without a mapping.
    pub fields: &'static [KnownField],
}

/// Where adapters may reach.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Folders below which files may be read, the first for relative paths.
    pub roots: Vec<PathBuf>,
    /// Where requests may go.
    pub reach: Reach,
    /// Which variables may hold secrets.
    pub variables: Variables,
}

/// Where reading begins.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// [`Portion::position`] of the last portion that was stored.
    pub position: Option<Value>,
    /// [`End::memory`] of the last complete read with the same options.
    pub previous: Option<Value>,
}

/// Where in the source an item stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line on which it begins, from 1.
    pub line: Option<u64>,
    /// For people, such as `page 3, item 7`.
    pub words: String,
}

impl Place {
    /// A line of a file.
    pub fn line(number: u64) -> Place {
        Place {
            line: Some(number),
            words: format!("line {number}"),
        }
    }
}

/// An item: texts in the order of [`EntryReader::fields`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// `None`: absent, empty, or null.
    pub values: Vec<Option<String>>,
}

/// An item that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Where it stands.
    pub place: Place,
    /// A stable word.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Some items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portion {
    /// In the order of the source.
    pub rows: Vec<Row>,
    /// Items between them that can't be read.
    pub errors: Vec<RowError>,
    /// Where a next attempt goes on.
    pub position: Value,
    /// How much of the source was read, 0 to 1, where that can be told.
    pub share: Option<f64>,
}

/// How reading ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// Whether everything was read: what was not there is gone.
    pub is_complete: bool,
    /// Whether nothing changed since [`Begin::previous`], so that nothing was read.
    pub is_unchanged: bool,
    /// What is to be known about it, for people.
    pub warnings: Vec<String>,
    /// For [`Begin::previous`].
    pub memory: Value,
}

/// One step of reading.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Some items.
    Portion(Portion),
    /// There are no more; not to be asked again.
    End(End),
}

/// An open source.
pub trait EntryReader: Send {
    /// Names of the fields of each row: those of the mapping, else those that are known and there.
    fn fields(&self) -> &[String];

    /// The next items.
    fn next(&mut self) -> Pending<'_, Step>;
}

/// A type of source.
pub trait EntryAdapter: Sync {
    /// The word for it on the wire.
    fn kind(&self) -> &'static str;

    /// Looks at identifier and options without reading; gives the identifier under which the source is
    /// known, however it was written.
    fn check<'a>(&'a self, spec: &'a EntrySpec, outside: &'a Outside) -> Pending<'a, String>;

    /// Opens the source.
    fn open<'a>(
        &'a self,
        spec: &'a EntrySpec,
        outside: &'a Outside,
        begin: Begin,
    ) -> Pending<'a, Box<dyn EntryReader>>;
}

/// Runs what waits for a disk, or takes a processor for a while.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EntryError> + Send + 'static,
) -> Result<T, EntryError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "reading a source failed");
        Err(EntryError::new(
            ErrorKind::System,
            "internal",
            "reading the source failed in the hub itself; its log says more",
        ))
    })
}

/// Members of an option that is an object of texts and numbers: field → where it is in the source.
pub(crate) fn mapping(options: &Value, name: &str) -> Result<Option<BTreeMap<String, Value>>, EntryError> {
    let members = match options.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(EntryError::option(name, "must be an object: field → column")),
    };
    if members.len() > limits::MAX_FIELDS {
        return Err(EntryError::option(
            name,
            format!("may name {} fields", limits::MAX_FIELDS),
        ));
    }
    for (field, at) in members {
        let is_good = match at {
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.is_u64(),
            _ => false,
        };
        if field.is_empty() || field.len() > limits::MAX_NAME_BYTES || !is_good {
            return Err(EntryError::option(
                name,
                format!("{field:?} must be the name of a column, or its number from 0"),
            ));
        }
    }
    if members.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        members.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
    ))
}
