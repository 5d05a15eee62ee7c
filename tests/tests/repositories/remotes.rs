//! Remotes that are away, refuse, or mean harm.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// Stands for ssh: writes down what it is asked for, and gives what `behaviour` says.
fn ssh(base: &std::path::Path, behaviour: &str) {
    let bin = base.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = bin.join("ssh");
    let log = base.join("ssh.log").display().to_string();
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho \"$@\" >> {log:?}\n{behaviour}\n"),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The last argument is the command for the other side.
const SERVES: &str = "for last; do :; done\nexec sh -c \"$last\"";

#[test]
fn a_remote_behind_ssh_is_asked_without_questions_and_its_host_is_checked() {
    let world = World::new(|base| {
        ssh(base, SERVES);
        connection(
            "far",
            &format!("ssh://git@git.example:2222{}", base.join("upstream").display()),
            None,
        )
    });
    world.commit(&[("t.sql", &table("t"))]);
    assert_eq!(counts(&world.done("far", nothing())), [1, 0, 0, 0, 0]);
    let asked = std::fs::read_to_string(world.place.base().join("ssh.log")).unwrap();
    assert!(
        asked.contains("BatchMode=yes") && asked.contains("git@git.example"),
        "{asked}"
    );
    assert!(!asked.contains("StrictHostKeyChecking=no"), "{asked}");

    // who is not let in is told so, and is not asked again and again
    ssh(
        &world.place.base(),
        "echo 'Host key verification failed.' >&2; exit 255",
    );
    let failed = world.sync("far", json!({"pull_remote": true}));
    assert_eq!(
        (&failed["status"], &failed["code"]),
        (&json!("failed"), &json!("source_refused")),
        "{failed}"
    );
    assert!(failed["error"].as_str().unwrap().contains("Host key"), "{failed}");
    // without a pull the last fetched state serves, with a warning, and nothing goes
    let result = world.done("far", nothing());
    assert!(!result["warnings"].as_array().unwrap().is_empty());
    assert_eq!(world.names("far"), ["t"]);
}

#[test]
fn a_remote_that_is_away_is_asked_again_later() {
    let world = World::new(|base| {
        ssh(
            base,
            &format!(
                "n=$(wc -l < {:?})\nif [ \"$n\" -le 2 ]; then echo 'ssh: connect to host git.example port 22: Connection refused' >&2; exit 255; fi\n{SERVES}",
                base.join("ssh.log").display().to_string()
            ),
        );
        connection(
            "far",
            &format!("git@git.example:{}", base.join("upstream").display()),
            None,
        )
    });
    world.commit(&[("t.sql", &table("t"))]);
    let (status, job) = world.post("far", json!({"pull_remote": true}));
    assert_eq!(status, 202, "{job}");
    let id = job["job_id"].as_str().unwrap();
    // while it waits it is active: a second trigger finds it
    let waiting = eventually(PATIENCE, || {
        let (_, now) = world
            .hub
            .ask("GET", &format!("/api/repositories/far/sync/{id}"), "ada", None);
        now["error"].is_string().then_some(now)
    });
    let waiting = waiting.expect("it is told why it waits");
    assert_eq!(waiting["status"], "queued", "{waiting}");
    assert!(
        waiting["error"].as_str().unwrap().contains("Connection refused"),
        "{waiting}"
    );
    let ended = world.ended("far", id);
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(world.names("far"), ["t"]);
}

#[test]
fn nothing_of_a_hostile_repository_runs() {
    let world = World::new(|_| String::new());
    let marker = world.place.base().join("ran");
    let touch = format!("touch {}", marker.display());
    world.git(&["config", "core.fsmonitor", &touch]);
    world.git(&["config", "core.sshCommand", &touch]);
    world.git(&["config", "uploadpack.packObjectsHook", &touch]);
    for hook in [
        "post-checkout",
        "reference-transaction",
        "pre-auto-gc",
        "post-merge",
    ] {
        let path = world.upstream.join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{touch}\n")).unwrap();
    }
    world.commit(&[
        ("t.sql", &table("t")),
        (
            ".gitmodules",
            &format!("[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c {touch}\n"),
        ),
        (".gitattributes", "*.sql filter=evil diff=evil\n"),
    ]);
    std::fs::remove_file(&marker).ok();
    world.done("shop", nothing());
    world.commit(&[("t.sql", "create table t (id integer, more text);\n")]);
    std::fs::remove_file(&marker).ok();
    assert_eq!(counts(&world.done("shop", nothing())), [0, 1, 0, 0, 0]);
    assert!(!marker.exists());
    for branch in ["--upload-pack=touch ran", "-x", "a..b", "@{-1}", ""] {
        let (status, answer) = world.post("shop", json!({"branch": branch}));
        assert_eq!(status, 400, "{branch:?}: {answer}");
    }
}
