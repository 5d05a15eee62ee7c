//! What protects the hub: limits of bodies and of rates, a log without secrets, and the page for
//! people.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use super::*;

/// A request whose body is these bytes.
async fn post(world: &World, path: &str, token: &str, encoding: &str, body: Vec<u8>) -> (StatusCode, Value) {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_ENCODING, encoding)
        .body(Body::from(body))
        .unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// gzip of a text, in stored or, for one letter again and again, in compressed blocks.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut child = std::process::Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&text).unwrap());
    let out = child.wait_with_output().unwrap().stdout;
    writing.join().unwrap();
    out
}

#[tokio::test]
async fn compressed_bodies_are_read_within_limits() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let path = format!("/api/metadata-sync/organizations/{ACME}/connections/match-workspace");
    let body = |filler: usize| {
        let filler = " ".repeat(filler);
        format!("{{{filler}\"workspace_identifier\": \"acme/shop\"}}").into_bytes()
    };
    let (status, answer) = post(&world, &path, &alice, "gzip", gzip(&body(10))).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer.to_string().contains("acme_shop"), "{answer}");
    // 60 kB of blanks shrink more than a hundred times, and cost nobody anything
    let (status, _) = post(&world, &path, &alice, "gzip", gzip(&body(60_000))).await;
    assert_eq!(status, StatusCode::OK);
    // 3 MB of them are below the limit of bodies, and a thousand times what came in
    let (status, answer) = post(&world, &path, &alice, "gzip", gzip(&body(3_000_000))).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large"))
    );
    let (status, _) = post(&world, &path, &alice, "gzip", gzip(&vec![b' '; 200 << 20])).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, answer) = post(&world, &path, &alice, "gzip", body(1)).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_request"))
    );
    for unknown in ["br", "zstd", "gzip, gzip", "compress"] {
        let (status, _) = post(&world, &path, &alice, unknown, body(1)).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{unknown}");
    }
}

#[tokio::test]
async fn who_asks_too_much_is_told_to_wait_and_the_feed_goes_on() {
    let world = World::new().await;
    let (alice, bob) = (world.token("alice", None), world.token("bob", None));
    let search = "/api/repositories/acme_shop/search?q=x";
    let mut refused = None;
    for _ in 0..10_000 {
        let answer = world.ask("GET", search, Some(&alice), "").await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, code(&refused)),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
    );
    let wait: u32 = refused.headers[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        world.ask("GET", search, Some(&bob), "").await.status,
        StatusCode::OK
    );
    let package = format!("/api/metadata-sync/organizations/{ACME}/sync-package?protocol=2");
    let tag = world.ask("GET", &package, Some(&alice), "").await.headers[header::ETAG].clone();
    for _ in 0..500 {
        let headers = [("if-none-match", tag.to_str().unwrap())];
        let answer = world.send("GET", &package, Some(&alice), &headers, "").await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn the_log_names_requests_and_holds_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    // Another test may have been about to switch a place off, as nobody listened, when this one began to.
    tracing::callsite::rebuild_interest_cache();
    let alice = world.token("alice", None);
    let mut forged = alice.clone();
    forged.pop();
    let secret = std::fs::read_to_string(world.config.data_dir.join("jwt-secret")).unwrap();
    for token in [&alice, &forged] {
        for endpoint in endpoints() {
            let path = path(&endpoint, ACME, "acme_shop");
            let path = format!("{path}?access_token={token}&cursor=v1.s3cretcursor&q=s3cretwords");
            let headers = [("x-request-id", "the-request-7")];
            let body = r#"{"type": "github", "name": "n", "full_name": "n", "url": "https://u:s3cretpw@h/n",
                "executive_summary": "s3crettext", "workspace_identifier": "w"}"#;
            let answer = world
                .send(endpoint.method, &path, Some(token), &headers, body)
                .await;
            assert_eq!(answer.headers["x-request-id"], "the-request-7");
        }
    }
    let text = log.text();
    assert!(
        text.contains("the-request-7") && text.contains("sync-package"),
        "{text}"
    );
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    for part in alice.split('.').skip(1).chain(forged.split('.').skip(2)) {
        assert!(!text.contains(part), "a token");
    }
    assert!(!text.contains("s3cret"), "{text}");
    assert!(!text.contains(secret.trim()));
    // An id that would look like something else is not taken over.
    for doubtful in ["x\", \"level\": \"ERROR", &"x".repeat(65), "a b"] {
        let answer = world
            .send("GET", "/healthz", None, &[("x-request-id", doubtful)], "")
            .await;
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert!(id.parse::<Uuid>().is_ok(), "{id}");
    }
}

#[tokio::test]
async fn the_page_for_people_names_every_route_and_loads_nothing() {
    let world = World::new().await;
    let request = Request::builder().uri("/docs").body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/html; charset=utf-8"
    );
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let bytes = to_bytes(response.into_body(), 4 << 20).await.unwrap();
    let page = String::from_utf8(bytes.to_vec()).unwrap();
    for endpoint in endpoints() {
        assert!(
            page.contains(endpoint.path) && page.contains(endpoint.summary),
            "{}",
            endpoint.path
        );
    }
    for foreign in ["http://", "https://", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    // Where a link leads is on the page.
    for (at, _) in page.match_indices("href=\"#") {
        let name = page[at + 7..].split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
    }
}
