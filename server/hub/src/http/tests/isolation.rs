//! Two organizations with data each (security.md 6 and 8). The routes and their ids come from the
//! router's own table: a route with an id that this test can't plant fails it.

use std::collections::HashMap;

use super::*;

/// What one organization has, by the name under which paths and queries ask for it.
pub(super) struct Planted {
    pub(super) token: String,
    ids: HashMap<&'static str, String>,
}

impl Planted {
    fn id(&self, name: &str) -> &str {
        let what = "is an id that no organization of this test has: plant one";
        self.ids.get(name).unwrap_or_else(|| panic!("{name} {what}"))
    }

    /// The path of an endpoint with this organization's ids; `name` has this value instead.
    fn path(&self, endpoint: &Endpoint, name: &str, value: &str) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(param) if param == name => value.to_owned(),
            Some(param) => self.id(param).to_owned(),
            None => part.to_owned(),
        };
        endpoint.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

fn params(endpoint: &Endpoint) -> impl Iterator<Item = &'static str> {
    let parts = endpoint.path.split('/');
    parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Both organizations, each with an indexed folder, documentation and a registered editor.
pub(super) async fn planted() -> (World, Planted, Planted) {
    let folder = tempfile::tempdir().unwrap();
    let table = "create table secret_customers (id int);";
    std::fs::write(folder.path().join("tables.sql"), table).unwrap();
    let world = World::with(|config| {
        for organization in &mut config.organizations {
            let connection = &mut organization.connections[0];
            connection.kind = "workspace".into();
            connection.url = folder.path().to_str().unwrap().into();
        }
    })
    .await;
    world.hub.work();
    let mut both = Vec::new();
    for (org, name, user) in [(ACME, "acme", "alice"), (EVIL, "evil", "eve")] {
        both.push(plant(&world, org, name, user).await);
    }
    let (evil, acme) = (both.pop().unwrap(), both.pop().unwrap());
    (world, acme, evil)
}

