use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Compact, FileRow, ObjectRow, PackageMetadata, RowHash,
    bundle::ObjectBundle,
    package::{Channel, StreamState},
};

fn about(streams: Vec<StreamState>) -> SyncMetadata {
    SyncMetadata {
        organization_id: Uuid::from_u128(1),
        connection_ids: vec![Uuid::from_u128(2)],
        object_count: 1,
        file_count: 1,
        timestamp: "2001-01-01T00:00:00Z".into(),
        incremental: false,
        protocol: 2,
        cursor: "v1.c".into(),
        has_more: false,
        epoch: Uuid::from_u128(3),
        schema: 1,
        reset_connections: vec![Uuid::from_u128(4)],
        removed_connections: Vec::new(),
        streams,
    }
}

fn id() -> impl Strategy<Value = Uuid> {
    // few, so that they repeat
    (0u128..12).prop_map(Uuid::from_u128)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "\\PC{0,12}"]
}

fn optional<T: std::fmt::Debug + Clone>(inner: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(inner)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        (text(), any::<i64>(), any::<u64>())
            .prop_map(|(t, i, u)| json!({"t": t, "i": i, "n": [u, 0.5, null]})),
    ]
}

prop_compose! {
    fn file()(id in id(), connection_id in id(), relative_path in text(), language in text(),
        content_hash in prop_oneof![text(), "[0-9a-f]{64}", "[0-9A-F]{64}"], size in any::<u64>(),
        branch in optional(text()), hash in any::<u128>()) -> FileRow {
        FileRow { id, connection_id, relative_path, language, content_hash, size, branch, row_hash: RowHash(hash) }
    }
}

prop_compose! {
    fn owned()(columns in proptest::collection::vec((text(), optional(text()), optional(text())), 0..4),
        dependencies in proptest::collection::vec((optional(id()), optional(text()), text()), 0..3),
        lineage in proptest::collection::vec((optional(id()), optional(text()), text(), text(), text()), 0..3))
        -> Compact {
        Compact { columns, dependencies, lineage }
    }
}

prop_compose! {
    fn object()(connection_id in id(), file_id in optional(id()), name in text(), full_name in text(),
        object_type in text(), description in optional(text()), metadata in value(), line in optional(any::<u32>()),
        branch in optional(text()), hash in any::<u128>()) -> ObjectRow {
        ObjectRow { id: Uuid::nil(), connection_id, file_id, name, full_name, object_type, description, metadata,
            line_start: line, line_end: line, branch, row_hash: RowHash(hash) }
    }
}

prop_compose! {
    fn documentation()(id in id(), connection_id in id(), object_id in id(), summary in optional(text()),
        cards in value(), at in text(), hash in any::<u128>()) -> DocumentationRow {
        DocumentationRow { id, connection_id, object_id, executive_summary: summary, business_narrative: None,
            transformation_cards: cards, code_explanations: Value::Null, business_rules: json!([1]),
            impact_analysis: None, generated_at: at, model: None, row_hash: RowHash(hash) }
    }
}

prop_compose! {
    fn package()(files in proptest::collection::vec(file(), 0..4),
        bundles in proptest::collection::vec((object(), owned()), 0..6),
        documentation in proptest::collection::vec(documentation(), 0..3),
        deleted in proptest::collection::vec(id(), 0..3), checksum in optional(any::<u128>()),
        other in optional(id())) -> SyncPackage {
        let mut metadata = PackageMetadata { files, ..PackageMetadata::default() };
        for (place, (mut object, owned)) in bundles.into_iter().enumerate() {
            // an object stands on a page once
            object.id = Uuid::from_u128(100 + place as u128);
            let bundle = ObjectBundle::from_compact(object, owned);
            metadata.objects.push(bundle.object);
            metadata.columns.extend(bundle.columns);
            metadata.dependencies.extend(bundle.dependencies);
            metadata.columns_lineage.extend(bundle.lineage);
        }
        let stranger = Compact {
            dependencies: vec![(None, Some("x".into()), "ref".into())],
            lineage: vec![(None, None, "a".into(), "b".into(), "direct".into())],
            ..Compact::default()
        };
        if let Some(other) = other {
            // an edge between connections stands by itself, though its object may be on the page
            let owner = metadata.objects.first().map_or(other, |object| object.id);
            let (_, mut dependencies, mut lineage) = stranger.expand(owner);
            dependencies.iter_mut().for_each(|row| row.seal(other, owner));
            lineage.iter_mut().for_each(|row| row.seal(owner, other));
            metadata.dependencies.extend(dependencies);
            metadata.columns_lineage.extend(lineage);
        }
        metadata.deleted.objects = deleted.clone();
        metadata.deleted.documentation = deleted;
        let stream = StreamState {
            connection_id: Uuid::from_u128(7), other_connection_id: other, channel: Channel::Core,
            head: u64::MAX, rows: 3, checksum: checksum.map(RowHash), state: "complete".into(), revision: Some("0a1b".into()),
        };
        SyncPackage { metadata, documentation, sync_metadata: about(vec![stream]) }
    }
}

