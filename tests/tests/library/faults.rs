//! What goes wrong at each request of a sync, crashes, and full disks: nothing is lost, and the next sync
//! completes.

use std::{collections::BTreeMap, time::Duration};

use metasync_tests::{
    faulty::{Fault, Faulty},
    webdav::{Dav, Kind},
};
use serde_json::json;

use super::{FILES, Library, Random, bytes, settle};

const FAULTS: [Fault; 9] = [
    Fault::Cut,
    Fault::CutMidway,
    Fault::AnswerLost,
    Fault::Truncated,
    Fault::Status(207),
    Fault::Status(423),
    Fault::Status(429),
    Fault::Status(507),
    Fault::Status(500),
];

/// `a` reaches the server by a way on which things go wrong, `b` directly; what both must have.
struct World {
    a: Library,
    b: Library,
    way: Faulty,
    expected: BTreeMap<String, (String, Vec<u8>)>,
    shared: String,
    _dav: Dav,
}

impl World {
    fn new(kind: Kind) -> World {
        let dav = Dav::start(kind);
        let way = Faulty::to(dav.port());
        let (a, b) = (Library::at(way.port()), Library::on(&dav));
        let shared = a.add("shared.txt", b"shared", "0");
        let mut world = World {
            a,
            b,
            way,
            expected: BTreeMap::new(),
            shared,
            _dav: dav,
        };
        world
            .expected
            .insert(world.shared.clone(), ("0".into(), b"shared".to_vec()));
        settle(&[&world.a, &world.b]);
        world
    }

    /// Something for each step: a file to send, one to fetch, a label, a deletion.
    fn change(&mut self, n: u64) {
        let content = bytes(4_000, n);
        let (mine, theirs) = (format!("{n} of a.bin"), format!("{n} of b.bin"));
        for (library, name, seed) in [(&self.a, mine, n), (&self.b, theirs, n + 1_000_000)] {
            let content = if seed == n {
                content.clone()
            } else {
                bytes(4_000, seed)
            };
            let id = library.add(&name, &content, "new");
            self.expected.insert(id, ("new".into(), content));
        }
        self.b.must_sync();
        self.a.patch(&self.shared, json!({"label": n.to_string()}));
        self.expected
            .insert(self.shared.clone(), (n.to_string(), b"shared".to_vec()));
        let own: Vec<String> = self
            .a
            .view()
            .into_iter()
            .filter(|(_, f)| f[0].as_str().unwrap().ends_with("of a.bin"))
            .map(|(id, _)| id)
            .collect();
        if own.len() > 2 {
            self.a.delete(&own[0]);
            self.expected.remove(&own[0]);
        }
    }

    #[track_caller]
    fn check(&self, what: &str) {
        let view = settle(&[&self.a, &self.b]);
        let found: BTreeMap<&String, &str> =
            view.iter().map(|(id, f)| (id, f[1].as_str().unwrap())).collect();
        let expected: BTreeMap<&String, &str> = self
            .expected
            .iter()
            .map(|(id, (label, _))| (id, label.as_str()))
            .collect();
        assert_eq!(found, expected, "{what}");
        for (id, (_, content)) in &self.expected {
            assert_eq!(self.b.content(id).as_ref(), Some(content), "{what}");
        }
        assert!(
            self.a.conflicts().is_empty() && self.b.conflicts().is_empty(),
            "{what}"
        );
    }
}

/// Goes through the requests of a sync, each with a fault of its own; `every` leaves some out.
fn each_request_fails(kind: Kind, seed: u64, every: usize) {
    let mut world = World::new(kind);
    let mut random = Random(seed);
    world.way.plan(&[]);
    world.change(1);
    world.a.must_sync();
    let requests = world.way.seen().len();
    assert!(requests > 15, "{:?}", world.way.seen());
    for at in (0..requests).step_by(every) {
        let fault = FAULTS[random.below(FAULTS.len() as u64) as usize];
        world.change(at as u64 + 2);
        world.way.plan(&[(at, fault)]);
        let outcome = world.a.try_sync();
        let what = format!(
            "{kind:?}: {fault:?} at {at}, {:?}: {outcome:?}",
            world.way.seen().get(at)
        );
        world.way.plan(&[]);
        world.check(&what);
    }
}

#[test]
fn each_request_may_fail_on_rclone() {
    each_request_fails(Kind::Rclone, 1, 1);
}

#[test]
fn requests_may_fail_on_wsgidav() {
    each_request_fails(Kind::WsgiDav, 2, 4);
}

#[test]
fn requests_may_fail_on_apache() {
    each_request_fails(Kind::Apache, 3, 4);
}

