//! Edges between connections, each rule by itself; `convergence` mixes them with everything else.

use metasync_protocol::{Channel, SyncPackage};
use metasync_store::{PageFrom, Removed, Store};
use uuid::Uuid;

use crate::{
    linked::{delete, everything, expected, put, relation, there, user},
    model::Replica,
    support::{ORG, connect, get, open, page, request, soon},
};

/// Two connections: `shop` has `shop.rel_1`, `billing` uses it.
async fn two(store: &Store) -> (Uuid, Uuid) {
    (connect(store, "shop").await, connect(store, "billing").await)
}

fn pair_rows(page: &SyncPackage) -> Vec<u64> {
    let streams = page.sync_metadata.streams.iter();
    streams
        .filter(|s| s.channel == Channel::Pair)
        .map(|s| s.rows)
        .collect()
}

#[tokio::test]
async fn an_edge_is_there_whichever_end_came_first_and_stands_by_itself() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    put(&store, billing, vec![user(billing, "shop", 1, 2)]).await;
    let before = get(&store, PageFrom::Start).await;
    assert_eq!(pair_rows(&before), [] as [u64; 0]);

    put(&store, shop, vec![relation(shop, "shop", 1, 3)]).await;
    let next = get(&store, PageFrom::Cursor(before.sync_metadata.cursor)).await;
    // billing's object did not change and does not come again
    assert_eq!(next.metadata.objects.len(), 1);
    let edge = &next.metadata.dependencies[0];
    assert_eq!(edge.source_object_id, user(billing, "shop", 1, 2).0.id);
    assert_eq!(edge.target_object_id, Some(relation(shop, "shop", 1, 3).0.id));
    assert_eq!(edge.target_name.as_deref(), Some("SHOP.REL_1"));
    assert_eq!(
        (edge.dependency_type.as_str(), next.metadata.dependencies.len()),
        ("ref", 1)
    );
    assert_eq!(next.metadata.columns_lineage.len(), 2);
    let stream = next.sync_metadata.streams.last().unwrap();
    let pair = edge.pair.unwrap();
    assert_eq!(
        (
            stream.connection_id,
            stream.other_connection_id,
            stream.channel,
            stream.rows
        ),
        (
            pair.connection_id,
            Some(pair.other_connection_id),
            Channel::Pair,
            3
        )
    );
    assert_eq!(pair.connection_id, shop.min(billing));

    // the other way round
    put(&store, billing, vec![relation(billing, "billing", 7, 1)]).await;
    put(&store, shop, vec![user(shop, "billing", 7, 1)]).await;
    let copy = everything(&store).await;
    assert_eq!(there(&copy), expected(&copy));
    assert_eq!((copy.pairs.0.len(), copy.pairs.1.len()), (2, 3));
}

#[tokio::test]
async fn it_goes_with_either_end_and_returns() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    let (made, used) = (relation(shop, "shop", 1, 2), user(billing, "shop", 1, 1));
    put(&store, shop, vec![made.clone()]).await;
    put(&store, billing, vec![used.clone()]).await;
    let mut client = Replica::default();
    client.pull(&store, 100).await;
    assert_eq!(client.copy.pairs.0.len(), 1);
    for (connection, object) in [(shop, made), (billing, used)] {
        delete(&store, connection, vec![object.0.id]).await;
        let page = get(&store, PageFrom::Cursor(client.cursor.clone().unwrap())).await;
        assert_eq!(page.metadata.deleted.dependencies.len(), 1);
        assert_eq!(page.metadata.deleted.columns_lineage.len(), 1);
        client.pull(&store, 1).await;
        assert!(client.copy.pairs.0.is_empty() && client.copy.pairs.1.is_empty());
        put(&store, connection, vec![object]).await;
        client.pull(&store, 1).await;
        assert_eq!(client.copy.pairs.0.len(), 1);
    }
    let mut fresh = client.fresh();
    fresh.pull(&store, 100).await;
    assert_eq!(client.copy.dump(), fresh.copy.dump());
}

