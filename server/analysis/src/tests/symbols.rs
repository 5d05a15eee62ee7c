//! What stands at `$0`.

use expect_test::{Expect, expect};

use crate::{Language, Options, RelationName, SymbolKind, symbol_at};

fn relation(name: &RelationName) -> String {
    match name {
        RelationName::Ref { package: None, name } => format!("ref {name}"),
        RelationName::Ref {
            package: Some(package),
            name,
        } => format!("ref {package}.{name}"),
        RelationName::Source { source, table } => format!("source {source}.{table}"),
        RelationName::Table { parts } => format!("table {}", parts.join(".")),
        RelationName::ThisFile => "this".to_owned(),
    }
}

/// A meaning in one line.
pub(super) fn kind(kind: &SymbolKind) -> String {
    let list = |names: &[RelationName]| names.iter().map(relation).collect::<Vec<_>>().join(", ");
    match kind {
        SymbolKind::Relation(name) => relation(name),
        SymbolKind::Column {
            column,
            candidates,
            origins,
            local,
        } => {
            let origins: Vec<String> = origins
                .iter()
                .map(|(r, c)| format!("{} . {c}", relation(r)))
                .collect();
            format!(
                "column {column} of [{}] from [{}] local {local:?}",
                list(candidates),
                origins.join(", ")
            )
        }
        SymbolKind::Macro { package, name } => format!("macro {package:?} {name}"),
        SymbolKind::Cte { name, columns, .. } => format!("cte {name} ({})", columns.join(", ")),
        SymbolKind::Test { id } => format!("test {id}"),
        SymbolKind::Doc { name } => format!("doc {name}"),
        SymbolKind::Var { name } => format!("var {name}"),
    }
}

pub(super) fn describe(path: &str, fixture: &str) -> String {
    let offset = fixture.find("$0").expect("a fixture has a $0");
    let text = fixture.replacen("$0", "", 1);
    let Some(symbol) = symbol_at(Language::of_path(path), path, &text, offset, &Options::default()) else {
        return "nothing".to_owned();
    };
    let word = &text[symbol.span.start..symbol.span.end];
    format!("`{word}` {}", kind(&symbol.kind))
}

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&describe("models/m.sql", fixture));
}

fn check_yaml(fixture: &str, expect: Expect) {
    expect.assert_eq(&describe("models/schema.yml", fixture));
}

#[test]
fn a_model_is_the_same_at_every_letter_of_its_name() {
    let text = "select * from {{ ref('stg_customers') }} as c";
    let start = text.find("stg_customers").expect("in the text");
    for at in start..start + "stg_customers".len() {
        let fixture = format!("{}$0{}", &text[..at], &text[at..]);
        assert_eq!(describe("m.sql", &fixture), "`stg_customers` ref stg_customers");
    }
    for at in [
        start - 1,
        start + "stg_customers".len(),
        text.find("ref").expect("in the text"),
    ] {
        let fixture = format!("{}$0{}", &text[..at], &text[at..]);
        assert_eq!(describe("m.sql", &fixture), "nothing", "at {at}");
    }
}

#[test]
fn relations() {
    check(
        "select * from {{ source('raw', 'cust$0omers') }}",
        expect!["`customers` source raw.customers"],
    );
    check(
        "select * from {{ source('r$0aw', 'customers') }}",
        expect!["`raw` source raw.customers"],
    );
    check(
        "select * from {{ ref('pkg', 'mo$0del') }}",
        expect!["`model` ref pkg.model"],
    );
    check("select * from {{ ref('a', v=$02) }}", expect!["nothing"]);
    check(
        "select * from Sales.\"Ord$0ers\" o",
        expect!["`\"Orders\"` table sales.Orders"],
    );
    check(
        "select $0o.id from {{ ref('orders') }} o",
        expect!["`o` ref orders"],
    );
    check(
        "select o.id from {{ ref('orders') }} as $0o",
        expect!["`o` ref orders"],
    );
    check(
        "insert into mart.tot$0als select 1",
        expect!["`totals` table mart.totals"],
    );
    check("select * from {{ th$0is }}", expect!["`this` this"]);
    check(
        "select * from {{ ref('unfin$0ished",
        expect!["`unfinished` ref unfinished"],
    );
    check("select * from {{ ref($0'", expect!["nothing"]);
    check("select * from {{ ref('$0", expect!["nothing"]);
}

