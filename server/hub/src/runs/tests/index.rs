//! What an index run stores, keeps and refuses.

use super::*;

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
    let count = async |branch: Option<&str>| {
        world
            .store
            .live_objects(world.org, id, branch)
            .await
            .unwrap()
            .len()
    };
    assert_eq!((count(None).await, count(Some("develop")).await), (1, 2));
    // A later sync of the current branch leaves the other one as it is.
    assert_eq!(sync(SyncRequest::default()).await.state, "completed");
    assert_eq!(count(Some("develop")).await, 2);
}
