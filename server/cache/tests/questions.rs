//! Questions and answers over a small shop.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use expect_test::{Expect, expect};
use metasync_cache::{Applied, Cache, Direction, Lookup, ObjectHit, Reader};
use metasync_protocol::{ObjectBundle, connections::Connection, editor::LineageNode};
use support::{Rows, World, connection, documentation, file, flow, object, pair, with};

struct Shop {
    _folder: tempfile::TempDir,
    reader: Reader,
    orders: ObjectBundle,
    stg: ObjectBundle,
    raw: ObjectBundle,
}

/// raw.orders (source) → stg_orders → orders → orders_by_day, report (of another connection), and a
/// cycle between two tables.
fn shop() -> Shop {
    let raw = object(
        0,
        "source",
        "jaffle_shop.raw.orders",
        &[("ID", "int"), ("amount", "int")],
        &[],
    );
    let stg = object(
        0,
        "model",
        "jaffle_shop.stg_orders",
        &[("order_id", "int"), ("amount", "int")],
        &[raw.object.id],
    );
    let stg = with(&stg, |row, owned| {
        row.file_id = Some(file(0, "models/stg_orders.sql", "").id);
        owned.lineage.push(flow(raw.object.id, "id", "order_id"));
        owned.lineage.push(flow(raw.object.id, "amount", "amount"));
    });
    let orders = object(
        0,
        "model",
        "jaffle_shop.orders",
        &[("order_id", "int"), ("amount", "numeric(10,2)")],
        &[stg.object.id],
    );
    let orders = with(&orders, |row, owned| {
        row.description = Some("One row per order, with Käufe of `customers`".to_owned());
        owned
            .dependencies
            .push((None, Some("legacy.rates".to_owned()), "table".to_owned()));
        owned.lineage.push(flow(stg.object.id, "order_id", "order_id"));
        owned.lineage.push(flow(stg.object.id, "*", "amount"));
        owned.lineage.push((
            None,
            Some("legacy.rates".to_owned()),
            "rate".to_owned(),
            "amount".to_owned(),
            "expression".to_owned(),
        ));
    });
    let by_day = object(
        0,
        "model",
        "jaffle_shop.orders_by_day",
        &[("total_amount", "int")],
        &[orders.object.id, stg.object.id],
    );
    let by_day = with(&by_day, |_, owned| {
        owned
            .lineage
            .push(flow(orders.object.id, "AMOUNT", "total_amount"));
    });
    let seed = object(0, "seed", "jaffle_shop.orders_seed", &[("id", "int")], &[]);
    let test = object(0, "test", "jaffle_shop.tests.orders", &[], &[orders.object.id]);
    let upper = object(0, "macro", "jaffle_shop.Cents_To_Euros", &[], &[]);
    let other_package = object(0, "model", "dbt_utils.orders", &[], &[]);
    let a = object(
        0,
        "table",
        "db.loop.a",
        &[],
        &[object(0, "table", "db.loop.b", &[], &[]).object.id],
    );
    let b = object(0, "table", "db.loop.b", &[], &[a.object.id]);
    let report = object(1, "table", "bi.report", &[], &[]);

    let folder = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
    let mut world = World::default();
    for bundle in [
        &raw,
        &stg,
        &orders,
        &by_day,
        &seed,
        &test,
        &upper,
        &other_package,
        &a,
        &b,
        &report,
    ] {
        world.objects.insert(bundle.object.id, bundle.clone());
    }
    let path = file(0, "models/stg_orders.sql", "x");
    world.files.insert(path.id, path);
    let text = documentation(&orders, "All orders.");
    world.documentation.insert(text.id, text);
    let edge = pair(&report, &orders);
    world.pairs.insert(edge.id, edge);
    assert!(matches!(
        cache.apply(&world.whole(), None, None).unwrap(),
        Applied::Done(_)
    ));
    cache
        .set_connections(&[Connection {
            id: connection(0),
            kind: "github".into(),
            name: "jaffle_shop".into(),
            full_name: "acme/jaffle_shop".into(),
            url: String::new(),
            status: "completed".into(),
            object_count: 9,
            last_extracted_at: None,
        }])
        .unwrap();
    Shop {
        reader: cache.reader(),
        _folder: folder,
        orders,
        stg,
        raw,
    }
}

