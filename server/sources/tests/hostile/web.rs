//! REST interfaces.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;

use super::*;

/// A server that answers each request, told by its first line and its condition, with status and headers, and bytes.
fn served(
    answer: impl Fn(&str, &str) -> (String, Vec<u8>) + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/items", listener.local_addr().unwrap());
    let (answer, asked) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut first, mut condition) = (String::new(), String::new());
                let _ = reader.read_line(&mut first);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                        break;
                    }
                    if let Some(value) = line.to_lowercase().strip_prefix("if-none-match:") {
                        condition = value.trim().to_owned();
                    }
                }
                count.fetch_add(1, Ordering::Relaxed);
                let (head, body) = answer(first.trim(), &condition);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(&body);
            });
        }
    });
    (url, asked)
}

async fn api_from(url: &str, options: Value, begin: Begin) -> Read {
    read("api", url, options, std::path::Path::new("/nonexistent"), begin).await
}

async fn api(url: &str, options: Value) -> Read {
    api_from(url, options, Begin::default()).await
}

fn page_of(line: &str) -> usize {
    let after = line.split("page=").nth(1).unwrap_or("1");
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn items(numbers: impl Iterator<Item = usize>) -> Vec<u8> {
    let items: Vec<Value> = numbers
        .map(|n| json!({"id": n, "title": format!("T{n}")}))
        .collect();
    json!(items).to_string().into_bytes()
}

#[tokio::test]
async fn answers_that_are_no_json_are_told_as_what_they_are() {
    for (body, word) in [
        ("<!doctype html><title>Sign in</title>", "HTML"),
        ("", "empty"),
        ("{\"a\": ", "line 1"),
    ] {
        let (url, _) = served(move |_, _| ("200 OK\r\ncontent-type: text/html".into(), body.into()));
        let error = api(&url, json!({})).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.is_retryable), ("invalid_json", false));
        assert!(error.message.contains(word), "{word}: {}", error.message);
    }
}

#[tokio::test]
async fn depth_costs_the_item_that_has_it() {
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let body = format!(
        "[{{\"id\": 1, \"title\": \"one\"}}, {{\"id\": 2, \"title\": {deep}}}, {{\"id\": 3, \"title\": \"three\"}}]"
    );
    let (url, _) = served(move |_, _| ("200 OK".into(), body.clone().into_bytes()));
    let (titles, errors, end) = api(&url, json!({})).await.unwrap();
    assert_eq!(titles, ["one", "three"]);
    assert_eq!(errors, [("unreadable_item", "item 2".to_owned())]);
    assert!(!end.is_complete);
}

#[tokio::test]
async fn packed_answers_are_unpacked_within_limits() {
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let good = packed(&items(0..50));
    let (url, _) = served(move |_, _| ("200 OK\r\ncontent-encoding: gzip".into(), good.clone()));
    assert_eq!(api(&url, json!({})).await.unwrap().0.len(), 50);
    let bomb = packed(&vec![b' '; 20 << 20]);
    assert!(bomb.len() < 100_000);
    let (url, _) = served(move |_, _| ("200 OK\r\ncontent-encoding: gzip".into(), bomb.clone()));
    let error = api(&url, json!({})).await.unwrap_err();
    assert_eq!(error.code, "answer_too_large", "{}", error.message);
    let (url, _) = served(|_, _| ("200 OK\r\ncontent-encoding: gzip".into(), b"no gzip".to_vec()));
    assert_eq!(api(&url, json!({})).await.unwrap_err().code, "invalid_encoding");
}

