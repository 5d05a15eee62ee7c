//! Against a hub that misbehaves: a TCP listener that answers each request as a test says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use metasync_protocol::{
    CompactPage, MEDIA_TYPE_COMPACT, Page, SyncPackage,
    events::Change,
    package::{Channel, PackageQuery},
    repositories::SyncRequest,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{Backoff, Client, ClientError, Event, PackageAnswer, limits};

/// A hub that gives the n-th request the n-th answer (the last one again and again), and keeps what
/// it was asked.
struct Hub {
    url: String,
    asked: Arc<std::sync::Mutex<Vec<String>>>,
}

enum Reply {
    Bytes(Vec<u8>),
    /// The head and this, and then silence.
    Hang(Vec<u8>),
    /// The head, and then zeros without end.
    Flood(Vec<u8>),
}

fn http(status: &str, headers: &str, body: &str) -> Reply {
    Reply::Bytes(
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

fn stream_head() -> String {
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned()
}

impl Hub {
    async fn start(replies: Vec<Reply>) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = asked.clone();
        let (replies, next) = (Arc::new(replies), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (replies, next, log) = (replies.clone(), next.clone(), log.clone());
                tokio::spawn(async move {
                    let request = read_request(&mut socket).await;
                    log.lock().unwrap().push(request);
                    let n = next.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1);
                    match &replies[n] {
                        Reply::Bytes(bytes) => drop(socket.write_all(bytes).await),
                        Reply::Hang(bytes) => {
                            drop(socket.write_all(bytes).await);
                            tokio::time::sleep(Duration::from_secs(600)).await;
                        }
                        Reply::Flood(head) => {
                            drop(socket.write_all(head).await);
                            while socket.write_all(&[b' '; 1 << 16]).await.is_ok() {}
                        }
                    }
                });
            }
        });
        Hub { url, asked }
    }

    fn client(&self) -> Client {
        Client::new(&self.url, Some("s3cret-token")).unwrap()
    }

    fn asked(&self, n: usize) -> String {
        self.asked.lock().unwrap()[n].clone()
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let n = socket.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return text.into_owned();
            }
        }
        if n == 0 {
            return text.into_owned();
        }
    }
}

async fn error_of(reply: Reply) -> ClientError {
    let hub = Hub::start(vec![reply]).await;
    let error = hub.client().connections("acme").await.unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    error
}

const PAGE: &str = r#"{"metadata":{"files":[],"objects":[],"columns":[],"dependencies":[],"columns_lineage":[]},
    "documentation":[],"sync_metadata":{"organization_id":"00000000-0000-0000-0000-000000000000","connection_ids":[],
    "object_count":0,"file_count":0,"timestamp":"t","incremental":false,"protocol":2,"cursor":"v1.x","has_more":false,
    "epoch":"00000000-0000-0000-0000-000000000000","schema":1}}"#;

#[tokio::test]
async fn a_page_and_nothing_new() {
    let hub = Hub::start(vec![
        http("200 OK", "etag: W/\"one\"\r\n", PAGE),
        http("304 Not Modified", "", ""),
        http("200 OK", "", PAGE),
    ])
    .await;
    let client = hub.client();
    let mut query = PackageQuery {
        connection_ids: Some(vec!["a".into(), "b".into()]),
        include_documentation: true,
        protocol: Some(2),
        ..PackageQuery::default()
    };
    let answer = client
        .package("my org/ä", &query, None, Some(Uuid::nil()))
        .await
        .unwrap();
    let PackageAnswer::Page { page, etag, bytes } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(
        (page.sync_metadata().cursor.as_str(), etag.as_deref()),
        ("v1.x", Some("W/\"one\""))
    );
    assert_eq!(bytes, PAGE.len());
    let asked = hub.asked(0);
    assert!(
        asked.starts_with(
            "GET /api/metadata-sync/organizations/my%20org%2F%C3%A4/sync-package?connection_ids=a%2Cb&include_documentation=true&protocol=2 "
        ),
        "{asked}"
    );
    assert!(asked.contains("authorization: Bearer s3cret-token"));
    assert!(asked.contains("x-session-id: 00000000-"));

    assert!(
        asked.contains("accept: application/vnd.metasync.package+msgpack, application/json;q=0.5"),
        "{asked}"
    );

    let answer = client
        .package("acme", &query, etag.as_deref(), None)
        .await
        .unwrap();
    assert_eq!(answer, PackageAnswer::NotModified);
    assert!(hub.asked(1).contains("if-none-match: W/\"one\""));

    query.cursor = Some("x".repeat(limits::CURSOR_IN_URL_MAX + 1));
    client.package("acme", &query, None, None).await.unwrap();
    assert!(
        hub.asked(2)
            .starts_with("POST /api/metadata-sync/organizations/acme/sync-package/query ")
    );
    assert!(hub.asked(2).contains("\"cursor\":\"xxx"));
}

