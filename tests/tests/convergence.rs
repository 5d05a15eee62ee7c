//! The invariant of the feed, through the real programs: whatever fails on the way (a client killed
//! in the middle of a page, a hub killed in the middle of an index run), one clean sync later the
//! copy is byte for byte the one that a client without any history pulls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use metasync_cache::Reader;
use metasync_tests::{
    Hub, Place, binary,
    place::{git, write},
    projects::BAKERY,
};
use serde_json::json;

/// Rounds of edits and failures; each ends with a comparison.
const ROUNDS: u64 = 12;
/// Models that the edits are about: enough for several pages of one transaction each.
const MODELS: u64 = 400;

/// xorshift64*: the same history in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

fn edit(dice: &mut Dice, upstream: &Path) {
    for _ in 0..=dice.below(60) {
        let n = dice.below(MODELS);
        let path = format!("models/many/m{n}.sql");
        match dice.below(5) {
            0 => drop(std::fs::remove_file(upstream.join(path))),
            _ => {
                let columns: Vec<String> = (0..=dice.below(9))
                    .map(|c| format!("kind as c{c}_{}", dice.below(3)))
                    .collect();
                let text = format!("select {} from {{{{ ref('stg_loaves') }}}}\n", columns.join(", "));
                write(upstream, &[(&path, &text)]);
            }
        }
    }
    let about = format!(
        "version: 2\nmodels:\n  - name: m{}\n    description: About {}\n",
        dice.below(MODELS),
        dice.below(99)
    );
    write(upstream, &[("models/about.yml", &about)]);
}

fn caches(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(caches(&entry.path()));
        } else if entry.file_name() == "cache.db" {
            found.push(entry.path());
        }
    }
    found
}

fn dump(cache_dir: &Path) -> Vec<u8> {
    let cache = caches(cache_dir);
    assert_eq!(cache.len(), 1, "{cache:?}");
    Reader::open(&cache[0]).unwrap().dump().unwrap()
}

#[test]
fn after_any_failures_one_clean_sync_gives_the_copy_from_scratch() {
    let place = Place::new("clone", &[("dbt_project.yml", "name: bakery\nprofile: x\n")]);
    let upstream = place.base().join("upstream");
    write(&upstream, BAKERY);
    let commit = || {
        git(&upstream, &place.environment, &["add", "-A"]);
        git(
            &upstream,
            &place.environment,
            &["commit", "-q", "--allow-empty", "-m", "edit"],
        );
    };
    git(&upstream, &place.environment, &["init", "-q", "-b", "main"]);
    commit();
    place.cloned_from("git@host.example:acme/bakery.git");
    let mut hub = Hub::start(
        &place.base().join("hub"),
        &place.environment,
        &[("bakery", &upstream)],
    );
    hub.index("bakery");
    let mut environment = place.environment.clone();
    for (name, value) in [
        ("HUB_URL", hub.url.clone()),
        ("TOKEN", hub.token("bo")),
        ("ORGANIZATION", "acme".into()),
    ] {
        environment.push((format!("METASYNC_{name}"), value));
    }
    let kept = place.base().join("cache");
    let mut dice = Dice(20_260_110);
    let mut killed = 0;
    for round in 0..ROUNDS {
        edit(&mut dice, &upstream);
        commit();
        if dice.below(3) == 0 {
            // the hub dies in the middle of an index run, and goes on after its restart
            let (status, _) = hub.ask("POST", "/api/repositories/bakery/sync", "ada", Some(json!({})));
            assert_eq!(status, 202);
            std::thread::sleep(Duration::from_millis(dice.below(40)));
            hub.kill();
            hub.restart();
            let (_, cancelled) = hub.ask(
                "POST",
                "/api/repositories/bakery/sync",
                "ada",
                Some(json!({"force": true})),
            );
            assert!(cancelled["job_id"].is_string(), "{cancelled}");
            let busy = || hub.ask("GET", "/api/repositories/bakery", "ada", None).1["status"] == "syncing";
            metasync_tests::eventually(metasync_tests::PATIENCE, || (!busy()).then_some(()))
                .expect("the run ends");
        } else {
            hub.index("bakery");
        }
        for _ in 0..dice.below(4) {
            let mut syncing = binary::command(&place.workspace, &environment)
                .arg("sync")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(5 + dice.below(60)));
            killed += u64::from(syncing.try_wait().unwrap().is_none());
            syncing.kill().unwrap();
            syncing.wait().unwrap();
        }
        let sync = |cache: &Path| {
            let mut environment = environment.clone();
            environment.push(("METASYNC_CACHE_DIR".to_owned(), cache.display().to_string()));
            let output = metasync_tests::run(&place.workspace, &environment, &["sync"]);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        sync(&kept);
        let fresh = place.base().join(format!("fresh{round}"));
        sync(&fresh);
        assert!(dump(&kept) == dump(&fresh), "round {round}: the copies differ");
    }
    assert!(
        killed > 0,
        "no sync was killed in the middle: the test proves nothing"
    );
}
