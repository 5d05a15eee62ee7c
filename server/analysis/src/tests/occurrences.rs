//! Every name of a text, how it stands there and where it goes on.

use expect_test::{Expect, expect};

use super::symbols::kind;
use crate::{Language, Options, Passes, Role, occurrences};

fn check(path: &str, text: &str, expect: Expect) {
    let found = occurrences(Language::of_path(path), path, text, &Options::default());
    let lines: Vec<String> = found
        .iter()
        .map(|one| {
            let word = &text[one.symbol.span.start..one.symbol.span.end];
            let role = match one.role {
                Role::Definition => "definition",
                Role::Reference => "reference",
                Role::Alias => "alias",
            };
            let passes = match one.passes {
                Passes::Inside => "",
                Passes::ToQuery => ", item of a query",
                Passes::ToFile => ", item of the file",
            };
            let through = if one.is_direct { "" } else { ", through an item" };
            format!("`{word}` {role}{passes}{through}: {}\n", kind(&one.symbol.kind))
        })
        .collect();
    expect.assert_eq(&lines.concat());
}

#[test]
fn a_model_with_ctes() {
    check(
        "models/m.sql",
        "with c as (select id, upper(name) as n from {{ ref('stg') }} as s), d as (select * from {{ ref('x') }})
select c.id, c.n as label, d.amount from c join d using (id) where label > 1",
        expect![[r#"
            `c` definition: cte c (id, n)
            `id` reference, item of a query: column id of [ref stg] from [ref stg . id] local None
            `name` reference: column name of [ref stg] from [ref stg . name] local None
            `n` definition: column n of [] from [ref stg . name] local Some("upper(name)")
            `stg` reference: ref stg
            `s` alias: ref stg
            `d` definition: cte d ()
            `x` reference: ref x
            `c` reference: cte c (id, n)
            `id` reference, item of the file, through an item: column id of [ref stg] from [ref stg . id] local None
            `c` reference: cte c (id, n)
            `n` reference, through an item: column n of [] from [ref stg . name] local Some("upper(name)")
            `label` definition: column label of [this] from [ref stg . name] local Some("upper(name)")
            `d` reference: cte d ()
            `amount` reference, item of the file: column amount of [ref x] from [ref x . amount] local None
            `c` reference: cte c (id, n)
            `d` reference: cte d ()
            `id` reference, through an item: column id of [ref stg] from [ref stg . id] local None
            `label` reference: column label of [this] from [ref stg . name] local Some("upper(name)")
        "#]],
    );
}

#[test]
fn tables_with_schemas_and_aliases() {
    check(
        "q.sql",
        "create table mart.t as select o.id from raw.orders o order by id;",
        expect![[r#"
            `mart` alias: table mart.t
            `t` definition: table mart.t
            `o` alias: table raw.orders
            `id` reference, item of the file: column id of [table raw.orders] from [table raw.orders . id] local None
            `raw` alias: table raw.orders
            `orders` reference: table raw.orders
            `o` alias: table raw.orders
            `id` reference: column id of [table raw.orders] from [table raw.orders . id] local None
        "#]],
    );
}

#[test]
fn jinja() {
    check(
        "models/m.sql",
        "{% macro euros(x) %}{{ x }}{% endmacro %}select {{ euros('a') }}, {{ dbt_utils.star(ref('p', 'm')) }} from {{ source('raw', 't') }} {# ref('no') #}",
        expect![[r#"
            `euros` definition: macro None euros
            `euros` reference: macro None euros
            `star` reference: macro Some("dbt_utils") star
            `p` alias: ref p.m
            `m` reference: ref p.m
            `raw` alias: source raw.t
            `t` reference: source raw.t
        "#]],
    );
}

#[test]
fn yaml() {
    check(
        "models/s.yml",
        "models:
  - name: orders
    columns:
      - name: customer_id
        tests:
          - relationships: {to: ref('customers'), field: id}
sources:
  - name: raw
    tables: [{name: t}]
exposures:
  - name: weekly
    depends_on: [ref('orders')]
",
        expect![[r#"
            `orders` definition: ref orders
            `customer_id` definition: column customer_id of [ref orders] from [ref orders . customer_id] local None
            `customers` reference: ref customers
            `id` reference: column id of [ref customers] from [ref customers . id] local None
            `raw` definition: source raw.
            `t` definition: source raw.t
            `weekly` definition: table weekly
            `orders` reference: ref orders
        "#]],
    );
}

#[test]
fn seeds_and_tests() {
    check(
        "seeds/s.csv",
        "id,\"full name\", ä\n1,2,3\n",
        expect![[r#"
        `id` definition: column id of [this] from [this . id] local None
        `full name` definition: column full name of [this] from [this . full name] local None
        `ä` definition: column ä of [this] from [this . ä] local None
    "#]],
    );
    check(
        "tests/test_a.py",
        "class TestA:\n    def test_x(self):\n        pass\n",
        expect![[r#"
            `TestA` definition: test tests/test_a.py::TestA
            `test_x` definition: test tests/test_a.py::TestA::test_x
        "#]],
    );
}
