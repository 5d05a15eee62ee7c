//! What may happen to a history.

use super::*;

#[test]
fn rewritten_renamed_and_emptied() {
    let world = World::new(|_| String::new());
    for n in 0..12 {
        world.commit(&[(&format!("t{n:02}.sql"), &table(&format!("t{n:02}")))]);
    }
    assert_eq!(counts(&world.done("shop", nothing())), [12, 0, 0, 0, 0]);
    let before = world.objects("shop");

    // rewritten: another root, the same content but for one file
    world.git(&["checkout", "-q", "--orphan", "anew"]);
    world.commit(&[("t00.sql", "create table t00 (id integer, more text);\n")]);
    world.git(&["branch", "-M", "anew", "main"]);
    let result = world.done("shop", json!({"pull_remote": true}));
    assert_eq!(
        (counts(&result), &result["commits_pulled"]),
        ([0, 1, 0, 11, 0], &json!(1))
    );
    assert_eq!(world.objects("shop"), before, "ids stay");

    // renamed: another file, the same object
    world.git(&["mv", "t01.sql", "renamed.sql"]);
    world.commit(&[]);
    assert_eq!(counts(&world.done("shop", nothing())), [1, 0, 1, 11, 0]);
    assert_eq!(world.objects("shop"), before);

    // emptied: never silently
    world.git(&["rm", "-q", "-r", "."]);
    world.commit(&[]);
    let held = world.sync("shop", nothing());
    assert_eq!(
        (&held["status"], &held["code"]),
        (&json!("failed"), &json!("held_back")),
        "{held}"
    );
    assert_eq!(held["result"]["would_delete"], 12);
    assert_eq!(world.objects("shop"), before);
    let (_, repository) = world.hub.ask("GET", "/api/repositories/shop", "ada", None);
    assert_eq!(repository["status"], "held");
    world.done("shop", json!({"force": true}));
    assert!(world.names("shop").is_empty());
}

#[test]
fn branches_come_and_go_and_one_becomes_the_default() {
    let world = World::new(|base| connection("free", &base.join("upstream").display().to_string(), None));
    world.commit(&[("a.sql", &table("a")), ("b.sql", &table("b"))]);
    world.git(&["checkout", "-q", "-b", "develop"]);
    world.commit(&[("only.sql", &table("only"))]);
    world.git(&["checkout", "-q", "main"]);
    world.done("free", json!({"branches": ["current", "develop"]}));
    let both = ["a", "a@develop", "b", "b@develop", "only@develop"];
    assert_eq!(world.names("free"), both);
    let ids = world.objects("free");

    // the other branch stays as it is
    world.commit(&[("c.sql", &table("c"))]);
    world.done("free", nothing());
    assert_eq!(
        world.names("free"),
        ["a", "a@develop", "b", "b@develop", "c", "only@develop"]
    );

    // a branch that vanished is no deletion
    world.git(&["branch", "-m", "develop", "away"]);
    let result = world.done("free", json!({"branches": ["develop"]}));
    assert!(
        result["warnings"][0].as_str().unwrap().contains("develop"),
        "{result}"
    );
    let failed = world.sync("free", json!({"branches": ["develop"], "pull_remote": true}));
    assert_eq!(
        (&failed["status"], &failed["code"]),
        (&json!("failed"), &json!("source_not_found")),
        "{failed}"
    );
    let unknown = world.sync("free", json!({"branches": ["never"]}));
    assert!(unknown["error"].as_str().unwrap().contains("never"), "{unknown}");
    world.git(&["branch", "-m", "away", "develop"]);

    // another default branch: its facts stand there once, and ids of what both have stay
    world.git(&["checkout", "-q", "develop"]);
    world.done("free", nothing());
    assert_eq!(world.names("free"), ["a", "b", "only"]);
    assert_eq!(world.objects("free")["a"], ids["a"]);
}

#[test]
fn what_depends_on_a_change_follows_also_after_a_restart() {
    let mut world = World::new(|_| String::new());
    world.commit(&[
        ("base.sql", "create table base (id integer, a text);\n"),
        ("star.sql", "create table star as select * from base;\n"),
        ("over.sql", "create view over_star as select * from star;\n"),
        ("other.sql", "create table other as select id from base;\n"),
        ("apart.sql", &table("apart")),
    ]);
    world.done("shop", nothing());
    let columns = |world: &World, name: &str| -> Vec<String> {
        let path = "/api/metadata-sync/organizations/acme/sync-package?limit=10000";
        let (_, page) = world.hub.ask("GET", path, "ada", None);
        let id = world.objects("shop")[name].clone();
        let mut columns: Vec<_> = page["metadata"]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["object_id"] == id.as_str())
            .collect();
        columns.sort_by_key(|c| c["ordinal"].as_u64());
        columns
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(columns(&world, "over_star"), ["id", "a"]);
    world.hub.kill();
    world.hub.restart();
    let (_, page) = world.hub.ask(
        "GET",
        "/api/metadata-sync/organizations/acme/sync-package?limit=10000",
        "ada",
        None,
    );
    let cursor = page["sync_metadata"]["cursor"].as_str().unwrap().to_owned();
    world.commit(&[("base.sql", "create table base (id integer, a text, b integer);\n")]);
    let result = world.done("shop", nothing());
    assert_eq!(counts(&result), [0, 1, 0, 4, 0]);
    assert_eq!(columns(&world, "star"), ["id", "a", "b"]);
    assert_eq!(columns(&world, "over_star"), ["id", "a", "b"]);
    let path = format!("/api/metadata-sync/organizations/acme/sync-package?limit=10000&cursor={cursor}");
    let (_, delta) = world.hub.ask("GET", &path, "ada", None);
    let mut changed: Vec<_> = delta["metadata"]["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].as_str().unwrap())
        .collect();
    changed.sort_unstable();
    assert_eq!(changed, ["base", "over_star", "star"], "only theirs");
}