fn list(hits: &[ObjectHit]) -> String {
    hits.iter()
        .map(|h| format!("{} {}\n", h.object_type, h.full_name))
        .collect()
}

#[allow(clippy::needless_pass_by_value, reason = "expect! is written in the call")]
fn check(hits: &[ObjectHit], expected: Expect) {
    expected.assert_eq(&list(hits));
}

#[test]
fn lookups() {
    let shop = shop();
    let find = |lookup: Lookup| shop.reader.find(&lookup).unwrap();
    let reference = |package: Option<&str>, name: &str| Lookup::Ref {
        package: package.map(str::to_owned),
        name: name.to_owned(),
    };
    check(
        &find(reference(None, "orders")),
        expect![[r#"
        model dbt_utils.orders
        model jaffle_shop.orders
    "#]],
    );
    check(
        &find(reference(Some("jaffle_shop"), "ORDERS")),
        expect![[r#"
        model jaffle_shop.orders
    "#]],
    );
    check(
        &find(reference(Some("nobody"), "orders_seed")),
        expect![[r#"
        seed jaffle_shop.orders_seed
    "#]],
    );
    let source = |source: &str, table: &str| Lookup::Source {
        source: source.into(),
        table: table.into(),
    };
    check(
        &find(source("raw", "orders")),
        expect![[r#"
        source jaffle_shop.raw.orders
    "#]],
    );
    check(&find(source("aw", "orders")), expect![""]);
    let table = |name: &str| Lookup::Table {
        parts: name.split('.').map(str::to_owned).collect(),
    };
    check(
        &find(table("raw.orders")),
        expect![[r#"
        source jaffle_shop.raw.orders
    "#]],
    );
    check(
        &find(table("analytics.stg_orders")),
        expect![[r#"
        model jaffle_shop.stg_orders
    "#]],
    );
    check(
        &find(table("loop.A")),
        expect![[r#"
        table db.loop.a
    "#]],
    );
    check(
        &find(Lookup::Path {
            relative_path: "models/stg_orders.sql".into(),
        }),
        expect![[r#"
            model jaffle_shop.stg_orders
        "#]],
    );
    check(
        &find(Lookup::Macro {
            package: None,
            name: "cents_to_euros".into(),
        }),
        expect![[r#"
            macro jaffle_shop.Cents_To_Euros
        "#]],
    );
    check(
        &find(Lookup::Name("Jaffle_Shop.Orders".into())),
        expect![[r#"
        model jaffle_shop.orders
    "#]],
    );
    check(
        &find(Lookup::Name("raw.orders".into())),
        expect![[r#"
        source jaffle_shop.raw.orders
    "#]],
    );
    check(
        &shop.reader.objects_named("orders", 9).unwrap(),
        expect![[r#"
        model dbt_utils.orders
        model jaffle_shop.orders
        source jaffle_shop.raw.orders
        test jaffle_shop.tests.orders
    "#]],
    );
    check(&find(Lookup::Name("nothing".into())), expect![""]);
}

#[test]
fn searches() {
    let shop = shop();
    let search = |text: &str| shop.reader.search(text, 20).unwrap();
    check(
        &search("ORDERS"),
        expect![[r#"
        model dbt_utils.orders
        model jaffle_shop.orders
        source jaffle_shop.raw.orders
        test jaffle_shop.tests.orders
        model jaffle_shop.orders_by_day
        seed jaffle_shop.orders_seed
        model jaffle_shop.stg_orders
    "#]],
    );
    check(
        &search("orders day"),
        expect![[r#"
        model jaffle_shop.orders_by_day
    "#]],
    );
    check(
        &search("order_id"),
        expect![[r#"
        model jaffle_shop.orders
        model jaffle_shop.stg_orders
    "#]],
    );
    check(
        &search("käu cust"),
        expect![[r#"
        model jaffle_shop.orders
    "#]],
    );
    check(
        &search("utils"),
        expect![[r#"
        model dbt_utils.orders
    "#]],
    );
    check(&search("%"), expect![""]);
    check(&search("  "), expect![""]);
    assert_eq!(shop.reader.search("orders", 3).unwrap().len(), 3);
    check(
        &shop.reader.symbols("day", 5).unwrap(),
        expect![[r#"
        model jaffle_shop.orders_by_day
    "#]],
    );
    assert_eq!(shop.reader.symbols("", 5).unwrap().len(), 5);
    check(
        &shop
            .reader
            .names_of_type(&["model", "seed"], "Orders_", 9)
            .unwrap(),
        expect![[r#"
        model jaffle_shop.orders_by_day
        seed jaffle_shop.orders_seed
    "#]],
    );
}

#[test]
fn facts() {
    let shop = shop();
    let facts = shop.reader.facts(shop.orders.object.id).unwrap().unwrap();
    assert_eq!(facts.object, shop.orders.object);
    assert_eq!(facts.columns, shop.orders.columns);
    let names = |list: &[metasync_cache::Neighbour]| -> Vec<String> {
        list.iter()
            .map(|n| format!("{} ({})", n.full_name, n.object_type.as_deref().unwrap_or("?")))
            .collect()
    };
    assert_eq!(
        names(&facts.upstream),
        ["jaffle_shop.stg_orders (model)", "legacy.rates (?)"]
    );
    assert_eq!(
        names(&facts.downstream),
        [
            "jaffle_shop.tests.orders (test)",
            "jaffle_shop.orders_by_day (model)",
            "bi.report (table)"
        ]
    );
    assert_eq!((facts.downstream_total, facts.columns_total), (3, 2));
    assert_eq!(
        facts.documentation.unwrap().executive_summary.unwrap(),
        "All orders."
    );
    assert_eq!(facts.connection.full_name.as_deref(), Some("acme/jaffle_shop"));
    assert_eq!(facts.synced_at.as_deref(), Some("2026-01-01T00:00:01Z"));
    let path = shop.reader.facts(shop.stg.object.id).unwrap().unwrap().path;
    assert_eq!(path.as_deref(), Some("models/stg_orders.sql"));
    assert_eq!(shop.reader.facts(uuid::Uuid::nil()).unwrap(), None);
    assert_eq!(
        shop.reader.columns_of(shop.raw.object.id).unwrap(),
        shop.raw.columns
    );
    let status = shop.reader.status().unwrap();
    assert_eq!((status.files, status.objects, status.documentation), (1, 11, 1));
    assert_eq!(shop.reader.object_count().unwrap(), 11);
}

fn tree(nodes: &[LineageNode], indent: usize, out: &mut String) {
    for node in nodes {
        let more = node.upstream.is_none() && node.downstream.is_none();
        *out += &format!(
            "{}{} {:?}{}\n",
            "  ".repeat(indent),
            node.object.full_name,
            node.columns,
            if more { " …" } else { "" }
        );
        tree(node.upstream.as_deref().unwrap_or_default(), indent + 1, out);
        tree(node.downstream.as_deref().unwrap_or_default(), indent + 1, out);
    }
}

#[test]
fn lineage() {
    let shop = shop();
    let lineage = |id, direction, depth, column| {
        let mut out = String::new();
        tree(
            &shop.reader.lineage(id, direction, depth, column).unwrap(),
            0,
            &mut out,
        );
        out
    };
    expect![[r#"
        jaffle_shop.stg_orders []
          jaffle_shop.raw.orders []
        legacy.rates [] …
    "#]]
    .assert_eq(&lineage(shop.orders.object.id, Direction::Upstream, 9, None));
    expect![[r#"
        jaffle_shop.stg_orders [] …
        legacy.rates [] …
    "#]]
    .assert_eq(&lineage(shop.orders.object.id, Direction::Upstream, 1, None));
    expect![[r#"
        jaffle_shop.orders []
          jaffle_shop.tests.orders []
          jaffle_shop.orders_by_day [] …
          bi.report []
        jaffle_shop.orders_by_day []
    "#]]
    .assert_eq(&lineage(shop.stg.object.id, Direction::Downstream, 9, None));
    expect![[r#"
        jaffle_shop.stg_orders ["amount"]
          jaffle_shop.raw.orders ["amount"]
        legacy.rates ["rate"] …
    "#]]
    .assert_eq(&lineage(
        shop.orders.object.id,
        Direction::Upstream,
        9,
        Some("Amount"),
    ));
    expect![[r#"
        jaffle_shop.stg_orders ["order_id"]
          jaffle_shop.orders ["amount", "order_id"]
            jaffle_shop.orders_by_day ["total_amount"]
    "#]]
    .assert_eq(&lineage(shop.raw.object.id, Direction::Downstream, 9, Some("id")));
    let a = &shop.reader.objects_named("a", 1).unwrap()[0];
    expect![[r#"
        db.loop.b []
          db.loop.a [] …
    "#]]
    .assert_eq(&lineage(a.id, Direction::Upstream, 50, None));
}

#[test]
fn lineage_of_what_everything_uses() {
    const USERS: usize = 700;
    let folder = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
    let all = object(0, "model", "shop.everything", &[("id", "int")], &[]);
    let users = (0..USERS).map(|i| object(0, "model", &format!("shop.user_{i}"), &[], &[all.object.id]));
    let users: Vec<ObjectBundle> = users.collect();
    let ids: Vec<uuid::Uuid> = users.iter().map(|user| user.object.id).collect();
    let sum = object(0, "model", "shop.sum", &[], &ids);
    let mut world = World::default();
    for bundle in users.into_iter().chain([all.clone(), sum.clone()]) {
        world.objects.insert(bundle.object.id, bundle);
    }
    cache.apply(&world.whole(), None, None).unwrap();
    let reader = Reader::open(&folder.path().join("cache.db")).unwrap();
    let direct = |id, direction| reader.lineage(id, direction, 1, None).unwrap().len();
    assert_eq!(direct(all.object.id, Direction::Downstream), USERS);
    assert_eq!(direct(sum.object.id, Direction::Upstream), USERS);
}

#[test]
fn column_lineage() {
    let shop = shop();
    let found = shop
        .reader
        .column_lineage(shop.orders.object.id, "amount")
        .unwrap();
    let ends = |list: &[metasync_cache::ColumnEnd]| -> Vec<String> {
        list.iter()
            .map(|e| format!("{}.{} {}", e.full_name, e.column, e.transformation))
            .collect()
    };
    assert_eq!(
        ends(&found.sources),
        ["jaffle_shop.stg_orders.* direct", "legacy.rates.rate expression"]
    );
    assert_eq!(
        ends(&found.targets),
        ["jaffle_shop.orders_by_day.total_amount direct"]
    );
    assert_eq!(
        shop.reader.column_lineage(uuid::Uuid::nil(), "x").unwrap(),
        metasync_cache::ColumnLineage::default()
    );
}

#[test]
fn answers_come_while_the_first_sync_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
    let reader = cache.reader();
    let mut world = World::default();
    let up = object(0, "model", "shop.up", &[("id", "int")], &[]);
    let down = object(0, "model", "shop.down", &[("id", "int")], &[up.object.id]);
    for (bundle, more) in [(&up, true), (&down, true)] {
        let rows = Rows {
            objects: vec![bundle.clone()],
            ..Rows::default()
        };
        let page = world.page(rows, more);
        let cursor = cache.position().unwrap().cursor;
        cache.apply(&page, None, cursor.as_deref()).unwrap();
    }
    let facts = reader.facts(up.object.id).unwrap().unwrap();
    assert_eq!(
        (facts.columns.len(), facts.downstream.len(), facts.synced_at),
        (1, 1, None)
    );
    assert_eq!(reader.search("up", 5).unwrap().len(), 1);
}
