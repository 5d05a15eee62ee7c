//! The engine over a real store and a real folder.

use std::{path::Path, sync::Arc, time::Duration};

use metasync_protocol::repositories::{JobResult, SyncRequest};
use metasync_sources::{Sources, SourcesOptions};
use metasync_store::{
    DeclaredConnection, DeclaredOrganization, Enqueued, NewRun, Run, Store, StoredConnection,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{REPOSITORY, Runs};
use crate::{events::Bells, metrics::Metrics};

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

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("workspace");
        std::fs::create_dir(&root).unwrap();
        let store = Store::open_in_memory().await.unwrap();
        let org = Uuid::now_v7();
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
        });
        let (bells, metrics) = (Arc::new(Bells::default()), Arc::new(Metrics::default()));
        let runs = Arc::new(Runs::new(store.clone(), sources, bells, metrics, false));
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

#[tokio::test]
async fn changes_are_counted_and_the_same_again_changes_nothing() {
    let world = World::new().await;
    for n in 0..5 {
        world.write(&format!("t{n}.sql"), table(&format!("t{n}")));
    }
    assert_eq!(counts(&world.sync().await), (5, 0, 0, 0, 0));
    assert_eq!(world.names().await, ["t0", "t1", "t2", "t3", "t4"]);
    assert_eq!(world.status().await, "completed");
    let heads = world.heads().await;
    assert_eq!(counts(&world.sync().await), (0, 0, 0, 5, 0));
    let full = SyncRequest {
        full_reindex: true,
        ..SyncRequest::default()
    };
    let run = world.sync_with(full).await;
    assert_eq!(counts(&result(&run)), (0, 0, 0, 5, 0));
    assert_eq!((run.progress.files_processed, run.progress.files_total), (5, 5));
    assert_eq!(world.heads().await, heads);

    world.write("t0.sql", "create table t0 (id integer, more text);\n");
    world.write("t9.sql", table("t9"));
    world.remove("t1.sql");
    let run = world.sync_with(SyncRequest::default()).await;
    assert_eq!(counts(&result(&run)), (1, 1, 1, 3, 0));
    assert_eq!((run.progress.files_processed, run.progress.files_total), (2, 2));
    assert_eq!(run.progress.percentage, 100.0);
    assert_eq!(world.names().await, ["t0", "t2", "t3", "t4", "t9"]);
}

#[tokio::test]
async fn losing_much_is_held_back_until_it_is_forced() {
    let world = World::new().await;
    for n in 0..12 {
        world.write(&format!("t{n:02}.sql"), table(&format!("t{n:02}")));
    }
    world.sync().await;
    let heads = world.heads().await;
    for n in 0..7 {
        world.remove(&format!("t{n:02}.sql"));
    }
    let run = world.sync_with(SyncRequest::default()).await;
    assert_eq!(
        (run.state.as_str(), run.code.as_deref()),
        ("failed", Some("held_back"))
    );
    assert_eq!(result(&run).would_delete, Some(7));
    assert_eq!(world.status().await, "held");
    assert_eq!(world.heads().await, heads);
    let forced = SyncRequest {
        force: true,
        ..SyncRequest::default()
    };
    assert_eq!(world.sync_with(forced).await.state, "completed");
    assert_eq!(world.names().await.len(), 5);
    assert_eq!(world.status().await, "completed");
}

#[tokio::test]
async fn bad_files_keep_their_last_good_facts_and_are_told_each_time() {
    let world = World::new().await;
    world.write("good.sql", table("good"));
    world.write("bad.sql", table("bad"));
    world.write("never.sql", b"\xff\xfe");
    let first = world.sync().await;
    assert_eq!(counts(&first), (2, 0, 0, 0, 1));
    for content in [b"\xff\xfe".to_vec(), vec![b' '; 11 << 20], b"a\0b".to_vec()] {
        world.write("bad.sql", content);
        for _ in 0..2 {
            let result = world.sync().await;
            assert_eq!(counts(&result), (0, 0, 0, 1, 2));
            let mut paths: Vec<_> = result.errors.iter().map(|e| e.path.as_str()).collect();
            paths.sort_unstable();
            assert_eq!(paths, ["bad.sql", "never.sql"]);
            assert_eq!(world.names().await, ["bad", "good"]);
        }
    }
    world.remove("bad.sql");
    assert_eq!(counts(&world.sync().await), (0, 0, 1, 1, 1));
    assert_eq!(world.names().await, ["good"]);
}