#[tokio::test]
async fn redirects_in_a_circle_and_pages_in_a_circle_come_to_an_end() {
    let (url, asked) = served(|_, _| ("302 Found\r\nlocation: /items?again".into(), Vec::new()));
    assert_eq!(api(&url, json!({})).await.unwrap_err().code, "too_many_redirects");
    assert!(asked.load(Ordering::Relaxed) < 10);

    // pages 1, 2, 3, 1, 2, 3, …
    let (url, asked) = served(|line, _| {
        let page = (page_of(line) - 1) % 3;
        ("200 OK".into(), items(page * 10..page * 10 + 10))
    });
    let paged =
        json!({"pagination": {"type": "page", "pageParam": "page", "limitParam": "limit", "limit": 10}});
    let (titles, _, end) = api(&url, paged).await.unwrap();
    assert!(!end.is_complete && end.warnings.len() == 1, "{end:?}");
    assert!(asked.load(Ordering::Relaxed) < 15 && titles.len() >= 30);

    // cursors that come by again, each time with other items
    let count = AtomicUsize::new(0);
    let (url, asked) = served(move |_, _| {
        let n = count.fetch_add(1, Ordering::Relaxed);
        let body = json!({"items": [{"id": n, "title": n.to_string()}], "next": if n.is_multiple_of(2) { "x" } else { "y" }});
        ("200 OK".into(), body.to_string().into_bytes())
    });
    let by_cursor = json!({"dataPath": "items", "pagination": {"type": "cursor", "cursorPath": "next"}});
    let (_, _, end) = api(&url, by_cursor).await.unwrap();
    assert!(!end.is_complete && asked.load(Ordering::Relaxed) < 10, "{end:?}");
}

/// A source of three pages whose `ETag`s tell what is on them; page 2 may change.
fn with_tags(is_changed: Arc<AtomicUsize>) -> (String, Arc<AtomicUsize>) {
    served(move |line, condition| {
        let page = page_of(line);
        let changed = if page == 2 {
            is_changed.load(Ordering::Relaxed)
        } else {
            0
        };
        let tag = format!("\"{page}-{changed}\"");
        if condition == tag {
            return (format!("304 Not Modified\r\netag: {tag}"), Vec::new());
        }
        let body = match page {
            1 | 2 => items(page * 10..page * 10 + 10 - changed),
            _ => items(0..0),
        };
        (format!("200 OK\r\netag: {tag}"), body)
    })
}

#[tokio::test]
async fn a_source_of_many_pages_is_unchanged_when_each_page_says_so() {
    let is_changed = Arc::new(AtomicUsize::new(0));
    let (url, asked) = with_tags(Arc::clone(&is_changed));
    let paged = json!({"pagination": {"type": "page", "pageParam": "page"}});
    let (titles, _, end) = api(&url, paged.clone()).await.unwrap();
    assert_eq!((titles.len(), asked.load(Ordering::Relaxed)), (20, 3));
    let begin = |end: &End| Begin {
        position: None,
        previous: Some(end.memory.clone()),
    };
    let (titles, _, again) = api_from(&url, paged.clone(), begin(&end)).await.unwrap();
    assert!(again.is_unchanged && again.is_complete && titles.is_empty());
    assert_eq!(again.memory, end.memory, "and so the next time");
    assert_eq!(asked.load(Ordering::Relaxed), 6);
    // The second page has an item less: everything is read, the first page too.
    is_changed.store(1, Ordering::Relaxed);
    let (titles, _, end) = api_from(&url, paged.clone(), begin(&again)).await.unwrap();
    assert!(!end.is_unchanged && end.is_complete);
    assert_eq!(titles.len(), 19);
    // somebody says that the first page's tag is one of the whole source
    let mut told = paged;
    told["pagination"]["validators"] = json!("source");
    let before = asked.load(Ordering::Relaxed);
    let (_, _, end) = api_from(&url, told, begin(&end)).await.unwrap();
    assert!(end.is_unchanged);
    assert_eq!(asked.load(Ordering::Relaxed), before + 1);
}

#[tokio::test]
async fn what_was_changed_just_now_is_not_believed_to_be_unchanged() {
    let modified = Arc::new(std::sync::Mutex::new(std::time::SystemTime::now()));
    let time = Arc::clone(&modified);
    let (url, _) = served(move |_, _| {
        let modified = httpdate::fmt_http_date(*time.lock().unwrap());
        (format!("200 OK\r\nlast-modified: {modified}"), items(0..3))
    });
    let (_, _, end) = api(&url, json!({})).await.unwrap();
    assert_eq!(end.memory, Value::Null);
    *modified.lock().unwrap() -= std::time::Duration::from_secs(60);
    let (_, _, end) = api(&url, json!({})).await.unwrap();
    assert_ne!(end.memory, Value::Null);
    // what is asked by POST is never known
    let (_, _, end) = api(&url, json!({"method": "POST"})).await.unwrap();
    assert_eq!(end.memory, Value::Null);
}
