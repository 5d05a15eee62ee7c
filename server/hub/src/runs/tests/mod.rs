//! The engine over a real store and a real folder.

mod engine;
mod follow;
mod index;

use std::{path::Path, sync::Arc, time::Duration};

use metasync_protocol::repositories::{JobResult, SyncRequest};
use metasync_sources::{Sources, SourcesOptions};
use metasync_store::{
    DeclaredConnection, DeclaredOrganization, Enqueued, NewRun, Run, Store, StoredConnection,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use metasync_sources::entries::Outside;

use super::{Policy, REPOSITORY, Runs, entries::EntryPolicy};
use crate::{events::Bells, metrics::Metrics, secrets::Sealer};

const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    folder: tempfile::TempDir,
    store: Store,
    runs: Arc<Runs>,
    org: Uuid,
    connection: StoredConnection,
    shutdown: CancellationToken,
    working: tokio::task::JoinHandle<()>,
}

/// Sources of entries below a folder, and anywhere in the network.
fn entries(root: &Path) -> EntryPolicy {
    EntryPolicy {
        outside: Arc::new(Outside {
            roots: vec![root.to_owned()],
            reach: metasync_sources::Reach { allow_private: true },
            variables: metasync_sources::entries::Variables::default(),
        }),
        sealer: Arc::new(Sealer::new(&[7; 32])),
    }
}

impl World {
    async fn new() -> World {
        World::of(Uuid::now_v7()).await
    }

    async fn of(org: Uuid) -> World {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("workspace");
        std::fs::create_dir(&root).unwrap();
        let store = Store::open_in_memory().await.unwrap();
        let connection = DeclaredConnection {
            id: None,
            kind: "workspace".into(),
            name: "shop".into(),
            full_name: "acme/shop".into(),
            url: root.to_str().unwrap().into(),
            branch: None,
            dialect: None,
            settings: json!({}),
        };
        let organization = DeclaredOrganization {
            id: org,
            name: "acme".into(),
            members: Vec::new(),
            connections: vec![connection],
        };
        store.declare(&[organization]).await.unwrap();
        let sources = Sources::new(SourcesOptions {
            clones_dir: folder.path().join("clones"),
            ..SourcesOptions::default()
        });
        let (bells, metrics) = (Arc::new(Bells::default()), Arc::new(Metrics::default()));
        let policy = Policy {
            allow_local_paths: false,
            allow_private_networks: true,
            webhook_secret: b"secret".to_vec(),
            entries: entries(&folder.path().join("imports")),
        };
        let runs = Arc::new(Runs::new(store.clone(), sources, bells, metrics, policy));
        let shutdown = CancellationToken::new();
        let working = tokio::spawn(Arc::clone(&runs).work(shutdown.clone()));
        let connection = store.connection(org, "shop").await.unwrap().unwrap();
        World {
            folder,
            store,
            runs,
            org,
            connection,
            shutdown,
            working,
        }
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("workspace")
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.root().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.root().join(path)).unwrap();
    }

    async fn sync_with(&self, options: SyncRequest) -> Run {
        let started = self
            .runs
            .start_sync(self.org, &self.connection, "alice", &options, "api");
        let Enqueued::New(run) = started.await.unwrap() else {
            panic!("a run is active");
        };
        self.ended(run.id).await
    }

    async fn sync(&self) -> JobResult {
        let run = self.sync_with(SyncRequest::default()).await;
        assert_eq!(run.state, "completed", "{:?}", run.error);
        result(&run)
    }

    async fn ended(&self, run: Uuid) -> Run {
        let run = self.runs.ended(self.org, run, PATIENCE).await.unwrap().unwrap();
        assert!(run.is_final(), "{run:?}");
        run
    }

    async fn status(&self) -> String {
        self.store
            .connection(self.org, "shop")
            .await
            .unwrap()
            .unwrap()
            .connection
            .status
    }

    async fn names(&self) -> Vec<String> {
        let id = self.connection.connection.id;
        let found = self.store.search_objects(self.org, id, "", 1000).await.unwrap();
        let mut names: Vec<String> = found.into_iter().map(|o| o.name).collect();
        names.sort();
        names
    }

    async fn description(&self, name: &str) -> Option<String> {
        let id = self.connection.connection.id;
        let found = self.store.search_objects(self.org, id, name, 1000).await.unwrap();
        found
            .into_iter()
            .find(|o| o.name == name)
            .and_then(|o| o.description)
    }

    async fn heads(&self) -> Vec<u64> {
        let heads = self.store.heads(self.org).await.unwrap();
        heads.into_iter().map(|(_, _, head)| head).collect()
    }

    async fn enqueue(&self, kind: &str) -> Run {
        let new = NewRun {
            org: self.org,
            kind: kind.into(),
            target: self.connection.connection.id.to_string(),
            user: "alice".into(),
            options: json!({}),
            cause: "test".into(),
        };
        let Enqueued::New(run) = self.store.run_enqueue(&new).await.unwrap() else {
            panic!("a run is active");
        };
        run
    }
}

fn result(run: &Run) -> JobResult {
    serde_json::from_value(run.result.clone().unwrap()).unwrap()
}

fn counts(r: &JobResult) -> (u64, u64, u64, u64, u64) {
    (
        r.files_added,
        r.files_modified,
        r.files_deleted,
        r.files_unchanged,
        r.files_failed,
    )
}

fn table(name: &str) -> String {
    format!("create table {name} (id integer, amount numeric);\n")
}

fn dbt(world: &World) {
    world.write(
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\nmodel-paths: [models]\n",
    );
    world.write("models/a.sql", "select 1 as id\n");
    world.write("models/b.sql", "select id from {{ ref('a') }}\n");
    world.write(
        "models/schema.yml",
        "version: 2\nmodels:\n  - name: a\n    description: The first.\n  - name: b\n    description: The second.\n",
    );
}

static OPTIONS: std::sync::LazyLock<SyncRequest> = std::sync::LazyLock::new(SyncRequest::default);
