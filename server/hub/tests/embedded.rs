//! The embedded hub over a real folder and a real socket.
#![allow(clippy::unwrap_used, reason = "it is a test")]

use std::path::Path;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

async fn ask(hub: &metasync_hub::Embedded, method: &str, path: &str) -> (u16, serde_json::Value) {
    let mut stream = TcpStream::connect(hub.url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        hub.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap_or_default())
}

async fn index(hub: &metasync_hub::Embedded) -> serde_json::Value {
    let path = format!("/api/repositories/{}/sync", hub.connection_id);
    let (status, job) = ask(hub, "POST", &path).await;
    assert_eq!(status, 202, "{job}");
    let path = format!("{path}/{}", job["job_id"].as_str().unwrap());
    loop {
        let (_, job) = ask(hub, "GET", &path).await;
        if !matches!(job["status"].as_str(), Some("queued" | "running")) {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn open(workspace: &Path, data: &Path) -> (metasync_hub::Embedded, CancellationToken) {
    let shutdown = CancellationToken::new();
    let hub = metasync_hub::embedded(workspace, data, "acme/shop", shutdown.clone())
        .await
        .unwrap();
    (hub, shutdown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_indexed_served_and_still_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, data) = (folder.path().join("shop"), folder.path().join("data"));
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(workspace.join("t.sql"), "create table t (id integer);\n").unwrap();

    let (hub, shutdown) = open(&workspace, &data).await;
    assert_eq!(index(&hub).await["status"], "completed");
    let package = format!(
        "/api/metadata-sync/organizations/{}/sync-package",
        hub.organization_id
    );
    let (status, first) = ask(&hub, "GET", &package).await;
    assert_eq!(status, 200);
    assert_eq!(first["metadata"]["objects"][0]["name"], "t");
    let connections = format!(
        "/api/metadata-sync/organizations/{}/connections",
        hub.organization_id
    );
    let (_, listed) = ask(&hub, "GET", &connections).await;
    let connection = &listed["connections"][0];
    assert_eq!(
        (&connection["full_name"], &connection["name"]),
        (&"acme/shop".into(), &"shop".into())
    );
    shutdown.cancel();
    hub.closed().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(&workspace)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["t.sql"]);

    let (hub, shutdown) = open(&workspace, &data).await;
    let (_, again) = ask(&hub, "GET", &package).await;
    assert_eq!(again["metadata"], first["metadata"]);
    let job = index(&hub).await;
    assert_eq!(job["result"]["files_unchanged"], 1, "{job}");
    shutdown.cancel();
    hub.closed().await.unwrap();
}
