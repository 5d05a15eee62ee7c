//! Options of a CSV source.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{EntryError, mapping};

/// How the file is written, and what is wanted of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Options {
    pub(super) has_header: bool,
    pub(super) delimiter: u8,
    /// `None`: quotes are letters like others.
    pub(super) quote: Option<u8>,
    pub(super) encoding: Option<String>,
    /// Field → column.
    pub(super) mapping: Option<BTreeMap<String, Value>>,
}

impl Options {
    pub(super) fn read(options: &Value) -> Result<Options, EntryError> {
        let has_header = match options.get("hasHeader") {
            None | Some(Value::Null) => true,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => return Err(EntryError::option("hasHeader", "must be true or false")),
        };
        let delimiter = match text(options, "delimiter")? {
            None => b',',
            Some("\\t" | "tab") => b'\t',
            Some(text) => one_byte("delimiter", text)?,
        };
        let quote = match options.get("quote") {
            Some(Value::Bool(false)) => None,
            _ => match text(options, "quote")? {
                None => Some(b'"'),
                Some("") => None,
                Some(text) => Some(one_byte("quote", text)?),
            },
        };
        if quote == Some(delimiter) {
            return Err(EntryError::option("quote", "is the delimiter, too"));
        }
        let mapping = mapping(options, "columnMapping")?;
        if !has_header && mapping.is_none() {
            return Err(EntryError::option(
                "columnMapping",
                "is needed where the file has no header: field → number of the column from 0",
            ));
        }
        Ok(Options {
            has_header,
            delimiter,
            quote,
            encoding: text(options, "encoding")?.map(str::to_owned),
            mapping,
        })
    }
}

fn text<'a>(options: &'a Value, name: &str) -> Result<Option<&'a str>, EntryError> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EntryError::option(name, "must be a text")),
    }
}

fn one_byte(name: &str, text: &str) -> Result<u8, EntryError> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(EntryError::option(
            name,
            format!("{text:?} must be one ASCII character, and no line break"),
        )),
    }
}
