//! Answers where an object of one connection uses an object of another.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use metasync_cache::{Cache, Direction, Reader};
use metasync_protocol::{LineageRow, ObjectBundle, connections::Connection, ids};
use support::{World, connection, object, pair, with};

/// `shop.orders` of one connection, and `billing.invoices` of another, which names it.
fn two() -> (tempfile::TempDir, Reader, ObjectBundle, ObjectBundle) {
    let orders = object(0, "model", "shop.orders", &[("amount", "int")], &[]);
    let invoices = object(1, "model", "billing.invoices", &[("total", "int")], &[]);
    let name = || Some("shop.orders".to_owned());
    let invoices = with(&invoices, |_, owned| {
        owned.dependencies.push((None, name(), "ref".into()));
        owned.lineage.push((
            None,
            name(),
            "amount".into(),
            "total".into(),
            "aggregation".into(),
        ));
    });
    let mut world = World::default();
    for bundle in [&orders, &invoices] {
        world.objects.insert(bundle.object.id, bundle.clone());
    }
    let mut edge = pair(&invoices, &orders);
    edge.target_name = name();
    edge.seal(connection(0), connection(1));
    world.pairs.insert(edge.id, edge);
    let mut page = world.whole();
    let mut flow = LineageRow {
        id: ids::lineage(Some(orders.object.id), "", "amount", invoices.object.id, "total"),
        source_object_id: Some(orders.object.id),
        source_name: name(),
        source_column: "amount".into(),
        target_object_id: invoices.object.id,
        target_column: "total".into(),
        transformation: "aggregation".into(),
        pair: None,
    };
    flow.seal(connection(1), connection(0));
    page.metadata.columns_lineage.push(flow);
    page.sync_metadata.has_more = true;
    let folder = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
    cache.apply(&page, None, None).unwrap();
    let known = |n: u8, name: &str| Connection {
        id: connection(n),
        kind: "github".into(),
        name: name.into(),
        full_name: format!("acme/{name}"),
        url: String::new(),
        status: "completed".into(),
        object_count: 1,
        last_extracted_at: None,
    };
    cache
        .set_connections(&[known(0, "shop"), known(1, "billing")])
        .unwrap();
    (folder, cache.reader(), orders, invoices)
}

#[test]
fn a_name_that_another_connection_explains_stands_there_once_and_says_whose() {
    let (_folder, reader, orders, invoices) = two();
    let facts = reader.facts(invoices.object.id).unwrap().unwrap();
    let told: Vec<_> = facts
        .upstream
        .iter()
        .map(|n| (n.full_name.as_str(), n.id, n.elsewhere.as_deref()))
        .collect();
    assert_eq!(told, [("shop.orders", Some(orders.object.id), Some("acme/shop"))]);
    let facts = reader.facts(orders.object.id).unwrap().unwrap();
    let told: Vec<_> = facts
        .downstream
        .iter()
        .map(|n| (n.name.as_str(), n.elsewhere.as_deref()))
        .collect();
    assert_eq!(told, [("invoices", Some("acme/billing"))]);
}

#[test]
fn lineage_goes_on_in_the_other_connection() {
    let (_folder, reader, orders, invoices) = two();
    let up = reader
        .lineage(invoices.object.id, Direction::Upstream, 3, Some("total"))
        .unwrap();
    let told: Vec<_> = up.iter().map(|n| (n.object.id, n.columns.clone())).collect();
    assert_eq!(told, [(orders.object.id, vec!["amount".to_owned()])]);
    let down = reader
        .lineage(orders.object.id, Direction::Downstream, 3, None)
        .unwrap();
    assert_eq!(down[0].object.id, invoices.object.id);
    assert!(reader.audit().unwrap().is_clean());
}
