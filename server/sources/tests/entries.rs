//! What every source of entries must do, told against the registry: a type of source that is added gets a
//! line in [`world`], and everything here holds for it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use metasync_sources::{
    Reach,
    entries::{ADAPTERS, Begin, End, EntrySpec, KnownField, Outside, Portion, Step, Variables, adapter},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const FIELDS: &[KnownField] = &[
    KnownField {
        name: "title",
        aliases: &["name"],
    },
    KnownField {
        name: "artist",
        aliases: &[],
    },
    KnownField {
        name: "external_id",
        aliases: &["id"],
    },
];

/// Items of a source; the third of them can't be read.
const ITEMS: usize = 7_003;

fn items(broken: bool) -> Vec<Option<(String, String)>> {
    (0..ITEMS)
        .map(|n| (!(broken && n == 2)).then(|| (format!("Song, {n} \"é\""), format!("A{}", n % 7))))
        .collect()
}

/// A source of one type with the items in it.
struct World {
    folder: tempfile::TempDir,
    spec: EntrySpec,
    /// Whether the source still answers.
    is_there: Arc<AtomicBool>,
}

impl World {
    async fn new(kind: &str, broken: bool) -> World {
        let folder = tempfile::tempdir().unwrap();
        let is_there = Arc::new(AtomicBool::new(true));
        let file = folder.path().join("items");
        let (identifier, options) = match kind {
            "csv" => {
                let mut text = "id,title,artist\n".to_owned();
                for (n, item) in items(broken).into_iter().enumerate() {
                    match item {
                        Some((title, artist)) => {
                            text += &format!("{n},\"{}\",{artist}\n", title.replace('"', "\"\""));
                        }
                        None => text += "too,many,fields,here\n",
                    }
                }
                std::fs::write(&file, text).unwrap();
                (file.display().to_string(), json!({}))
            }
            "jsonl" => {
                let mut text = String::new();
                for (n, item) in items(broken).into_iter().enumerate() {
                    match item {
                        Some((title, artist)) => {
                            text += &json!({"id": n, "title": title, "artist": artist}).to_string();
                        }
                        None => text += "{\"id\": ",
                    }
                    text += "\n";
                }
                std::fs::write(&file, text).unwrap();
                (file.display().to_string(), json!({}))
            }
            "api" => {
                let all: Vec<Value> = items(broken)
                    .into_iter()
                    .enumerate()
                    .map(|(n, item)| match item {
                        Some((title, artist)) => json!({"id": n, "title": title, "artist": artist}),
                        None => json!(7),
                    })
                    .collect();
                let url = served(all, Arc::clone(&is_there)).await;
                let options = json!({
                    "dataPath": "data.items",
                    "pagination": {"type": "page", "limitParam": "limit", "limit": 100, "pageParam": "page"},
                });
                (url, options)
            }
            other => panic!("{other}: a type of source without a line in this suite"),
        };
        World {
            spec: EntrySpec {
                kind: kind.to_owned(),
                identifier,
                options,
                fields: FIELDS,
            },
            folder,
            is_there,
        }
    }

    fn outside(&self) -> Outside {
        Outside {
            roots: vec![self.folder.path().to_owned()],
            reach: Reach { allow_private: true },
            variables: Variables::default(),
        }
    }

    fn vanish(&self) {
        self.is_there.store(false, Ordering::Relaxed);
        let _ = std::fs::remove_file(self.folder.path().join("items"));
    }

    /// Reads to the end, or so many portions.
    async fn read(&self, begin: Begin, most: usize) -> (Vec<Portion>, Option<End>) {
        let adapter = adapter(&self.spec.kind).unwrap();
        let mut reader = adapter.open(&self.spec, &self.outside(), begin).await.unwrap();
        let fields: BTreeSet<&str> = reader.fields().iter().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["title", "artist", "external_id"]));
        let mut portions = Vec::new();
        while portions.len() < most {
            match reader.next().await.unwrap() {
                Step::Portion(portion) => portions.push(portion),
                Step::End(end) => return (portions, Some(end)),
            }
        }
        (portions, None)
    }
}

