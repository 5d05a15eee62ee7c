//! REST interfaces: pages, secrets, refusals, what is unchanged, what is killed in between.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{web::*, *};

/// Pages of ten, the last of which is half full.
const PAGES: usize = 5;

fn page(asked: &Asked) -> Answer {
    let page = asked.page();
    let end = (page * 10).min(PAGES * 10 - 5);
    ok(json!({"data": {"items": songs((page - 1) * 10, end)}}))
}

fn options(more: Value) -> Value {
    let mut options = json!({
        "dataPath": "data.items", "fieldMapping": mapping(), "contentType": "music",
        "pagination": {
            "enabled": true, "type": "page", "limitParam": "limit", "limit": 10, "pageParam": "page", "maxPages": 50,
        },
    });
    options
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    options
}

fn pages_asked(web: &Web) -> Vec<usize> {
    web.asked().iter().map(Asked::page).collect()
}

#[test]
fn a_killed_sync_goes_on_from_the_last_finished_page() {
    let mut world = World::new(&[]);
    let blocked = Arc::new(AtomicBool::new(true));
    let wait = Arc::clone(&blocked);
    let web = Web::new(move |asked| {
        while asked.page() == 3 && wait.load(Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        page(asked)
    });
    let number = world.trigger("api", &web.url, options(json!({})));
    eventually(PATIENCE, || pages_asked(&web).contains(&3).then_some(())).expect("page 3 is asked for");
    assert_eq!(world.look(number)["status"], "in_progress");
    world.hub.kill();
    blocked.store(false, Ordering::Relaxed);
    world.hub.restart();
    let run = world.ended(number);
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [45, 0, 0]),
        "{run}"
    );
    assert_eq!(pages_asked(&web), [1, 2, 3, 3, 4, 5]);
    assert_eq!(world.titles().len(), 45);
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_told() {
    let world = World::new(&[]);
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refusals);
    let web = Web::new(move |asked| match asked.target.split('?').next().unwrap() {
        "/busy" if count.fetch_add(1, Ordering::Relaxed) < 2 => {
            (503, vec![("retry-after", "1".into())], json!({}))
        }
        "/denied" => (401, Vec::new(), json!({"error": "no"})),
        "/broken" => ok(json!("no list")),
        "/odd" => ok(json!({"data": {"items": [{"id": 1, "name": "Odd"}, 7, {"id": 2}]}})),
        _ => page(asked),
    });
    let run = world.sync("api", &format!("{}/busy", web.url), options(json!({})));
    assert_eq!(run["status"], "completed", "{run}");
    let kinds: Vec<_> = run["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["code"])
        .collect();
    assert_eq!(kinds, ["http_503", "http_503"]);
    assert_eq!(run["errors"][0]["retryable"], true);

    let run = world.sync("api", &format!("{}/denied", web.url), options(json!({})));
    assert_eq!(
        (&run["status"], &run["errors"][0]["type"]),
        (&json!("failed"), &json!("authentication"))
    );
    assert_eq!(run["errors"][0]["retryable"], false);
    let asked = web
        .asked()
        .iter()
        .filter(|a| a.target.starts_with("/denied"))
        .count();
    assert_eq!(asked, 1);

    let run = world.sync("api", &format!("{}/broken", web.url), options(json!({})));
    assert_eq!(
        (&run["status"], &run["errors"][0]["type"]),
        (&json!("failed"), &json!("parsing"))
    );

    let run = world.sync(
        "api",
        &format!("{}/odd", web.url),
        options(json!({"pagination": null})),
    );
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [1, 2, 0]),
        "{run}"
    );
    let (status, _) = world.post("/v1/sync/resume", json!({}));
    assert_eq!(status, 200);
}

#[test]
fn an_unchanged_source_costs_one_request() {
    let world = World::new(&[]);
    let web = Web::new(|asked| match asked.header("if-none-match") {
        Some("\"v1\"") => (304, Vec::new(), Value::Null),
        _ => (200, vec![("etag", "\"v1\"".into())], songs(0, 3)),
    });
    let options = || json!({"fieldMapping": mapping()});
    let run = world.sync("api", &web.url, options());
    assert_eq!(counts(&run), [3, 0, 0]);
    let run = world.sync("api", &web.url, options());
    assert_eq!((counts(&run), web.asked().len()), ([0, 0, 3], 2), "{run}");
    // with other options it is another question
    let run = world.sync(
        "api",
        &web.url,
        json!({"fieldMapping": mapping(), "contentType": "music"}),
    );
    assert_eq!(
        (counts(&run), web.asked()[2].header("if-none-match")),
        ([3, 0, 0], None)
    );
    let run = world.sync(
        "api",
        &web.url,
        json!({"fieldMapping": mapping(), "incremental": false}),
    );
    assert_eq!(counts(&run), [3, 0, 0], "{run}");
}

