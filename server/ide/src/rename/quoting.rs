//! Renames where a use stands between quotes, or the new name needs some.

#![allow(clippy::needless_pass_by_value, reason = "an `expect![]` is made for one use")]

use expect_test::{Expect, expect};
use metasync_analysis::Dialect;

use super::tests::renamed;

const SHOP: &str = "model stg models/stg.sql: Order Id integer, total decimal
    model weekly models/weekly.sql: Order Id integer, total decimal
    model all_of_it models/all_of_it.sql: Order Id integer, total decimal
    source raw.orders models/s.yml: id, total
    use stg.Order Id -> weekly.Order Id
    use stg.Order Id -> all_of_it.Order Id
    use stg.total -> weekly.total
    use stg.total -> all_of_it.total";

const TEXTS: &[(&str, &str)] = &[
    (
        "models/stg.sql",
        "select id as \"Order Id\", t as total from {{ source('raw', 'orders') }} order by total",
    ),
    (
        "models/weekly.sql",
        "with a as (select s.\"Order Id\", s.total from {{ ref(\"stg\") }} s) select \"Order Id\", total from a",
    ),
    (
        "models/all_of_it.sql",
        "select * from {{ ref('stg') }} where \"Order Id\" > 1 and stg.total > 2",
    ),
    (
        "models/s.yml",
        "models:\n  - name: stg\n    columns:\n      - name: \"Order Id\"\n      - name: total\n  - {name: 'weekly', columns: [{name: total}]}\n",
    ),
];

fn check(dialect: Option<Dialect>, path: &str, at: &str, name: &str, expect: Expect) {
    expect.assert_eq(&renamed((SHOP, TEXTS, dialect), path, at, name));
}

