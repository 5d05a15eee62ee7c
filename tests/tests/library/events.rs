//! Who is told what a sync does.

use std::io::{BufRead as _, BufReader};

use metasync_tests::{
    postgres::Database,
    webdav::{Dav, Kind},
};
use serde_json::{Value, json};

use super::{Library, bytes};

/// The events of a client from now on, until one of these ends them.
fn listen(
    library: &Library,
    path: &str,
    user: &str,
    last: &'static [&'static str],
) -> std::thread::JoinHandle<Vec<(String, Value)>> {
    let (url, token) = (format!("{}{path}", library.hub.url), library.hub.token(user));
    let agent = ureq::Agent::config_builder()
        .timeout_recv_body(Some(std::time::Duration::from_secs(20)))
        .build()
        .new_agent();
    let reply = agent
        .get(url)
        .header("authorization", format!("Bearer {token}"))
        .call()
        .unwrap();
    std::thread::spawn(move || {
        let (mut told, mut name) = (Vec::new(), String::new());
        for line in BufReader::new(reply.into_body().into_reader()).lines() {
            let Ok(line) = line else { break };
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                told.push((name.clone(), serde_json::from_str(data).unwrap()));
                if last.contains(&name.as_str()) {
                    break;
                }
            }
        }
        told
    })
}

#[test]
fn progress_goes_to_the_client_that_asked_per_file_and_per_byte() {
    let dav = Dav::start(Kind::Rclone);
    let a = Library::on(&dav);
    let size = 2_500_000;
    a.add("large.bin", &bytes(size, 3), "x");
    a.add("small.bin", b"small", "x");
    let own = listen(
        &a,
        "/api/v1/sse/subscribe?client_id=one",
        "ada",
        &["complete", "error"],
    );
    let stranger = listen(
        &a,
        "/api/sse/subscribe?client_id=one",
        "bo",
        &["complete", "error", "log"],
    );
    let summary = a.done("POST", "/api/sync", json!({"client_id": "one"}));
    let told = own.join().unwrap();
    assert_eq!(told[0], ("connected".to_owned(), json!({"client_id": "one"})));
    let (name, last) = told.last().unwrap();
    assert_eq!(
        (name.as_str(), &last["uploaded"]),
        ("complete", &summary["uploaded"])
    );
    assert_eq!(told.iter().filter(|(name, _)| name == "complete").count(), 1);
    let progress: Vec<&Value> = told
        .iter()
        .filter(|(name, _)| name == "progress")
        .map(|(_, data)| data)
        .collect();
    let percentages: Vec<f64> = progress
        .iter()
        .map(|p| p["percentage"].as_f64().unwrap())
        .collect();
    assert!(
        percentages.windows(2).all(|pair| pair[0] <= pair[1]),
        "{percentages:?}"
    );
    assert_eq!(percentages.last(), Some(&100.0));
    let end = progress.last().unwrap();
    assert_eq!(
        (&end["files_done"], &end["files_total"]),
        (&json!(2), &json!(2)),
        "{end}"
    );
    assert_eq!(
        (&end["bytes_done"], &end["bytes_total"]),
        (&json!(size + 5), &json!(size + 5)),
        "{end}"
    );
    assert!(
        told.iter()
            .any(|(name, data)| name == "log" && data["message"].is_string())
    );

    // another user's client of the same name hears nothing of it, and one that fails is told
    let mut dav = dav;
    dav.kill();
    a.add("b.txt", b"b", "x");
    assert!(!stranger.is_finished());
}

#[test]
fn clients_are_told_at_whichever_node_they_listen() {
    let dav = Dav::start(Kind::Rclone);
    let database = Database::new();
    let one = Library::node(dav.port(), &[], Some(&database.url));
    let two = Library::node(dav.port(), &[], Some(&database.url));
    one.add("a.txt", b"a", "x");
    let path = "/api/v1/sse/subscribe?client_id=one";
    let there = listen(&two, path, "ada", &["complete", "error"]);
    let summary = one.done("POST", "/api/v1/sync", json!({"client_id": "one"}));
    let told = there.join().unwrap();
    let (name, last) = told.last().unwrap();
    assert_eq!(
        (name.as_str(), &last["uploaded"], &summary["uploaded"]),
        ("complete", &json!(1), &json!(1)),
        "{told:?}"
    );
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"progress") && names.contains(&"log"), "{names:?}");

    // left out: all of that user, and nobody else
    let own = listen(&two, "/api/sse/subscribe?client_id=other", "ada", &["complete"]);
    let stranger = listen(&two, path, "bo", &["complete", "log"]);
    one.add("b.txt", b"b", "x");
    one.sync();
    assert_eq!(own.join().unwrap().last().unwrap().1["uploaded"], json!(1));
    assert!(!stranger.is_finished());
}
