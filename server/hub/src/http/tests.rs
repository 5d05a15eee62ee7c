//! The router walked without a network: access of every route of the table, errors in one shape,
//! parameters.

mod forms;
mod isolation;
mod library;
mod limits;
mod operator;
mod streams;

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::routes::{Allowed, Endpoint, endpoints};
use crate::{
    Hub, HubConfig, auth,
    config::{ConnectionConfig, Member, MemberRole, Organization},
};

const ACME: &str = "11111111-1111-4111-8111-111111111111";
const EVIL: &str = "22222222-2222-4222-8222-222222222222";

struct World {
    router: Router,
    config: HubConfig,
    hub: Hub,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
}

fn organization(id: &str, name: &str, members: &[(&str, MemberRole)]) -> Organization {
    Organization {
        id: id.parse().unwrap(),
        name: name.into(),
        members: members
            .iter()
            .map(|(user, role)| Member {
                user: (*user).into(),
                role: *role,
            })
            .collect(),
        connections: vec![ConnectionConfig {
            kind: "github".into(),
            name: format!("{name}_shop"),
            full_name: format!("{name}/shop"),
            url: format!("https://user:s3cret@example.invalid/{name}/shop.git"),
            ..ConnectionConfig::default()
        }],
        releases: Vec::new(),
    }
}

impl World {
    async fn new() -> World {
        World::with(|_| {}).await
    }

    /// A world whose configuration is changed before it starts.
    async fn with(change: impl FnOnce(&mut HubConfig)) -> World {
        let dir = tempfile::tempdir().unwrap();
        let mut config = HubConfig::local(dir.path());
        config.owner_token = false;
        config.organizations = vec![
            organization(
                ACME,
                "acme",
                &[
                    ("alice", MemberRole::Owner),
                    ("mary", MemberRole::Maintainer),
                    ("bob", MemberRole::Member),
                    ("both", MemberRole::Owner),
                ],
            ),
            organization(
                EVIL,
                "evil",
                &[("eve", MemberRole::Owner), ("both", MemberRole::Owner)],
            ),
        ];
        change(&mut config);
        let hub = Hub::open(config.clone(), CancellationToken::new()).await.unwrap();
        World {
            router: hub.router(),
            config,
            hub,
            _dir: dir,
        }
    }

