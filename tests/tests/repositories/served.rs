//! Repositories that real servers give out: over https with a password, over ssh with a key.

use metasync_tests::git_servers::{GitServer, TOKEN, USER};

use super::*;

/// A repository with one file, to be served.
fn upstream() -> (Place, PathBuf) {
    let place = Place::new("nowhere", &[]);
    let upstream = place.base().join("served");
    std::fs::create_dir_all(&upstream).unwrap();
    git(&upstream, &place.environment, &["init", "-q", "-b", "main"]);
    let commit = (place, upstream);
    commit_to(&commit, "t.sql", "t");
    commit
}

fn commit_to((place, upstream): &(Place, PathBuf), file: &str, name: &str) {
    write(upstream, &[(file, &table(name))]);
    git(upstream, &place.environment, &["add", "-A"]);
    git(upstream, &place.environment, &["commit", "-q", "-m", "change"]);
}

/// Fails as something that trying again does not mend, and says so.
fn refused(world: &World, name: &str) -> String {
    let failed = world.sync(name, json!({"pull_remote": true}));
    assert_eq!(
        (&failed["status"], &failed["code"]),
        (&json!("failed"), &json!("source_refused")),
        "{failed}"
    );
    assert!(!failed.to_string().contains(TOKEN), "{failed}");
    failed["error"].as_str().unwrap().to_owned()
}

#[test]
fn https_with_a_token_is_let_in_and_without_one_it_is_told_what_to_do() {
    let source = upstream();
    let server = GitServer::https(&source.1);
    let url = |user: &str| format!("https://{user}localhost:{}/git/shop.git", server.port());
    let certificate = server.file("certificate.pem").display().to_string();
    let variables = [
        ("SSL_CERT_FILE", certificate.as_str()),
        ("FAR_TOKEN", TOKEN),
        ("OLD_TOKEN", "n0-more"),
    ];
    let world = World::with(&variables, |_| {
        let with = |name: &str, url: &str, more: &str| connection(name, url, None) + more;
        [
            with(
                "far",
                &url(""),
                &format!("username = {USER:?}\ntoken_env = \"FAR_TOKEN\"\n"),
            ),
            with(
                "old",
                &url(""),
                &format!("username = {USER:?}\ntoken_env = \"OLD_TOKEN\"\n"),
            ),
            with("unset", &url(""), "token_env = \"NO_TOKEN\"\n"),
            with("anonymous", &url(""), ""),
            with("held", &url(&format!("{USER}:{TOKEN}@")), ""),
        ]
        .concat()
    });
    assert_eq!(
        counts(&world.done("far", json!({"pull_remote": true}))),
        [1, 0, 0, 0, 0]
    );
    commit_to(&source, "u.sql", "u");
    server.publish(&source.1);
    let result = world.done("far", json!({"pull_remote": true}));
    assert_eq!(
        (counts(&result), &result["commits_pulled"]),
        ([1, 0, 0, 1, 0], &json!(1)),
        "{result}"
    );
    assert_eq!(world.names("far"), ["t", "u"]);
    // what an address holds serves as well, and is shown to nobody
    world.done("held", json!({"pull_remote": true}));
    let (_, listed) = world.hub.ask("GET", "/api/repositories", "ada", None);
    assert!(!listed.to_string().contains(TOKEN), "{listed}");

    for name in ["old", "anonymous"] {
        let why = refused(&world, name);
        assert!(why.contains("token_env"), "{why}");
    }
    let unset = world.sync("unset", json!({"pull_remote": true}));
    assert_eq!(unset["status"], "failed", "{unset}");
    assert!(unset["error"].as_str().unwrap().contains("NO_TOKEN"), "{unset}");
}

#[test]
fn a_server_whose_certificate_nobody_knows_gets_no_token() {
    let source = upstream();
    let server = GitServer::https(&source.1);
    let url = format!("https://localhost:{}/git/shop.git", server.port());
    let world = World::with(&[("FAR_TOKEN", TOKEN)], |_| {
        connection("far", &url, None) + &format!("username = {USER:?}\ntoken_env = \"FAR_TOKEN\"\n")
    });
    let why = refused(&world, "far");
    assert!(
        why.contains("certificate") && why.contains("SSL_CERT_FILE"),
        "{why}"
    );
}

#[test]
fn ssh_takes_the_key_and_the_known_hosts_of_the_connection() {
    let source = upstream();
    let server = GitServer::ssh();
    let user = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap()
        .stdout;
    let user = String::from_utf8(user).unwrap();
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}",
        user.trim(),
        server.port(),
        source.1.display()
    );
    let world = World::new(|_| {
        let with = |name: &str, key: &str, hosts: &str| {
            let (key, hosts) = (server.file(key), server.file(hosts));
            connection(name, &url, None)
                + &format!("ssh_key_path = {key:?}\nssh_known_hosts_path = {hosts:?}\n")
        };
        [
            with("far", "client_key", "known_hosts"),
            with("stranger", "strangers_key", "known_hosts"),
            with("impostor", "client_key", "known_others"),
            with("keyless", "no_such_key", "known_hosts"),
        ]
        .concat()
    });
    assert_eq!(
        counts(&world.done("far", json!({"pull_remote": true}))),
        [1, 0, 0, 0, 0]
    );
    commit_to(&source, "u.sql", "u");
    assert_eq!(
        counts(&world.done("far", json!({"pull_remote": true}))),
        [1, 0, 0, 1, 0]
    );
    assert_eq!(world.names("far"), ["t", "u"]);
    let why = refused(&world, "stranger");
    assert!(why.contains("ssh_key_path"), "{why}");
    let why = refused(&world, "impostor");
    assert!(why.contains("ssh_known_hosts_path"), "{why}");
    let keyless = world.sync("keyless", json!({"pull_remote": true}));
    assert!(
        keyless["error"].as_str().unwrap().contains("no_such_key"),
        "{keyless}"
    );
}
