//! The operator's routes (seed 000): the PIN, tickets, and what is refused.

use super::*;
use crate::config::Release;

/// A variable that Cargo sets for tests: its value is the PIN.
const PIN_VARIABLE: &str = "CARGO_PKG_NAME";
const PIN: &str = env!("CARGO_PKG_NAME");

const SYNC: &str = "/api/v1/admin/metadata-sync";

async fn world() -> World {
    World::with(|config| {
        config.auth.admin_pin_env = Some(PIN_VARIABLE.into());
        config.metadata_sync.git_repo_url = Some("/nowhere/tests.git".into());
        for (organization, branch) in config.organizations.iter_mut().zip([Some("main"), None]) {
            organization.releases = vec![Release {
                name: format!("{} 1.0", organization.name),
                git_branch: branch.map(str::to_owned),
                active: true,
            }];
        }
    })
    .await
}

impl World {
    async fn operate(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, None, &[("x-admin-pin", PIN)], body).await
    }
}

#[tokio::test]
async fn the_pin_opens_every_route_of_the_operator_and_nothing_else_does() {
    let world = world().await;
    let alice = world.token("alice", None);
    for endpoint in endpoints().into_iter().filter(|e| e.allowed == Allowed::Operator) {
        let path = path(&endpoint, ACME, "1");
        let what = format!("{} {path}", endpoint.method);
        for token in [None, Some(alice.as_str())] {
            let refused = world.ask(endpoint.method, &path, token, "{}").await;
            assert_eq!(
                (refused.status, code(&refused)),
                (StatusCode::UNAUTHORIZED, "pin_required"),
                "{what}"
            );
        }
        let let_in = world.operate(endpoint.method, &path, "{}").await;
        assert!(
            !matches!(let_in.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
            "{what}: {}",
            let_in.status
        );
        assert_ne!(let_in.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}");
    }
    for wrong in 0..5 {
        let headers = [
            ("x-admin-pin", "4711"),
            ("x-forwarded-for", &*format!("10.0.0.{wrong}")),
        ];
        let refused = world
            .send("GET", &format!("{SYNC}/status"), None, &headers, "")
            .await;
        assert_eq!(
            (refused.status, code(&refused)),
            (StatusCode::FORBIDDEN, "wrong_pin")
        );
    }
    let locked = world.operate("GET", &format!("{SYNC}/status"), "").await;
    assert_eq!(
        (locked.status, code(&locked)),
        (StatusCode::TOO_MANY_REQUESTS, "locked_out")
    );
    assert!(locked.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn what_can_not_be_synced_is_told_as_the_seed_has_it() {
    let world = world().await;
    let trigger = async |id: &str| {
        let answer = world.operate("POST", &format!("{SYNC}/trigger/{id}"), "").await;
        (answer.status.as_u16(), answer.body["detail"].clone())
    };
    assert_eq!(trigger("999").await, (404, json!("Release 999 not found")));
    assert_eq!(trigger("0x1").await.0, 404);
    assert_eq!(
        trigger("2").await,
        (400, json!("Release evil 1.0 has no git_branch configured"))
    );
    let first = world.operate("POST", &format!("{SYNC}/trigger/1"), "").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        first.body["message"],
        "Metadata sync started for release: acme 1.0"
    );
    let second = world.operate("POST", &format!("{SYNC}/trigger/1"), "").await;
    assert_eq!(
        (second.status, &second.body["job_id"]),
        (StatusCode::CONFLICT, &first.body["job_id"])
    );
    let history = world.operate("GET", &format!("{SYNC}/history"), "").await.body;
    assert_eq!(
        (&history[0]["id"], &history[0]["status"]),
        (&json!(1), &json!("running"))
    );
    for (query, status) in [
        ("limit=1", 200),
        ("limit=0", 400),
        ("limit=1001", 400),
        ("limit=x", 400),
    ] {
        let answer = world.operate("GET", &format!("{SYNC}/history?{query}"), "").await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
    for (body, status) in [
        (r#"{"enabled": true, "interval_hours": 12.0}"#, 200),
        (r#"{"interval_hours": 6}"#, 200),
        (r#"{"enabled": "yes"}"#, 400),
        (r#"{"interval_hours": 0}"#, 400),
        (r#"{"interval_hours": -1}"#, 400),
        (r#"{"interval_hours": 1e300}"#, 400),
        (r#"{"other": 1}"#, 400),
        ("[]", 400),
        ("{}", 400),
    ] {
        let answer = world.operate("POST", &format!("{SYNC}/configure"), body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
    }
    let status = world.operate("GET", &format!("{SYNC}/status"), "").await.body;
    assert_eq!(
        (&status["enabled"], &status["interval_hours"]),
        (&json!(true), &json!(6.0))
    );
    assert!(
        status["next_run"].is_string() && status["last_sync"].is_null(),
        "{status}"
    );
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_its_job_only() {
    let world = world().await;
    let job = async |path: &str| {
        let answer = world.operate("POST", &format!("{SYNC}/{path}"), "").await;
        answer.body["job_id"].as_str().unwrap().to_owned()
    };
    let (one, all) = (job("trigger/1").await, job("trigger").await);
    let ticket = async || {
        let answer = world
            .operate("POST", &format!("{SYNC}/progress/{one}/ticket"), "")
            .await;
        answer.body["ticket"].as_str().unwrap().to_owned()
    };
    let open = async |job: &str, ticket: &str| {
        let path = format!("{SYNC}/progress/{job}?ticket={ticket}");
        world.ask("GET", &path, None, "").await.status
    };
    let good = ticket().await;
    assert_eq!(open(&one, &good).await, StatusCode::OK);
    assert_eq!(open(&one, &good).await, StatusCode::UNAUTHORIZED, "used up");
    assert_eq!(
        open(&all, &ticket().await).await,
        StatusCode::UNAUTHORIZED,
        "another job's"
    );
    assert_eq!(open(&one, "0123").await, StatusCode::UNAUTHORIZED);
    let unknown = format!("{SYNC}/progress/{}", Uuid::now_v7());
    assert_eq!(
        world.operate("GET", &unknown, "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world
            .operate("POST", &format!("{unknown}/ticket"), "")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_stream_in_which_nothing_happens_ends_with_a_timeout() {
    let world = world().await;
    // Nobody works here: the run stays queued.
    let started = world.operate("POST", &format!("{SYNC}/trigger/1"), "").await;
    let path = format!("{SYNC}/progress/{}", started.body["job_id"].as_str().unwrap());
    let ticket = world.operate("POST", &format!("{path}/ticket"), "").await.body;
    let path = format!("{path}?ticket={}", ticket["ticket"].as_str().unwrap());
    let body = streams::open(&world, &path, "", None).await;
    let text = streams::text(body, "never there").await;
    let mut lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(':'));
    assert_eq!(lines.next(), Some("event: connected"));
    assert!(
        lines
            .next()
            .is_some_and(|line| line.contains("Connected to sync progress stream"))
    );
    assert_eq!(lines.next(), Some("event: timeout"));
    assert_eq!(
        lines.next(),
        Some(r#"data: {"message":"Stream timeout after 5 minutes"}"#)
    );
    assert_eq!(lines.next(), None);
}
