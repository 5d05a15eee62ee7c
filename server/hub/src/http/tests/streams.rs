//! Event streams: what they tell, once, and when they end.

use axum::{body::Body, http::Request};
use futures_util::StreamExt as _;

use super::*;

/// How long an event may take here before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The text of a stream until `until` stands in it, or until its end.
async fn read(world: &World, path: &str, token: &str, last_event: Option<i64>, until: &str) -> String {
    text(open(world, path, token, last_event).await, until).await
}

/// A stream whose head has come.
pub(super) async fn open(world: &World, path: &str, token: &str, last_event: Option<i64>) -> Body {
    let mut request = Request::builder().uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(id) = last_event {
        request = request.header("last-event-id", id.to_string());
    }
    let request = request.body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body()
}

pub(super) async fn text(body: Body, until: &str) -> String {
    let mut stream = body.into_data_stream();
    let mut text = String::new();
    let reading = async {
        while let Some(chunk) = stream.next().await {
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
            if text.contains(until) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    text
}

#[tokio::test]
async fn a_token_that_ends_soon_is_told_and_ends_its_stream() {
    let world = World::new().await;
    let path = format!("/api/metadata-sync/organizations/{ACME}/events");
    let (token, _) = auth::mint(&world.config, "alice", None, Duration::from_secs(1)).unwrap();
    let text = read(&world, &path, &token, None, "never there").await;
    assert_eq!(text.matches("event: hello").count(), 1, "{text}");
    assert_eq!(text.matches("event: token_expiring").count(), 1, "{text}");
}

#[tokio::test]
async fn a_job_that_ended_is_replayed_with_its_end_once() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    // Nobody works here: the run stays queued until it is cancelled.
    let started = world
        .ask("POST", "/api/repositories/acme_shop/sync", Some(&alice), "")
        .await;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    let job = format!(
        "/api/repositories/acme_shop/sync/{}",
        started.body["job_id"].as_str().unwrap()
    );
    let second = world
        .ask("POST", "/api/repositories/acme_shop/sync", Some(&alice), "{}")
        .await;
    assert_eq!(
        (second.status, code(&second)),
        (StatusCode::CONFLICT, "sync_in_progress")
    );
    assert_eq!(second.body["job_id"], started.body["job_id"]);
    let syncing = world
        .ask("GET", "/api/repositories/acme_shop", Some(&alice), "")
        .await;
    assert_eq!(syncing.body["status"], "syncing");
    let events = format!("{job}/events");
    let (text, cancelled) = tokio::join!(
        read(&world, &events, &alice, None, "never there"),
        world.ask("DELETE", &job, Some(&alice), "")
    );
    assert_eq!(
        (cancelled.status, &cancelled.body["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    assert_eq!(text.matches("event: error").count(), 1, "{text}");
    assert!(text.contains("id: 1\n"), "{text}");
    assert_eq!(read(&world, &events, &alice, Some(0), "never there").await, text);
    assert_eq!(read(&world, &events, &alice, Some(1), "never there").await, "");
    let after = world
        .ask("GET", "/api/repositories/acme_shop", Some(&alice), "")
        .await;
    assert_eq!(after.body["status"], "pending");
}

#[tokio::test]
async fn streams_end_when_membership_is_taken_back() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let started = world
        .ask("POST", "/api/repositories/acme_shop/sync", Some(&alice), "")
        .await;
    let job = started.body["job_id"].as_str().unwrap();
    let push = format!("/api/metadata-sync/organizations/{ACME}/events");
    let run = format!("/api/repositories/acme_shop/sync/{job}/events");
    let mut without = world.config.clone();
    without.organizations[0].members.retain(|m| m.user != "alice");
    let (push, run) = (
        open(&world, &push, &alice, None).await,
        open(&world, &run, &alice, None).await,
    );
    world.hub.redeclare(&without).await.unwrap();
    let (push, _) = tokio::join!(text(push, "never there"), text(run, "never there"));
    assert_eq!(push.matches("event: revoked").count(), 1, "{push}");
    let after = world.ask("GET", "/api/repositories", Some(&alice), "").await;
    assert_eq!(
        (after.status, code(&after)),
        (StatusCode::FORBIDDEN, "org_access_revoked")
    );
}

#[tokio::test]
async fn a_connection_that_is_removed_is_told() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let base = format!("/api/metadata-sync/organizations/{ACME}");
    let new = r#"{"type": "github", "name": "x", "full_name": "acme/x", "url": "https://example.invalid/x"}"#;
    let connections = format!("{base}/connections");
    let added = world.ask("POST", &connections, Some(&alice), new).await;
    let id = added.body["id"].as_str().unwrap();
    let events = open(&world, &format!("{base}/events"), &alice, None).await;
    let removed = world
        .ask("DELETE", &format!("{connections}/{id}"), Some(&alice), "")
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let told = text(events, "event: change").await;
    assert!(told.contains(id), "{told}");
}
