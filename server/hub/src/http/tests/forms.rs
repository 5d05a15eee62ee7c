//! The two forms of a page: JSON for everybody, the compact one for those who ask for it.

use metasync_protocol::{CompactPage, MEDIA_TYPE_COMPACT, SyncPackage};

use super::*;

/// A page as bytes, asked for with this `Accept`.
async fn page(
    world: &World,
    token: &str,
    accept: &str,
    more: &[(&str, &str)],
) -> (axum::http::HeaderMap, StatusCode, Vec<u8>) {
    let path = format!("/api/metadata-sync/organizations/{ACME}/sync-package?protocol=2");
    let mut request = Request::builder()
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, accept);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let response = world
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.headers,
        parts.status,
        to_bytes(body, 1 << 20).await.unwrap().to_vec(),
    )
}

#[tokio::test]
async fn the_form_is_the_one_that_was_asked_for_and_the_page_the_same() {
    let (world, acme, _) = isolation::planted().await;
    let mut pages = Vec::new();
    for (accept, compact) in [
        ("*/*", false),
        ("application/json", false),
        ("text/html, application/*", false),
        (MEDIA_TYPE_COMPACT, true),
        (
            "application/vnd.metasync.package+msgpack, application/json;q=0.5",
            true,
        ),
        (
            "application/json, application/vnd.metasync.package+msgpack;q=0.5",
            false,
        ),
        ("application/vnd.metasync.package+msgpack;q=0", false),
        ("application/vnd.metasync.package+msgpack;q=nonsense", false),
    ] {
        let (headers, status, bytes) = page(&world, &acme.token, accept, &[]).await;
        assert_eq!(status, StatusCode::OK);
        let content_type = headers[header::CONTENT_TYPE].to_str().unwrap();
        let expected = if compact {
            MEDIA_TYPE_COMPACT
        } else {
            "application/json"
        };
        assert_eq!(content_type, expected, "{accept}");
        let vary = headers
            .get_all(header::VARY)
            .iter()
            .any(|v| v.to_str().unwrap().contains("accept,"));
        assert!(vary, "{headers:?}");
        let package: SyncPackage = if compact {
            CompactPage::decode(&bytes).unwrap().expand()
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        assert!(!package.metadata.columns.is_empty());
        pages.push((compact, headers[header::ETAG].clone(), package));
    }
    for (compact, tag, package) in &pages {
        let (first_compact, first_tag, first) = &pages[0];
        assert_eq!(package.metadata, first.metadata);
        assert_eq!(package.sync_metadata.streams, first.sync_metadata.streams);
        assert_eq!(
            compact == first_compact,
            tag == first_tag,
            "the tag depends on the form"
        );
    }
}

#[tokio::test]
async fn a_tag_is_good_for_its_form_and_both_are_compressed() {
    let (world, acme, _) = isolation::planted().await;
    let (headers, ..) = page(&world, &acme.token, MEDIA_TYPE_COMPACT, &[]).await;
    let tag = headers[header::ETAG].to_str().unwrap();
    let known = [("if-none-match", tag)];
    let (_, same, body) = page(&world, &acme.token, MEDIA_TYPE_COMPACT, &known).await;
    assert_eq!((same, body.len()), (StatusCode::NOT_MODIFIED, 0));
    let (_, other, _) = page(&world, &acme.token, "*/*", &known).await;
    assert_eq!(other, StatusCode::OK);
    for form in [MEDIA_TYPE_COMPACT, "application/json"] {
        for encoding in ["gzip", "zstd"] {
            let (headers, _, body) = page(&world, &acme.token, form, &[("accept-encoding", encoding)]).await;
            assert_eq!(headers[header::CONTENT_ENCODING], encoding, "{form}");
            let magic: &[u8] = if encoding == "gzip" {
                &[0x1f, 0x8b]
            } else {
                &[0x28, 0xb5, 0x2f, 0xfd]
            };
            assert!(body.starts_with(magic), "{form} {encoding}");
        }
    }
}
