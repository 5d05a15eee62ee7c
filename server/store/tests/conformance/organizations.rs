//! Organizations, members and connections.

use metasync_protocol::{connections::NewConnection, ids};
use metasync_store::{
    DeclaredConnection, DeclaredOrganization, DocumentationBody, Organization, PageFrom, Removed, Role,
    Store, StoreError,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALICE, BOB, ORG, connect, get, member, object_id, open, organization, put};

fn declared(name: &str) -> DeclaredConnection {
    DeclaredConnection {
        id: None,
        kind: "github".into(),
        name: name.into(),
        full_name: format!("acme/{name}"),
        url: "https://example.com".into(),
        branch: Some("main".into()),
        dialect: None,
        settings: json!({"depth": 1}),
    }
}

fn with(connections: Vec<DeclaredConnection>) -> DeclaredOrganization {
    DeclaredOrganization {
        connections,
        ..organization()
    }
}

async fn names(store: &Store) -> Vec<String> {
    let all = store.connections(ORG).await.unwrap();
    all.into_iter().map(|c| c.connection.name).collect()
}

#[tokio::test]
async fn organizations_and_roles_follow_the_configuration() {
    let store = open().await;
    let acme = Organization {
        id: ORG,
        name: "acme".into(),
    };
    assert_eq!(store.organization("acme").await.unwrap(), Some(acme.clone()));
    assert_eq!(
        store.organization(&ORG.to_string().to_uppercase()).await.unwrap(),
        Some(acme.clone())
    );
    assert_eq!(store.organization("other").await.unwrap(), None);
    assert_eq!(store.role(ORG, ALICE).await.unwrap(), Some(Role::Owner));
    assert_eq!(store.role(ORG, BOB).await.unwrap(), Some(Role::Member));
    assert_eq!(store.role(ORG, "eve").await.unwrap(), None);
    assert_eq!(
        store.organizations_of(ALICE).await.unwrap(),
        std::slice::from_ref(&acme)
    );

    let second = DeclaredOrganization {
        id: Uuid::from_u128(2),
        name: "bee".into(),
        members: vec![member(BOB, Role::Maintainer)],
        connections: Vec::new(),
    };
    store.declare(&[second]).await.unwrap();
    assert_eq!(
        store.organization("acme").await.unwrap(),
        None,
        "no longer configured"
    );
    assert_eq!(store.role(ORG, ALICE).await.unwrap(), None);
    assert_eq!(store.organizations_of(BOB).await.unwrap().len(), 1);
    store.declare(&[organization()]).await.unwrap();
    assert_eq!(store.organization("acme").await.unwrap(), Some(acme));
}

#[tokio::test]
async fn declared_connections_come_go_and_keep_their_rows_across_starts() {
    let store = open().await;
    let added = connect(&store, "added").await;
    store
        .declare(&[with(vec![declared("a"), declared("b")])])
        .await
        .unwrap();
    let a = ids::connection(ORG, "acme/a");
    put(&store, a, 0..3, 1).await;
    store.declare(&[with(vec![declared("a")])]).await.unwrap();
    assert_eq!(
        names(&store).await,
        ["a", "added"],
        "what was added over HTTP stays"
    );
    let found = store.connection(ORG, "acme/a").await.unwrap().unwrap();
    assert_eq!(
        (found.connection.id, found.connection.object_count, found.declared),
        (a, 3, true)
    );
    assert_eq!(
        (found.settings.clone(), found.branch.as_deref()),
        (json!({"depth": 1}), Some("main"))
    );
    assert_eq!(found.connection.status, "pending");
    assert_eq!(store.connection(ORG, "a").await.unwrap().unwrap(), found);
    assert_eq!(
        store.connection(ORG, &a.to_string()).await.unwrap().unwrap(),
        found
    );
    assert_eq!(store.connection(Uuid::from_u128(9), "a").await.unwrap(), None);

    assert_eq!(store.remove_connection(ORG, a).await.unwrap(), Removed::Declared);
    assert_eq!(
        store.remove_connection(Uuid::from_u128(9), added).await.unwrap(),
        Removed::NotFound
    );
    assert_eq!(store.remove_connection(ORG, added).await.unwrap(), Removed::Done);
    assert_eq!(
        store.remove_connection(ORG, added).await.unwrap(),
        Removed::NotFound
    );

    // declared under an id of its own: takes the place of the one with the derived id
    let own = DeclaredConnection {
        id: Some(Uuid::from_u128(5)),
        ..declared("a")
    };
    store.declare(&[with(vec![own.clone()])]).await.unwrap();
    let found = store.connection(ORG, "a").await.unwrap().unwrap();
    assert_eq!(
        (found.connection.id, found.connection.object_count),
        (Uuid::from_u128(5), 0)
    );
    let thief = DeclaredOrganization {
        id: Uuid::from_u128(2),
        name: "bee".into(),
        ..with(vec![own])
    };
    assert!(matches!(
        store.declare(&[organization_with_own(), thief]).await,
        Err(StoreError::Conflict(_))
    ));
    assert_eq!(
        names(&store).await,
        ["a"],
        "a refused configuration changes nothing"
    );
}

