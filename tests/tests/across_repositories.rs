//! Two repositories of one organization, of which one uses what the other makes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use std::path::{Path, PathBuf};

use metasync_tests::{
    Editor, Hub, PATIENCE, Place,
    editor::offers,
    eventually,
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

    /// An editor in the shop, which uses both.
    fn editor_of_both(&self, offers: Value) -> Editor {
        self.hub.index("shop");
        self.hub.index("billing");
        let mut editor = Editor::start(&self.place.workspace, &self.place.environment);
        editor.greet(self.hub.options("ada"), offers);
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
        editor
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
    let mut editor = two.editor_of_both(offers());
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

/// What a page about an object says, read from where an answer leads.
fn page(location: &Value) -> String {
    let uri = location["uri"]
        .as_str()
        .unwrap_or_else(|| panic!("no address: {location}"));
    let path = uri.strip_prefix("file://").unwrap();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {location}"))
}

fn is_page_of_billing(location: &Value) -> bool {
    page(location).contains("The object is in `acme/billing`")
}

#[test]
fn lists_lead_to_pages_about_what_another_repository_has() {
    let two = Two::open();
    // a file of the same path as one of the shop
    write(
        &two.folders[1],
        &[("models/customers.sql", "select 1 as other_id\n")],
    );
    commit(&two.folders[1], &two.place);
    let mut editor = two.editor_of_both(offers());
    let here = format!("{}/models/", two.place.workspace.display());

    let found = editor.request("workspace/symbol", json!({"query": "customers"}));
    let models = found.as_array().unwrap().iter();
    let models: Vec<&Value> = models.filter(|s| s["containerName"] == "model").collect();
    assert_eq!(models.len(), 2, "{found}");
    let own = |location: &Value| location["uri"].as_str().is_some_and(|uri| uri.contains(&here));
    assert_eq!(
        models.iter().filter(|s| own(&s["location"])).count(),
        1,
        "{found}"
    );
    let other = models.iter().find(|s| !own(&s["location"])).unwrap();
    assert!(is_page_of_billing(&other["location"]), "{found}");

    editor.show_text("models/x.sql", "select amount from {{ ref('orders') }}");
    for (at, users) in [
        ("ref('ord$0ers')", vec!["invoices", "raw"]),
        ("amo$0unt", vec!["invoices.total", "raw.amount"]),
    ] {
        let at = editor.at("models/x.sql", at);
        let items = editor.request("textDocument/prepareCallHierarchy", at.clone());
        assert!(own(&items[0]), "{items}");
        let calls = editor.request("callHierarchy/incomingCalls", json!({"item": items[0]}));
        let mut names: Vec<&str> = calls
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["from"]["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, users, "{calls}");
        for call in calls.as_array().unwrap() {
            assert!(is_page_of_billing(&call["from"]), "{call}");
            // and from there back again
            let back = editor.request("callHierarchy/outgoingCalls", json!({"item": call["from"]}));
            assert!(own(&back[0]["to"]), "{back}");
        }
        let mut question = at;
        question["context"] = json!({"includeDeclaration": true});
        let places = editor.request("textDocument/references", question);
        let (ours, theirs): (Vec<&Value>, Vec<&Value>) =
            places.as_array().unwrap().iter().partition(|l| own(l));
        assert!(!ours.is_empty(), "{places}");
        assert_eq!(theirs.len(), users.len(), "{places}");
        assert!(theirs.into_iter().all(is_page_of_billing), "{places}");
    }

    // an editor that asks again for what it opens gets its page then
    let mut offered = offers();
    offered["workspace"]["symbol"] = json!({"resolveSupport": {"properties": ["location.range"]}});
    let mut editor = two.editor_of_both(offered);
    let found = editor.request("workspace/symbol", json!({"query": "payers"}));
    assert!(found[0]["location"]["range"].is_null(), "{found}");
    let resolved = editor.request("workspaceSymbol/resolve", found[0].clone());
    assert!(resolved["location"]["range"].is_object(), "{resolved}");
    assert!(is_page_of_billing(&resolved["location"]), "{resolved}");
}
