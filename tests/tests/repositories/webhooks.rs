//! Whoever wants to be told of a run's states is told: signed, again if need be, also after a crash.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::*;

const HOOK_SECRET: &str = "a-secret-for-hooks";

/// A call: signature header and body.
type Call = (String, String);

/// Takes calls; the first `refused` of them are answered with 500.
fn receiver(listener: TcpListener, refused: usize) -> Arc<Mutex<Vec<Call>>> {
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let taken = Arc::clone(&calls);
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().flatten().enumerate() {
            let call = take(&stream);
            let answer = if nth < refused {
                "500 Internal Server Error"
            } else {
                "204 No Content"
            };
            let _ = write!(
                &stream,
                "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            taken.lock().unwrap().push(call);
        }
    });
    calls
}

fn take(stream: &TcpStream) -> Call {
    let mut reader = BufReader::new(stream);
    let (mut signature, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-metasync-signature" => signature = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (signature, String::from_utf8(body).unwrap())
}

fn is_signed((signature, body): &Call) -> bool {
    let (at, code) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(HOOK_SECRET.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let expected: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    code == expected
}

fn statuses(calls: &Mutex<Vec<Call>>) -> Vec<String> {
    let calls = calls.lock().unwrap();
    let bodies = calls
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap());
    bodies
        .map(|body| body["status"].as_str().unwrap().to_owned())
        .collect()
}

fn world(more: &str) -> World {
    // The variable is the hub's own: the harness gives it one whose name is known.
    let world = World::new(|base| {
        std::fs::create_dir_all(base.join("hub/data")).unwrap();
        std::fs::write(base.join("hub/data/webhook-secret"), HOOK_SECRET).unwrap();
        more.to_owned()
    });
    world.commit(&[("t.sql", &table("t"))]);
    world
}

#[test]
fn each_state_is_told_once_signed_and_again_until_it_is_taken() {
    let world = world("[sources]\nallow_private_networks = true\n");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let calls = receiver(listener, 1);
    let job = world.sync("shop", json!({"progress_webhook": url}));
    assert_eq!(job["status"], "completed", "{job}");
    let all = eventually(PATIENCE, || {
        let now = statuses(&calls);
        (now.len() >= 4).then_some(now)
    });
    let mut all = all.expect("all states are told");
    assert_eq!(all[0], "queued", "first of all, and refused");
    all.sort();
    assert_eq!(all, ["completed", "queued", "queued", "running"]);
    let calls = calls.lock().unwrap();
    assert!(calls.iter().all(is_signed), "{calls:?}");
    let last: Value =
        serde_json::from_str(&calls.iter().find(|(_, b)| b.contains("\"completed\"")).unwrap().1).unwrap();
    assert_eq!(
        (&last["job_id"], &last["result"]["files_added"]),
        (&job["job_id"], &json!(1)),
        "{last}"
    );
    assert_eq!(last["progress"]["percentage"], 100.0);
}

#[test]
fn what_could_not_be_told_before_a_crash_is_told_after_it() {
    let mut world = world("[sources]\nallow_private_networks = true\n");
    // nobody listens there yet
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    world.sync("shop", json!({"progress_webhook": format!("http://{address}/")}));
    world.hub.kill();
    let calls = receiver(TcpListener::bind(address).unwrap(), 0);
    world.hub.restart();
    let all = eventually(PATIENCE, || {
        let now = statuses(&calls);
        (now.len() >= 3).then_some(now)
    });
    let mut all = all.expect("all states are told");
    all.sort();
    assert_eq!(all, ["completed", "queued", "running"]);
}

#[test]
fn places_behind_the_hub_are_not_called() {
    let world = world("");
    for url in [
        "http://127.0.0.1:1/",
        "http://2130706433/",
        "http://localhost/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "ftp://example.com/",
        "https://user:pw@example.com/",
        "nonsense",
    ] {
        let (status, answer) = world.post("shop", json!({"progress_webhook": url}));
        assert_eq!(status, 400, "{url}: {answer}");
        assert!(
            answer["detail"].as_str().unwrap().contains("progress_webhook"),
            "{answer}"
        );
    }
    assert_eq!(world.names("shop"), [""; 0], "nothing was started");
}
