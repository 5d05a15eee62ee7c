//! Values in columns: ids as text, JSON as text, hashes as bytes.

use metasync_protocol::RowHash;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    database::Row,
    error::{Result, StoreError},
};

/// An id as the tables keep it.
pub(crate) fn text(id: Uuid) -> String {
    id.hyphenated().to_string()
}

/// An id of a row.
pub(crate) fn id(row: &Row, column: &'static str) -> Result<Uuid> {
    parse_id(row.try_get::<&str, _>(column)?, column)
}

/// An id of a row that may be null.
pub(crate) fn optional_id(row: &Row, column: &'static str) -> Result<Option<Uuid>> {
    row.try_get::<Option<&str>, _>(column)?
        .map(|text| parse_id(text, column))
        .transpose()
}

fn parse_id(text: &str, column: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|e| StoreError::row("id", column, e))
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
