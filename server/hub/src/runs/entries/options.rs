//! The options that are the same for all types of sources.

use metasync_store::EntryTable;
use serde_json::Value;

/// Most bytes of a content type.
const MAX_TYPE_BYTES: usize = 200;

/// What becomes of what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncOptions {
    /// The seed's `targetTable`.
    pub(super) table: EntryTable,
    /// Of all entries that do not tell their own.
    pub(super) content_type: Option<String>,
    /// Lets a run through that would make most entries unavailable.
    pub(super) force: bool,
    /// Whether a source that says that it did not change is believed.
    pub(super) incremental: bool,
}

impl SyncOptions {
    /// Reads them; an error names the option.
    pub(crate) fn read(options: &Value) -> Result<SyncOptions, String> {
        let flag = |name: &str, default: bool| match options.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(format!("options.{name}: must be true or false")),
        };
        let table = match options.get("targetTable") {
            None | Some(Value::Null) => EntryTable::Content,
            Some(Value::String(name)) => EntryTable::ALL
                .into_iter()
                .find(|table| table.as_str() == name)
                .ok_or_else(|| {
                    format!("options.targetTable: {name:?} must be content_index or catalog_items")
                })?,
            Some(_) => return Err("options.targetTable: must be a text".into()),
        };
        let content_type = match options.get("contentType") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.len() <= MAX_TYPE_BYTES => {
                Some(text.trim().replace('\0', "\u{fffd}")).filter(|text| !text.is_empty())
            }
            Some(_) => {
                return Err(format!(
                    "options.contentType: must be a text of {MAX_TYPE_BYTES} bytes at most"
                ));
            }
        };
        Ok(SyncOptions {
            table,
            content_type,
            force: flag("force", false)?,
            incremental: flag("incremental", true)?,
        })
    }
}