#[tokio::test]
async fn it_is_for_those_who_see_both_connections() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    put(&store, shop, vec![relation(shop, "shop", 1, 2)]).await;
    put(&store, billing, vec![user(billing, "shop", 1, 1)]).await;
    let mut client = Replica::default();
    for connections in [vec![shop], vec![billing], vec![shop, billing], vec![billing]] {
        let both = connections.len() == 2;
        client.connections = Some(connections);
        client.pull(&store, 1).await;
        assert_eq!(client.copy.pairs.0.len(), usize::from(both));
        assert_eq!(client.streams.iter().any(|s| s.channel == Channel::Pair), both);
    }
    // what billing's own object says is there all the time, and names nothing of the shop
    let owned = client.copy.objects.values().next().unwrap();
    assert!(owned.dependencies.values().all(|d| d.target_object_id.is_none()));
}

#[tokio::test]
async fn what_two_have_is_nobodys_and_ones_own_goes_before() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    let third = connect(&store, "third").await;
    put(&store, billing, vec![user(billing, "shop", 1, 1)]).await;
    put(&store, shop, vec![relation(shop, "shop", 1, 2)]).await;
    put(&store, third, vec![relation(third, "shop", 1, 2)]).await;
    assert!(everything(&store).await.pairs.0.is_empty());
    assert_eq!(store.remove_connection(ORG, third).await.unwrap(), Removed::Done);
    assert_eq!(everything(&store).await.pairs.0.len(), 1);
    put(&store, billing, vec![relation(billing, "shop", 1, 2)]).await;
    assert!(everything(&store).await.pairs.0.is_empty());
    delete(&store, billing, vec![relation(billing, "shop", 1, 2).0.id]).await;
    let copy = everything(&store).await;
    assert_eq!(there(&copy), expected(&copy));
    assert_eq!(copy.pairs.0.len(), 1);
}

#[tokio::test]
async fn a_source_follows_the_columns_of_what_makes_it() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    put(&store, billing, vec![user(billing, "shop", 1, 0)]).await;
    for columns in [2, 4, 0, 1] {
        put(&store, shop, vec![relation(shop, "shop", 1, columns)]).await;
        let copy = everything(&store).await;
        assert_eq!(there(&copy), expected(&copy));
        assert_eq!((copy.pairs.0.len(), copy.pairs.1.len() as u64), (1, columns));
    }
}

#[tokio::test]
async fn a_plain_client_gets_them_and_their_deletions_too() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    put(&store, shop, vec![relation(shop, "shop", 1, 1)]).await;
    put(&store, billing, vec![user(billing, "shop", 1, 1)]).await;
    let first = get(&store, PageFrom::Timestamp { at: None, offset: 0 }).await;
    let edges = |page: &SyncPackage| {
        let dependencies = page.metadata.dependencies.iter();
        dependencies.filter(|d| d.pair.is_some()).count()
    };
    assert_eq!(edges(&first), 1);
    delete(&store, shop, vec![relation(shop, "shop", 1, 1).0.id]).await;
    let at = Some(first.sync_metadata.timestamp);
    let next = page(
        store
            .page(&request(PageFrom::Timestamp { at, offset: 0 }))
            .await
            .unwrap(),
    );
    assert_eq!(next.metadata.deleted.dependencies.len(), 1);
    assert_eq!(next.metadata.deleted.columns_lineage.len(), 1);
}

#[tokio::test]
async fn compacted_tombstones_of_edges_reset_who_missed_them() {
    let store = open().await;
    let (shop, billing) = two(&store).await;
    put(&store, shop, vec![relation(shop, "shop", 1, 1)]).await;
    put(&store, billing, vec![user(billing, "shop", 1, 1)]).await;
    let mut client = Replica::default();
    client.pull(&store, 10).await;
    delete(&store, shop, vec![relation(shop, "shop", 1, 1).0.id]).await;
    assert!(store.compact_tombstones(soon()).await.unwrap() >= 3);
    client.pull(&store, 1).await;
    assert!(client.copy.pairs.0.is_empty() && client.copy.pairs.1.is_empty());
    assert_eq!(client.resyncs, 0);
}
