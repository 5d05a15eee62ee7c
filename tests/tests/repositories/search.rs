//! Search over the index.

use super::*;

#[test]
fn names_columns_descriptions_and_content_are_found_and_what_is_mistyped() {
    let world = World::new(|_| String::new());
    world.commit(&[
        (
            "models/orders.sql",
            "create table orders (order_id integer, customer_email text);\n",
        ),
        (
            "models/revenue.sql",
            "-- what the board looks at\ncreate table revenue as select order_id from orders;\n",
        ),
        ("docs/about.md", "# Giraffes\n\nNothing else mentions them.\n"),
    ]);
    world.done("shop", nothing());
    let find = |query: &str| -> Vec<String> {
        let path = format!("/api/repositories/shop/search?q={query}&limit=5");
        let (status, answer) = world.hub.ask("GET", &path, "bo", None);
        assert_eq!(status, 200, "{answer}");
        let results = answer["results"].as_array().unwrap();
        results
            .iter()
            .map(|r| r["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(find("orders")[0], "orders");
    assert_eq!(find("rev"), ["revenue"]);
    assert_eq!(find("customer_email")[0], "orders");
    assert_eq!(find("board"), ["revenue"]);
    assert_eq!(find("giraffes"), ["about.md"]);
    assert_eq!(find("ordres")[0], "orders");
    assert_eq!(find("reveneu"), ["revenue"]);
    assert!(find("zzzzzzzz").is_empty());

    // what changed is found, what is gone is not
    world.git(&["rm", "-q", "docs/about.md"]);
    world.commit(&[(
        "models/revenue.sql",
        "create table revenue as select order_id as okapi from orders;\n",
    )]);
    world.done("shop", nothing());
    assert_eq!(find("okapi"), ["revenue"]);
    assert!(find("giraffes").is_empty());
    assert!(find("board").is_empty());
}
