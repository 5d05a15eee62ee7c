//! Two repositories of one organization, of which one uses what the other makes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::path::{Path, PathBuf};

use metasync_tests::{
    Editor, Hub, PATIENCE, Place, eventually,
    place::{git, write},
};
use serde_json::{Value, json};

const SHOP: &[(&str, &str)] = &[
    ("dbt_project.yml", "name: shop\nversion: '1.0'\n"),
    (
        "models/orders.sql",
        "select 1 as order_id, 2 as amount, 3 as customer_id\n",
    ),
    ("models/customers.sql", "select 1 as customer_id, 'x' as name\n"),
];
const ORDERS: &str = "models/orders.sql";

/// By `ref` of another project, by `source()`, and by a table's name.
const BILLING: &[(&str, &str)] = &[
    ("dbt_project.yml", "name: billing\nversion: '1.0'\n"),
    (
        "models/invoices.sql",
        "select o.order_id, sum(o.amount) as total from {{ ref('shop', 'orders') }} o group by 1\n",
    ),
    (
        "models/payers.sql",
        "select c.customer_id, c.name from {{ source('shop', 'customers') }} c\n",
    ),
    ("models/raw.sql", "select amount from shop.orders\n"),
    ("models/own.sql", "select * from nowhere.orders\n"),
];

struct Two {
    place: Place,
    folders: [PathBuf; 2],
    hub: Hub,
}

impl Two {
    fn open() -> Two {
        let place = Place::new("clone", SHOP);
        let folders =
            [("shop", SHOP), ("billing", BILLING)].map(|(name, files)| place.repository(name, files));
        place.cloned_from("https://git.example/acme/shop.git");
        let hub = Hub::start(
            &place.base().join("hub"),
            &place.environment,
            &[("shop", &folders[0]), ("billing", &folders[1])],
        );
        Two { place, folders, hub }
    }

    fn package(&self, parameters: &str) -> Value {
        let path = format!("/api/metadata-sync/organizations/acme/sync-package{parameters}");
        let (status, package) = self.hub.ask("GET", &path, "ada", None);
        assert_eq!(status, 200, "{package}");
        package
    }

    /// Names of both ends of the dependencies between connections.
    fn edges(&self) -> Vec<(String, String)> {
        let package = self.package("");
        let objects = package["metadata"]["objects"].as_array().unwrap();
        let name = |id: &Value| {
            let object = objects
                .iter()
                .find(|o| o["id"] == *id)
                .expect("both ends are there");
            object["full_name"].as_str().unwrap().to_owned()
        };
        let all = package["metadata"]["dependencies"].as_array().unwrap();
        let mut edges: Vec<_> = all
            .iter()
            .filter(|d| !d["pair"].is_null())
            .map(|d| (name(&d["source_object_id"]), name(&d["target_object_id"])))
            .collect();
        edges.sort();
        edges
    }

    fn change(&self, repository: usize, files: &[(&str, &str)]) {
        write(&self.folders[repository], files);
        commit(&self.folders[repository], &self.place);
        self.hub.index(["shop", "billing"][repository]);
    }
}

fn commit(folder: &Path, place: &Place) {
    git(folder, &place.environment, &["add", "-A"]);
    git(folder, &place.environment, &["commit", "-q", "-m", "change"]);
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    of.iter().map(owned).collect()
}