fn organization_with_own() -> DeclaredOrganization {
    with(vec![DeclaredConnection {
        id: Some(Uuid::from_u128(5)),
        ..declared("a")
    }])
}

#[tokio::test]
async fn a_full_name_is_taken_once() {
    let store = open().await;
    connect(&store, "shop").await;
    let again = NewConnection {
        kind: "github".into(),
        name: "other".into(),
        full_name: "acme/shop".into(),
        url: String::new(),
        branch: None,
        dialect: None,
        settings: None,
    };
    let refused = store.add_connection(ORG, &again).await;
    assert!(matches!(refused, Err(StoreError::Conflict(text)) if text.contains("acme/shop")));
}

#[tokio::test]
async fn status_is_kept_and_the_time_of_the_last_success_with_it() {
    let store = open().await;
    let id = connect(&store, "shop").await;
    let at = "2026-01-01T00:00:00.000000Z";
    store
        .set_connection_status(ORG, id, "completed", None, Some(at))
        .await
        .unwrap();
    store
        .set_connection_status(ORG, id, "failed", Some("no such host"), None)
        .await
        .unwrap();
    let now = store.connection(ORG, "shop").await.unwrap().unwrap();
    assert_eq!(
        (now.connection.status.as_str(), now.status_message.as_deref()),
        ("failed", Some("no such host"))
    );
    assert_eq!(now.connection.last_extracted_at.as_deref(), Some(at));
}

#[tokio::test]
async fn documentation_is_listed_with_its_object() {
    let store = open().await;
    let (a, b) = (connect(&store, "a").await, connect(&store, "b").await);
    put(&store, a, 0..2, 1).await;
    put(&store, b, 0..2, 1).await;
    for object in [object_id(a, 0), object_id(a, 1), object_id(b, 0)] {
        let body = DocumentationBody {
            executive_summary: Some("One row per customer.".into()),
            transformation_cards: json!({"steps": 3}),
            ..DocumentationBody::default()
        };
        store.put_documentation(ORG, object, body).await.unwrap().unwrap();
    }
    let count = async |connections: Option<&[Uuid]>, objects: Option<&[Uuid]>| {
        store
            .documentation(ORG, connections, objects)
            .await
            .unwrap()
            .len()
    };
    assert_eq!(count(None, None).await, 3);
    assert_eq!(count(Some(&[a]), None).await, 2);
    assert_eq!(count(Some(&[]), None).await, 0);
    assert_eq!(
        count(Some(&[a]), Some(&[object_id(a, 1), object_id(b, 0)])).await,
        1
    );
    assert!(
        store
            .documentation(Uuid::from_u128(9), None, None)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .put_documentation(Uuid::from_u128(9), object_id(a, 0), DocumentationBody::default())
            .await
            .unwrap()
            .is_none()
    );

    let one = store
        .documentation(ORG, None, Some(&[object_id(a, 0)]))
        .await
        .unwrap();
    let wire: Value = serde_json::to_value(&one[0]).unwrap();
    assert_eq!(
        wire["objects"],
        json!({"name": "m_0", "full_name": "shop.m_0", "object_type": "model", "files": {"relative_path": "models/m_0.sql"}})
    );
    assert_eq!(wire["transformation_cards"], json!({"steps": 3}));
    assert!(wire["generated_at"].as_str().unwrap().ends_with('Z'));
    let fed = get(&store, PageFrom::Start).await.documentation;
    assert!(fed.contains(&one[0].documentation));
}
