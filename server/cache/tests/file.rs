//! The file: its rights, damage, other versions, two processes, rebuild and swap, purge.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use metasync_cache::{Applied, Cache, CacheError, Reader, meta_names};
use metasync_protocol::{ObjectBundle, connections::Connection, editor::HistoryRun};
use support::{World, connection, object};

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("made").join("cache.db")
}

fn open(path: &Path) -> Cache {
    let opened = Cache::open(path).unwrap();
    assert_eq!(opened.rebuilt, None);
    opened.cache
}

fn objects(n: usize) -> Vec<ObjectBundle> {
    (0..n)
        .map(|i| {
            object(
                0,
                "model",
                &format!("shop.model_{i:04}"),
                &[("id", "int"), ("name", "text")],
                &[],
            )
        })
        .collect()
}

fn filled(path: &Path, n: usize) -> Cache {
    let mut cache = open(path);
    let page = World::default().add(&objects(n));
    assert!(matches!(
        cache.apply(&page, Some("W/\"e\""), None).unwrap(),
        Applied::Done(_)
    ));
    cache
}

fn run(n: u64) -> HistoryRun {
    HistoryRun {
        started_at: format!("run {n}"),
        cause: "command".to_owned(),
        state: "up_to_date".to_owned(),
        objects: n,
        deleted: 0,
        pages: 1,
        duration_ms: 1,
        error: None,
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let cache = filled(&path, 3);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap().path();
        assert_eq!(mode(&entry), 0o600, "{}", entry.display());
    }
    drop(cache);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(&path));
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn it_remembers_across_openings() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let mut cache = filled(&path, 3);
    cache.set_meta(meta_names::HUB_URL, "https://hub").unwrap();
    for n in 0..metasync_cache::HISTORY_MAX as u64 + 5 {
        cache.record_run(&run(n)).unwrap();
    }
    drop(cache);
    let cache = open(&path);
    let position = cache.position().unwrap();
    assert_eq!(position.cursor.as_deref(), Some("v1.1"));
    assert_eq!(position.etag.as_deref(), Some("W/\"e\""));
    assert_eq!(position.last_sync_at.as_deref(), Some("2026-01-01T00:00:01Z"));
    let reader = cache.reader();
    assert_eq!(
        reader.get_meta::<String>(meta_names::HUB_URL).unwrap().as_deref(),
        Some("https://hub")
    );
    assert_eq!(reader.get_meta::<u64>(meta_names::HUB_URL).unwrap(), None);
    let history = reader.history(usize::MAX).unwrap();
    assert_eq!(history.len(), metasync_cache::HISTORY_MAX);
    assert_eq!(history[0].objects, metasync_cache::HISTORY_MAX as u64 + 4);
    assert_eq!(reader.history(2).unwrap().len(), 2);
}

#[test]
fn whatever_is_wrong_with_the_file_it_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    drop(filled(&path, 400));
    let good = fs::read(&path).unwrap();
    let with_pragma = |text: &str| {
        fs::write(&path, &good).unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(text)
            .unwrap();
        fs::read(&path).unwrap()
    };
    let mut flipped = good.clone();
    for at in (4096..good.len()).step_by(997) {
        flipped[at] ^= 0x5a;
    }
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("other version", with_pragma("PRAGMA user_version = 99")),
        ("other application", with_pragma("PRAGMA application_id = 7")),
        ("half-written", with_pragma("DROP TABLE lineage")),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("a few bytes", good[..50].to_vec()),
        (
            "no SQLite",
            b"This is a text, and no database at all.".repeat(500),
        ),
        ("flipped", flipped),
    ];
    for (what, bytes) in bad {
        Cache::remove(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let mut opened = Cache::open(&path).unwrap();
        assert!(opened.rebuilt.is_some(), "{what}");
        assert_eq!(
            opened.cache.position().unwrap(),
            metasync_cache::Position::default(),
            "{what}"
        );
        opened
            .cache
            .apply(&World::default().add(&objects(2)), None, None)
            .unwrap();
        assert_eq!(opened.cache.reader().status().unwrap().objects, 2, "{what}");
    }
}

