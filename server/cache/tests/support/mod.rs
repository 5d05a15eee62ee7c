//! A hub in memory: a catalogue in maps, and pages of it with right checksums.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use metasync_protocol::{
    Channel, Compact, Deleted, DependencyRow, DocumentationRow, FileRow, ObjectBundle, ObjectRow,
    PackageMetadata, RowHash, StreamState, SyncMetadata, SyncPackage, ids,
};
use serde_json::json;
use uuid::Uuid;

/// The catalogue as it should be.
#[derive(Clone, Default)]
pub struct World {
    pub files: BTreeMap<Uuid, FileRow>,
    pub objects: BTreeMap<Uuid, ObjectBundle>,
    pub documentation: BTreeMap<Uuid, DocumentationRow>,
    pub pairs: BTreeMap<Uuid, DependencyRow>,
    pub clock: u32,
}

pub fn connection(n: u8) -> Uuid {
    ids::connection(ids::organization("test"), &format!("acme/c{n}"))
}

pub fn file(c: u8, path: &str, content: &str) -> FileRow {
    let mut row = FileRow {
        id: ids::file(connection(c), None, path),
        connection_id: connection(c),
        relative_path: path.to_owned(),
        language: "sql".to_owned(),
        content_hash: content.to_owned(),
        size: content.len() as u64,
        branch: None,
        row_hash: RowHash::default(),
    };
    row.seal();
    row
}

/// An object with columns `name type`, built from objects given by id.
pub fn object(
    c: u8,
    kind: &str,
    full_name: &str,
    columns: &[(&str, &str)],
    built_from: &[Uuid],
) -> ObjectBundle {
    let id = ids::object(connection(c), None, kind, full_name);
    let row = ObjectRow {
        id,
        connection_id: connection(c),
        file_id: None,
        name: full_name.rsplit('.').next().unwrap().to_owned(),
        full_name: full_name.to_owned(),
        object_type: kind.to_owned(),
        description: None,
        metadata: json!({"tags": ["t"], "nested": {"b": 1, "a": [null, 1.5, "x"]}}),
        line_start: Some(1),
        line_end: Some(9),
        branch: None,
        row_hash: RowHash::default(),
    };
    let mut owned = Compact {
        columns: columns
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), Some((*kind).to_owned()), None))
            .collect(),
        dependencies: built_from
            .iter()
            .map(|id| (Some(*id), None, "ref".to_owned()))
            .collect(),
        lineage: Vec::new(),
    };
    owned.normalize();
    let mut bundle = ObjectBundle::from_compact(row, owned);
    bundle.seal();
    bundle
}

/// Changes an object and seals it again.
pub fn with(bundle: &ObjectBundle, change: impl FnOnce(&mut ObjectRow, &mut Compact)) -> ObjectBundle {
    let mut row = bundle.object.clone();
    let mut owned = bundle.compact();
    change(&mut row, &mut owned);
    owned.normalize();
    let mut bundle = ObjectBundle::from_compact(row, owned);
    bundle.seal();
    bundle
}

/// Data flow `source.column → target.column`, to be added by [`with`].
pub fn flow(source: Uuid, from: &str, to: &str) -> metasync_protocol::bundle::CompactLineage {
    (
        Some(source),
        None,
        from.to_owned(),
        to.to_owned(),
        "direct".to_owned(),
    )
}

pub fn documentation(of: &ObjectBundle, text: &str) -> DocumentationRow {
    let mut row = DocumentationRow {
        id: ids::documentation(of.object.id),
        connection_id: of.object.connection_id,
        object_id: of.object.id,
        executive_summary: Some(text.to_owned()),
        business_narrative: None,
        transformation_cards: json!([{"step": 1}]),
        code_explanations: json!(null),
        business_rules: json!({"rule": text}),
        impact_analysis: None,
        generated_at: "2026-01-01T00:00:00Z".to_owned(),
        model: Some("people".to_owned()),
        row_hash: RowHash::default(),
    };
    row.seal();
    row
}

pub fn pair(source: &ObjectBundle, target: &ObjectBundle) -> DependencyRow {
    let mut row = DependencyRow {
        id: ids::dependency(source.object.id, Some(target.object.id), "", "ref"),
        source_object_id: source.object.id,
        target_object_id: Some(target.object.id),
        target_name: None,
        dependency_type: "ref".to_owned(),
        pair: None,
    };
    row.seal(source.object.connection_id, target.object.connection_id);
    row
}

/// What stands on one page.
#[derive(Clone, Default)]
pub struct Rows {
    pub files: Vec<FileRow>,
    pub objects: Vec<ObjectBundle>,
    pub documentation: Vec<DocumentationRow>,
    pub pairs: Vec<DependencyRow>,
    pub deleted: Deleted,
    pub reset: Vec<Uuid>,
    pub removed: Vec<Uuid>,
}

