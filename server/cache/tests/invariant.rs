//! The invariant of sync-protocol.md, on the client's side: whatever sequence of pages came, in
//! whatever pieces and with whatever crashes between, the copy is the catalogue, byte for byte, and
//! every checkpoint agrees.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use metasync_cache::{Applied, Cache};
use metasync_protocol::{CompactPage, ObjectBundle};
use proptest::prelude::*;
use support::{Rows, World, connection, documentation, file, object, pair, with};
use uuid::Uuid;

#[derive(Clone, Debug)]
enum Edit {
    File(u8, u8, u8),
    DropFile(u8, u8),
    Object(u8, u8, u8),
    DropObject(u8, u8),
    Document(u8, u8, u8),
    DropDocument(u8, u8),
    Pair(u8, u8),
    DropPair(u8, u8),
    Reset(u8),
    Remove(u8),
    /// The page ends here; `true`: at a checkpoint.
    Page(bool),
    /// The process ends here, and another opens the file.
    Crash,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let (c, n, v) = (0..3u8, 0..6u8, 0..5u8);
    let edit = prop_oneof![
        3 => (c.clone(), n.clone(), v.clone()).prop_map(|(c, n, v)| Edit::File(c, n, v)),
        1 => (c.clone(), n.clone()).prop_map(|(c, n)| Edit::DropFile(c, n)),
        6 => (c.clone(), n.clone(), v.clone()).prop_map(|(c, n, v)| Edit::Object(c, n, v)),
        2 => (c.clone(), n.clone()).prop_map(|(c, n)| Edit::DropObject(c, n)),
        2 => (c.clone(), n.clone(), v).prop_map(|(c, n, v)| Edit::Document(c, n, v)),
        1 => (c.clone(), n.clone()).prop_map(|(c, n)| Edit::DropDocument(c, n)),
        2 => (n.clone(), n.clone()).prop_map(|(a, b)| Edit::Pair(a, b)),
        1 => (n.clone(), n).prop_map(|(a, b)| Edit::DropPair(a, b)),
        1 => c.clone().prop_map(Edit::Reset),
        1 => c.prop_map(Edit::Remove),
        5 => any::<bool>().prop_map(Edit::Page),
        1 => Just(Edit::Crash),
    ];
    prop::collection::vec(edit, 1..60)
}

/// Variant `v` of object `n`: other columns, other edges, now known and now unknown.
fn variant(c: u8, n: u8, v: u8) -> ObjectBundle {
    let columns: Vec<(String, String)> = (0..v)
        .map(|i| (format!("c{}", (i + n) % 4), format!("t{v}")))
        .collect();
    let columns: Vec<(&str, &str)> = columns.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let other = object(c, "model", &format!("shop.o{}", (n + 1) % 6), &[], &[])
        .object
        .id;
    let bundle = object(c, "model", &format!("shop.o{n}"), &columns, &[other]);
    with(&bundle, |row, owned| {
        row.description = (v > 2).then(|| format!("Ünïcode {v} \u{0} 'quoted'"));
        row.file_id = v.is_multiple_of(2).then(|| file(c, &format!("m/{n}.sql"), "").id);
        row.metadata = if v == 1 {
            serde_json::Value::Null
        } else {
            row.metadata.clone()
        };
        owned
            .dependencies
            .push((None, Some(format!("raw.t{v}")), "table".to_owned()));
        for i in 0..v {
            owned.lineage.push(support::flow(other, "*", &format!("c{i}")));
        }
    })
}

struct Client {
    folder: tempfile::TempDir,
    cache: Option<Cache>,
    compact: bool,
}

impl Client {
    fn cache(&mut self) -> &mut Cache {
        self.cache.as_mut().unwrap()
    }

    fn apply(&mut self, world: &mut World, rows: Rows, checkpoint: bool) {
        let page = world.page(rows, !checkpoint);
        let cursor = self.cache().position().unwrap().cursor;
        // Both forms, in turn: the copy is the same whichever brought a page.
        self.compact = !self.compact;
        let applied = if self.compact {
            let bytes = CompactPage::of(page).encode().unwrap();
            let page = CompactPage::decode(&bytes).unwrap();
            self.cache().apply(&page, None, cursor.as_deref()).unwrap()
        } else {
            self.cache().apply(&page, None, cursor.as_deref()).unwrap()
        };
        assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    }

    fn crash(&mut self) {
        let before = self.cache().position().unwrap();
        self.cache = None;
        let opened = Cache::open(&self.folder.path().join("cache.db")).unwrap();
        assert_eq!(opened.rebuilt, None);
        assert_eq!(opened.cache.position().unwrap(), before);
        self.cache = Some(opened.cache);
    }
}

fn forget(world: &mut World, gone: Uuid) {
    let of = |world: &World, id: &Uuid| world.objects.get(id).map(|b| b.object.connection_id);
    let edges: Vec<Uuid> = world
        .pairs
        .values()
        .filter(|p| {
            of(world, &p.source_object_id) == Some(gone)
                || p.target_object_id.and_then(|t| of(world, &t)) == Some(gone)
        })
        .map(|p| p.id)
        .collect();
    for id in edges {
        world.pairs.remove(&id);
    }
    world.files.retain(|_, r| r.connection_id != gone);
    world.objects.retain(|_, b| b.object.connection_id != gone);
    world.documentation.retain(|_, r| r.connection_id != gone);
}