#[tokio::test]
async fn a_broken_schema_file_takes_no_descriptions_away() {
    let world = World::new().await;
    dbt(&world);
    world.sync().await;
    assert_eq!(world.description("a").await.as_deref(), Some("The first."));
    let good = std::fs::read_to_string(world.root().join("models/schema.yml")).unwrap();
    world.write(
        "models/schema.yml",
        "version: 2\nmodels:\n  - name: [a\n   description: {{\n",
    );
    let broken = world.sync().await;
    assert!(
        broken
            .errors
            .iter()
            .any(|e| e.path == "models/schema.yml" && e.line.is_some()),
        "{broken:?}"
    );
    assert_eq!(world.description("a").await.as_deref(), Some("The first."));
    world.write("models/schema.yml", good.replace("The first.", "Mended."));
    world.sync().await;
    assert_eq!(world.description("a").await.as_deref(), Some("Mended."));
}

#[tokio::test]
async fn a_missing_folder_fails_the_run_and_deletes_nothing() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    world.sync().await;
    std::fs::rename(world.root(), world.folder.path().join("away")).unwrap();
    let run = world.sync_with(SyncRequest::default()).await;
    assert_eq!(
        (run.state.as_str(), run.code.as_deref()),
        ("failed", Some("source_not_found"))
    );
    assert_eq!(world.status().await, "failed");
    assert_eq!(world.names().await, ["t"]);
}

#[tokio::test]
async fn a_queued_and_a_running_run_can_be_cancelled() {
    let world = World::new().await;
    for n in 0..400 {
        world.write(&format!("t{n}.sql"), table(&format!("t{n}")));
    }
    let started = world
        .runs
        .start_sync(world.org, &world.connection, "a", &OPTIONS, "api");
    let Enqueued::New(run) = started.await.unwrap() else {
        panic!("a run is active");
    };
    world.runs.cancel(world.org, run.id).await.unwrap().unwrap();
    let ended = world.ended(run.id).await;
    assert_eq!(ended.state, "cancelled");
    assert_eq!(world.status().await, "pending");
    assert!(world.runs.cancel(Uuid::now_v7(), run.id).await.unwrap().is_none());
    assert_eq!(world.sync().await.files_added, 400);
}

#[tokio::test]
async fn a_second_trigger_finds_the_first() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let start = || {
        world
            .runs
            .start_sync(world.org, &world.connection, "a", &OPTIONS, "api")
    };
    let (one, two) = (start().await.unwrap(), start().await.unwrap());
    let (Enqueued::New(one), Enqueued::Active(two)) = (one, two) else {
        panic!("two runs of one target");
    };
    assert_eq!(one.id, two.id);
    assert_eq!(world.ended(one.id).await.state, "completed");
}

static OPTIONS: std::sync::LazyLock<SyncRequest> = std::sync::LazyLock::new(SyncRequest::default);

#[tokio::test]
async fn an_unknown_kind_is_left_alone_and_lost_leases_are_taken_up() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let other = world.enqueue("telepathy").await;
    world.shutdown.cancel();
    let run = world.enqueue(REPOSITORY).await;
    world.working.await.unwrap();
    // A worker that died: its lease ends at once.
    let claimed = world
        .store
        .run_claim("dead", &[REPOSITORY], Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claimed.id, run.id);
    let shutdown = CancellationToken::new();
    let working = tokio::spawn(Arc::clone(&world.runs).work(shutdown.clone()));
    let ended = world
        .runs
        .ended(world.org, run.id, PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((ended.state.as_str(), ended.attempt), ("completed", 2));
    assert_eq!(
        world.store.run(world.org, other.id).await.unwrap().unwrap().state,
        "queued"
    );
    shutdown.cancel();
    working.await.unwrap();
}

