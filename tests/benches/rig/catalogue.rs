//! A catalogue of any size: models that are built from two others each, as in a dbt project that
//! grew for years. The same size always gives the same rows.

use metasync_protocol::{Compact, FileRow, ObjectRow, RowHash, bundle::compact_hash, ids};
use serde_json::json;
use uuid::Uuid;

/// Columns of each object.
pub const COLUMNS: usize = 10;
/// Objects that each object is built from, except the first ones.
pub const BUILT_FROM: usize = 2;

/// What the large catalogue is made of, for the conditions of a report.
pub const ABOUT: &str =
    "Synthetic models with 10 columns (typed, described), 2 dependencies and 10 lineage edges each";

/// Name of the model with this number.
pub fn name(number: usize) -> String {
    format!("model_{number:06}")
}

/// Name of a column.
pub fn column(number: usize) -> String {
    format!("column_{number}")
}

/// Path of the model's file.
pub fn path(number: usize) -> String {
    format!("models/area_{}/{}.sql", number / 100, name(number))
}

/// A file, its model, and what that owns, with all hashes.
pub fn model(connection: Uuid, number: usize) -> (FileRow, ObjectRow, Compact) {
    let id_of = |number: usize| ids::object(connection, None, "model", &full_name(number));
    let mut file = FileRow {
        id: ids::file(connection, None, &path(number)),
        connection_id: connection,
        relative_path: path(number),
        language: "sql".to_owned(),
        content_hash: format!("{number:064x}"),
        size: 1_200,
        branch: None,
        row_hash: RowHash::default(),
    };
    file.seal();
    let mut object = ObjectRow {
        id: id_of(number),
        connection_id: connection,
        file_id: Some(file.id),
        name: name(number),
        full_name: full_name(number),
        object_type: "model".to_owned(),
        description: Some(format!(
            "What model {number} says of the business, in one sentence."
        )),
        metadata: json!({"materialized": "table", "tags": ["nightly"]}),
        line_start: Some(1),
        line_end: Some(40),
        branch: None,
        row_hash: RowHash::default(),
    };
    let sources: Vec<usize> = (1..=BUILT_FROM)
        .filter_map(|step| number.checked_sub(step * step))
        .collect();
    let mut owned = Compact {
        columns: (0..COLUMNS)
            .map(|c| {
                (
                    column(c),
                    Some("varchar".to_owned()),
                    Some(format!("Column {c} of model {number}.")),
                )
            })
            .collect(),
        dependencies: sources
            .iter()
            .map(|s| (Some(id_of(*s)), None, "ref".to_owned()))
            .collect(),
        lineage: (0..COLUMNS)
            .filter_map(|c| {
                let source = sources.get(c % BUILT_FROM)?;
                Some((
                    Some(id_of(*source)),
                    None,
                    column(c),
                    column(c),
                    "direct".to_owned(),
                ))
            })
            .collect(),
    };
    owned.normalize();
    object.row_hash = compact_hash(&object, &owned);
    (file, object, owned)
}

/// A file and its model, which owns nothing.
pub fn bare(connection: Uuid, number: usize) -> (FileRow, ObjectRow, Compact) {
    let (file, mut object, _) = model(connection, number);
    let owned = Compact::default();
    object.row_hash = compact_hash(&object, &owned);
    (file, object, owned)
}

fn full_name(number: usize) -> String {
    format!("bench.{}", name(number))
}
