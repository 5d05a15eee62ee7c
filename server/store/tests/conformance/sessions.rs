//! Editor sessions (seed 002, section 5).

use metasync_protocol::sessions::RegisterSession;
use uuid::Uuid;

use crate::support::{ALICE, BOB, ORG, open};

fn register(workspace: &str) -> RegisterSession {
    RegisterSession {
        workspace_identifier: workspace.into(),
        workspace_hash: None,
        ide_version: Some("1.0.0".into()),
        sync_mode: None,
        connection_ids: Some(vec![Uuid::from_u128(3)]),
        client_id: None,
    }
}

#[tokio::test]
async fn registering_again_is_the_same_session() {
    let store = open().await;
    let first = store
        .upsert_session(ORG, ALICE, &register("acme/shop"))
        .await
        .unwrap();
    let newer = RegisterSession {
        ide_version: Some("2.0.0".into()),
        ..register("acme/shop")
    };
    assert_eq!(store.upsert_session(ORG, ALICE, &newer).await.unwrap(), first);
    let others = [
        (BOB, register("acme/shop")),
        (ALICE, register("acme/other")),
        (
            ALICE,
            RegisterSession {
                client_id: Some("window 2".into()),
                ..register("acme/shop")
            },
        ),
        (
            ALICE,
            RegisterSession {
                workspace_hash: Some("00".into()),
                ..register("acme/shop")
            },
        ),
    ];
    for (user, session) in &others {
        assert_ne!(store.upsert_session(ORG, user, session).await.unwrap(), first);
    }
    assert_eq!(store.sessions(ORG, None).await.unwrap().len(), 5);
    assert_eq!(store.sessions(ORG, Some(BOB)).await.unwrap().len(), 1);
    assert!(store.sessions(Uuid::from_u128(9), None).await.unwrap().is_empty());
    let all = store.sessions(ORG, Some(ALICE)).await.unwrap();
    let mine = all.iter().find(|s| s.id == first).unwrap();
    assert_eq!(
        (mine.ide_version.as_deref(), mine.sync_mode.as_str()),
        (Some("2.0.0"), "workspace-aware")
    );
    assert_eq!(
        (mine.connection_ids.as_slice(), mine.sync_status.as_str()),
        (&[Uuid::from_u128(3)][..], "active")
    );
    assert_eq!(mine.last_sync_at, None);
}

#[tokio::test]
async fn pulls_are_counted_for_ones_own_session_only() {
    let store = open().await;
    let session = store
        .upsert_session(ORG, ALICE, &register("acme/shop"))
        .await
        .unwrap();
    for (objects, status, error) in [
        (100, "syncing", None),
        (50, "error", Some("gone")),
        (0, "completed", None),
    ] {
        assert!(
            store
                .update_session_statistics(ORG, ALICE, session, objects, status, error)
                .await
                .unwrap()
        );
    }
    assert!(
        !store
            .update_session_statistics(ORG, BOB, session, 1, "completed", None)
            .await
            .unwrap()
    );
    assert!(
        !store
            .update_session_statistics(Uuid::from_u128(9), ALICE, session, 1, "completed", None)
            .await
            .unwrap()
    );
    let now = store
        .workspace_sync_status(ORG, ALICE, "acme/shop")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            now.total_objects_synced,
            now.sync_status.as_str(),
            now.error_message
        ),
        (150, "completed", None)
    );
    assert!(now.last_sync_at.is_some());
    assert_eq!(
        store.workspace_sync_status(ORG, BOB, "acme/shop").await.unwrap(),
        None
    );
}