impl World {
    /// The hub's state of each stream.
    pub fn streams(&self) -> Vec<StreamState> {
        let mut sums: BTreeMap<(Uuid, Option<Uuid>, Channel), (u64, RowHash)> = BTreeMap::new();
        let mut add = |c, channel, hash| {
            let sum = sums.entry((c, None, channel)).or_default();
            *sum = (sum.0 + 1, sum.1.plus(hash));
        };
        self.files
            .values()
            .for_each(|r| add(r.connection_id, Channel::Core, r.row_hash));
        self.objects
            .values()
            .for_each(|b| add(b.object.connection_id, Channel::Core, b.object.row_hash));
        self.documentation
            .values()
            .for_each(|r| add(r.connection_id, Channel::Documentation, r.row_hash));
        for n in 0..3 {
            sums.entry((connection(n), None, Channel::Core)).or_default();
            sums.entry((connection(n), None, Channel::Documentation))
                .or_default();
        }
        let (one, other) = (connection(0).min(connection(1)), connection(0).max(connection(1)));
        sums.entry((one, Some(other), Channel::Pair)).or_default();
        for pair in self.pairs.values().filter_map(|row| row.pair) {
            let stream = (pair.connection_id, Some(pair.other_connection_id), Channel::Pair);
            let sum = sums.entry(stream).or_default();
            *sum = (sum.0 + 1, sum.1.plus(pair.row_hash));
        }
        sums.into_iter()
            .map(
                |((connection_id, other_connection_id, channel), (rows, checksum))| StreamState {
                    connection_id,
                    other_connection_id,
                    channel,
                    head: 1,
                    rows,
                    checksum: Some(checksum),
                    state: "complete".to_owned(),
                    revision: None,
                },
            )
            .collect()
    }

    /// A page with these rows; `has_more = false` makes it a checkpoint.
    pub fn page(&mut self, rows: Rows, has_more: bool) -> SyncPackage {
        self.clock += 1;
        let mut metadata = PackageMetadata {
            files: rows.files,
            deleted: rows.deleted,
            ..PackageMetadata::default()
        };
        for bundle in rows.objects {
            metadata.objects.push(bundle.object);
            metadata.columns.extend(bundle.columns);
            metadata.dependencies.extend(bundle.dependencies);
            metadata.columns_lineage.extend(bundle.lineage);
        }
        metadata.dependencies.extend(rows.pairs);
        SyncPackage {
            sync_metadata: SyncMetadata {
                organization_id: ids::organization("test"),
                connection_ids: (0..3).map(connection).collect(),
                object_count: metadata.objects.len() as u64,
                file_count: metadata.files.len() as u64,
                timestamp: format!(
                    "2026-01-01T00:{:02}:{:02}Z",
                    self.clock / 60 % 60,
                    self.clock % 60
                ),
                incremental: true,
                protocol: 2,
                cursor: format!("v1.{}", self.clock),
                has_more,
                epoch: Uuid::nil(),
                schema: 1,
                reset_connections: rows.reset,
                removed_connections: rows.removed,
                streams: if has_more { Vec::new() } else { self.streams() },
            },
            metadata,
            documentation: rows.documentation,
        }
    }

    /// Everything on one page, as a client without cursor gets it.
    pub fn whole(&mut self) -> SyncPackage {
        let rows = Rows {
            files: self.files.values().cloned().collect(),
            objects: self.objects.values().cloned().collect(),
            documentation: self.documentation.values().cloned().collect(),
            pairs: self.pairs.values().cloned().collect(),
            ..Rows::default()
        };
        self.page(rows, false)
    }

    /// Puts objects in, and gives their page.
    pub fn add(&mut self, objects: &[ObjectBundle]) -> SyncPackage {
        for bundle in objects {
            self.objects.insert(bundle.object.id, bundle.clone());
        }
        let rows = Rows {
            objects: objects.to_vec(),
            ..Rows::default()
        };
        self.page(rows, false)
    }

    /// The canonical dump, made from the maps alone.
    pub fn dump(&self) -> String {
        let mut lines = Vec::new();
        let line = |kind: &str, mut value: serde_json::Value| {
            value.sort_all_objects();
            format!("{kind} {value}\n")
        };
        for row in self.files.values() {
            lines.push(line("file", json!(row)));
        }
        for bundle in self.objects.values() {
            lines.push(line(
                "object",
                json!({"object": bundle.object, "owned": bundle.compact()}),
            ));
        }
        for row in self.documentation.values() {
            lines.push(line("documentation", json!(row)));
        }
        for row in self.pairs.values() {
            lines.push(line("pair dependency", json!(row)));
        }
        lines.concat()
    }
}