/// `kill -9` at a moment of a sync's that chance picks.
#[test]
fn a_hub_may_be_killed_at_any_step() {
    let mut world = World::new(Kind::Rclone);
    let mut random = Random(4);
    for n in 1..=8 {
        world.change(n);
        let delay = Duration::from_millis(random.below(120));
        let process = world.a.hub.process();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(delay);
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &process.to_string()])
                .status();
        });
        let (url, token) = (world.a.hub.url.clone(), world.a.token.clone());
        let asked =
            ureq::post(format!("{url}/api/v1/sync")).header("authorization", format!("Bearer {token}"));
        let _ = asked.send("{}");
        killer.join().unwrap();
        world.a.hub.kill();
        world.a.hub.restart();
        world.check(&format!(
            "killed {delay:?} after the sync began, for the {n}th time"
        ));
    }
    let tmp = world._dav.root().join("shared/library/tmp");
    assert_eq!(
        std::fs::read_dir(tmp).unwrap().count(),
        0,
        "what was left on its way goes"
    );
}

/// A share without room keeps what it has, and says so; with room again all of it goes there.
#[test]
fn a_full_share_is_told_for_each_file_and_loses_nothing() {
    let mut world = World::new(Kind::Rclone);
    world.change(1);
    world.way.always(0, Fault::Status(507));
    let (status, answer) = world.a.try_sync();
    assert_eq!(status, 502, "{answer}");
    let now = world.a.status();
    assert!(now["unsynced_count"].as_u64().unwrap() > 0, "{now}");
    world.way.plan(&[]);
    world.check("with room again");
}

/// A share that has no room for a data file, and later for the snapshot: each is told, and goes there in the end.
#[test]
fn a_share_without_room_for_a_file_is_told_and_takes_it_later() {
    let mut world = World::new(Kind::Rclone);
    world.way.plan(&[]);
    world.change(1);
    world.a.must_sync();
    let seen = world.way.seen();
    let puts: Vec<usize> = (0..seen.len())
        .filter(|at| seen[*at].starts_with("PUT "))
        .collect();
    let of = |part: &str| puts.iter().copied().find(|at| seen[*at].contains(part));
    for (n, at) in [(2, of("/tmp/")), (3, of("/v/"))] {
        world.change(n);
        world.way.plan(&[(at.unwrap(), Fault::Status(507))]);
        let (status, answer) = world.a.try_sync();
        assert!(answer.to_string().contains("full"), "{status} {answer}");
        assert!(world.a.status()["unsynced_count"].as_u64().unwrap() > 0);
        world.way.plan(&[]);
        world.check("with room again");
    }
}

/// The hub's own disk is full: what it has stays, it goes on to answer, and with room the rest comes.
#[test]
fn a_hub_without_room_says_so_and_completes_later() {
    const PIECE: usize = 256 * 1024;
    let mut world = World::new(Kind::Rclone);
    for n in 0..8u64 {
        let content = bytes(PIECE, n);
        let id = world.b.add(&format!("large {n}.bin"), &content, "new");
        world.expected.insert(id, ("new".into(), content));
    }
    world.b.must_sync();
    let limit = |limit: &str| {
        let process = world.a.hub.process().to_string();
        let limited = std::process::Command::new("prlimit")
            .args(["--pid", &process, &format!("--fsize={limit}")])
            .output()
            .unwrap();
        assert!(limited.status.success(), "{limited:?}");
    };
    // no file of the hub's may grow any more
    limit("65536:unlimited");
    let (status, answer) = world.a.try_sync();
    assert!(
        status >= 500 || answer["errors"] != json!([]),
        "{status} {answer}"
    );
    let (status, _) = world.a.hub.send(
        "POST",
        FILES,
        &world.a.token,
        "multipart/form-data; boundary=e",
        b"--e--\r\n",
    );
    assert!(status >= 400, "{status}");
    assert_eq!(world.a.content(&world.shared).unwrap(), b"shared", "it answers");
    limit("unlimited:unlimited");
    world.check("with room again");
}

/// A lock that somebody took and never gave back.
#[test]
fn a_stale_lock_does_not_stop_anybody() {
    let world = World::new(Kind::Rclone);
    let body = "<?xml version=\"1.0\"?><lockinfo xmlns=\"DAV:\"><lockscope><exclusive/></lockscope><locktype><write/>\
                </locktype><owner>nobody</owner></lockinfo>";
    let locked = std::process::Command::new("curl")
        .args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-X",
            "LOCK",
            "-H",
            "Timeout: Second-3600",
            "-u",
        ])
        .arg(format!(
            "{}:{}",
            metasync_tests::webdav::USER,
            metasync_tests::webdav::PASSWORD
        ))
        .args(["-d", body])
        .arg(format!("{}/shared/library/version.txt.lock", world._dav.url()))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&locked.stdout), "200");
    world.a.patch(&world.shared, json!({"label": "0"}));
    world.a.add("after.txt", b"after", "x");
    assert_eq!(world.a.must_sync()["uploaded"], 1);
}
