//! Many at once: five hubs, and publishers that crash and stand still beyond all patience. Nothing that
//! was said to be published is lost.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use metasync_sources::{
    Draft, LibraryEntry, Outcome, SharedFolder,
    shared_folder::{Pace, snapshot},
    webdav::DavOptions,
};
use metasync_tests::{
    faulty::{Fault, Faulty},
    webdav::{Dav, Kind, PASSWORD, USER},
};
use serde_json::json;
use uuid::Uuid;

use super::{Library, Random, settle};

/// Hubs at once, and publications of each.
const HUBS: u64 = 5;
const ROUNDS: u64 = 3;

fn five_hubs_at_once(kind: Kind) {
    let dav = Dav::start(kind);
    let libraries: Vec<Library> = (0..HUBS).map(|_| Library::on(&dav)).collect();
    std::thread::scope(|scope| {
        for (n, library) in libraries.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = library.add(
                        &format!("{n} {round}.txt"),
                        format!("{n} {round}").as_bytes(),
                        "new",
                    );
                    library.must_sync();
                    library.patch(&id, json!({"label": "changed"}));
                }
                library.must_sync();
            });
        }
    });
    let view = settle(&libraries.iter().collect::<Vec<_>>());
    assert_eq!(view.len() as u64, HUBS * ROUNDS);
    assert!(view.values().all(|file| file[1] == "changed"), "{view:?}");
}

#[test]
fn five_hubs_share_at_once_through_wsgidav() {
    five_hubs_at_once(Kind::WsgiDav);
}

#[test]
fn five_hubs_share_at_once_through_apache() {
    five_hubs_at_once(Kind::Apache);
}

#[test]
fn five_hubs_share_at_once_through_rclone() {
    five_hubs_at_once(Kind::Rclone);
}

/// Publishers, and what each has to publish.
const PUBLISHERS: u64 = 4;
const COMMITS: u64 = 5;

/// Times that are short enough to be overstepped; servers count locks in seconds.
const PACE: Pace = Pace {
    beat_ttl: Duration::from_millis(700),
    beat_every: Duration::from_millis(150),
    patience: Duration::from_secs(30),
    claiming: Duration::from_millis(400),
    lock_patience: Duration::from_millis(500),
    lock_timeout: Duration::from_secs(1),
    settling: Duration::from_secs(3),
    look: Duration::from_millis(60),
};

/// One publisher: adds its entries one commit after the other, while its machine crashes and stands still.
struct Publisher {
    number: u64,
    share: SharedFolder,
    way: Faulty,
    random: Random,
    work: PathBuf,
    commits: Vec<Uuid>,
}

impl Publisher {
    fn entry(&self, n: u64) -> LibraryEntry {
        LibraryEntry {
            id: Uuid::from_u128(u128::from(self.number * 1_000 + n + 1)),
            sha256: format!("{n:064x}"),
            name: format!("{n} of {}", self.number),
            media_type: "text/plain".into(),
            created_at: "2026-01-01T00:00:00Z".into(),
            updated_at: "2026-01-01T00:00:00Z".into(),
            ..LibraryEntry::default()
        }
    }

