//! Sources of entries that mean no good, or were written by nobody's rules: each costs what it holds, never the
//! rest, and never the hub.

#![allow(clippy::unwrap_used, clippy::panic)]

mod files;
mod web;

use metasync_sources::{
    Reach,
    entries::{Begin, End, EntryError, EntrySpec, KnownField, Outside, Step, Variables, adapter},
};
use serde_json::Value;

const FIELDS: &[KnownField] = &[
    KnownField {
        name: "title",
        aliases: &["name"],
    },
    KnownField {
        name: "external_id",
        aliases: &["id"],
    },
];

/// What a source gave: the first value of each row, code and place of each error, and how it ended.
type Read = Result<(Vec<String>, Vec<(&'static str, String)>, End), EntryError>;

async fn read(kind: &str, identifier: &str, options: Value, folder: &std::path::Path, begin: Begin) -> Read {
    let spec = EntrySpec {
        kind: kind.into(),
        identifier: identifier.into(),
        options,
        fields: FIELDS,
    };
    let outside = Outside {
        roots: vec![folder.to_owned()],
        reach: Reach { allow_private: true },
        variables: Variables::default(),
    };
    let mut reader = adapter(kind).unwrap().open(&spec, &outside, begin).await?;
    let (mut titles, mut errors) = (Vec::new(), Vec::new());
    let at = reader.fields().iter().position(|field| field == "title");
    loop {
        match reader.next().await? {
            Step::End(end) => return Ok((titles, errors, end)),
            Step::Portion(portion) => {
                let title = |row: metasync_sources::entries::Row| {
                    at.and_then(|at| row.values[at].clone()).unwrap_or_default()
                };
                titles.extend(portion.rows.into_iter().map(title));
                errors.extend(portion.errors.into_iter().map(|e| (e.code, e.place.words)));
            }
        }
    }
}