async fn plant(world: &World, org: &str, name: &str, user: &str) -> Planted {
    let token = world.token(user, None);
    let ask =
        async |method: &str, path: &str, body: &str| world.ask(method, path, Some(&token), body).await.body;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
    let connection = metasync_protocol::ids::connection(org.parse().unwrap(), &format!("{name}/shop"));
    let sync = format!("/api/repositories/{connection}/sync");
    let job_id = text(&ask("POST", &sync, "").await["job_id"]);
    for _ in 0..1_000 {
        let job = ask("GET", &format!("{sync}/{job_id}"), "").await;
        if job["status"] == "completed" {
            break;
        }
        assert_ne!(job["status"], "failed", "{job}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let base = format!("/api/metadata-sync/organizations/{org}");
    let package = ask("GET", &format!("{base}/sync-package?protocol=2"), "").await;
    let object_id = text(&package["metadata"]["objects"][0]["id"]);
    let written = format!("{{\"executive_summary\": \"of {name}\"}}");
    ask("PUT", &format!("{base}/documentation/{object_id}"), &written).await;
    let session = ask(
        "POST",
        &format!("{base}/ide-sessions"),
        r#"{"workspace_identifier": "w"}"#,
    )
    .await;
    let sync_run_id = plant_source(&world.config.data_dir, name, &ask).await;
    let file_id = library::add(world, &token, "secret.txt", "secret").await;
    let ids = [
        ("file_id", file_id),
        ("org", org.to_owned()),
        ("sync_run_id", sync_run_id),
        ("id", connection.to_string()),
        ("connection_ids", connection.to_string()),
        ("job_id", job_id),
        ("object_id", object_id.clone()),
        ("object_ids", object_id),
        ("cursor", text(&package["sync_metadata"]["cursor"])),
        ("session", text(&session["session_id"])),
    ];
    Planted {
        token,
        ids: ids.into(),
    }
}

/// A file of an organization's own, synced; gives the number of the run.
async fn plant_source(
    data_dir: &std::path::Path,
    name: &str,
    ask: &impl AsyncFn(&str, &str, &str) -> Value,
) -> String {
    std::fs::create_dir_all(data_dir.join("imports")).unwrap();
    let file = data_dir.join("imports").join(format!("{name}.csv"));
    std::fs::write(file, format!("title\nSecret of {name}\n")).unwrap();
    let body = json!({"sourceType": "csv", "sourceIdentifier": format!("{name}.csv")}).to_string();
    let started = ask("POST", "/v1/sync/trigger", &body).await;
    let number = started["data"]["syncRunId"].to_string();
    for _ in 0..1_000 {
        let run = ask("GET", &format!("/v1/sync/{number}"), "").await;
        if run["data"]["status"] == "completed" {
            return number;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{started}");
}

/// What an answer tells, without what differs from answer to answer.
fn told(mut answer: Answer) -> (StatusCode, Value) {
    if let Some(metadata) = answer
        .body
        .get_mut("sync_metadata")
        .and_then(Value::as_object_mut)
    {
        metadata.remove("cursor");
        metadata.remove("timestamp");
    }
    if let Some(envelope) = answer.body.as_object_mut() {
        envelope.remove("timestamp");
    }
    (answer.status, answer.body)
}

fn body(endpoint: &Endpoint) -> &'static str {
    match endpoint.path.rsplit('/').next() {
        Some("connections") => r#"{"type": "github", "name": "n", "full_name": "n/n", "url": "https://h/n"}"#,
        Some("match-workspace" | "ide-sessions") => r#"{"workspace_identifier": "evil/shop"}"#,
        _ => "{}",
    }
}

#[tokio::test]
async fn every_id_of_another_organization_answers_as_an_invented_one() {
    let (world, acme, evil) = planted().await;
    let before = everything_of(&world, &evil).await;
    let mut asked = 0;
    for endpoint in for_users() {
        let (method, body) = (endpoint.method, body(&endpoint));
        let ask = async |path: &str| told(world.ask(method, path, Some(&acme.token), body).await);
        for param in params(&endpoint) {
            let theirs = ask(&acme.path(&endpoint, param, evil.id(param))).await;
            let invented = ask(&acme.path(&endpoint, param, &Uuid::new_v4().to_string())).await;
            let what = format!("{method} {} {param}", endpoint.path);
            assert_eq!(theirs, invented, "{what}");
            let expected = if param == "org" {
                StatusCode::FORBIDDEN
            } else {
                StatusCode::NOT_FOUND
            };
            assert_eq!(theirs.0, expected, "{what}");
            asked += 1;
        }
        // Paths that would change one's own things are asked with foreign ids only.
        for query in endpoint.query.iter().filter(|q| q.ends_with("_ids")) {
            let path = acme.path(&endpoint, "", "");
            let theirs = ask(&format!("{path}?{query}={}", evil.id(query))).await;
            let invented = ask(&format!("{path}?{query}={}", Uuid::new_v4())).await;
            assert_eq!(theirs, invented, "{method} {path} {query}");
            assert_eq!(theirs.0, StatusCode::OK);
            let own = ask(&format!("{path}?{query}={}", acme.id(query))).await;
            assert_ne!(own, invented, "{method} {path} {query}: this shows nothing");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(everything_of(&world, &evil).await, before);
}

/// Routes that a token opens. The operator's, which a PIN opens, have a test of their own.
fn for_users() -> impl Iterator<Item = Endpoint> {
    let is_open = |e: &Endpoint| {
        matches!(
            e.allowed,
            Allowed::Everybody | Allowed::Holders | Allowed::Operator
        )
    };
    endpoints().into_iter().filter(move |e| !is_open(e))
}

/// All that an organization's own reader sees.
async fn everything_of(world: &World, planted: &Planted) -> Vec<(StatusCode, Value)> {
    let mut all = Vec::new();
    for endpoint in for_users() {
        let events = endpoint.path.ends_with("events");
        if endpoint.method == "GET" && !events {
            let path = planted.path(&endpoint, "", "");
            all.push(told(world.ask("GET", &path, Some(&planted.token), "").await));
        }
    }
    all
}

#[tokio::test]
async fn a_token_for_one_organization_opens_no_other() {
    let (world, acme, _) = planted().await;
    let elsewhere = world.token("both", Some("evil"));
    let here = world.token("both", Some("acme"));
    for endpoint in for_users() {
        let path = acme.path(&endpoint, "", "");
        let what = format!("{} {path}", endpoint.method);
        let refused = world
            .ask(endpoint.method, &path, Some(&elsewhere), body(&endpoint))
            .await;
        match params(&endpoint).next() {
            Some("org") => assert_eq!(
                (refused.status, code(&refused)),
                (StatusCode::FORBIDDEN, "org_access_revoked"),
                "{what}"
            ),
            // The claim is the organization; acme's ids are none of it.
            Some(_) => assert_eq!(refused.status, StatusCode::NOT_FOUND, "{what}"),
            None => assert!(!refused.body.to_string().contains("acme"), "{what}"),
        }
        if endpoint.method == "GET" {
            let own = world.ask("GET", &path, Some(&here), "").await;
            // Some want parameters.
            assert!(
                matches!(own.status, StatusCode::OK | StatusCode::BAD_REQUEST),
                "{what}: {}",
                own.status
            );
        }
    }
}

#[tokio::test]
async fn cursors_tags_and_sessions_are_good_for_their_owner_only() {
    let (world, acme, evil) = planted().await;
    let package = |org: &str| format!("/api/metadata-sync/organizations/{org}/sync-package?protocol=2");
    let (bob, both) = (world.token("bob", None), world.token("both", None));
    let cursor = acme.id("cursor");
    let with = async |token: &str, org: &str, cursor: &str| {
        let path = format!("{}&cursor={cursor}", package(org));
        told(world.ask("GET", &path, Some(token), "").await)
    };
    assert_eq!(with(&acme.token, ACME, cursor).await.0, StatusCode::OK);
    let forged = with(&acme.token, ACME, "v1.AAAA.AAAA").await;
    assert_eq!(
        (forged.0, &forged.1["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_cursor"))
    );
    assert_eq!(with(&bob, ACME, cursor).await, forged, "another user's");
    assert_eq!(
        with(&acme.token, ACME, evil.id("cursor")).await,
        forged,
        "another organization's"
    );
    let in_acme = world.ask("GET", &package(ACME), Some(&both), "").await;
    let own = in_acme.body["sync_metadata"]["cursor"].as_str().unwrap();
    assert_eq!(
        with(&both, EVIL, own).await,
        forged,
        "one's own of another organization"
    );
    let mut twisted = own.to_owned();
    let last = if twisted.pop() == Some('A') { 'B' } else { 'A' };
    twisted.push(last);
    assert_eq!(with(&both, ACME, &twisted).await.0, StatusCode::BAD_REQUEST);

    let tag = in_acme.headers[header::ETAG].to_str().unwrap().to_owned();
    let tagged = async |token: &str, org: &str| {
        let path = format!("{}&cursor={own}", package(org));
        let headers = [("if-none-match", tag.as_str())];
        world.send("GET", &path, Some(token), &headers, "").await.status
    };
    assert_eq!(tagged(&both, ACME).await, StatusCode::NOT_MODIFIED);
    assert_eq!(tagged(&both, EVIL).await, StatusCode::BAD_REQUEST);
    assert_eq!(tagged(&bob, ACME).await, StatusCode::BAD_REQUEST);
    let headers = [("if-none-match", tag.as_str())];
    for (token, org) in [(&bob, ACME), (&both, EVIL)] {
        let answer = world.send("GET", &package(org), Some(token), &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    let sessions = async |planted: &Planted, org: &str| {
        let path = format!("/api/metadata-sync/organizations/{org}/ide-sessions");
        world.ask("GET", &path, Some(&planted.token), "").await.body
    };
    let (ours, theirs) = (sessions(&acme, ACME).await, sessions(&evil, EVIL).await);
    for session in [acme.id("session"), evil.id("session")] {
        let headers = [("x-session-id", session)];
        let answer = world.send("GET", &package(ACME), Some(&bob), &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(
        sessions(&acme, ACME).await,
        ours,
        "another user's session stands still"
    );
    assert_eq!(sessions(&evil, EVIL).await, theirs);
    assert_eq!(ours["sessions"][0]["workspace_identifier"], "w", "{ours}");
}