#[test]
fn edges_follow_both_repositories() {
    let two = Two::open();
    // the one that uses comes first: then there is nothing yet that it could use
    two.hub.index("billing");
    assert_eq!(two.edges(), []);
    two.hub.index("shop");
    let all = pairs(&[
        ("billing.invoices", "shop.orders"),
        ("billing.raw", "shop.orders"),
        ("billing.shop.customers", "shop.customers"),
    ]);
    assert_eq!(two.edges(), all);
    let streams = two.package("")["sync_metadata"]["streams"].clone();
    let pair = streams.as_array().unwrap().last().unwrap().clone();
    assert_eq!(pair["channel"], "pair");
    assert!(pair["other_connection_id"].is_string() && pair["checksum"].is_string());
    // orders: order_id and total, and amount; customers: its two columns
    assert_eq!(pair["rows"], 3 + 3 + 2);
    // who asks for one of them is not told of the other
    let one = two.package(&format!(
        "?connection_ids={}",
        pair["connection_id"].as_str().unwrap()
    ));
    assert_eq!(one["sync_metadata"]["streams"].as_array().unwrap().len(), 1);
    let own = one["metadata"]["dependencies"].as_array().unwrap();
    assert!(own.iter().all(|d| d["pair"].is_null()));

    let cursor = two.package("?protocol=2")["sync_metadata"]["cursor"].clone();
    std::fs::remove_file(two.folders[0].join(ORDERS)).unwrap();
    two.change(0, &[]);
    assert_eq!(two.edges(), all[2..]);
    let change = two.package(&format!("?protocol=2&cursor={}", cursor.as_str().unwrap()));
    let deleted = &change["metadata"]["deleted"];
    assert_eq!(deleted["dependencies"].as_array().unwrap().len(), 2);
    assert_eq!(deleted["columns_lineage"].as_array().unwrap().len(), 3);
    two.change(0, &[SHOP[1]]);
    assert_eq!(two.edges(), all);
    two.change(1, &[("models/raw.sql", "select 1 as amount\n")]);
    assert_eq!(two.edges(), [all[0].clone(), all[2].clone()]);
}

#[test]
fn the_editor_shows_who_uses_a_model_in_other_repositories() {
    let two = Two::open();
    two.hub.index("shop");
    two.hub.index("billing");
    let mut editor = Editor::open(&two.place, two.hub.options("ada"));
    editor.show(ORDERS);
    editor.told("metasync/status", |s| s["state"] == "up_to_date");
    let answer = editor.command("metasync.selectConnections", json!([]));
    let all: Vec<Value> = answer["connections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].clone())
        .collect();
    assert_eq!(all.len(), 2, "{answer}");
    editor.command("metasync.selectConnections", json!([all]));
    editor.command("metasync.sync", json!([]));
    editor.show_text("models/x.sql", "select * from {{ ref('orders') }}");
    let text = editor.hover_until("models/x.sql", "ref('ord$0ers')", "Used by");
    assert!(text.contains("`invoices` (in acme/billing)"), "{text}");
    let tree = editor.command("metasync.lineage", json!(["orders", {"direction": "downstream"}]));
    let mut names: Vec<&str> = tree["downstream"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["full_name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["billing.invoices", "billing.raw"]);
    let column = editor.command(
        "metasync.lineage",
        json!(["invoices", {"direction": "upstream", "column": "total"}]),
    );
    assert_eq!(column["upstream"][0]["full_name"], "shop.orders", "{column}");
    // what the other repository defines opens as a page, though its file is not here
    editor.show_text("models/y.sql", "select * from {{ ref('billing', 'invoices') }}");
    let at = editor.at("models/y.sql", "'inv$0oices'");
    let found = editor.request("textDocument/definition", at);
    let uri = found[0]["targetUri"].as_str();
    let page = uri
        .and_then(|uri| uri.strip_prefix("file://"))
        .unwrap_or_else(|| panic!("{found}"));
    let text = std::fs::read_to_string(page).unwrap();
    for said in ["`acme/billing`", "models/invoices.sql", "`total`", "read only"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(std::fs::metadata(page).unwrap().permissions().readonly());
    // what goes there goes here, too
    std::fs::remove_file(two.folders[1].join("models/invoices.sql")).unwrap();
    two.change(1, &[("models/raw.sql", "select 1 as amount\n")]);
    let gone = eventually(PATIENCE, || {
        let text = editor.hover("models/x.sql", "ref('ord$0ers')");
        (!text.contains("Used by")).then_some(())
    });
    assert!(gone.is_some(), "the users of a model stay though they are gone");
}
