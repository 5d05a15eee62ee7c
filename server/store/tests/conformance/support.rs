//! A store with an organization, and rows to put into it.

use metasync_protocol::{
    Compact, FileRow, ObjectRow, RowHash, bundle::compact_hash, connections::NewConnection, ids,
};
use metasync_store::{
    Batch, DeclaredOrganization, Member, PageAnswer, PageFrom, PageRequest, Role, Store, StreamPhase,
};
use serde_json::json;
use uuid::Uuid;

use crate::backend::{self, Once};

/// The organization of the tests, and its members.
pub const ORG: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
pub const ALICE: &str = "alice";
pub const BOB: &str = "bob";
/// The run that tests write as, where no run matters.
pub const RUN: Uuid = Uuid::from_u128(42);

/// A store with the place in which it lies.
pub struct TestStore {
    store: Store,
    _place: Once,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// An empty store of the backend under test, with the organization declared.
pub async fn open() -> TestStore {
    let (store, place) = backend::once().await;
    store.declare(&[organization()]).await.unwrap();
    TestStore { store, _place: place }
}

pub fn organization() -> DeclaredOrganization {
    DeclaredOrganization {
        id: ORG,
        name: "acme".into(),
        members: vec![member(ALICE, Role::Owner), member(BOB, Role::Member)],
        connections: Vec::new(),
    }
}

pub fn member(user: &str, role: Role) -> Member {
    Member {
        user: user.into(),
        role,
    }
}

/// Adds a connection `acme/<name>` and gives its id.
pub async fn connect(store: &Store, name: &str) -> Uuid {
    let new = NewConnection {
        kind: "github".into(),
        name: name.into(),
        full_name: format!("acme/{name}"),
        url: format!("https://example.com/{name}.git"),
        branch: None,
        dialect: None,
        settings: None,
    };
    store.add_connection(ORG, &new).await.unwrap().connection.id
}

pub fn file(connection: Uuid, n: u64, version: u64) -> FileRow {
    let path = format!("models/m_{n}.sql");
    let mut row = FileRow {
        id: ids::file(connection, None, &path),
        connection_id: connection,
        relative_path: path,
        language: "sql".into(),
        content_hash: format!("{version:064x}"),
        size: version,
        branch: None,
        row_hash: RowHash::default(),
    };
    row.seal();
    row
}

/// An object of file `n`, with as many columns as its version says (and edges to the one before).
pub fn object(connection: Uuid, n: u64, version: u64) -> (ObjectRow, Compact) {
    let id = |n: u64| ids::object(connection, None, "model", &format!("shop.m_{n}"));
    let columns = version % 5;
    let mut owned = Compact {
        columns: (0..columns)
            .map(|c| (format!("c_{c}"), Some("int".into()), None))
            .collect(),
        dependencies: vec![(n.checked_sub(1).map(id), Some("raw".into()), "ref".into())],
        lineage: (0..columns)
            .map(|c| {
                let column = format!("c_{c}");
                (
                    n.checked_sub(1).map(id),
                    Some("raw".into()),
                    column.clone(),
                    column,
                    "direct".into(),
                )
            })
            .collect(),
    };
    owned.normalize();
    let mut row = ObjectRow {
        id: id(n),
        connection_id: connection,
        file_id: Some(file(connection, n, 0).id),
        name: format!("m_{n}"),
        full_name: format!("shop.m_{n}"),
        object_type: "model".into(),
        description: Some(format!("version {version}, \"Zürich\"\n")),
        metadata: json!({"version": version}),
        line_start: Some(1),
        line_end: None,
        branch: None,
        row_hash: RowHash::default(),
    };
    row.row_hash = compact_hash(&row, &owned);
    (row, owned)
}

pub fn object_id(connection: Uuid, n: u64) -> Uuid {
    object(connection, n, 0).0.id
}

/// Files and objects `numbers` in one version.
pub fn models(connection: Uuid, numbers: std::ops::Range<u64>, version: u64) -> Batch {
    Batch {
        files: numbers.clone().map(|n| file(connection, n, version)).collect(),
        objects: numbers.map(|n| object(connection, n, version)).collect(),
        ..Batch::default()
    }
}

pub async fn put(store: &Store, connection: Uuid, numbers: std::ops::Range<u64>, version: u64) -> u64 {
    let batch = models(connection, numbers, version);
    store
        .batch_commit(ORG, connection, RUN, batch)
        .await
        .unwrap()
        .changed
}

pub async fn delete(store: &Store, connection: Uuid, numbers: std::ops::Range<u64>) -> u64 {
    let batch = Batch {
        deleted_files: numbers.clone().map(|n| file(connection, n, 0).id).collect(),
        deleted_objects: numbers.map(|n| object_id(connection, n)).collect(),
        state: StreamPhase::Complete,
        ..Batch::default()
    };
    store
        .batch_commit(ORG, connection, RUN, batch)
        .await
        .unwrap()
        .changed
}

pub fn request(from: PageFrom) -> PageRequest {
    PageRequest {
        org: ORG,
        user: ALICE.into(),
        client: String::new(),
        connections: None,
        include_documentation: true,
        limit: 1_000,
        max_bytes: 8 << 20,
        from,
        form: metasync_store::PageForm::Rows,
    }
}

/// The page that a request is answered with.
#[track_caller]
pub fn page(answer: PageAnswer) -> metasync_protocol::SyncPackage {
    match answer {
        PageAnswer::Page(page) => rows_of(page),
        other => panic!("no page: {other:?}"),
    }
}

/// The rows of a page in either form.
pub fn rows_of(page: metasync_protocol::Page) -> metasync_protocol::SyncPackage {
    match page {
        metasync_protocol::Page::Rows(page) => *page,
        metasync_protocol::Page::Compact(page) => page.expand(),
    }
}

pub async fn get(store: &Store, from: PageFrom) -> metasync_protocol::SyncPackage {
    page(store.page(&request(from)).await.unwrap())
}

/// A time after everything that was written so far.
pub fn soon() -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_secs(5)
}
