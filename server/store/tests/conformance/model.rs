//! Model clients: the smallest programs that keep a copy by the rules of sync-protocol.md, one with
//! cursors and one with the seed's timestamps.

use std::collections::{BTreeMap, BTreeSet};

use metasync_protocol::{
    Channel, ColumnRow, DependencyRow, DocumentationRow, FileRow, LineageRow, ObjectRow, PairOf, RowHash,
    StreamState, SyncPackage,
};
use metasync_store::{PageAnswer, PageForm, PageFrom, PageRequest, Store};
use serde::Serialize;
use uuid::Uuid;

use crate::support;

/// Clients ask in either form, and change their mind: both say the same.
fn form(limit: u32) -> PageForm {
    match limit % 2 {
        0 => PageForm::Rows,
        _ => PageForm::Compact,
    }
}

/// What a client holds.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct Copy {
    pub files: BTreeMap<Uuid, FileRow>,
    pub objects: BTreeMap<Uuid, Owned>,
    pub documentation: BTreeMap<Uuid, DocumentationRow>,
    /// Edges between connections.
    pub pairs: (BTreeMap<Uuid, DependencyRow>, BTreeMap<Uuid, LineageRow>),
}

/// An object with all that came with it.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Owned {
    pub object: ObjectRow,
    pub columns: BTreeMap<Uuid, ColumnRow>,
    pub dependencies: BTreeMap<Uuid, DependencyRow>,
    pub lineage: BTreeMap<Uuid, LineageRow>,
}

impl Copy {
    /// The canonical dump.
    pub fn dump(&self) -> String {
        serde_json::to_string(self).unwrap()
    }

    fn drop_connection(&mut self, connection: Uuid) {
        self.files.retain(|_, r| r.connection_id != connection);
        self.objects.retain(|_, r| r.object.connection_id != connection);
        self.documentation.retain(|_, r| r.connection_id != connection);
        let touches = |pair: Option<PairOf>| {
            pair.is_some_and(|p| p.connection_id == connection || p.other_connection_id == connection)
        };
        self.pairs.0.retain(|_, r| !touches(r.pair));
        self.pairs.1.retain(|_, r| !touches(r.pair));
    }

    pub fn apply(&mut self, page: &SyncPackage) {
        let sync = &page.sync_metadata;
        for connection in sync.removed_connections.iter().chain(&sync.reset_connections) {
            self.drop_connection(*connection);
        }
        let deleted = &page.metadata.deleted;
        deleted.files.iter().for_each(|id| drop(self.files.remove(id)));
        deleted
            .objects
            .iter()
            .for_each(|id| drop(self.objects.remove(id)));
        for id in &deleted.documentation {
            self.documentation.remove(id);
        }
        for id in &deleted.dependencies {
            self.pairs.0.remove(id);
        }
        for id in &deleted.columns_lineage {
            self.pairs.1.remove(id);
        }
        for row in &page.metadata.files {
            self.files.insert(row.id, row.clone());
        }
        for row in &page.metadata.objects {
            let owned = Owned {
                object: row.clone(),
                columns: owned_by(&page.metadata.columns, |c| (c.object_id, c.id), |_| true, row.id),
                dependencies: owned_by(
                    &page.metadata.dependencies,
                    |d| (d.source_object_id, d.id),
                    |d| d.pair.is_none(),
                    row.id,
                ),
                lineage: owned_by(
                    &page.metadata.columns_lineage,
                    |l| (l.target_object_id, l.id),
                    |l| l.pair.is_none(),
                    row.id,
                ),
            };
            self.objects.insert(row.id, owned);
        }
        for row in &page.documentation {
            self.documentation.insert(row.id, row.clone());
        }
        for row in page.metadata.dependencies.iter().filter(|r| r.pair.is_some()) {
            self.pairs.0.insert(row.id, row.clone());
        }
        for row in page.metadata.columns_lineage.iter().filter(|r| r.pair.is_some()) {
            self.pairs.1.insert(row.id, row.clone());
        }
    }

