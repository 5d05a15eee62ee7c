//! How much a bundle takes on a page, in the default JSON form: computed once, when it is stored.

use metasync_protocol::{Compact, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow};

/// Rows and bytes of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// The object and each row that it owns.
    pub(crate) rows: u64,
    /// Bytes of its JSON, seldom too few.
    pub(crate) bytes: u64,
}

/// An id in `deleted`.
pub(crate) const TOMBSTONE: u64 = 40;
/// The page without its rows, and what each stream adds.
pub(crate) const ENVELOPE: u64 = 1_500;
pub(crate) const STREAM: u64 = 300;

// Names, quotes, ids, numbers and hash of a row: what it takes when all of its texts are empty.
const FILE: u64 = 270;
const OBJECT: u64 = 380;
const COLUMN: u64 = 175;
const DEPENDENCY: u64 = 225;
const LINEAGE: u64 = 275;
const DOCUMENTATION: u64 = 440;
/// What only an edge between connections has.
const PAIR: u64 = 180;

/// A file.
pub(crate) fn file(row: &FileRow) -> u64 {
    FILE + [&row.relative_path, &row.language, &row.content_hash]
        .into_iter()
        .map(|text| json(text))
        .sum::<u64>()
        + optional(row.branch.as_deref())
}

/// An object with what it owns.
pub(crate) fn object(row: &ObjectRow, owned: &Compact) -> Size {
    let mut bytes = OBJECT
        + json(&row.name)
        + json(&row.full_name)
        + json(&row.object_type)
        + optional(row.description.as_deref())
        + optional(row.branch.as_deref())
        + row.metadata.to_string().len() as u64;
    for (name, data_type, description) in &owned.columns {
        bytes += COLUMN + json(name) + optional(data_type.as_deref()) + optional(description.as_deref());
    }
    for (_, name, kind) in &owned.dependencies {
        bytes += DEPENDENCY + optional(name.as_deref()) + json(kind);
    }
    for (_, name, source, target, transformation) in &owned.lineage {
        bytes += LINEAGE + optional(name.as_deref()) + json(source) + json(target) + json(transformation);
    }
    Size {
        rows: 1 + (owned.columns.len() + owned.dependencies.len() + owned.lineage.len()) as u64,
        bytes,
    }
}

/// A dependency between connections.
pub(crate) fn pair_dependency(row: &DependencyRow) -> u64 {
    DEPENDENCY + PAIR + optional(row.target_name.as_deref()) + json(&row.dependency_type)
}

/// Column lineage between connections.
pub(crate) fn pair_lineage(row: &LineageRow) -> u64 {
    let texts = [&row.source_column, &row.target_column, &row.transformation];
    LINEAGE
        + PAIR
        + optional(row.source_name.as_deref())
        + texts.into_iter().map(|text| json(text)).sum::<u64>()
}

/// A documentation row.
pub(crate) fn documentation(row: &DocumentationRow) -> u64 {
    let texts = [
        &row.executive_summary,
        &row.business_narrative,
        &row.impact_analysis,
        &row.model,
    ];
    let values = [
        &row.transformation_cards,
        &row.code_explanations,
        &row.business_rules,
    ];
    DOCUMENTATION
        + texts
            .into_iter()
            .map(|text| optional(text.as_deref()))
            .sum::<u64>()
        + values
            .into_iter()
            .map(|value| value.to_string().len() as u64)
            .sum::<u64>()
}

fn optional(text: Option<&str>) -> u64 {
    text.map_or(0, json)
}

/// Bytes of a text as JSON, without its quotes.
fn json(text: &str) -> u64 {
    let escapes: u64 = text
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
            0..=0x1f => 5,
            _ => 0,
        })
        .sum();
    text.len() as u64 + escapes
}

#[cfg(test)]
mod tests {
    use metasync_protocol::{ObjectBundle, RowHash};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_estimate_is_near_the_truth_and_not_below_it() {
        let id = Uuid::from_u128(u128::MAX);
        let file_row = FileRow {
            id,
            connection_id: id,
            relative_path: "models/\"a\"\n.sql".into(),
            language: "sql".into(),
            content_hash: "0".repeat(64),
            size: 4_000_000_000,
            branch: None,
            row_hash: RowHash::default(),
        };
        check(file(&file_row), serde_json::to_string(&file_row).unwrap().len());

        let object_row = ObjectRow {
            id,
            connection_id: id,
            file_id: Some(id),
            name: "dim".into(),
            full_name: "shop.dim".into(),
            object_type: "model".into(),
            description: Some("Zürich\t\u{1}".into()),
            metadata: json!({"tags": ["a"]}),
            line_start: Some(100_000),
            line_end: Some(100_000),
            branch: None,
            row_hash: RowHash::default(),
        };
        let owned = Compact {
            columns: vec![("a".into(), Some("int".into()), None); 9],
            dependencies: vec![
                (Some(id), None, "ref".into()),
                (None, Some("raw".into()), "table".into()),
            ],
            lineage: vec![(Some(id), None, "a".into(), "b".into(), "direct".into()); 5],
        };
        let size = object(&object_row, &owned);
        assert_eq!(size.rows, 17);
        let bundle = ObjectBundle::from_compact(object_row, owned);
        let truth = serde_json::to_string(&bundle.object).unwrap().len()
            + serde_json::to_string(&bundle.columns).unwrap().len()
            + serde_json::to_string(&bundle.dependencies).unwrap().len()
            + serde_json::to_string(&bundle.lineage).unwrap().len();
        check(size.bytes, truth);
    }

    #[track_caller]
    fn check(estimate: u64, truth: usize) {
        let truth = truth as u64;
        assert!(estimate >= truth, "{estimate} < {truth}");
        assert!(
            estimate < truth + truth / 4 + 50,
            "{estimate} is far above {truth}"
        );
    }
}