    fn token(&self, user: &str, org: Option<&str>) -> String {
        auth::mint(&self.config, user, org, Duration::from_secs(600))
            .unwrap()
            .0
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        self.send(method, path, token, &[], body).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let stream = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|t| t == "text/event-stream");
        let body = if stream {
            Value::Null
        } else {
            let bytes = to_bytes(body, 1 << 20).await.unwrap();
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// The endpoint's path with ids in it.
fn path(endpoint: &Endpoint, org: &str, id: &str) -> String {
    endpoint
        .path
        .replace("{org}", org)
        .replace("{id}", id)
        .replace("{sync_run_id}", "999999")
        .replace("{job_id}", &Uuid::now_v7().to_string())
        .replace("{file_id}", &Uuid::now_v7().to_string())
        .replace("{object_id}", &Uuid::now_v7().to_string())
        .replace("{release_id}", "1")
}

fn code(answer: &Answer) -> &str {
    assert!(
        answer.body["detail"].as_str().is_some_and(|d| !d.is_empty()),
        "{} {}",
        answer.status,
        answer.body
    );
    answer.body["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn every_route_obeys_its_line_in_the_table() {
    let world = World::new().await;
    let (alice, bob, eve) = (
        world.token("alice", None),
        world.token("bob", None),
        world.token("eve", None),
    );
    for endpoint in endpoints() {
        let path = path(&endpoint, ACME, "acme_shop");
        let ask =
            async |token: Option<&str>, body: &str| world.ask(endpoint.method, &path, token, body).await;
        let what = format!("{} {path}", endpoint.method);
        if endpoint.allowed == Allowed::Holders {
            assert_eq!(ask(None, "").await.status, StatusCode::NOT_FOUND, "{what}");
            continue;
        }
        if endpoint.allowed == Allowed::Everybody {
            assert_eq!(ask(None, "").await.status, StatusCode::OK, "{what}");
            continue;
        }
        if endpoint.allowed == Allowed::Operator {
            // Without a PIN in the configuration nobody is let in, with whatever token.
            for token in [None, Some(alice.as_str())] {
                let refused = ask(token, "{}").await;
                assert_eq!(
                    (refused.status, code(&refused)),
                    (StatusCode::UNAUTHORIZED, "pin_not_configured"),
                    "{what}"
                );
            }
            continue;
        }
        let nobody = ask(None, "").await;
        assert_eq!(
            (nobody.status, code(&nobody)),
            (StatusCode::UNAUTHORIZED, "unauthenticated"),
            "{what}"
        );
        assert!(nobody.headers.contains_key(header::WWW_AUTHENTICATE), "{what}");
        assert_eq!(
            ask(Some("nonsense"), "").await.status,
            StatusCode::UNAUTHORIZED,
            "{what}"
        );
        if endpoint.path.contains("{org}") {
            let stranger = ask(Some(&eve), "{}").await;
            assert_eq!(
                (stranger.status, code(&stranger)),
                (StatusCode::FORBIDDEN, "org_access_revoked"),
                "{what}"
            );
        } else if endpoint.path.contains("{id}") {
            let stranger = ask(Some(&eve), "").await;
            assert_eq!(stranger.status, StatusCode::NOT_FOUND, "{what}");
        }
        let member = ask(Some(&bob), "{}").await;
        let refused = member.status == StatusCode::FORBIDDEN && member.body["code"] == "forbidden";
        assert_eq!(
            refused,
            endpoint.allowed == Allowed::Writers,
            "{what}: {}",
            member.status
        );
        let owner = ask(Some(&alice), "{}").await;
        assert_ne!(owner.status, StatusCode::FORBIDDEN, "{what}");
        assert_ne!(owner.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}");
    }
}

#[tokio::test]
async fn names_of_other_organizations_answer_as_invented_ones() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    for endpoint in endpoints().into_iter().filter(|e| e.path.contains("{org}")) {
        let ask = async |org: &str| {
            let path = path(&endpoint, org, &Uuid::nil().to_string());
            let answer = world.ask(endpoint.method, &path, Some(&alice), "{}").await;
            (answer.status, answer.body)
        };
        let expected = ask("evil").await;
        assert_eq!(expected.0, StatusCode::FORBIDDEN, "{}", endpoint.path);
        assert_eq!(ask("no_such_organization").await, expected, "{}", endpoint.path);
    }
}

#[tokio::test]
async fn the_organization_of_a_request_is_found_as_the_contract_says() {
    let world = World::new().await;
    let (alice, both) = (world.token("alice", None), world.token("both", None));
    let list = "/api/repositories";
    let names = |a: &Answer| {
        a.body["repositories"][0]["name"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert_eq!(
        names(&world.ask("GET", list, Some(&alice), "").await),
        "acme_shop"
    );
    let unclear = world.ask("GET", list, Some(&both), "").await;
    assert_eq!(unclear.status, StatusCode::BAD_REQUEST);
    let detail = unclear.body["detail"].as_str().unwrap();
    assert!(detail.contains("acme") && detail.contains("evil"), "{detail}");
    let named = world
        .send("GET", list, Some(&both), &[("x-organization", "evil")], "")
        .await;
    assert_eq!(names(&named), "evil_shop");
    let claimed = world.token("both", Some("acme"));
    assert_eq!(
        names(&world.ask("GET", list, Some(&claimed), "").await),
        "acme_shop"
    );
    let other = format!("/api/metadata-sync/organizations/{EVIL}/connections");
    assert_eq!(
        world.ask("GET", &other, Some(&claimed), "").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        world
            .ask("GET", list, Some(&world.token("nobody", None)), "")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn parameters_are_checked() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let package = format!("/api/metadata-sync/organizations/{ACME}/sync-package");
    for (query, status) in [
        ("", 200),
        ("limit=1", 200),
        ("limit=10000&offset=0&max_bytes=1", 200),
        ("last_sync_timestamp=2001-01-01T00:00:00Z", 200),
        ("last_sync_timestamp=2001-01-01T00:00:00+01:00", 200),
        ("limit=0", 400),
        ("limit=10001", 400),
        ("limit=ten", 400),
        ("limit=1&limit=2", 400),
        ("offset=-1", 400),
        ("max_bytes=-1", 400),
        ("connection_ids=nonsense", 400),
        ("connection_ids=,", 400),
        ("last_sync_timestamp=yesterday", 400),
        ("include_documentation=perhaps", 400),
        ("protocol=7", 400),
        ("cursor=v1.nonsense", 400),
    ] {
        let answer = world
            .ask("GET", &format!("{package}?{query}"), Some(&alice), "")
            .await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {}", answer.body);
        if status != 200 {
            code(&answer);
        }
    }
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    for query in [
        format!("connection_ids={a},{b}"),
        format!("connection_ids={a}&connection_ids={b}"),
    ] {
        let answer = world
            .ask("GET", &format!("{package}?{query}"), Some(&alice), "")
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body["sync_metadata"]["connection_ids"], json!([]));
    }
    let sync = "/api/repositories/acme_shop/sync";
    for body in [
        "{nonsense",
        "[]",
        "3",
        r#"{"force": "perhaps"}"#,
        r#"{"branches": 7}"#,
        r#"{"remote": "/srv/x"}"#,
        r#"{"branch": "--upload-pack=x"}"#,
        r#"{"progress_webhook": "http://127.0.0.1/"}"#,
    ] {
        let answer = world.ask("POST", sync, Some(&alice), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        code(&answer);
    }
}

#[tokio::test]
async fn connections_come_and_go_and_show_no_credentials() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let path = format!("/api/metadata-sync/organizations/{ACME}/connections");
    let add = async |url: &str| {
        let body = json!({"type": "github", "name": "x", "full_name": "acme/x", "url": url}).to_string();
        world.ask("POST", &path, Some(&alice), &body).await
    };
    for bad in [
        "ext::sh -c id",
        "/etc",
        "file:///etc",
        "http://h/x",
        "--upload-pack=x",
        "",
    ] {
        assert_eq!(add(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let added = add("https://me:s3cret@example.invalid/x").await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.body["url"], "https://example.invalid/x");
    assert_eq!(
        add("https://example.invalid/y").await.status,
        StatusCode::CONFLICT
    );
    let listed = world.ask("GET", &path, Some(&alice), "").await;
    assert!(!listed.body.to_string().contains("s3cret"));
    let remove = async |id: &Value| {
        let path = format!("{path}/{}", id.as_str().unwrap());
        world.ask("DELETE", &path, Some(&alice), "").await.status
    };
    assert_eq!(remove(&added.body["id"]).await, StatusCode::NO_CONTENT);
    assert_eq!(remove(&added.body["id"]).await, StatusCode::NOT_FOUND);
    let declared = &listed.body["connections"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "acme_shop")
        .unwrap()["id"];
    assert_eq!(remove(declared).await, StatusCode::CONFLICT);
}

#[tokio::test]
async fn errors_have_one_shape_and_answers_an_id() {
    let world = World::new().await;
    let missing = world.ask("GET", "/no/such/path", None, "").await;
    assert_eq!(
        (missing.status, code(&missing)),
        (StatusCode::NOT_FOUND, "not_found")
    );
    let wrong = world.ask("PATCH", "/api/repositories", None, "").await;
    assert_eq!(
        (wrong.status, code(&wrong)),
        (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
    );
    assert!(wrong.headers.contains_key(header::ALLOW));
    assert!(missing.headers.contains_key("x-request-id"));
    let alice = world.token("alice", None);
    let body = format!("{{\"x\": \"{}\"}}", "x".repeat(5 << 20));
    let large = world
        .ask("POST", "/api/repositories/acme_shop/sync", Some(&alice), &body)
        .await;
    assert_eq!(
        (large.status, code(&large)),
        (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
    );
}

#[tokio::test]
async fn nothing_new_is_304_and_compression_is_offered() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let package = format!("/api/metadata-sync/organizations/{ACME}/sync-package?protocol=2");
    let first = world.ask("GET", &package, Some(&alice), "").await;
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = world
        .send("GET", &package, Some(&alice), &[("if-none-match", &tag)], "")
        .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let both = world.token("both", None);
    let other = world
        .send("GET", &package, Some(&both), &[("if-none-match", &tag)], "")
        .await;
    assert_eq!(other.status, StatusCode::OK);
    for encoding in ["gzip", "zstd"] {
        let packed = world
            .send(
                "GET",
                &package,
                Some(&alice),
                &[("accept-encoding", encoding)],
                "",
            )
            .await;
        assert_eq!(packed.headers[header::CONTENT_ENCODING], encoding);
    }
}

#[tokio::test]
async fn the_description_names_every_route() {
    let world = World::new().await;
    let description = world.ask("GET", "/openapi.json", None, "").await.body;
    for endpoint in endpoints() {
        let operation = &description["paths"][endpoint.path][endpoint.method.to_ascii_lowercase()];
        assert!(
            operation["operationId"].is_string(),
            "{} {}",
            endpoint.method,
            endpoint.path
        );
    }
    let text = description.to_string();
    for (at, _) in text.match_indices("#/components/schemas/") {
        let name = text[at..].split('"').next().unwrap().rsplit('/').next().unwrap();
        assert!(description["components"]["schemas"][name].is_object(), "{name}");
    }
}