/// Takes an object out with what goes with it, as the hub does: its documentation and the edges
/// between connections have tombstones of their own.
fn drop_object(world: &mut World, rows: &mut Rows, id: Uuid) {
    if world.objects.remove(&id).is_none() {
        return;
    }
    rows.objects.retain(|b| b.object.id != id);
    rows.deleted.objects.push(id);
    let document = metasync_protocol::ids::documentation(id);
    if world.documentation.remove(&document).is_some() {
        rows.documentation.retain(|r| r.id != document);
        rows.deleted.documentation.push(document);
    }
    let touching =
        |p: &metasync_protocol::DependencyRow| p.source_object_id == id || p.target_object_id == Some(id);
    let edges: Vec<Uuid> = world
        .pairs
        .values()
        .filter(|p| touching(p))
        .map(|p| p.id)
        .collect();
    for edge in edges {
        world.pairs.remove(&edge);
        rows.pairs.retain(|p| p.id != edge);
        rows.deleted.dependencies.push(edge);
    }
}

fn play(edits: &[Edit]) {
    let mut world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
    let mut client = Client {
        folder,
        cache: Some(cache),
        compact: edits.len().is_multiple_of(2),
    };
    let mut rows = Rows::default();
    for edit in edits {
        match *edit {
            Edit::File(c, n, v) => {
                let row = file(c, &format!("m/{n}.sql"), &format!("v{v}"));
                rows.deleted.files.retain(|id| *id != row.id);
                rows.files.retain(|r| r.id != row.id);
                world.files.insert(row.id, row.clone());
                rows.files.push(row);
            }
            Edit::DropFile(c, n) => {
                let id = file(c, &format!("m/{n}.sql"), "").id;
                if world.files.remove(&id).is_some() {
                    rows.files.retain(|r| r.id != id);
                    rows.deleted.files.push(id);
                }
            }
            Edit::Object(c, n, v) => {
                let bundle = variant(c, n, v);
                let id = bundle.object.id;
                rows.deleted.objects.retain(|gone| *gone != id);
                rows.objects.retain(|b| b.object.id != id);
                world.objects.insert(id, bundle.clone());
                rows.objects.push(bundle);
            }
            Edit::DropObject(c, n) => drop_object(&mut world, &mut rows, variant(c, n, 0).object.id),
            Edit::Document(c, n, v) => {
                let bundle = variant(c, n, 0);
                if world.objects.contains_key(&bundle.object.id) {
                    let row = documentation(&bundle, &format!("text {v}"));
                    rows.deleted.documentation.retain(|id| *id != row.id);
                    rows.documentation.retain(|r| r.id != row.id);
                    world.documentation.insert(row.id, row.clone());
                    rows.documentation.push(row);
                }
            }
            Edit::DropDocument(c, n) => {
                let id = metasync_protocol::ids::documentation(variant(c, n, 0).object.id);
                if world.documentation.remove(&id).is_some() {
                    rows.documentation.retain(|r| r.id != id);
                    rows.deleted.documentation.push(id);
                }
            }
            Edit::Pair(a, b) => {
                let (a, b) = (variant(0, a, 0), variant(1, b, 0));
                if world.objects.contains_key(&a.object.id) && world.objects.contains_key(&b.object.id) {
                    let row = pair(&a, &b);
                    rows.deleted.dependencies.retain(|id| *id != row.id);
                    rows.pairs.retain(|p| p.id != row.id);
                    world.pairs.insert(row.id, row.clone());
                    rows.pairs.push(row);
                }
            }
            Edit::DropPair(a, b) => {
                let id = pair(&variant(0, a, 0), &variant(1, b, 0)).id;
                if world.pairs.remove(&id).is_some() {
                    rows.pairs.retain(|p| p.id != id);
                    rows.deleted.dependencies.push(id);
                }
            }
            Edit::Reset(c) | Edit::Remove(c) => {
                // What was changed before comes on a page of its own; then the connection goes.
                client.apply(&mut world, std::mem::take(&mut rows), false);
                forget(&mut world, connection(c));
                match edit {
                    Edit::Reset(_) => rows.reset.push(connection(c)),
                    _ => rows.removed.push(connection(c)),
                }
            }
            Edit::Page(checkpoint) => client.apply(&mut world, std::mem::take(&mut rows), checkpoint),
            Edit::Crash => client.crash(),
        }
    }
    client.apply(&mut world, rows, true);
    let reader = client.cache().reader();
    let copy = String::from_utf8(reader.dump().unwrap()).unwrap();
    assert_eq!(copy, world.dump());

    let mut fresh = Cache::open(&client.folder.path().join("fresh.db")).unwrap().cache;
    let page = world.whole();
    assert!(matches!(
        fresh.apply(&page, None, None).unwrap(),
        Applied::Done(_)
    ));
    assert_eq!(fresh.reader().dump().unwrap(), copy.into_bytes());
    assert!(reader.audit().unwrap().is_clean());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_copy_is_the_catalogue(edits in edits()) {
        play(&edits);
    }
}

#[test]
fn an_object_that_goes_and_returns_is_whole() {
    use Edit::{Crash, Document, DropObject, Object, Page, Pair};
    play(&[
        Object(0, 1, 4),
        Object(1, 2, 3),
        Pair(1, 2),
        Document(0, 1, 1),
        Page(false),
        Crash,
        DropObject(0, 1),
        Page(true),
        Object(0, 1, 2),
        Page(false),
        Document(0, 1, 2),
    ]);
}
