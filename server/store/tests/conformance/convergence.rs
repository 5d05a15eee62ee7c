//! The invariant of sync-protocol.md: after any sequence of edits and failures followed by one clean
//! sync, the copy's canonical dump equals that of a copy pulled from scratch, and the checkpoint's
//! rows and checksums are those of the copy.

use std::path::{Path, PathBuf};

use metasync_store::{Batch, DocumentationBody, Removed, Store, StreamPhase};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    backend::Place,
    linked,
    model::{PlainClient, Replica},
    support::{ORG, RUN, connect, delete, file, models, object, object_id, organization, soon},
};

/// Random histories where nothing else is asked for.
const CASES: u32 = 40;
/// Connections that come and go.
const CONNECTIONS: usize = 3;
/// Files and objects of a connection.
const ENTITIES: u64 = 12;
/// Relations of a name.
const LINKED: u64 = 2;

#[derive(Clone, Debug)]
enum Step {
    /// Several files and objects in one version: new, changed, the same again, or back from deletion.
    Put(usize, std::ops::Range<u64>, u64),
    /// Only the file, or only the object.
    PutFile(usize, u64, u64),
    PutObject(usize, u64, u64),
    Delete(usize, std::ops::Range<u64>),
    DeleteObject(usize, u64),
    /// An object that others may use: connection, whose name it bears, number, version.
    Relation(usize, usize, u64, u64),
    /// One that uses it.
    User(usize, usize, u64, u64),
    DeleteRelation(usize, usize, u64),
    DeleteUser(usize, usize, u64, u64),
    Document(usize, u64, u8),
    Remove(usize),
    Add(usize),
    Compact,
    /// The client takes a page; `true`: it is lost.
    Page(u32, bool),
    /// The client syncs to the end.
    Pull(u32),
    /// A pull by offset is given up.
    Abandon,
    Filter(Option<Vec<usize>>),
    Documentation(bool),
    Restart,
    Backup,
    Restore,
    RotateKeys,
}

fn numbers() -> impl Strategy<Value = std::ops::Range<u64>> {
    (0..ENTITIES, 1..6_u64).prop_map(|(from, n)| from..(from + n).min(ENTITIES))
}

fn edit() -> impl Strategy<Value = Step> {
    let c = 0..CONNECTIONS;
    prop_oneof![
        6 => (c.clone(), numbers(), 0..4_u64).prop_map(|(c, n, v)| Step::Put(c, n, v)),
        2 => (c.clone(), 0..ENTITIES, 0..4_u64).prop_map(|(c, n, v)| Step::PutFile(c, n, v)),
        2 => (c.clone(), 0..ENTITIES, 0..4_u64).prop_map(|(c, n, v)| Step::PutObject(c, n, v)),
        3 => (c.clone(), numbers()).prop_map(|(c, n)| Step::Delete(c, n)),
        2 => (c.clone(), 0..ENTITIES).prop_map(|(c, n)| Step::DeleteObject(c, n)),
        4 => (c.clone(), 0..ENTITIES, 0..3_u8).prop_map(|(c, n, v)| Step::Document(c, n, v)),
        5 => link(4).prop_map(|(c, p, n, v)| Step::Relation(c, p, n, v)),
        5 => link(3).prop_map(|(c, p, n, v)| Step::User(c, p, n, v)),
        2 => link(1).prop_map(|(c, p, n, _)| Step::DeleteRelation(c, p, n)),
        2 => link(3).prop_map(|(c, p, n, v)| Step::DeleteUser(c, p, n, v)),
        1 => c.clone().prop_map(Step::Remove),
        2 => c.prop_map(Step::Add),
        1 => Just(Step::Compact),
    ]
}

/// Connection, whose names, number, version: mostly one's own names are had, and others' used.
fn link(versions: u64) -> impl Strategy<Value = (usize, usize, u64, u64)> {
    (0..CONNECTIONS, 0..CONNECTIONS, 0..LINKED, 0..versions)
}

fn client() -> impl Strategy<Value = Step> {
    let filter = prop::option::of(prop::collection::vec(0..CONNECTIONS, 0..CONNECTIONS));
    prop_oneof![
        12 => (1..9_u32, prop::bool::weighted(0.25)).prop_map(|(limit, lost)| Step::Page(limit, lost)),
        3 => (1..9_u32).prop_map(Step::Pull),
        1 => Just(Step::Abandon),
        2 => filter.prop_map(Step::Filter),
        1 => any::<bool>().prop_map(Step::Documentation),
    ]
}