proptest! {
    #[test]
    fn both_forms_carry_the_same_page(package in package()) {
        let text = serde_json::to_vec(&package).unwrap();
        let from_json: SyncPackage = serde_json::from_slice(&text).unwrap();
        let compact = CompactPage::of(package);
        let bytes = compact.encode().unwrap();
        let decoded = CompactPage::decode(&bytes).unwrap();
        prop_assert_eq!(&decoded, &compact);
        prop_assert_eq!(decoded.expand(), from_json);
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_refused_or_read_but_never_panics(
        package in package(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let bytes = CompactPage::of(package).encode().unwrap();
        let at = at.index(bytes.len());
        prop_assert!(CompactPage::decode(&bytes[..at]).is_err());
        let mut changed = bytes.clone();
        changed[at] = byte;
        if let Ok(page) = CompactPage::decode(&changed) {
            let _ = page.expand();
        }
        let mut longer = bytes;
        longer.push(byte);
        prop_assert!(CompactPage::decode(&longer).is_err());
    }
}

/// A frame around these bytes.
fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_be_bytes()[..], body].concat()
}

#[test]
fn hostile_lengths_are_refused_before_they_cost_memory() {
    assert_eq!(
        CompactPage::decode(&u32::MAX.to_be_bytes()),
        Err(CompactError::TooLarge)
    );
    assert_eq!(CompactPage::decode(&[0, 1, 0, 0, 1]), Err(CompactError::CutOff));
    assert_eq!(CompactPage::decode(&[]), Err(CompactError::CutOff));
    let name = |word: &str| [&[0x81, 0xa0 | word.len() as u8], word.as_bytes()].concat();
    for count in [
        // array, string, bytes and map of four thousand million entries
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0xc6, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],
    ] {
        for frame in [
            "Ids",
            "Words",
            "Files",
            "Objects",
            "Documentation",
            "Deleted",
            "End",
            "Pairs",
        ] {
            let bytes = framed(&[name(frame), count.clone()].concat());
            assert!(
                matches!(CompactPage::decode(&bytes), Err(CompactError::Malformed(_))),
                "{frame}"
            );
        }
    }
    // deep nesting, where any JSON value may stand
    let mut deep = name("Documentation");
    deep.extend([0x91, 0x81, 0xb4]);
    deep.extend(b"transformation_cards");
    deep.extend(std::iter::repeat_n(0x91, 1_000_000));
    assert!(CompactPage::decode(&framed(&deep)).is_err());
}

#[test]
fn many_rows_of_few_bytes_are_refused() {
    let words = |count: u32| {
        let mut body = b"\x81\xa5Words\xdd".to_vec();
        body.extend(count.to_be_bytes());
        body.extend(std::iter::repeat_n(0xa0, count as usize));
        framed(&body)
    };
    let bytes = [words(1_500_000), words(1_500_000)].concat();
    assert_eq!(CompactPage::decode(&bytes), Err(CompactError::TooLarge));
}

#[test]
fn unknown_numbers_and_broken_metadata_are_refused() {
    let package = SyncPackage {
        metadata: PackageMetadata::default(),
        documentation: Vec::new(),
        sync_metadata: about(Vec::new()),
    };
    let mut page = CompactPage::of(package);
    page.rows.ids.push(Uuid::nil());
    page.rows.words.push("sql".into());
    let file = CompactFile {
        id: 0,
        connection: 0,
        relative_path: "a".into(),
        language: 0,
        content_hash: ContentHash::of("x"),
        size: 1,
        branch: None,
        row_hash: RowHash(1),
    };
    page.rows.files.push(file.clone());
    assert_eq!(CompactPage::decode(&page.encode().unwrap()).unwrap(), page);
    page.rows.files[0].language = 1;
    assert_eq!(
        CompactPage::decode(&page.encode().unwrap()),
        Err(CompactError::UnknownNumber)
    );
    page.rows.files[0] = CompactFile {
        branch: Some(u32::MAX),
        ..file
    };
    assert_eq!(
        CompactPage::decode(&page.encode().unwrap()),
        Err(CompactError::UnknownNumber)
    );
    page.rows.files.clear();
    page.rows.objects.push(CompactObject {
        id: 0,
        connection: 0,
        file: None,
        name: "a".into(),
        full_name: "a".into(),
        object_type: 0,
        description: None,
        metadata: Some("{".into()),
        line_start: None,
        line_end: None,
        branch: None,
        row_hash: RowHash(1),
        columns: Vec::new(),
        dependencies: Vec::new(),
        lineage: Vec::new(),
    });
    assert!(matches!(
        CompactPage::decode(&page.encode().unwrap()),
        Err(CompactError::Malformed(_))
    ));
}