/// A server with pages of items.
async fn served(items: Vec<Value>, is_there: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/items", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let items = Arc::new(items);
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let (items, is_there) = (Arc::clone(&items), Arc::clone(&is_there));
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => return,
                        Ok(count) => request.extend_from_slice(&buffer[..count]),
                    }
                }
                let head = String::from_utf8_lossy(&request);
                let number = |name: &str| -> usize {
                    let after = head.split(&format!("{name}=")).nth(1).unwrap_or("1");
                    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                    digits.parse().unwrap()
                };
                let (page, limit) = (number("page"), number("limit"));
                let of_page: Vec<&Value> = items.iter().skip((page - 1) * limit).take(limit).collect();
                let body = json!({"data": {"items": of_page}}).to_string();
                let status = if is_there.load(Ordering::Relaxed) {
                    "200 OK"
                } else {
                    "404 Not Found"
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    url
}

/// Titles by external id, in the order of the source.
fn told(portions: &[Portion], fields: &[&str]) -> Vec<Vec<Option<String>>> {
    let _ = fields;
    portions
        .iter()
        .flat_map(|portion| portion.rows.iter().map(|row| row.values.clone()))
        .collect()
}

#[tokio::test]
async fn every_source_gives_all_items_in_their_order_and_says_that_it_was_all() {
    for kind in ADAPTERS.iter().map(|adapter| adapter.kind()) {
        let world = World::new(kind, false).await;
        let (portions, end) = world.read(Begin::default(), usize::MAX).await;
        let rows = told(&portions, &[]);
        assert_eq!(rows.len(), ITEMS, "{kind}");
        assert!(portions.len() > 1, "{kind}: in portions");
        assert!(
            rows[5].contains(&Some("Song, 5 \"é\"".into())),
            "{kind}: {:?}",
            rows[5]
        );
        assert!(
            rows[5].contains(&Some("5".into())) && rows[5].contains(&Some("A5".into())),
            "{kind}"
        );
        let end = end.unwrap();
        assert!(end.is_complete && !end.is_unchanged, "{kind}: {end:?}");
        assert!(portions.iter().all(|p| p.errors.is_empty()), "{kind}");
    }
}

#[tokio::test]
async fn every_source_goes_on_from_each_portion_without_a_gap_or_a_repetition() {
    for kind in ADAPTERS.iter().map(|adapter| adapter.kind()) {
        let world = World::new(kind, true).await;
        let (whole, _) = world.read(Begin::default(), usize::MAX).await;
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let position = whole[at].position.clone();
            let position: Value = serde_json::from_str(&position.to_string()).unwrap();
            let begin = Begin {
                position: Some(position),
                previous: None,
            };
            let (rest, end) = world.read(begin, usize::MAX).await;
            assert_eq!(
                told(&rest, &[]),
                told(&whole[at + 1..], &[]),
                "{kind} after portion {at}"
            );
            assert!(end.is_some());
        }
    }
}

#[tokio::test]
async fn every_source_tells_where_a_broken_item_stands_and_gives_the_others() {
    for kind in ADAPTERS.iter().map(|adapter| adapter.kind()) {
        let world = World::new(kind, true).await;
        let (portions, end) = world.read(Begin::default(), usize::MAX).await;
        let errors: Vec<_> = portions.iter().flat_map(|p| &p.errors).collect();
        assert_eq!(errors.len(), 1, "{kind}: {errors:?}");
        assert_eq!(told(&portions, &[]).len(), ITEMS - 1, "{kind}");
        let place = &errors[0].place;
        match place.line {
            Some(line) => assert_eq!(line, if kind == "csv" { 4 } else { 3 }, "{kind}"),
            None => assert_eq!(place.words, "page 1, item 3", "{kind}"),
        }
        assert!(
            !end.unwrap().is_complete,
            "{kind}: what failed is not known to be gone"
        );
    }
}