fn operation() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Restart),
        1 => Just(Step::Backup),
        1 => Just(Step::Restore),
        1 => Just(Step::RotateKeys),
    ]
}

/// The hub's side: a store in its place, so that it can be restarted and, where that is files, copied
/// and put back.
struct World {
    place: Place,
    store: Store,
    ids: Vec<Uuid>,
    backup: Option<PathBuf>,
    rotated: bool,
    restored: bool,
}

const NAMES: [&str; CONNECTIONS] = ["one", "two", "three"];

impl World {
    async fn new() -> World {
        let place = Place::new().await;
        let store = open(&place).await;
        let mut ids = Vec::new();
        for name in NAMES {
            ids.push(connect(&store, name).await);
        }
        World {
            place,
            store,
            ids,
            backup: None,
            rotated: false,
            restored: false,
        }
    }

    async fn exists(&self, c: usize) -> bool {
        let found = self.store.connection(ORG, &self.ids[c].to_string()).await;
        found.unwrap().is_some()
    }

    async fn commit(&self, c: usize, batch: Batch) {
        if self.exists(c).await {
            let done = self.store.batch_commit(ORG, self.ids[c], RUN, batch).await;
            done.unwrap();
        }
    }

    async fn apply(&mut self, step: &Step) {
        match step {
            Step::Put(c, n, v) => self.commit(*c, models(self.ids[*c], n.clone(), *v)).await,
            Step::PutFile(c, n, v) => {
                let files = vec![file(self.ids[*c], *n, *v)];
                self.commit(
                    *c,
                    Batch {
                        files,
                        state: StreamPhase::Partial,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::PutObject(c, n, v) => {
                let objects = vec![object(self.ids[*c], *n, *v)];
                self.commit(
                    *c,
                    Batch {
                        objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::Delete(c, n) => {
                if self.exists(*c).await {
                    delete(&self.store, self.ids[*c], n.clone()).await;
                }
            }
            Step::DeleteObject(c, n) => {
                let deleted_objects = vec![object_id(self.ids[*c], *n)];
                self.commit(
                    *c,
                    Batch {
                        deleted_objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::Relation(c, project, n, v) => {
                let objects = vec![linked::relation(self.ids[*c], NAMES[*project], *n, *v)];
                self.commit(
                    *c,
                    Batch {
                        objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::User(c, project, n, v) => {
                let objects = vec![linked::user(self.ids[*c], NAMES[*project], *n, *v)];
                self.commit(
                    *c,
                    Batch {
                        objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::DeleteRelation(c, project, n) => {
                let deleted_objects = vec![linked::relation(self.ids[*c], NAMES[*project], *n, 0).0.id];
                self.commit(
                    *c,
                    Batch {
                        deleted_objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::DeleteUser(c, project, n, v) => {
                let deleted_objects = vec![linked::user(self.ids[*c], NAMES[*project], *n, *v).0.id];
                self.commit(
                    *c,
                    Batch {
                        deleted_objects,
                        ..Batch::default()
                    },
                )
                .await;
            }
            Step::Document(c, n, v) => {
                let body = DocumentationBody {
                    executive_summary: Some(format!("edition {v}")),
                    generated_at: Some("2026-01-01T00:00:00Z".into()),
                    ..DocumentationBody::default()
                };
                let object = object_id(self.ids[*c], *n);
                self.store.put_documentation(ORG, object, body).await.unwrap();
            }
            Step::Remove(c) => {
                let there = self.exists(*c).await;
                let removed = self.store.remove_connection(ORG, self.ids[*c]).await.unwrap();
                assert_eq!(removed, if there { Removed::Done } else { Removed::NotFound });
            }
            Step::Add(c) => {
                if !self.exists(*c).await {
                    assert_eq!(connect(&self.store, NAMES[*c]).await, self.ids[*c]);
                }
            }
            Step::Compact => {
                self.store.compact_tombstones(soon()).await.unwrap();
            }
            Step::Restart => {
                let before = self.store.epoch();
                self.reopen().await;
                assert_eq!(self.store.epoch(), before, "a restart is no restore");
            }
            Step::Backup => {
                let Some(data) = self.place.files() else { return };
                self.store.close().await;
                let place = data.with_file_name(Uuid::new_v4().to_string());
                copy_directory(&data, &place);
                self.backup = Some(place);
                self.reopen().await;
            }
            Step::Restore => {
                let (Some(place), Some(data)) = (self.backup.take(), self.place.files()) else {
                    return;
                };
                let before = self.store.epoch();
                self.store.close().await;
                std::fs::remove_dir_all(&data).unwrap();
                std::fs::rename(place, data).unwrap();
                self.reopen().await;
                self.restored = true;
                assert_ne!(self.store.epoch(), before, "a restore was not noticed");
            }
            Step::RotateKeys => {
                // the key before the last one is gone: only one rotation per case keeps all cursors good
                if !std::mem::replace(&mut self.rotated, true) {
                    self.store.rotate_cursor_keys().await.unwrap();
                }
            }
            Step::Page(..) | Step::Pull(_) | Step::Abandon | Step::Filter(_) | Step::Documentation(_) => {}
        }
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = open(&self.place).await;
    }

    fn filter(&self, chosen: &Option<Vec<usize>>) -> Option<Vec<Uuid>> {
        chosen
            .as_ref()
            .map(|indexes| indexes.iter().map(|c| self.ids[*c]).collect())
    }
}

async fn open(place: &Place) -> Store {
    let store = place.open().await;
    store.declare(&[organization()]).await.unwrap();
    store
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future);
}

async fn with_cursor(steps: Vec<Step>, last_limit: u32) {
    let mut world = World::new().await;
    let mut client = Replica {
        documentation: true,
        ..Replica::default()
    };
    for step in &steps {
        match step {
            Step::Page(limit, lost) => drop(client.step(&world.store, *limit, *lost).await),
            Step::Pull(limit) => client.pull(&world.store, *limit).await,
            Step::Filter(chosen) => client.connections = world.filter(chosen),
            Step::Documentation(on) => client.documentation = *on,
            other => world.apply(other).await,
        }
    }
    client.pull(&world.store, last_limit).await;
    let mut fresh = client.fresh();
    fresh.pull(&world.store, 1_000).await;
    // a restore may bring back older keys: then a cursor is refused rather than resynced
    assert!(client.refused == 0 || (world.rotated && world.restored));
    assert!(client.resyncs == 0 || world.restored);
    assert_eq!(client.copy.dump(), fresh.copy.dump());
    assert_eq!(client.streams, fresh.streams);
    let whole = linked::everything(&world.store).await;
    assert_eq!(linked::there(&whole), linked::expected(&whole));
    world.store.close().await;
}

async fn with_timestamps(steps: Vec<Step>, last_limit: u32) {
    let mut world = World::new().await;
    let mut client = PlainClient {
        documentation: true,
        ..PlainClient::default()
    };
    for step in &steps {
        match step {
            Step::Page(limit, lost) => drop(client.step(&world.store, *limit, *lost).await),
            Step::Pull(limit) => client.pull(&world.store, *limit).await,
            Step::Abandon => client.going = None,
            Step::Filter(chosen) => client.set_connections(world.filter(chosen)),
            Step::Documentation(on) => client.set_documentation(*on),
            other => world.apply(other).await,
        }
    }
    client.pull(&world.store, last_limit).await;
    let mut fresh = client.fresh();
    fresh.pull(&world.store, 1_000).await;
    assert_eq!(client.copy.dump(), fresh.copy.dump());
    // and both are what a client with a cursor has
    let mut replica = Replica {
        connections: client.connections.clone(),
        documentation: client.documentation,
        ..Replica::default()
    };
    replica.pull(&world.store, 3).await;
    assert_eq!(fresh.copy.dump(), replica.copy.dump());
    world.store.close().await;
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(prop_oneof![10 => edit(), 10 => client(), 1 => operation()], 1..60)
}

/// `PROPTEST_CASES` for more.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(CASES),
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_copy_kept_by_cursor_converges(steps in steps(), limit in 1..20_u32) {
        block_on(with_cursor(steps, limit));
    }

    #[test]
    fn a_copy_kept_by_timestamps_converges(steps in steps(), limit in 1..20_u32) {
        block_on(with_timestamps(steps, limit));
    }
}