#[test]
fn damage_that_is_met_later_is_told_and_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let mut cache = filled(&path, 2_000);
    let reader = cache.reader();
    drop(Cache::open(&path).unwrap()); // what is in the log goes into the file
    rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    for byte in &mut bytes[40_000..end] {
        *byte ^= 0x5a;
    }
    use std::io::{Seek, Write};
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(std::io::SeekFrom::Start(0)).unwrap();
    file.write_all(&bytes).unwrap();
    let error = Reader::open(&path).and_then(|r| r.check()).unwrap_err();
    assert!(error.is_damage(), "{error}");
    cache.renew().unwrap();
    assert_eq!(reader.status().unwrap().objects, 0);
    cache
        .apply(&World::default().add(&objects(2)), None, None)
        .unwrap();
    assert_eq!(reader.status().unwrap().objects, 2);
}

#[test]
fn of_two_writers_one_wins_and_the_other_notices() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let (mut one, mut two) = (open(&path), open(&path));
    let mut world = World::default();
    let page = world.add(&objects(3));
    assert!(matches!(one.apply(&page, None, None).unwrap(), Applied::Done(_)));
    let before = one.reader().dump().unwrap();
    assert_eq!(
        two.apply(&world.add(&objects(5)), None, None).unwrap(),
        Applied::Superseded
    );
    assert_eq!(two.reader().dump().unwrap(), before);
    let cursor = two.position().unwrap().cursor;
    assert!(matches!(
        two.apply(&world.add(&objects(5)), None, cursor.as_deref())
            .unwrap(),
        Applied::Done(_)
    ));
    assert_eq!(one.reader().status().unwrap().objects, 5);
}

#[test]
fn a_swap_keeps_answers_coming_and_memory_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let mut cache = filled(&path, 50);
    cache.set_meta(meta_names::ANSWERS, &["yes"]).unwrap();
    cache.record_run(&run(1)).unwrap();
    cache
        .set_connections(&[Connection {
            id: connection(0),
            kind: "github".into(),
            name: "shop".into(),
            full_name: "acme/shop".into(),
            url: String::new(),
            status: "completed".into(),
            object_count: 50,
            last_extracted_at: None,
        }])
        .unwrap();
    // Another window, opened before.
    let other = open(&path);
    let (reader, others) = (cache.reader(), other.reader());
    assert_eq!(others.status().unwrap().objects, 50);

    let mut copy = cache.begin_rebuild().unwrap();
    assert!(matches!(other.begin_rebuild(), Err(CacheError::Locked { .. })));
    let mut world = World::default();
    let half = world.add(&objects(20));
    copy.apply(&half, None, None).unwrap();
    assert_eq!(
        reader.status().unwrap().objects,
        50,
        "the old copy answers meanwhile"
    );
    drop(copy);
    assert_eq!(
        reader.status().unwrap().objects,
        50,
        "a copy that was given up changes nothing"
    );

    let mut copy = cache.begin_rebuild().unwrap();
    let mut world = World::default();
    copy.apply(&world.add(&objects(20)), Some("new"), None).unwrap();
    let expected = copy.reader().dump().unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let objects = others.status().unwrap().objects;
                assert!(objects == 50 || objects == 20, "{objects}");
            }
        });
        cache.swap(copy).unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    for reader in [&reader, &others] {
        assert_eq!(reader.dump().unwrap(), expected);
        assert_eq!(
            reader
                .get_meta::<Vec<String>>(meta_names::ANSWERS)
                .unwrap()
                .unwrap(),
            ["yes"]
        );
        assert_eq!(reader.history(9).unwrap().len(), 1);
        let hit = &reader.objects_named("model_0001", 1).unwrap()[0];
        assert_eq!(hit.connection.as_deref(), Some("shop"));
    }
    assert_eq!(cache.position().unwrap().etag.as_deref(), Some("new"));
    let left: Vec<String> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("rebuild") && !name.ends_with(".lock"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_purge_reaches_every_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let mut cache = filled(&path, 5);
    let mut other = open(&path);
    let readers = [cache.reader(), other.reader()];
    assert_eq!(readers[1].status().unwrap().objects, 5);
    cache.set_meta(meta_names::SESSION, "secret-session").unwrap();
    cache.purge().unwrap();
    for reader in &readers {
        assert_eq!(reader.status().unwrap().objects, 0);
        assert_eq!(reader.get_meta::<String>(meta_names::SESSION).unwrap(), None);
    }
    // The other window's writer must not bring the old file back.
    other.set_meta(meta_names::ANSWERS, &1).unwrap();
    assert_eq!(cache.get_meta::<u64>(meta_names::ANSWERS).unwrap(), Some(1));
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(10).any(|w| w == b"model_0001"));
    }
    drop((cache, other));
    Cache::remove(&path).unwrap();
    assert!(matches!(readers[0].status(), Err(CacheError::Missing { .. })));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cant_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Cache::open(&file.join("below").join("cache.db")).unwrap_err();
    assert!(matches!(error, CacheError::ReadOnly { .. }), "{error}");
    assert!(error.to_string().contains("METASYNC_CACHE_DIR"));
    assert!(matches!(
        Reader::open(&folder.path().join("none.db")),
        Err(CacheError::Missing { .. })
    ));
}