#[test]
fn secrets_reach_their_source_and_nobody_else() {
    let world = World::new(&[("SOURCE_PASSWORD", "from-the-environment")]);
    let other = Web::new(|_| ok(songs(0, 1)));
    let elsewhere = other.url.clone();
    let web = Web::new(move |asked| match asked.target.split('?').next().unwrap() {
        "/token" if asked.body.contains("client_secret=s3cret-client") => {
            ok(json!({"access_token": "s3cret-fetched", "expires_in": 60}))
        }
        "/token" => (401, Vec::new(), json!({})),
        "/moved" => (302, vec![("location", format!("{elsewhere}/x"))], json!({})),
        _ => ok(songs(0, 1)),
    });
    let plain = |auth: Value| json!({"fieldMapping": mapping(), "auth": auth});
    let ask = |path: &str, auth: Value| {
        let run = world.sync("api", &format!("{}{path}", web.url), plain(auth));
        assert_eq!(run["status"], "completed", "{run}");
        web.asked().last().unwrap().clone()
    };
    let bearer = ask("/bearer", json!({"type": "bearer", "token": "s3cret-bearer"}));
    assert_eq!(bearer.header("authorization"), Some("Bearer s3cret-bearer"));
    assert_eq!(bearer.method, "GET");
    let auth = json!({"type": "basic", "username": "ada", "passwordEnv": "SOURCE_PASSWORD"});
    assert_eq!(
        ask("/basic", auth).header("authorization"),
        Some("Basic YWRhOmZyb20tdGhlLWVudmlyb25tZW50")
    );
    let key = |place: &str| json!({"type": "api_key", "name": "X-Key", "in": place, "value": "s3cret-key"});
    assert_eq!(ask("/key", key("header")).header("x-key"), Some("s3cret-key"));
    assert_eq!(ask("/query", key("query")).query("X-Key"), Some("s3cret-key"));
    let auth = json!({
        "type": "oauth2", "tokenUrl": format!("{}/token", web.url), "clientId": "c", "clientSecret": "s3cret-client",
    });
    assert_eq!(
        ask("/oauth", auth).header("authorization"),
        Some("Bearer s3cret-fetched")
    );
    ask("/moved", json!({"type": "bearer", "token": "s3cret-moved"}));
    assert_eq!(other.asked()[0].header("authorization"), None, "another origin");

    assert!(!world.keeps("s3cret"), "no secret stands in a file of the hub");
    assert!(!world.keeps("from-the-environment"));
    let (_, runs) = world.hub.ask("GET", "/v1/sync/runs", "ada", None);
    assert!(!runs.to_string().contains("s3cret"));
    let stolen = plain(json!({"type": "bearer", "tokenEnv": "STORY_SECRET"}));
    let body = json!({"sourceType": "api", "sourceIdentifier": web.url, "options": stolen});
    let (_, started) = world.post("/v1/sync/trigger", body);
    let number = started["data"]["syncRunId"].as_u64().unwrap();
    let run = world.ended(number);
    assert!(
        run["status"] == "failed" && run["errorMessage"].as_str().unwrap().contains("STORY_SECRET"),
        "{run}"
    );
    let sent = web.asked().iter().any(|a| {
        a.headers
            .iter()
            .any(|(_, v)| v.contains("a-secret-of-the-stories"))
    });
    assert!(!sent, "the hub's own secret");
}

#[test]
fn pages_follow_each_other_as_the_source_likes() {
    let world = World::new(&[]);
    let web = Web::new(|asked| {
        let at = |name: &str| {
            asked
                .query(name)
                .map_or(0, |v| v.trim_start_matches('c').parse().unwrap())
        };
        match asked.target.split('?').next().unwrap() {
            "/offset" => ok(songs(at("offset"), (at("offset") + 4).min(10))),
            "/cursor" => {
                let end = (at("cursor") + 4).min(10);
                let next = (end < 10).then(|| format!("c{end}"));
                ok(json!({"items": songs(at("cursor"), end), "meta": {"next": next}}))
            }
            "/posted" if asked.method == "POST" => ok(songs(0, 10)),
            "/link" => {
                let end = (at("from") + 4).min(10);
                let link = format!("</link?from={end}>; rel=\"next\", </link>; rel=\"first\"");
                let more = if end < 10 {
                    vec![("link", link)]
                } else {
                    Vec::new()
                };
                (200, more, songs(at("from"), end))
            }
            _ => {
                let end = (at("from") + 4).min(10);
                let next = (end < 10).then(|| format!("/next?from={end}"));
                ok(json!({"items": songs(at("from"), end), "next": next}))
            }
        }
    });
    let sync = |path: &str, data: Option<&str>, pagination: Value| {
        let options = json!({"fieldMapping": mapping(), "dataPath": data, "pagination": pagination});
        let run = world.sync("api", &format!("{}{path}", web.url), options);
        assert_eq!(
            (&run["status"], counts(&run)),
            (&json!("completed"), [10, 0, 0]),
            "{path}: {run}"
        );
    };
    sync(
        "/offset",
        None,
        json!({"type": "offset", "limitParam": "limit", "limit": 4}),
    );
    sync(
        "/cursor",
        Some("items"),
        json!({"type": "cursor", "cursorPath": "meta.next"}),
    );
    sync("/link", None, json!({"type": "link"}));
    sync(
        "/next",
        Some("items"),
        json!({"type": "link", "nextPath": "next"}),
    );
    assert_eq!(web.asked().len(), 12, "three pages each");
    let options = json!({"fieldMapping": mapping(), "method": "POST", "body": {"kind": "song"}});
    let run = world.sync("api", &format!("{}/posted", web.url), options);
    assert_eq!(counts(&run), [10, 0, 0], "{run}");
}

#[test]
fn private_places_are_not_reached_unless_the_configuration_says_so() {
    let place = Place::new("nowhere", &[]);
    let hub = Hub::start(&place.base().join("hub"), &place.environment, &[]);
    let web = Web::new(|_| ok(songs(0, 1)));
    let port = web.url.rsplit(':').next().unwrap().to_owned();
    for url in [
        web.url.clone(),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data".into(),
        "file:///etc/passwd".into(),
    ] {
        let body = json!({"sourceType": "api", "sourceIdentifier": url, "options": {}});
        let (status, said) = hub.ask("POST", "/v1/sync/trigger", "ada", Some(body));
        assert_eq!(status, 400, "{url}: {said}");
    }
    assert!(web.asked().is_empty());
}
