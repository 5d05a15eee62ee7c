//! The shared folder over a server in this process (the `dav-server` crate). Real servers are in the stories.

use std::time::Duration;

use dav_server::{DavHandler, fakels::FakeLs, memfs::MemFs};
use hyper_util::rt::TokioIo;
use uuid::Uuid;

use super::{Draft, LibraryEntry, Outcome, Pace, ShareError, SharedFolder, layout, snapshot};
use crate::webdav::{DavError, DavOptions, Payload};

/// A server; its address.
async fn server() -> String {
    let handler = DavHandler::builder()
        .filesystem(MemFs::new())
        .locksystem(FakeLs::new())
        .build_handler();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = handler.clone();
            let answer = hyper::service::service_fn(move |request| {
                let handler = handler.clone();
                async move { Ok::<_, std::convert::Infallible>(handler.handle(request).await) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    url
}

fn share(url: &str, hub: u128) -> SharedFolder {
    let options = DavOptions {
        base_url: url.to_owned(),
        root: "a b/ü".into(),
        username: None,
        password: None,
    };
    let pace = Pace {
        beat_ttl: Duration::from_millis(300),
        patience: Duration::from_secs(5),
        beat_every: Duration::from_millis(50),
        claiming: Duration::from_millis(200),
        lock_patience: Duration::from_millis(100),
        look: Duration::from_millis(20),
        ..Pace::default()
    };
    SharedFolder::new(options, Uuid::from_u128(hub))
        .unwrap()
        .at_pace(pace)
}

fn entry(n: u128) -> LibraryEntry {
    LibraryEntry {
        id: Uuid::from_u128(n),
        sha256: format!("{n:064x}"),
        name: format!("{n}.txt"),
        ..LibraryEntry::default()
    }
}

/// Publishes what the head has and one entry more.
async fn publish(share: &SharedFolder, n: u128) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let ticket = share.take_ticket(0, &|_| {}).await.unwrap();
    let view = share.look().await.unwrap();
    let mut entries = Vec::new();
    if let Some(head) = &view.head {
        let path = folder.path().join("head.db");
        share.fetch(head, &path).await.unwrap();
        entries = snapshot::read_library(&path).unwrap();
    }
    entries.push(entry(n));
    let path = folder.path().join("ours.db");
    snapshot::write_library(&path, entries.iter()).unwrap();
    let draft = Draft::of(path, Uuid::from_u128(n)).await.unwrap();
    share.publish(ticket, view.head.as_ref(), &draft).await.unwrap()
}

#[tokio::test]
async fn publications_follow_each_other_and_copies_with_them() {
    let url = server().await;
    let (a, b) = (share(&url, 1), share(&url, 2));
    assert_eq!(a.version().await.unwrap(), None);
    a.prepare().await.unwrap();
    a.strength().await.unwrap();
    for n in 1..4u128 {
        let publisher = if n % 2 == 0 { &b } else { &a };
        assert!(matches!(
            publish(publisher, n).await,
            Outcome::Published(_, Ok(()))
        ));
        assert_eq!(b.version().await.unwrap(), Some(n as u64));
    }
    let view = a.look().await.unwrap();
    assert_eq!((view.n(), view.top(), view.open.len()), (3, 3, 0));
    assert!((1..4).all(|n| view.contains(Uuid::from_u128(n))) && !view.contains(Uuid::from_u128(9)));
}

#[tokio::test]
async fn a_dead_publisher_is_passed_and_gives_way_when_it_wakes() {
    let url = server().await;
    let (a, b) = (share(&url, 1), share(&url, 2));
    a.prepare().await.unwrap();
    let asleep = a.take_ticket(0, &|_| {}).await.unwrap();
    let n = asleep.n;
    let awake = asleep.without_beat();
    assert!(matches!(publish(&b, 1).await, Outcome::Published(..)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.db");
    snapshot::write_library(&path, [entry(7)].iter()).unwrap();
    let draft = Draft::of(path, Uuid::from_u128(7)).await.unwrap();
    assert!(matches!(
        a.publish(awake, None, &draft).await.unwrap(),
        Outcome::Overtaken
    ));
    let view = b.look().await.unwrap();
    assert!(view.n() > n && !view.contains(Uuid::from_u128(7)));
}

#[tokio::test]
async fn data_files_are_written_once_and_read_as_a_whole() {
    let share = share(&server().await, 1);
    share.prepare().await.unwrap();
    let text = b"content".to_vec();
    let sha256 = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
    let wanted = [(sha256.to_owned(), 7)];
    assert!(share.present(&wanted).await.unwrap().is_empty());
    for _ in 0..2 {
        share
            .store(sha256, 7, &Payload::from(text.clone()))
            .await
            .unwrap();
    }
    assert_eq!(share.present(&wanted).await.unwrap().len(), 1);
    let mut arriving = share.open(sha256).await.unwrap();
    let mut found = Vec::new();
    while let Some(chunk) = arriving.chunk().await.unwrap() {
        found.extend(chunk);
    }
    assert_eq!(found, text);
    // something else under that name
    share
        .store(&sha256.replace("ed70", "ed71"), 7, &Payload::from(text))
        .await
        .unwrap();
    let mut arriving = share.open(&sha256.replace("ed70", "ed71")).await.unwrap();
    let ended = async {
        while arriving.chunk().await?.is_some() {}
        Ok::<_, DavError>(())
    };
    assert!(ended.await.unwrap_err().to_string().contains("damaged"));
    let left = share.dav.list(layout::TMP, 1).await.unwrap().unwrap();
    assert!(left.is_empty(), "{left:?}");
}

/// A catalogue of somebody that says `what`.
async fn draft(folder: &std::path::Path, whose: &str, what: &str) -> Draft {
    let path = folder.join(format!("{}.db", Uuid::new_v4()));
    let writer = snapshot::CatalogueWriter::create(&path).unwrap();
    writer.put("file", what, "{}").unwrap();
    writer.finish().unwrap();
    Draft::of(path, Uuid::new_v4()).await.unwrap().catalogue_of(whose)
}

#[tokio::test]
async fn a_catalogue_is_published_once_and_never_over_somebody_elses() {
    let url = server().await;
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (share(&url, 1), share(&url, 2));
    let quiet = |_: String| {};
    assert!(matches!(
        a.published().await,
        Err(ShareError::NothingPublished(_))
    ));
    let first = a
        .publish_catalogue(&draft(folder.path(), "acme/a", "1").await, false, &quiet)
        .await
        .unwrap();
    assert!(first.is_new);
    assert_eq!(a.version().await.unwrap(), Some(first.version));

    // the same again, where the copies were not written
    let gone = a.dav.delete(layout::VERSION).await;
    assert!(gone.is_ok());
    let again = b
        .publish_catalogue(&draft(folder.path(), "acme/a", "1").await, false, &quiet)
        .await
        .unwrap();
    assert_eq!((again.is_new, again.version), (false, first.version));
    assert_eq!(a.version().await.unwrap(), Some(first.version));

    let other = draft(folder.path(), "acme/b", "1").await;
    let refused = b.publish_catalogue(&other, false, &quiet).await.unwrap_err();
    assert!(refused.to_string().contains("acme/a"), "{refused}");
    let replaced = b.publish_catalogue(&other, true, &quiet).await.unwrap();
    let head = a.published().await.unwrap();
    assert_eq!(
        (head.n, head.manifest.of.as_deref()),
        (replaced.version, Some("acme/b"))
    );
}

#[tokio::test]
async fn publishers_at_once_end_with_one_of_theirs_as_a_whole() {
    let url = server().await;
    let folder = tempfile::tempdir().unwrap();
    let shares: Vec<SharedFolder> = (1..4).map(|hub| share(&url, hub)).collect();
    let quiet = |_: String| {};
    let mut drafts = Vec::new();
    for n in 0..3 {
        drafts.push(draft(folder.path(), "acme/a", &n.to_string()).await);
    }
    let publishing = shares
        .iter()
        .zip(&drafts)
        .map(|(share, draft)| share.publish_catalogue(draft, false, &quiet));
    for published in futures_util::future::join_all(publishing).await {
        assert!(published.unwrap().is_new);
    }
    let head = shares[0].published().await.unwrap();
    assert!(drafts.iter().any(|d| d.sha256 == head.manifest.sha256));
    assert_eq!(shares[0].version().await.unwrap(), Some(head.n));
    shares[0]
        .fetch(&head, &folder.path().join("got.db"))
        .await
        .unwrap();
}
