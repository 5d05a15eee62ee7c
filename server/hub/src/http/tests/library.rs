//! The library's interfaces without a share: files, uploads, what is refused, who is told.

use super::*;

/// A multipart body of these parts, and its type; a file has a name.
fn multipart(parts: &[(&str, Option<&str>, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, file, text) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n");
    }
    (
        body + "--edge--\r\n",
        "multipart/form-data; boundary=edge".to_owned(),
    )
}

async fn upload(world: &World, token: &str, parts: &[(&str, Option<&str>, &str)]) -> Answer {
    let (body, kind) = multipart(parts);
    let headers = [("content-type", kind.as_str())];
    world
        .send("POST", "/api/v1/files", Some(token), &headers, &body)
        .await
}

/// Adds a file and gives its id.
pub(super) async fn add(world: &World, token: &str, name: &str, text: &str) -> String {
    let added = upload(world, token, &[("file", Some(name), text)]).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    added.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_comes_with_all_that_is_said_of_it() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    let parts = [
        ("label", None, "the label"),
        ("collections", None, "a, b"),
        ("collections", None, "c"),
        ("file", Some("/tmp/Ünï 漢字.tei.xml"), "<TEI/>"),
        ("objects", None, "shop.orders"),
    ];
    let row = upload(&world, &alice, &parts).await.body;
    assert_eq!(row["name"], "Ünï 漢字.tei.xml");
    assert_eq!(
        (&row["label"], &row["size"], &row["version"]),
        (&json!("the label"), &json!(6), &json!(0))
    );
    assert_eq!(
        (&row["collections"], &row["objects"]),
        (&json!(["a", "b", "c"]), &json!(["shop.orders"]))
    );
    for base in ["/api/v1/files", "/api/files"] {
        let path = format!("{base}/{}", row["id"].as_str().unwrap());
        assert_eq!(world.ask("GET", &path, Some(&alice), "").await.body, row);
        let list = world
            .ask(
                "GET",
                &format!("{base}?q=LABEL&collection=b&limit=1"),
                Some(&alice),
                "",
            )
            .await;
        assert_eq!(list.body, json!({"files": [row], "total": 1}));
        let content = world
            .send("GET", &format!("{path}/content"), Some(&alice), &[], "")
            .await;
        assert_eq!(content.headers["content-length"], "6");
        assert_eq!(content.headers["x-content-type-options"], "nosniff");
        let tag = content.headers["etag"].to_str().unwrap();
        let again = world
            .send(
                "GET",
                &format!("{path}/content"),
                Some(&alice),
                &[("if-none-match", tag)],
                "",
            )
            .await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    let path = format!("/api/v1/files/{}", row["id"].as_str().unwrap());
    let changed = world
        .ask(
            "PATCH",
            &path,
            Some(&alice),
            r#"{"label": null, "collections": []}"#,
        )
        .await
        .body;
    assert_eq!(
        (&changed["label"], &changed["collections"]),
        (&Value::Null, &json!([]))
    );
    let replaced = world
        .ask("PUT", &format!("{path}/content"), Some(&alice), "<other/>")
        .await
        .body;
    assert_eq!(replaced["size"], 8);
    assert_ne!(replaced["sha256"], row["sha256"]);
    assert_eq!(
        world.ask("DELETE", &path, Some(&alice), "").await.status,
        StatusCode::NO_CONTENT
    );
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/content")),
    ] {
        assert_eq!(
            world.ask(method, &path, Some(&alice), "").await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn what_is_no_upload_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    for parts in [
        &[("label", None, "x")][..],
        &[("file", None, "no name")],
        &[("file", Some(""), "x")],
        &[("file", Some("a\u{1}"), "x")],
        &[("file", Some("a"), "x"), ("file", Some("b"), "y")],
        &[("file", Some("a"), "x"), ("colour", None, "red")],
    ] {
        let answer = upload(&world, &alice, parts).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{parts:?}: {}",
            answer.body
        );
        code(&answer);
    }
    let (body, kind) = multipart(&[("file", Some("cut.txt"), "half of it")]);
    let headers = [("content-type", kind.as_str())];
    let cut = world
        .send(
            "POST",
            "/api/v1/files",
            Some(&alice),
            &headers,
            &body[..body.len() - 9],
        )
        .await;
    assert_eq!(cut.status, StatusCode::BAD_REQUEST);
    let long = "x".repeat(2 << 20);
    let answer = upload(&world, &alice, &[("label", None, &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        world.ask("GET", "/api/v1/files", Some(&alice), "").await.body["total"],
        0
    );
    let large = "x".repeat(6 << 20);
    let added = upload(&world, &alice, &[("file", Some("large.txt"), &large)]).await;
    assert_eq!(
        (added.status, &added.body["size"]),
        (StatusCode::CREATED, &json!(6 << 20))
    );
    let path = format!("/api/v1/files/{}", added.body["id"].as_str().unwrap());
    for body in [
        "[]",
        "{\"label\": 7}",
        "{\"collections\": \"x\"}",
        "{\"name\": \"\"}",
        "{\"sha256\": \"0\"}",
    ] {
        assert_eq!(
            world.ask("PATCH", &path, Some(&alice), body).await.status,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
    for query in ["limit=0", "limit=100001", "offset=-1", "limit=x"] {
        let path = format!("/api/v1/files?{query}");
        assert_eq!(
            world.ask("GET", &path, Some(&alice), "").await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

#[tokio::test]
async fn without_a_share_the_library_works_and_the_sync_says_what_is_missing() {
    let world = World::new().await;
    let alice = world.token("alice", None);
    add(&world, &alice, "a.txt", "x").await;
    let status = world
        .ask("GET", "/api/v1/sync/status", Some(&alice), "")
        .await
        .body;
    assert_eq!(
        (&status["unsynced_count"], &status["remote_version"]),
        (&json!(1), &Value::Null)
    );
    let refused = world.ask("POST", "/api/sync", Some(&alice), "").await;
    assert_eq!(
        (refused.status, code(&refused)),
        (StatusCode::BAD_REQUEST, "webdav_not_configured")
    );
    let conflicts = world
        .ask("GET", "/api/sync/conflicts", Some(&alice), "")
        .await
        .body;
    assert_eq!(conflicts, json!({"conflicts": []}));
    let resolve = async |body: Value| {
        let body = body.to_string();
        world
            .ask("POST", "/api/v1/sync/resolve-conflict", Some(&alice), &body)
            .await
            .status
    };
    let id = Uuid::new_v4();
    assert_eq!(
        resolve(json!({"file_id": id, "strategy": "coin_toss"})).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        resolve(json!({"file_id": id, "strategy": "keep_both"})).await,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_share_that_is_away_is_a_bad_gateway_and_nothing_is_lost() {
    let world = World::with(|config| {
        config.webdav = Some(crate::config::Webdav {
            base_url: Some("http://127.0.0.1:9/dav".into()),
            ..crate::config::Webdav::default()
        });
    })
    .await;
    let alice = world.token("alice", None);
    let id = add(&world, &alice, "a.txt", "x").await;
    let status = world
        .ask("GET", "/api/v1/sync/status", Some(&alice), "")
        .await
        .body;
    assert_eq!(
        (&status["needs_sync"], &status["remote_version"]),
        (&json!(true), &Value::Null)
    );
    assert!(
        status["error"].as_str().unwrap().contains("can't be reached"),
        "{status}"
    );
    let refused = world.ask("POST", "/api/v1/sync", Some(&alice), "{}").await;
    assert_eq!(
        (refused.status, code(&refused)),
        (StatusCode::BAD_GATEWAY, "share_unreachable")
    );
    let file = world
        .ask("GET", &format!("/api/v1/files/{id}"), Some(&alice), "")
        .await;
    assert_eq!(file.status, StatusCode::OK);
    let eve = world.token("eve", None);
    let theirs = world.ask("POST", "/api/v1/sync", Some(&eve), "{}").await;
    assert_eq!(
        code(&theirs),
        "webdav_not_configured",
        "the share is the first organization's"
    );
}