const CUSTOMERS: &str = "with order_totals as (
    select
        customer_id,
        count(order_id) as order_count,
        sum(amount) as lifetime_value
    from {{ ref('stg_orders') }}
    group by customer_id
)

select
    c.customer_id,
    c.first_name,
    t.order_count,
    t.lifetime_value
from {{ ref('stg_customers') }} as c
left join order_totals as t on t.customer_id = c.customer_id
";

fn customers(before: &str, after: &str, expect: Expect) {
    let needle = format!("{before}{after}");
    assert!(CUSTOMERS.contains(&needle));
    check(
        &CUSTOMERS.replacen(&needle, &format!("{before}$0{after}"), 1),
        expect,
    );
}

#[test]
fn columns_of_the_fixture() {
    customers(
        "c.cus",
        "tomer_id",
        expect![
            "`customer_id` column customer_id of [ref stg_customers] from [ref stg_customers . customer_id] local None"
        ],
    );
    customers(
        "sum(",
        "amount)",
        expect!["`amount` column amount of [ref stg_orders] from [ref stg_orders . amount] local None"],
    );
    customers(
        "as lifetime",
        "_value",
        expect![[
            r#"`lifetime_value` column lifetime_value of [] from [ref stg_orders . amount] local Some("sum(amount)")"#
        ]],
    );
    customers(
        "t.lifetime",
        "_value",
        expect![[
            r#"`lifetime_value` column lifetime_value of [] from [ref stg_orders . amount] local Some("sum(amount)")"#
        ]],
    );
    customers(
        "group by ",
        "customer_id",
        expect![
            "`customer_id` column customer_id of [ref stg_orders] from [ref stg_orders . customer_id] local None"
        ],
    );
    customers(
        "on t.",
        "customer_id",
        expect![
            "`customer_id` column customer_id of [ref stg_orders] from [ref stg_orders . customer_id] local None"
        ],
    );
    customers(
        "join order",
        "_totals",
        expect!["`order_totals` cte order_totals (customer_id, order_count, lifetime_value)"],
    );
    customers(
        "with order",
        "_totals",
        expect!["`order_totals` cte order_totals (customer_id, order_count, lifetime_value)"],
    );
    customers("cou", "nt(order_id)", expect!["nothing"]);
    customers("left jo", "in", expect!["nothing"]);
    customers("\n ", "   c.customer_id", expect!["nothing"]);
}

