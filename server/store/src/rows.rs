//! Values in columns that neither database knows by itself: hashes as bytes, JSON as text, counts.

use metasync_protocol::RowHash;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    database::Row,
    error::{Result, StoreError},
};

/// An id of a row.
pub(crate) fn id(row: &Row, column: &'static str) -> Result<Uuid> {
    row.id(column)?
        .ok_or_else(|| StoreError::row("id", column, "null"))
}

/// An id of a row that may be null.
pub(crate) fn optional_id(row: &Row, column: &'static str) -> Result<Option<Uuid>> {
    Ok(row.id(column)?)
}

/// A time of a row, as text.
pub(crate) fn time(row: &Row, column: &'static str) -> Result<String> {
    row.time(column)?
        .ok_or_else(|| StoreError::row("time", column, "null"))
}

/// A hash of a row.
pub(crate) fn hash(row: &Row, column: &'static str) -> Result<RowHash> {
    let bytes: &[u8] = row.try_get(column)?;
    RowHash::from_slice(bytes).ok_or_else(|| StoreError::row("hash", column, "not 16 bytes long"))
}

/// A number of a row that can't be negative.
pub(crate) fn number(row: &Row, column: &'static str) -> Result<u64> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|e| StoreError::row("number", column, e))
}

/// JSON of a row.
pub(crate) fn json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|e| StoreError::row("JSON", column, e))
}

/// JSON of a row that may be null.
pub(crate) fn optional_json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>> {
    row.try_get::<Option<&str>, _>(column)?
        .map(|text| serde_json::from_str(text).map_err(|e| StoreError::row("JSON", column, e)))
        .transpose()
}

/// Any of our own values as JSON text. They hold text keys and finite numbers only, so this can't
/// fail; should it ever, `null` is stored rather than a panic raised.
pub(crate) fn json_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}

/// A count as the tables keep it.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