    /// One attempt to have `entry` in the head; `None`: somebody was in the way.
    async fn publish(&self, entry: &LibraryEntry) -> Result<Option<Uuid>, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let mut ticket = self.share.take_ticket(0, &|_| {}).await.map_err(|e| told(&e))?;
        loop {
            let view = self.share.look().await.map_err(|e| told(&e))?;
            let path = self.work.join("head.db");
            let mut entries = match &view.head {
                None => Vec::new(),
                Some(head) => {
                    self.share.fetch(head, &path).await.map_err(|e| told(&e))?;
                    snapshot::read_library(&path).map_err(|e| told(&e))?
                }
            };
            if entries.iter().any(|known| known.id == entry.id) {
                ticket.abandon().await;
                return Ok(Some(Uuid::nil()));
            }
            entries.push(entry.clone());
            let ours = self.work.join("ours.db");
            snapshot::write_library(&ours, entries.iter()).map_err(|e| told(&e))?;
            let draft = Draft::of(ours, Uuid::new_v4()).await.map_err(|e| told(&e))?;
            match self
                .share
                .publish(ticket, view.head.as_ref(), &draft)
                .await
                .map_err(|e| told(&e))?
            {
                Outcome::Published(manifest, _) => return Ok(Some(manifest.commit_id)),
                Outcome::HeadMoved(same) => ticket = same,
                Outcome::Overtaken => return Ok(None),
            }
        }
    }

    async fn work(&mut self, ended: &AtomicUsize) {
        for n in 0..COMMITS {
            let entry = self.entry(n);
            let mut attempts = 0;
            loop {
                attempts += 1;
                assert!(attempts < 200, "publisher {} never gets through", self.number);
                let at = self.random.below(16) as usize;
                let (crash_after, fault) = match self.random.below(4) {
                    0 => (self.random.below(300), None),
                    1 => (60_000, Some(Fault::Pause(1_500))),
                    2 => (60_000, Some(Fault::AnswerLost)),
                    _ => (60_000, None),
                };
                self.way
                    .plan(&fault.map(|fault| vec![(at, fault)]).unwrap_or_default());
                let publishing = self.publish(&entry);
                // dropped in the middle: a crash, after which the same hub comes again
                let outcome = tokio::time::timeout(Duration::from_millis(crash_after), publishing).await;
                if let Ok(Ok(Some(commit))) = outcome {
                    self.commits.push(commit);
                    break;
                }
            }
        }
        self.way.plan(&[]);
        ended.fetch_add(1, Ordering::Relaxed);
    }
}

fn nothing_published_is_lost(kind: Kind, seed: u64) {
    let dav = Dav::start(kind);
    let folder = tempfile::tempdir().unwrap();
    let share = |port: u16| {
        let options = DavOptions {
            base_url: format!("http://127.0.0.1:{port}/dav"),
            root: "crowd".into(),
            username: Some(USER.into()),
            password: Some(PASSWORD.into()),
        };
        SharedFolder::new(options, Uuid::new_v4()).unwrap().at_pace(PACE)
    };
    let direct = share(dav.port());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(direct.prepare()).unwrap();
    let ended = Arc::new(AtomicUsize::new(0));
    let mut working = Vec::new();
    for number in 0..PUBLISHERS {
        let way = Faulty::to(dav.port());
        let work = folder.path().join(number.to_string());
        std::fs::create_dir(&work).unwrap();
        let mut publisher = Publisher {
            number,
            share: share(way.port()),
            way,
            random: Random(seed * 100 + number),
            work,
            commits: Vec::new(),
        };
        let ended = ended.clone();
        working.push(runtime.spawn(async move {
            publisher.work(&ended).await;
            publisher.commits
        }));
    }
    let commits: Vec<Uuid> = working
        .into_iter()
        .flat_map(|task| runtime.block_on(task).unwrap())
        .collect();
    assert_eq!(ended.load(Ordering::Relaxed) as u64, PUBLISHERS);
    let view = runtime.block_on(direct.look()).unwrap();
    let lost: Vec<&Uuid> = commits
        .iter()
        .filter(|c| !c.is_nil() && !view.contains(**c))
        .collect();
    let path = folder.path().join("end.db");
    runtime
        .block_on(direct.fetch(view.head.as_ref().unwrap(), &path))
        .unwrap();
    let entries = snapshot::read_library(&path).unwrap();
    assert_eq!(
        (entries.len() as u64, lost.len()),
        (PUBLISHERS * COMMITS, 0),
        "{kind:?}: {lost:?} of {commits:?}"
    );
}

#[test]
fn nothing_is_lost_on_wsgidav_by_crashes_and_pauses() {
    nothing_published_is_lost(Kind::WsgiDav, 1);
}

#[test]
fn nothing_is_lost_on_apache_by_crashes_and_pauses() {
    nothing_published_is_lost(Kind::Apache, 2);
}

#[test]
fn nothing_is_lost_on_rclone_by_crashes_and_pauses() {
    nothing_published_is_lost(Kind::Rclone, 3);
}