    /// Rows and checksum as a checkpoint tells them.
    fn state(&self, stream: &StreamState) -> (u64, RowHash) {
        let connection = stream.connection_id;
        let hashes: Vec<RowHash> = match stream.channel {
            Channel::Pair => {
                let pairs = self.pairs.0.values().map(|r| r.pair);
                pairs
                    .chain(self.pairs.1.values().map(|r| r.pair))
                    .flatten()
                    .filter(|p| {
                        (p.connection_id, Some(p.other_connection_id))
                            == (connection, stream.other_connection_id)
                    })
                    .map(|p| p.row_hash)
                    .collect()
            }
            Channel::Core => {
                let files = self.files.values().filter(|r| r.connection_id == connection);
                let objects = self
                    .objects
                    .values()
                    .map(|o| &o.object)
                    .filter(|r| r.connection_id == connection);
                files
                    .map(|r| r.row_hash)
                    .chain(objects.map(|r| r.row_hash))
                    .collect()
            }
            Channel::Documentation => self
                .documentation
                .values()
                .filter(|r| r.connection_id == connection)
                .map(|r| r.row_hash)
                .collect(),
        };
        let sum = hashes.iter().fold(RowHash::default(), |sum, h| sum.plus(*h));
        (hashes.len() as u64, sum)
    }

    /// Compares with a checkpoint.
    pub fn check(&self, streams: &[StreamState]) {
        for stream in streams {
            let (rows, checksum) = self.state(stream);
            assert_eq!(rows, stream.rows, "rows of {stream:?}");
            assert_eq!(Some(checksum), stream.checksum, "checksum of {stream:?}");
        }
    }
}

fn owned_by<T: Clone>(
    rows: &[T],
    key: impl Fn(&T) -> (Uuid, Uuid),
    is_owned: impl Fn(&T) -> bool,
    owner: Uuid,
) -> BTreeMap<Uuid, T> {
    rows.iter()
        .filter(|row| key(row).0 == owner && is_owned(row))
        .map(|row| (key(row).1, row.clone()))
        .collect()
}

/// Breaks of the page rules (sync-protocol.md, "Page rules"; the acceptance's `page_faults`).
#[track_caller]
pub fn check_page(page: &SyncPackage, limit: u32) {
    let (rows, sync) = (&page.metadata, &page.sync_metadata);
    let objects: BTreeSet<Uuid> = rows.objects.iter().map(|o| o.id).collect();
    let files: BTreeSet<Uuid> = rows.files.iter().map(|f| f.id).collect();
    assert_eq!(objects.len(), rows.objects.len(), "an object twice on one page");
    assert_eq!(files.len(), rows.files.len(), "a file twice on one page");
    assert!(rows.columns.iter().all(|c| objects.contains(&c.object_id)));
    assert!(
        rows.dependencies
            .iter()
            .all(|d| d.pair.is_some() || objects.contains(&d.source_object_id))
    );
    assert!(
        rows.columns_lineage
            .iter()
            .all(|l| l.pair.is_some() || objects.contains(&l.target_object_id))
    );
    assert!(rows.deleted.objects.iter().all(|id| !objects.contains(id)));
    assert!(rows.deleted.files.iter().all(|id| !files.contains(id)));
    assert!(
        objects.len() <= limit as usize,
        "{} objects, limit {limit}",
        objects.len()
    );
    assert_eq!(sync.object_count, rows.objects.len() as u64);
    assert_eq!(sync.file_count, rows.files.len() as u64);
    if sync.has_more {
        let edges = rows.dependencies.iter().filter(|d| d.pair.is_some()).count()
            + rows.columns_lineage.iter().filter(|l| l.pair.is_some()).count();
        let told =
            rows.files.len() + rows.objects.len() + rows.deleted.len() + page.documentation.len() + edges;
        assert!(told > 0, "has_more on an empty page");
        assert!(sync.streams.iter().all(|s| s.checksum.is_none()));
    }
}

/// A client of the cursor protocol.
#[derive(Clone, Default)]
pub struct Replica {
    pub connections: Option<Vec<Uuid>>,
    pub documentation: bool,
    pub cursor: Option<String>,
    pub copy: Copy,
    pub streams: Vec<StreamState>,
    pub resyncs: u32,
    pub refused: u32,
}

impl Replica {
    pub fn request(&self, limit: u32) -> PageRequest {
        PageRequest {
            connections: self.connections.clone(),
            include_documentation: self.documentation,
            limit,
            form: form(limit),
            ..support::request(match &self.cursor {
                Some(cursor) => PageFrom::Cursor(cursor.clone()),
                None => PageFrom::Start,
            })
        }
    }