#[test]
fn the_audit_finds_a_changed_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let cache = filled(&path, 5);
    assert!(cache.reader().audit().unwrap().is_clean());
    let id = objects(3)[2].object.id;
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute(
        "UPDATE columns SET data_type = 'bigint' WHERE ordinal = 1 AND object = (SELECT key FROM ids WHERE id = ?1)",
        [id.as_bytes()],
    )
    .unwrap();
    assert_eq!(cache.reader().audit().unwrap().wrong_rows, [("object", id)]);
    raw.execute("DELETE FROM objects WHERE folded = 'model_0004'", [])
        .unwrap();
    assert_eq!(cache.reader().audit().unwrap().wrong_streams.len(), 1);
}

#[test]
fn a_wrong_checksum_is_noticed_and_a_second_one_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(&path(&folder));
    let mut world = World::default();
    let mut page = world.add(&objects(3));
    page.sync_metadata.streams[0].rows += 1;
    let wrong = page.sync_metadata.streams[0].connection_id;
    let applied = cache.apply(&page, Some("e"), None).unwrap();
    assert!(
        matches!(applied, Applied::Mismatch { ref connections, repeated: false, .. } if *connections == [wrong])
    );
    let position = cache.position().unwrap();
    assert_eq!((position.last_sync_at, position.etag), (None, None));
    let mut page = world.whole();
    page.sync_metadata.streams[0].checksum = Some(metasync_protocol::RowHash(1));
    let applied = cache.apply(&page, None, position.cursor.as_deref()).unwrap();
    assert!(
        matches!(applied, Applied::Mismatch { repeated: true, .. }),
        "{applied:?}"
    );
    // So is one in a copy that was built because of the first.
    let mut copy = cache.begin_rebuild().unwrap();
    let applied = copy.apply(&page, None, None).unwrap();
    assert!(
        matches!(applied, Applied::Mismatch { repeated: true, .. }),
        "{applied:?}"
    );
    drop(copy);
    // Reset, sent again: all is well.
    cache.reset_connections(&[wrong]).unwrap();
    cache.drop_cursor().unwrap();
    assert!(matches!(
        cache.apply(&world.whole(), None, None).unwrap(),
        Applied::Done(_)
    ));
}

#[test]
fn rows_of_another_version_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = open(&path(&folder));
    let mut page = World::default().add(&objects(1));
    page.sync_metadata.schema = 9;
    assert!(matches!(
        cache.apply(&page, None, None),
        Err(CacheError::OtherSchema { got: 9, .. })
    ));
    assert_eq!(cache.reader().status().unwrap().objects, 0);
}
