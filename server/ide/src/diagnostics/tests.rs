//! What is told of a text, and what its fixes make of it.

#![allow(clippy::needless_pass_by_value, reason = "an `expect![]` is made for one use")]

use expect_test::{Expect, expect};

use super::{Code, Finding, findings};
use crate::{fake::Fake, file::File};

const SHOP: &str = "model stg_orders models/stg_orders.sql: id integer, customer_id integer, amount decimal
    model stg_customers models/stg_customers.sql: id integer, name text
    model orders models/orders.sql: id integer, total decimal, dropped gone
    model weekly models/weekly.sql: total decimal
    source raw.orders models/s.yml: id
    use orders.total -> weekly.total
    use orders.total -> forecast.amount in acme/finance";

fn shown(text: &str, found: &[Finding]) -> String {
    let mut out = String::new();
    for finding in found {
        let written = &text[finding.span.start..finding.span.end];
        out += &format!(
            "{:?} {} `{written}`: {}\n",
            finding.severity,
            finding.code.name(),
            finding.message
        );
        for fix in &finding.fixes {
            let mut mended = text.to_owned();
            for (span, new) in fix.edits.iter().rev() {
                mended.replace_range(span.start..span.end, new);
            }
            out += &format!("  {}: {mended:?}\n", fix.title);
        }
    }
    out
}

const ORDERS: &str = "select id, amount as total from {{ ref('stg_orders') }}";

fn check(path: &str, text: &str, expect: Expect) {
    let before = (path == "models/orders.sql").then_some(ORDERS);
    let found = findings(&File::new(path, text), before, &Fake::new(SHOP), |_| true);
    expect.assert_eq(&shown(text, &found));
}

#[test]
fn names_that_lead_nowhere() {
    check(
        "models/new.sql",
        "select o.id, o.amout, c.nam from {{ ref('stg_ordrs') }} x join {{ ref('stg_orders') }} o join {{ source('raw', 'payments') }} c",
        expect![[r#"
            Warning unknown-column `amout`: `stg_orders` has no column `amout`
              Change to `amount`: "select o.id, o.amount, c.nam from {{ ref('stg_ordrs') }} x join {{ ref('stg_orders') }} o join {{ source('raw', 'payments') }} c"
            Warning unknown-model `stg_ordrs`: no model, seed or snapshot is called `stg_ordrs`
              Change to `stg_orders`: "select o.id, o.amout, c.nam from {{ ref('stg_orders') }} x join {{ ref('stg_orders') }} o join {{ source('raw', 'payments') }} c"
              Change to `stg_customers`: "select o.id, o.amout, c.nam from {{ ref('stg_customers') }} x join {{ ref('stg_orders') }} o join {{ source('raw', 'payments') }} c"
            Warning unknown-source `payments`: no source `raw` has a table `payments`: describe it under `sources:` in a YAML file
        "#]],
    );
}

#[test]
fn columns_of_several_relations() {
    check(
        "models/new.sql",
        "select id, name, wrong from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} on true",
        expect![[r#"
            Warning ambiguous-column `id`: `id` is a column of `stg_orders` and `stg_customers`: say which one by its table's name or alias
              Take it from `stg_orders`: "select stg_orders.id, name, wrong from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} on true"
              Take it from `stg_customers`: "select stg_customers.id, name, wrong from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} on true"
            Warning unknown-column `wrong`: none of `stg_orders`, `stg_customers` has a column `wrong`
        "#]],
    );
    // merged by the join: no question whose it is
    check(
        "models/new.sql",
        "select id from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} using (id)",
        expect![[""]],
    );
}

#[test]
fn what_is_not_sure_is_not_told() {
    // a source may have more columns than are described, a table may be anything
    check(
        "models/new.sql",
        "select s.other, t.x, {{ something }} from {{ source('raw', 'orders') }} s join elsewhere.t",
        expect![[""]],
    );
}

#[test]
fn a_column_that_others_use_is_gone() {
    check(
        "models/orders.sql",
        "select id, amount as total_amount from {{ ref('stg_orders') }}",
        expect![[r#"
            Warning breaking-change `amount as total_amount`: `orders` loses its column `total`, which is used by `forecast.amount` in acme/finance, `weekly.total`
        "#]],
    );
    check(
        "models/orders.sql",
        "select id, amount as total from {{ ref('stg_orders') }}",
        expect![[""]],
    );
    check(
        "models/orders.sql",
        "select *, amount as totl from {{ ref('stg_orders') }}",
        expect![[r#"
            Warning breaking-change `amount as totl`: `orders` loses its column `total`, which is used by `forecast.amount` in acme/finance, `weekly.total`
        "#]],
    );
    // whatever the macro makes may be the column
    check(
        "models/orders.sql",
        "select id, {{ columns() }} from {{ ref('stg_orders') }}",
        expect![[""]],
    );
}

#[test]
fn yaml() {
    check(
        "models/s.yml",
        "models:
  - name: orders
    columns:
      - name: id
        description: Its number.
      - name: dropped
        tests:
          - unique
      - name: total
        description:
  - name: nobody
    description: It was.
",
        expect![[r#"
            Hint missing-description `orders`: the model `orders` has no description
              Add a description: "models:\n  - name: orders\n    description: \"\"\n    columns:\n      - name: id\n        description: Its number.\n      - name: dropped\n        tests:\n          - unique\n      - name: total\n        description:\n  - name: nobody\n    description: It was.\n"
            Warning undeclared-column `dropped`: the model `orders` has no column `dropped`
              Remove `dropped` from the description of `orders`: "models:\n  - name: orders\n    columns:\n      - name: id\n        description: Its number.\n      - name: total\n        description:\n  - name: nobody\n    description: It was.\n"
            Hint missing-description `dropped`: the column `dropped` has no description
              Add a description: "models:\n  - name: orders\n    columns:\n      - name: id\n        description: Its number.\n      - name: dropped\n        description: \"\"\n        tests:\n          - unique\n      - name: total\n        description:\n  - name: nobody\n    description: It was.\n"
            Hint missing-description `total`: the column `total` has no description
              Add a description: "models:\n  - name: orders\n    columns:\n      - name: id\n        description: Its number.\n      - name: dropped\n        tests:\n          - unique\n      - name: total\n        description: \"\"\n  - name: nobody\n    description: It was.\n"
            Warning unknown-model `nobody`: no model, seed or snapshot is called `nobody`: what is written about it here goes nowhere
        "#]],
    );
}

#[test]
fn what_is_switched_off_is_not_told() {
    let text = "models:\n  - name: nobody\n";
    let file = File::new("models/s.yml", text);
    let found = findings(&file, None, &Fake::new(SHOP), |code| {
        code != Code::MissingDescription
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn what_was_changed_since_the_catalogue_was_made_is_not_judged() {
    let catalogue = Fake::new("model stg_changed models/stg_changed.sql: id integer");
    for (path, text) in [
        (
            "models/new.sql",
            "select s.amount from {{ ref('stg_changed') }} s",
        ),
        (
            "models/s.yml",
            "models:\n  - name: stg_changed\n    description: d\n    columns:\n      - name: amount\n        description: d\n",
        ),
    ] {
        let found = findings(&File::new(path, text), None, &catalogue, |code| {
            code != Code::UnknownModel
        });
        assert_eq!(shown(text, &found), "", "{path}");
    }
}