#[test]
fn a_quoted_use_keeps_its_quotes() {
    check(
        None,
        "models/stg.sql",
        "\"Or$0der Id\"",
        "Order No",
        expect![[r#"
            rename `Order Id`
            models/all_of_it.sql: select * from {{ ref('stg') }} where "Order No" > 1 and stg.total > 2
            models/s.yml: models:
              - name: stg
                columns:
                  - name: "Order No"
                  - name: total
              - {name: 'weekly', columns: [{name: total}]}

            models/stg.sql: select id as "Order No", t as total from {{ source('raw', 'orders') }} order by total
            models/weekly.sql: with a as (select s."Order No" as "Order Id", s.total from {{ ref("stg") }} s) select "Order Id", total from a
        "#]],
    );
    // a cursor on the quote; a name typed with its quotes
    check(
        None,
        "models/stg.sql",
        "$0\"Order Id\"",
        "\"order_no\"",
        expect![[r#"
            rename `Order Id`
            models/all_of_it.sql: select * from {{ ref('stg') }} where "order_no" > 1 and stg.total > 2
            models/s.yml: models:
              - name: stg
                columns:
                  - name: "order_no"
                  - name: total
              - {name: 'weekly', columns: [{name: total}]}

            models/stg.sql: select id as "order_no", t as total from {{ source('raw', 'orders') }} order by total
            models/weekly.sql: with a as (select s."order_no" as "Order Id", s.total from {{ ref("stg") }} s) select "Order Id", total from a
        "#]],
    );
}

#[test]
fn a_bare_use_gets_quotes_where_the_new_name_needs_them() {
    check(
        None,
        "models/stg.sql",
        "as to$0tal",
        "Total Amount",
        expect![[r#"
            rename `total`
            models/all_of_it.sql: select * from {{ ref('stg') }} where "Order Id" > 1 and stg."Total Amount" > 2
            models/s.yml: models:
              - name: stg
                columns:
                  - name: "Order Id"
                  - name: Total Amount
              - {name: 'weekly', columns: [{name: total}]}

            models/stg.sql: select id as "Order Id", t as "Total Amount" from {{ source('raw', 'orders') }} order by "Total Amount"
            models/weekly.sql: with a as (select s."Order Id", s."Total Amount" as total from {{ ref("stg") }} s) select "Order Id", total from a
        "#]],
    );
    check(
        Some(Dialect::Postgres),
        "models/stg.sql",
        "as to$0tal",
        "Total",
        expect![[r#"
            rename `total`
            models/all_of_it.sql: select * from {{ ref('stg') }} where "Order Id" > 1 and stg."Total" > 2
            models/s.yml: models:
              - name: stg
                columns:
                  - name: "Order Id"
                  - name: Total
              - {name: 'weekly', columns: [{name: total}]}

            models/stg.sql: select id as "Order Id", t as "Total" from {{ source('raw', 'orders') }} order by "Total"
            models/weekly.sql: with a as (select s."Order Id", s."Total" as total from {{ ref("stg") }} s) select "Order Id", total from a
        "#]],
    );
    check(
        Some(Dialect::Snowflake),
        "models/stg.sql",
        "as to$0tal",
        "order",
        expect![[r#"
            rename `total`
            models/all_of_it.sql: select * from {{ ref('stg') }} where "Order Id" > 1 and stg."order" > 2
            models/s.yml: models:
              - name: stg
                columns:
                  - name: "Order Id"
                  - name: order
              - {name: 'weekly', columns: [{name: total}]}

            models/stg.sql: select id as "Order Id", t as "order" from {{ source('raw', 'orders') }} order by "order"
            models/weekly.sql: with a as (select s."Order Id", s."order" as total from {{ ref("stg") }} s) select "Order Id", total from a
        "#]],
    );
}

#[test]
fn models_have_names_of_files() {
    check(
        None,
        "models/weekly.sql",
        "s$0tg",
        "Staged-2",
        expect![[r#"
        rename `stg`
        models/all_of_it.sql: select * from {{ ref('Staged-2') }} where "Order Id" > 1 and "Staged-2".total > 2
        models/s.yml: models:
          - name: Staged-2
            columns:
              - name: "Order Id"
              - name: total
          - {name: 'weekly', columns: [{name: total}]}

        models/weekly.sql: with a as (select s."Order Id", s.total from {{ ref("Staged-2") }} s) select "Order Id", total from a
        models/stg.sql -> models/Staged-2.sql
    "#]],
    );
    check(
        None,
        "models/weekly.sql",
        "s$0tg",
        "my model",
        expect![[r#"
        rename `stg`
        refused: `my model` is no name of a model: letters, digits, `_` and `-`
    "#]],
    );
    check(
        None,
        "models/weekly.sql",
        "s$0tg",
        "a.b",
        expect![[r#"
        rename `stg`
        refused: `a.b` is no name of a model: letters, digits, `_` and `-`
    "#]],
    );
    check(
        None,
        "models/stg.sql",
        "as to$0tal",
        "a.b",
        expect![[r#"
        rename `total`
        refused: `a.b` is no name of a column: a point would part it
    "#]],
    );
}

#[test]
fn a_cte_is_quoted_as_its_dialect_does() {
    let texts = [(
        "models/stg.sql",
        "with a as (select 1 as x), `b c` as (select x from a) select a.x, `b c`.x from a join `b c` on true",
    )];
    let of = |at, name| {
        renamed(
            (SHOP, &texts, Some(Dialect::BigQuery)),
            "models/stg.sql",
            at,
            name,
        )
    };
    expect![[r#"
        rename `a`
        models/stg.sql: with `my rows` as (select 1 as x), `b c` as (select x from `my rows`) select `my rows`.x, `b c`.x from `my rows` join `b c` on true
    "#]].assert_eq(&of("with $0a", "my rows"));
    expect![[r#"
        rename `b c`
        models/stg.sql: with a as (select 1 as x), `rest` as (select x from a) select a.x, `rest`.x from a join `rest` on true
    "#]].assert_eq(&of("join `b$0 c`", "rest"));
}

#[test]
fn tables_and_views_of_plain_sql() {
    let shop = "table orders schema.sql: id integer, Full Name text
        view big big.sql: id integer";
    let texts = [
        (
            "schema.sql",
            "create table [orders] (id int, [Full Name] nvarchar(10));",
        ),
        (
            "big.sql",
            "create view big as select o.id, [Full Name] from [orders] o;",
        ),
    ];
    let of = |path, at, name| renamed((shop, &texts, Some(Dialect::Tsql)), path, at, name);
    expect![[r#"
        rename `orders`
        big.sql: create view big as select o.id, [Full Name] from [all orders] o;
        schema.sql: create table [all orders] (id int, [Full Name] nvarchar(10));
    "#]]
    .assert_eq(&of("schema.sql", "[or$0ders]", "all orders"));
    expect![[r#"
        rename `Full Name`
        refused: `full name` comes into `orders` through a `*` or a macro; rename it where it is made
    "#]]
    .assert_eq(&of("big.sql", "[Full$0 Name]", "name"));
}