#[tokio::test]
async fn every_source_that_is_gone_is_an_error_that_is_no_end() {
    for kind in ADAPTERS.iter().map(|adapter| adapter.kind()) {
        let world = World::new(kind, false).await;
        world.vanish();
        let adapter = adapter(kind).unwrap();
        let outside = world.outside();
        let failed = match adapter.open(&world.spec, &outside, Begin::default()).await {
            Err(error) => error,
            Ok(mut reader) => reader.next().await.unwrap_err(),
        };
        assert!(!failed.is_retryable, "{kind}: {failed:?}");
        assert!(failed.message.contains("items"), "{kind}: {failed:?}");
    }
}

#[tokio::test]
async fn no_source_reads_what_it_may_not() {
    for kind in ADAPTERS.iter().map(|adapter| adapter.kind()) {
        let world = World::new(kind, false).await;
        let outside = Outside {
            roots: vec![PathBuf::from("/nonexistent-root-of-imports")],
            reach: Reach { allow_private: false },
            variables: Variables::default(),
        };
        let adapter = adapter(kind).unwrap();
        assert!(adapter.check(&world.spec, &outside).await.is_err(), "{kind}");
        let read = async {
            let mut reader = adapter.open(&world.spec, &outside, Begin::default()).await?;
            reader.next().await
        };
        assert!(read.await.is_err(), "{kind}");
    }
}

#[tokio::test]
async fn a_file_that_did_not_change_is_not_read_again() {
    for kind in ["csv", "jsonl"] {
        let world = World::new(kind, false).await;
        let (_, end) = world.read(Begin::default(), usize::MAX).await;
        let begin = |memory: &Value| Begin {
            position: None,
            previous: Some(memory.clone()),
        };
        let (again, end) = world.read(begin(&end.unwrap().memory), usize::MAX).await;
        assert!(
            !again.is_empty() && !end.unwrap().is_unchanged,
            "{kind}: it is too young to be believed"
        );
        let file = std::fs::File::options()
            .append(true)
            .open(world.folder.path().join("items"));
        let old = std::time::SystemTime::now() - Duration::from_secs(60);
        file.unwrap().set_modified(old).unwrap();
        let (_, end) = world.read(Begin::default(), usize::MAX).await;
        let (portions, end) = world.read(begin(&end.unwrap().memory), usize::MAX).await;
        assert!(portions.is_empty() && end.unwrap().is_unchanged, "{kind}");
    }
}