#[test]
fn columns() {
    check(
        "select id as customer$0_id from {{ ref('a') }}",
        expect![[r#"`customer_id` column customer_id of [this] from [ref a . id] local Some("id")"#]],
    );
    check(
        "select $0x from {{ ref('a') }}, {{ ref('b') }}",
        expect!["`x` column x of [ref a, ref b] from [] local None"],
    );
    check(
        "with a as (select * from {{ ref('base') }}) select a.co$0l from a",
        expect!["`col` column col of [ref base] from [ref base . col] local None"],
    );
    check(
        "with a as (select id as k from {{ ref('base') }}) select $0k from a join {{ ref('other') }} using (k)",
        expect!["`k` column k of [ref base] from [ref base . id] local None"],
    );
    check(
        "select (select max(o.pri$0ce) from {{ ref('orders') }} o where o.c = c.id) from {{ ref('customers') }} c",
        expect!["`price` column price of [ref orders] from [ref orders . price] local None"],
    );
    check(
        "select (select max(o.price) from {{ ref('orders') }} o where o.c = c.i$0d) from {{ ref('customers') }} c",
        expect!["`id` column id of [ref customers] from [ref customers . id] local None"],
    );
    check(
        "select a.x from {{ ref('a') }} a union all select b.$0y from {{ ref('b') }} b",
        expect!["`y` column y of [ref b] from [ref b . y] local None"],
    );
    check(
        "select a.am$0ount,\nfrom {{ ref('stg_orders') }} as a",
        expect!["`amount` column amount of [ref stg_orders] from [ref stg_orders . amount] local None"],
    );
    check("select '$0x' from t", expect!["nothing"]);
    check(
        "select 'Zürich', '✓', c.na$0me from {{ ref('c') }} c",
        expect!["`name` column name of [ref c] from [ref c . name] local None"],
    );
    check(
        "select\r\n  c.na$0me\r\nfrom {{ ref('c') }} c\r\n",
        expect!["`name` column name of [ref c] from [ref c . name] local None"],
    );
    check(
        "select a, sum(b) as total from {{ ref('x') }} group by 1 having tot$0al > 3",
        expect![[r#"`total` column total of [this] from [ref x . b] local Some("sum(b)")"#]],
    );
}

#[test]
fn jinja() {
    check(
        "select {{ cents_to$0_euros('x') }} from t",
        expect!["`cents_to_euros` macro None cents_to_euros"],
    );
    check(
        "select {{ dbt_utils.st$0ar(ref('x')) }} from t",
        expect![[r#"`star` macro Some("dbt_utils") star"#]],
    );
    check(
        "select {{ dbt_utils.star(ref('inn$0er')) }} from t",
        expect!["`inner` ref inner"],
    );
    check(
        "{% set x = dbt_utils.get(ref('in$0ner')) %} select 1",
        expect!["`inner` ref inner"],
    );
    check("select '{{ var('sta$0rt') }}'", expect!["`start` var start"]);
    check("{# ref('comm$0ent') #} select 1", expect!["nothing"]);
    check(
        "{{ con$0fig(materialized='table') }} select 1",
        expect!["nothing"],
    );
    check(
        "{% macro cen$0ts(x) %}{{ x }}{% endmacro %}",
        expect!["`cents` macro None cents"],
    );
}

#[test]
fn properties() {
    let schema = "version: 2\nmodels:\n  - name: stg_customers\n    description: \"{{ doc('about') }}\"\n    columns:\n      - name: customer_id\n        tests:\n          - relationships:\n              to: ref('other')\n              field: id\n      - {name: first_name, description: x}\nsources:\n  - name: raw\n    tables:\n      - name: raw_orders\n        columns:\n          - name: amount\nexposures:\n  - name: board\n    depends_on:\n      - ref('stg_customers')\nmacros:\n  - name: cents\n";
    let at = |before: &str, after: &str, expect: Expect| {
        let needle = format!("{before}{after}");
        check_yaml(
            &schema.replacen(&needle, &format!("{before}$0{after}"), 1),
            expect,
        );
    };
    at(
        "- name: st",
        "g_customers",
        expect!["`stg_customers` ref stg_customers"],
    );
    at("na", "me: stg_customers", expect!["nothing"]);
    at(
        "name: customer",
        "_id",
        expect![
            "`customer_id` column customer_id of [ref stg_customers] from [ref stg_customers . customer_id] local None"
        ],
    );
    at(
        "{name: first",
        "_name",
        expect![
            "`first_name` column first_name of [ref stg_customers] from [ref stg_customers . first_name] local None"
        ],
    );
    at("doc('ab", "out')", expect!["`about` doc about"]);
    at("ref('ot", "her')", expect!["`other` ref other"]);
    at(
        "field: i",
        "d",
        expect!["`id` column id of [ref other] from [ref other . id] local None"],
    );
    at("- name: ra", "w\n", expect!["`raw` source raw."]);
    at(
        "name: raw_or",
        "ders",
        expect!["`raw_orders` source raw.raw_orders"],
    );
    at(
        "name: am",
        "ount",
        expect![
            "`amount` column amount of [source raw.raw_orders] from [source raw.raw_orders . amount] local None"
        ],
    );
    at(
        "- ref('stg",
        "_customers",
        expect!["`stg_customers` ref stg_customers"],
    );
    at("- name: ce", "nts", expect!["`cents` macro None cents"]);
}

#[test]
fn other_languages() {
    expect!["`about` doc about"].assert_eq(&describe("models/d.md", "{% docs ab$0out %}x{% enddocs %}"));
    expect!["`orders` ref orders"].assert_eq(&describe(
        "models/m.py",
        "def model(dbt, s):\n    return dbt.ref(\"ord$0ers\")\n",
    ));
    expect!["`country` column country of [this] from [this . country] local None"]
        .assert_eq(&describe("seeds/s.csv", "code,coun$0try\nCH,x\n"));
    expect!["nothing"].assert_eq(&describe("x.sql", "select 1$0"));
}
