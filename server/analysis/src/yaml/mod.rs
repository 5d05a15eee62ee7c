//! YAML: its content by a real parser, and its places by a tolerant one of our own.

mod flow;
mod node;
mod scalar;
pub(crate) mod tree;

use serde_json::Value;

/// Reads a whole document as data; `Err` says what is wrong and in which line, from 1.
pub(crate) fn read(text: &str) -> Result<Value, (u32, String)> {
    // As dbt reads it: the last of two equal keys counts, and one anchor may be used often.
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false },
    };
    serde_saphyr::from_str_with_options::<Value>(text, options).map_err(|error| {
        let line = error
            .location()
            .map_or(1, |place| u32::try_from(place.line()).unwrap_or(1));
        let message = error.without_snippet().to_string();
        (
            line,
            message.lines().next().unwrap_or("not valid YAML").to_owned(),
        )
    })
}

/// Reads a document as data: correctly where it is valid, by the tolerant reader where it is not.
pub(crate) fn read_or_guess(text: &str) -> (Value, Option<(u32, String)>) {
    if text.trim().is_empty() {
        return (Value::Null, None);
    }
    match read(text) {
        Ok(value) => (value, None),
        Err(problem) => (tree::parse(text).to_json(), Some(problem)),
    }
}