#[tokio::test]
async fn a_page_in_compact_form_is_read_and_a_hostile_one_refused() {
    let package: SyncPackage = serde_json::from_str(PAGE).unwrap();
    let good = CompactPage::of(package);
    let bytes = good.encode().unwrap();
    let answer = |body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {MEDIA_TYPE_COMPACT}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        Reply::Bytes([head.as_bytes(), body].concat())
    };
    let hub = Hub::start(vec![
        answer(&bytes),
        answer(&bytes[..bytes.len() - 1]),
        answer(&[0xff; 64]),
        answer(PAGE.as_bytes()),
    ])
    .await;
    let client = hub.client();
    let query = PackageQuery::default();
    let PackageAnswer::Page { page, .. } = client.package("acme", &query, None, None).await.unwrap() else {
        panic!("no page");
    };
    assert_eq!(page, Page::Compact(Box::new(good)));
    for _ in 0..3 {
        let error = client.package("acme", &query, None, None).await.unwrap_err();
        assert!(matches!(error, ClientError::BadAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn answers_that_make_no_sense() {
    for body in [
        "",
        "<html>hello</html>",
        "{\"connections\": [{\"id\"",
        "{\"connections\": 7}",
        "{}",
    ] {
        let error = error_of(http("200 OK", "", body)).await;
        assert!(matches!(error, ClientError::BadAnswer { .. }), "{body}: {error}");
        assert!(error.is_retryable() && !error.is_offline());
    }
    let page = http(
        "200 OK",
        "content-type: text/html; charset=utf-8\r\n",
        "<h1>Sign in</h1>",
    );
    let error = error_of(page).await.to_string();
    assert!(error.contains("a web page"), "{error}");
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"connections\":".to_vec();
    let error = error_of(Reply::Bytes(cut)).await;
    assert!(error.is_retryable(), "{error}");
    let zipped = http("200 OK", "content-encoding: gzip\r\n", "this is not gzip");
    let error = error_of(zipped).await;
    assert!(matches!(error, ClientError::BadAnswer { .. }), "{error}");
    let elsewhere = http("302 Found", "location: http://evil.example/\r\n", "");
    assert!(matches!(error_of(elsewhere).await, ClientError::BadAnswer { .. }));
}

#[tokio::test]
async fn bodies_without_end_are_cut_off() {
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 1u64 << 40);
    for head in [
        announced,
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let error = error_of(Reply::Flood(head.into_bytes())).await;
        assert!(error.to_string().contains("larger than 8 MiB"), "{error}");
    }
    // A refusal is understood however much comes with it.
    let head = b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n".to_vec();
    assert!(matches!(
        error_of(Reply::Flood(head)).await,
        ClientError::Unauthenticated { .. }
    ));
}

#[tokio::test]
async fn refusals() {
    let body = |code: &str| format!("{{\"detail\": \"because\\u001b[31m\", \"code\": \"{code}\"}}");
    let detail = "because [31m".to_owned();
    let of =
        |status: &'static str, code: &'static str| error_of(http(status, "retry-after: 7\r\n", &body(code)));
    assert_eq!(
        of("401 Unauthorized", "unauthenticated").await,
        ClientError::Unauthenticated {
            detail: detail.clone()
        }
    );
    assert_eq!(
        of("403 Forbidden", "org_access_revoked").await,
        ClientError::Revoked {
            detail: detail.clone()
        }
    );
    assert_eq!(
        of("403 Forbidden", "forbidden").await,
        ClientError::Forbidden {
            detail: detail.clone()
        }
    );
    assert_eq!(
        of("400 Bad Request", "invalid_cursor").await,
        ClientError::InvalidCursor
    );
    assert_eq!(
        of("410 Gone", "resync_required").await,
        ClientError::ResyncRequired {
            detail: detail.clone()
        }
    );
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let error = of(status, "busy").await;
        assert_eq!(
            error,
            ClientError::Busy {
                retry_after: Duration::from_secs(7)
            }
        );
        assert!(error.is_retryable());
    }
    let error = of("500 Internal Server Error", "internal_error").await;
    assert!(error.is_retryable() && matches!(error, ClientError::Hub { status: 500, .. }));
    let proxy = error_of(http("502 Bad Gateway", "", "<html>nginx</html>")).await;
    assert!(
        proxy.is_offline() && !proxy.to_string().contains("html"),
        "{proxy}"
    );
    let other = error_of(http("404 Not Found", "", "<html>no such page</html>")).await;
    assert!(other.to_string().contains("not as a metasync hub"), "{other}");

    let id = Uuid::from_u128(5);
    let running = format!("{{\"detail\": \"d\", \"code\": \"sync_in_progress\", \"job_id\": \"{id}\"}}");
    let hub = Hub::start(vec![http("409 Conflict", "", &running)]).await;
    let error = hub
        .client()
        .trigger_index("shop", &SyncRequest::default())
        .await
        .unwrap_err();
    assert_eq!(
        error,
        ClientError::AlreadyRunning {
            job_id: Some(id),
            detail: "d".to_owned()
        }
    );
    assert!(hub.asked(0).starts_with("POST /api/repositories/shop/sync "));
}

#[tokio::test]
async fn nobody_there_or_nobody_who_speaks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(&url, None)
        .unwrap()
        .connections("acme")
        .await
        .unwrap_err();
    assert!(
        matches!(error, ClientError::Unreachable { .. }) && error.is_offline(),
        "{error}"
    );
    assert!(error.to_string().contains(&url));

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let https = format!("https://{}", plain.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = plain.accept().await {
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = Client::new(&https, None)
        .unwrap()
        .connections("acme")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");

    for url in ["ftp://x", "no url", "", "http://user:pw@host", "http://"] {
        let error = Client::new(url, None).unwrap_err();
        assert!(matches!(error, ClientError::BadAddress { .. }), "{url}");
        assert!(!error.to_string().contains("pw@"), "{error}");
    }
    assert!(matches!(
        Client::new("http://h", Some("a\nb")),
        Err(ClientError::Unauthenticated { .. })
    ));
    let client = Client::new("http://127.0.0.1:1/prefix/", Some("s3cret")).unwrap();
    assert_eq!(client.base_url(), "http://127.0.0.1:1/prefix");
    assert!(!format!("{client:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_hub_that_hangs_is_given_up() {
    let hub = Hub::start(vec![Reply::Hang(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{".to_vec(),
    )])
    .await;
    let client = hub.client();
    let request = client
        .request(reqwest::Method::GET, &["x"])
        .timeout(Duration::from_millis(200));
    let response = request.send().await.unwrap();
    let error = client.body(response, 100).await.unwrap_err();
    assert!(
        matches!(error, ClientError::TimedOut { .. }) && error.is_offline(),
        "{error}"
    );
}

#[tokio::test]
async fn health_tells_the_difference_of_clocks() {
    let hub = Hub::start(vec![http(
        "200 OK",
        "date: Thu, 01 Jan 2099 00:00:00 GMT\r\n",
        "{\"status\": \"ok\"}",
    )])
    .await;
    let health = hub.client().health().await.unwrap();
    assert!(health.clock_difference.unwrap() > 86_400);
    assert_eq!(health.body.unwrap()["status"], "ok");
    assert!(hub.asked(0).starts_with("GET /healthz "));
}

/// Waits of milliseconds instead of seconds.
fn quick(client: &Client) -> impl Stream<Item = Event> + Send + 'static {
    let ms = Duration::from_millis;
    client.events_with("acme", ms(300), Backoff::new(ms(10), ms(40), ms(5)))
}

async fn take(events: impl Stream<Item = Event>, n: usize) -> Vec<Event> {
    events.take(n).collect().await
}

#[tokio::test]
async fn events_go_on_after_breaks_and_leave_out_what_is_no_news() {
    let (id, epoch) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let change = |head: u64| {
        format!(
            "event: change\ndata: {{\"connection_id\": \"{id}\", \"channel\": \"core\", \"head\": {head}}}\n\n"
        )
    };
    let hello = format!("event: hello\ndata: {{\"epoch\": \"{epoch}\"}}\n\n");
    let first = [
        stream_head(),
        hello.clone(),
        change(1),
        change(1),
        ": keep-alive\n\nevent: change\ndata: garbage\n\nevent: dance\ndata: {}\n\n".to_owned(),
        change(2),
    ]
    .concat();
    let second = [
        stream_head(),
        hello,
        change(2),
        change(3),
        "event: revoked\ndata: {}\n\n".to_owned(),
    ]
    .concat();
    let hub = Hub::start(vec![
        Reply::Bytes(first.into_bytes()),
        http("503 Service Unavailable", "retry-after: 0\r\n", ""),
        Reply::Hang(second.into_bytes()),
    ])
    .await;
    let events = take(quick(&hub.client()), 11).await;
    let changed = |head| {
        Event::Change(Change {
            connection_id: id,
            channel: Channel::Core,
            head,
        })
    };
    assert_eq!(events[0], Event::Connected);
    assert!(matches!(&events[1], Event::Hello(hello) if hello.epoch == epoch));
    assert_eq!(events[2..4], [changed(1), changed(2)]);
    assert!(
        matches!(events[4], Event::Disconnected(ClientError::Unreachable { .. })),
        "{events:?}"
    );
    assert!(matches!(events[5], Event::Disconnected(ClientError::Busy { .. })));
    assert_eq!(events[6], Event::Connected);
    assert!(matches!(&events[7], Event::Hello(_)));
    assert_eq!(events[8..10], [changed(3), Event::Revoked]);
    // Then it is silent for too long.
    assert!(matches!(
        events[10],
        Event::Disconnected(ClientError::TimedOut { .. })
    ));
    assert!(hub.asked(0).contains("accept: text/event-stream"));
}

#[tokio::test]
async fn an_event_without_end_is_cut_off() {
    let head = format!("{}data: ", stream_head());
    let hub = Hub::start(vec![Reply::Flood(head.into_bytes())]).await;
    let events = take(quick(&hub.client()), 2).await;
    assert_eq!(events[0], Event::Connected);
    assert!(
        matches!(&events[1], Event::Disconnected(ClientError::BadAnswer { what }) if what.contains("64 KiB")),
        "{events:?}"
    );
}