/// Reads a CSV file of these bytes: values of each row, and code and line of each error.
async fn csv(bytes: &[u8], options: Value) -> (Vec<Vec<Option<String>>>, Vec<(&'static str, u64)>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.csv"), bytes).unwrap();
    let spec = EntrySpec {
        kind: "csv".into(),
        identifier: "x.csv".into(),
        options,
        fields: FIELDS,
    };
    let outside = Outside {
        roots: vec![folder.path().to_owned()],
        reach: Reach { allow_private: false },
        variables: Variables::default(),
    };
    let mut reader = adapter("csv")
        .unwrap()
        .open(&spec, &outside, Begin::default())
        .await
        .unwrap();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    while let Step::Portion(portion) = reader.next().await.unwrap() {
        rows.extend(portion.rows.into_iter().map(|row| row.values));
        errors.extend(
            portion
                .errors
                .into_iter()
                .map(|e| (e.code, e.place.line.unwrap())),
        );
    }
    (rows, errors)
}

fn titles(rows: &[Vec<Option<String>>]) -> Vec<&str> {
    rows.iter().map(|row| row[0].as_deref().unwrap_or("-")).collect()
}

#[tokio::test]
async fn files_as_they_come_keep_their_lines_and_letters() {
    let only_title = || json!({"columnMapping": {"title": "title"}});
    // an embedded line break moves the lines after it
    let text = b"title,artist\r\n\"one\r\ntwo\",A\r\n\r\nthree,B,C\r\nfour,D\r\n";
    let (rows, errors) = csv(text, only_title()).await;
    assert_eq!(titles(&rows), ["one\r\ntwo", "four"]);
    assert_eq!(errors, [("too_many_fields", 5)]);
    // a quote that is never closed costs its own line
    let (rows, errors) = csv(b"title,artist\na,1\n\"b,2\nc,3\nd,\"x, y\"\n", only_title()).await;
    assert_eq!(titles(&rows), ["a", "c", "d"]);
    assert_eq!(errors, [("unclosed_quote", 3)]);
    let (rows, errors) = csv(b"title,artist\na,1\n\"b,2\n", only_title()).await;
    assert_eq!((titles(&rows), errors), (vec!["a"], vec![("unclosed_quote", 3)]));
    // lines that end with CR alone
    let (rows, errors) = csv(b"title,artist\ra,1\rb,2,3\rc,3", only_title()).await;
    assert_eq!(
        (titles(&rows), errors),
        (vec!["a", "c"], vec![("too_many_fields", 3)])
    );
    // short rows are good as long as what is asked for is there
    let (rows, errors) = csv(b"artist,title,x\nA,one\nB\n", only_title()).await;
    assert_eq!(
        (titles(&rows), errors),
        (vec!["one"], vec![("too_few_fields", 3)])
    );
    // a row that is too long
    let long = ["title,artist\n", &"x".repeat(2 << 20), ",y\nb,2\n"].concat();
    let (rows, errors) = csv(long.as_bytes(), only_title()).await;
    assert_eq!((titles(&rows), errors), (vec!["b"], vec![("row_too_long", 2)]));
    // other signs
    let options = json!({
        "columnMapping": {"title": 1}, "delimiter": ";", "quote": "'", "hasHeader": false
    });
    let (rows, _) = csv(b"1;'a;b'\n2;c\n", options).await;
    assert_eq!(titles(&rows), ["a;b", "c"]);
}

#[tokio::test]
async fn encodings_are_told_by_themselves_or_by_name() {
    let title = || json!({"columnMapping": {"title": "título"}});
    let text = "título,artist\nCanción,José\n";
    let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(order)
            .collect()
    };
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let marked = ["\u{feff}", text].concat().into_bytes();
    for bytes in [
        text.as_bytes().to_vec(),
        marked,
        utf16(u16::to_le_bytes, true),
        utf16(u16::to_be_bytes, true),
        utf16(u16::to_le_bytes, false),
        latin.clone(),
    ] {
        let (rows, errors) = csv(&bytes, title()).await;
        assert_eq!((titles(&rows), errors), (vec!["Canción"], vec![]), "{bytes:?}");
    }
    let mut named = title();
    named["encoding"] = json!("latin-1");
    assert_eq!(titles(&csv(&latin, named).await.0), ["Canción"]);
    // Said to be UTF-8, and one row is not.
    let broken = [text.as_bytes(), b"b\xedd,x\n".as_slice(), b"good,y\n"].concat();
    let (rows, errors) = csv(&broken, title()).await;
    assert_eq!(
        (titles(&rows), errors),
        (vec!["Canción", "good"], vec![("invalid_encoding", 3)])
    );
    // Latin-1 that begins far behind the sample
    let late = ["título\n".replace('í', "i"), "abc\n".repeat(40_000)].concat();
    let late = [late.as_bytes(), b"Canci\xf3n\n".as_slice()].concat();
    let (rows, errors) = csv(&late, json!({"columnMapping": {"title": "titulo"}})).await;
    assert_eq!(
        (titles(&rows).last().copied(), errors.len()),
        (Some("Canción"), 0)
    );
}