    /// One page; `lost`: it never arrives, or the client is killed before it commits. `true`: more.
    pub async fn step(&mut self, store: &Store, limit: u32, lost: bool) -> bool {
        match store.page(&self.request(limit)).await.unwrap() {
            PageAnswer::Page(page) => {
                let page = support::rows_of(page);
                check_page(&page, limit);
                if lost {
                    return true;
                }
                self.copy.apply(&page);
                if !self.documentation {
                    // off drops it (contract.md), together with the cursor that no longer names it
                    self.copy.documentation.clear();
                }
                self.cursor = Some(page.sync_metadata.cursor.clone());
                if !page.sync_metadata.has_more {
                    self.streams = page.sync_metadata.streams;
                    self.copy.check(&self.streams);
                }
                page.sync_metadata.has_more
            }
            PageAnswer::ResyncRequired { .. } => {
                self.resyncs += 1;
                self.cursor = None;
                self.copy = Copy::default();
                true
            }
            PageAnswer::InvalidCursor => {
                self.refused += 1;
                self.cursor = None;
                self.copy = Copy::default();
                true
            }
        }
    }

    /// A clean sync to the checkpoint.
    pub async fn pull(&mut self, store: &Store, limit: u32) {
        for _ in 0..10_000 {
            if !self.step(store, limit, false).await {
                return;
            }
        }
        panic!("no checkpoint after 10,000 pages");
    }

    /// A client that wants the same and has nothing yet.
    pub fn fresh(&self) -> Replica {
        Replica {
            connections: self.connections.clone(),
            documentation: self.documentation,
            ..Replica::default()
        }
    }
}

/// A plain client of the seed that heeds `deleted` and the named connections.
#[derive(Clone, Default)]
pub struct PlainClient {
    pub connections: Option<Vec<Uuid>>,
    pub documentation: bool,
    pub timestamp: Option<String>,
    pub copy: Copy,
    /// The first page's timestamp, the limit, and the next offset of a pull that goes on.
    pub going: Option<(String, u32, u64)>,
    /// Whether pages of a pull were applied that did not end.
    pub half_way: bool,
}

impl PlainClient {
    pub fn request(&self, limit: u32, offset: u64) -> PageRequest {
        PageRequest {
            connections: self.connections.clone(),
            include_documentation: self.documentation,
            limit,
            form: form(limit),
            ..support::request(PageFrom::Timestamp {
                at: self.timestamp.clone(),
                offset,
            })
        }
    }

    /// One page of a pull, or the first of a new one.
    pub async fn step(&mut self, store: &Store, limit: u32, lost: bool) -> bool {
        let (first, limit, offset) = match &self.going {
            Some((first, limit, offset)) => (Some(first.clone()), *limit, *offset),
            None => (None, limit, 0),
        };
        match store.page(&self.request(limit, offset)).await.unwrap() {
            PageAnswer::Page(page) => {
                let page = support::rows_of(page);
                check_page(&page, limit);
                if lost {
                    return true;
                }
                if offset == 0 && self.timestamp.is_none() {
                    // a full package replaces what there was
                    self.copy = Copy::default();
                    assert!(page.metadata.deleted.is_empty(), "tombstones in a first package");
                }
                self.copy.apply(&page);
                self.half_way = page.sync_metadata.has_more;
                if !self.documentation && !self.half_way {
                    self.copy.documentation.clear();
                }
                let sync = page.sync_metadata;
                let first = first.unwrap_or_else(|| sync.timestamp.clone());
                assert_eq!(first, sync.timestamp, "one list, one timestamp");
                if sync.has_more {
                    self.going = Some((first, limit, offset + u64::from(limit)));
                } else {
                    self.timestamp = Some(first);
                    self.going = None;
                }
                sync.has_more
            }
            PageAnswer::ResyncRequired { reason } => {
                assert_eq!(reason, "expired");
                assert!(offset > 0, "only a list can be gone");
                self.going = None;
                true
            }
            PageAnswer::InvalidCursor => panic!("there was no cursor"),
        }
    }

    pub async fn pull(&mut self, store: &Store, limit: u32) {
        self.going = None;
        for _ in 0..10_000 {
            if !self.step(store, limit, false).await {
                return;
            }
        }
        panic!("no end after 10,000 pages");
    }

    pub fn fresh(&self) -> PlainClient {
        PlainClient {
            connections: self.connections.clone(),
            documentation: self.documentation,
            ..PlainClient::default()
        }
    }

    /// Other connections from now on. Half way through a pull the client starts anew: what it has then
    /// is of two filters.
    pub fn set_connections(&mut self, connections: Option<Vec<Uuid>>) {
        if std::mem::take(&mut self.half_way) {
            *self = self.fresh();
        }
        self.going = None;
        self.connections = connections;
    }

    /// With documentation from now on, or without.
    pub fn set_documentation(&mut self, on: bool) {
        self.documentation = on;
        self.going = None;
    }
}