#[tokio::test]
async fn a_panic_fails_that_run_only() {
    let world = World::new().await;
    world.write("t.sql", table("t"));
    let run = world.enqueue(super::execute::PANICKING).await;
    let panicking = world
        .store
        .run_claim("us", &[super::execute::PANICKING], PATIENCE)
        .await
        .unwrap()
        .unwrap();
    super::execute::execute(Arc::clone(&world.runs), panicking).await;
    let ended = world.ended(run.id).await;
    assert_eq!(
        (ended.state.as_str(), ended.code.as_deref()),
        ("failed", Some("panic"))
    );
    assert_eq!(world.sync().await.files_added, 1);
}

#[tokio::test]
async fn the_end_of_a_run_is_told_once_and_progress_never_goes_back() {
    let world = World::new().await;
    for n in 0..50 {
        world.write(&format!("t{n}.sql"), table(&format!("t{n}")));
    }
    let run = world.sync_with(SyncRequest::default()).await;
    let events = world.store.run_events_after(run.id, 0).await.unwrap();
    assert!(events.iter().all(|(_, name, _)| name == "progress"), "{events:?}");
    let steps: Vec<f64> = events
        .iter()
        .map(|(_, _, d)| d["progress"]["percentage"].as_f64().unwrap())
        .collect();
    assert!(steps.is_sorted() && steps.last() == Some(&100.0), "{steps:?}");
}

#[tokio::test]
async fn git_branches_have_facts_of_their_own() {
    let world = World::new().await;
    let repo = world.folder.path().join("repo");
    std::fs::create_dir(&repo).unwrap();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"];
        let done = std::process::Command::new("git")
            .args(identity)
            .args(args)
            .current_dir(&repo)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let write = |path: &str, text: &str| std::fs::write(Path::new(&repo).join(path), text).unwrap();
    git(&["init", "-q", "-b", "main"]);
    write("t.sql", &table("t"));
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    git(&["checkout", "-q", "-b", "develop"]);
    write("only_develop.sql", &table("only_develop"));
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "two"]);
    git(&["checkout", "-q", "main"]);
    let new = metasync_protocol::connections::NewConnection {
        kind: "github".into(),
        name: "repo".into(),
        full_name: "acme/repo".into(),
        url: repo.to_str().unwrap().into(),
        branch: None,
        dialect: None,
        settings: None,
    };
    let added = world.store.add_connection(world.org, &new).await.unwrap();
    let sync = async |options: SyncRequest| {
        let started = world
            .runs
            .start_sync(world.org, &added, "a", &options, "api")
            .await
            .unwrap();
        let Enqueued::New(run) = started else {
            panic!("a run is active")
        };
        world.ended(run.id).await
    };
    // Added over HTTP, it may not name a local path.
    let refused = sync(SyncRequest::default()).await;
    assert_eq!(
        (refused.state.as_str(), refused.code.as_deref()),
        ("failed", Some("invalid_source"))
    );

    world
        .store
        .remove_connection(world.org, added.connection.id)
        .await
        .unwrap();
    let declared = DeclaredConnection {
        id: Some(added.connection.id),
        kind: new.kind,
        name: new.name,
        full_name: new.full_name,
        url: new.url,
        branch: None,
        dialect: None,
        settings: json!({}),
    };
    let organization = DeclaredOrganization {
        id: world.org,
        name: "acme".into(),
        members: Vec::new(),
        connections: vec![declared],
    };
    world.store.declare(&[organization]).await.unwrap();
    let both = SyncRequest {
        branches: Some(vec!["current".into(), "develop".into()]),
        ..SyncRequest::default()
    };
    let run = sync(both).await;
    assert_eq!(run.state, "completed", "{:?}", run.error);
    assert_eq!(result(&run).files_added, 3);
    let id = added.connection.id;
    let count = async |branch: Option<&str>| world.store.live_objects(id, branch).await.unwrap().len();
    assert_eq!((count(None).await, count(Some("develop")).await), (1, 2));
    // A later sync of the current branch leaves the other one as it is.
    assert_eq!(sync(SyncRequest::default()).await.state, "completed");
    assert_eq!(count(Some("develop")).await, 2);
}
