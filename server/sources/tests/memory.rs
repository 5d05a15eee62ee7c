//! That reading a file takes as much memory as a portion of it, however long it is.

#![allow(clippy::unwrap_used, clippy::panic, unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::Write as _,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use metasync_sources::{
    Reach,
    entries::{Begin, EntrySpec, KnownField, Outside, Step, Variables, adapter},
};
use serde_json::json;

/// Counts what is taken.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as above
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes that reading so many rows of a file takes at once.
async fn peak(kind: &str, folder: &Path, rows: usize) -> usize {
    let file = folder.join("items");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    if kind == "csv" {
        writeln!(out, "id,title,artist").unwrap();
    }
    let padding = "x".repeat(150);
    for n in 0..rows {
        let title = format!("Song {n} {padding}");
        match kind {
            "csv" => writeln!(out, "{n},{title},A").unwrap(),
            _ => writeln!(out, "{}", json!({"id": n, "title": title, "artist": "A"})).unwrap(),
        }
    }
    drop(out);
    let spec = EntrySpec {
        kind: kind.into(),
        identifier: "items".into(),
        options: json!({}),
        fields: &[KnownField {
            name: "title",
            aliases: &[],
        }],
    };
    let outside = Outside {
        roots: vec![folder.to_owned()],
        reach: Reach { allow_private: false },
        variables: Variables::default(),
    };
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let adapter = adapter(kind).unwrap();
    let mut reader = adapter.open(&spec, &outside, Begin::default()).await.unwrap();
    let mut seen = 0;
    while let Step::Portion(portion) = reader.next().await.unwrap() {
        seen += portion.rows.len();
    }
    assert_eq!(seen, rows);
    MOST.load(Ordering::Relaxed) - before
}

/// One test in this program: what others take would be counted, too.
#[tokio::test]
async fn reading_takes_as_much_as_a_portion() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["csv", "jsonl"] {
        let few = peak(kind, folder.path(), 15_000).await;
        let many = peak(kind, folder.path(), 120_000).await;
        // eight times the rows, and the file is larger than what may be taken
        assert!(many < few + few / 4, "{kind}: {few} bytes became {many}");
        assert!(many < 10 << 20, "{kind}: {many} bytes");
    }
}
