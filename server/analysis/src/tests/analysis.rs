//! Whole workspaces in, facts out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use crate::{Dialect, Facts, Options, SourceFile, Target, analyze};

/// Files of one fixture: each begins with a line `//- path`.
pub(super) fn files(fixture: &str) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = Vec::new();
    for line in fixture.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("//- ") {
            files.push(SourceFile {
                path: path.trim().to_owned(),
                text: String::new(),
            });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(line);
        }
    }
    files
}

fn target(target: &Target) -> String {
    match target {
        Target::Object {
            object_type,
            full_name,
        } => format!("{object_type} {full_name}"),
        Target::Unknown { name } => format!("? {name}"),
    }
}

pub(super) fn show(facts: &Facts) -> String {
    let mut out = String::new();
    for object in &facts.objects {
        let lines = match (&object.path, object.line_start, object.line_end) {
            (Some(path), Some(start), Some(end)) => format!(" {path}:{start}-{end}"),
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "{} {}{lines} {}",
            object.object_type, object.full_name, object.metadata
        );
        if let Some(text) = &object.description {
            let _ = writeln!(out, "  \"{text}\"");
        }
        for column in &object.columns {
            let about = column
                .description
                .as_deref()
                .map(|text| format!(" \"{text}\""))
                .unwrap_or_default();
            let data_type = column
                .data_type
                .as_deref()
                .map(|text| format!(": {text}"))
                .unwrap_or_default();
            let tests = if column.tests.is_empty() {
                String::new()
            } else {
                format!(" {:?}", column.tests)
            };
            let _ = writeln!(out, "  - {}{data_type}{about}{tests}", column.name);
        }
        for edge in &object.dependencies {
            let _ = writeln!(out, "  <- {} ({})", target(&edge.target), edge.dependency_type);
        }
        for edge in &object.lineage {
            let _ = writeln!(
                out,
                "  {} <= {} . {} ({})",
                edge.target_column,
                target(&edge.source),
                edge.source_column,
                edge.transformation
            );
        }
    }
    for problem in &facts.problems {
        let _ = writeln!(out, "! {}:{} {}", problem.path, problem.line, problem.message);
    }
    out
}

fn check(fixture: &str, expect: Expect) {
    check_in(None, fixture, expect);
}

fn check_in(dialect: Option<Dialect>, fixture: &str, expect: Expect) {
    let files = files(fixture);
    let options = Options { dialect };
    let facts = analyze(&files, &options);
    expect.assert_eq(&show(&facts));
    let mut backwards = files;
    backwards.reverse();
    assert_eq!(
        facts,
        analyze(&backwards, &options),
        "the order of the files does not matter"
    );
}

#[test]
fn a_dbt_project() {
    check(
        r#"//- dbt_project.yml
name: shop
profile: shop
models: {shop: {marts: {+materialized: table, +tags: [nightly]}}}
vars: {start: '2020-01-01'}
//- profiles.yml
shop: {target: dev, outputs: {dev: {type: duckdb}}}
//- models/stg_orders.sql
{{ config(tags=['staging'], meta={'owner': 'ann'}) }}
select id as order_id, user_id as customer_id, {{ cents_to_euros('amount_cents') }} as amount
from {{ source('raw', 'orders') }}
where ordered_on > '{{ var("start") }}'
//- models/marts/totals.sql
{% set methods = ['card', 'cash'] %}
with orders as (select * from {{ ref('stg_orders') }})
select
  customer_id,
  {% for method in methods %}
  sum(case when method = '{{ method }}' then amount end) as {{ method }}_amount{% if not loop.last %},{% endif %}
  {% endfor %}
from orders
{% if is_incremental() %} where x > (select max(x) from {{ this }}) {% endif %}
group by 1
//- macros/money.sql
{% macro cents_to_euros(column, digits=2) %}round({{ column }} / 100, {{ digits }}){% endmacro %}
//- seeds/countries.csv
code,name,size,since
CH,Switzerland,41285,1848-09-12
DE,"Germany, big",357592.5,1949-05-23
//- snapshots/orders.sql
{% snapshot orders_snapshot %}
{{ config(strategy='timestamp', unique_key='id') }}
select * from {{ source('raw', 'orders') }}
{% endsnapshot %}
//- models/docs.md
{% docs amount %}In euros.{% enddocs %}
//- models/schema.yml
version: 2
sources:
  - name: raw
    description: From the shop.
    tables:
      - name: orders
        columns:
          - {name: id, data_type: integer}
          - {name: user_id}
          - {name: amount_cents}
models:
  - name: stg_orders
    description: One row per order.
    columns:
      - name: Amount
        data_type: decimal
        description: "{{ doc('amount') }}"
        tests: [not_null]
      - name: only_in_yaml
  - name: nowhere
macros:
  - name: cents_to_euros
    description: Cents to euros.
    arguments: [{name: column, type: string}]
exposures:
  - name: board
    type: dashboard
    owner: {name: Ann}
    depends_on: [ref('totals'), "source('raw', 'orders')"]
"#,
        expect![[r#"
            macro shop.cents_to_euros macros/money.sql:1-1 {"arguments":[{"name":"column","type":"string"}]}
              "Cents to euros."
            model shop.totals models/marts/totals.sql:1-10 {"dialect":"duckdb","materialized":"table","rendered":true,"tags":["nightly"]}
              - customer_id
              - card_amount
              - cash_amount
              <- model shop.stg_orders (ref)
              card_amount <= model shop.stg_orders . amount (aggregation)
              cash_amount <= model shop.stg_orders . amount (aggregation)
              customer_id <= model shop.stg_orders . customer_id (direct)
            source shop.raw.orders models/schema.yml:6-10 {"source":"raw","source_description":"From the shop."}
              - id: integer
              - user_id
              - amount_cents
            exposure shop.board models/schema.yml:26-29 {"owner":{"name":"Ann"},"type":"dashboard"}
              <- model shop.totals (ref)
              <- source shop.raw.orders (source)
            model shop.stg_orders models/stg_orders.sql:1-4 {"dialect":"duckdb","materialized":"view","meta":{"owner":"ann"},"missing_columns":["only_in_yaml"],"rendered":true,"tags":["staging"]}
              "One row per order."
              - order_id
              - customer_id
              - amount: decimal "In euros." ["not_null"]
              - only_in_yaml
              <- macro shop.cents_to_euros (macro)
              <- source shop.raw.orders (source)
              amount <= source shop.raw.orders . amount_cents (expression)
              order_id <= source shop.raw.orders . id (renamed)
              customer_id <= source shop.raw.orders . user_id (renamed)
            seed shop.countries seeds/countries.csv:1-3 null
              - code: text
              - name: text
              - size: double
              - since: date
            snapshot shop.orders_snapshot snapshots/orders.sql:1-4 {"dialect":"duckdb","open":true,"strategy":"timestamp","unique_key":"id"}
              - id: integer
              - user_id
              - amount_cents
              - dbt_scd_id
              - dbt_updated_at
              - dbt_valid_from
              - dbt_valid_to
              <- source shop.raw.orders (source)
              * <= source shop.raw.orders . * (direct)
              amount_cents <= source shop.raw.orders . amount_cents (direct)
              id <= source shop.raw.orders . id (direct)
              user_id <= source shop.raw.orders . user_id (direct)
        "#]],
    );
}

#[test]
fn plain_sql() {
    check_in(
        Some(Dialect::Postgres),
        r#"//- b/report.sql
select c.name, sum(o.total) as total, rank() over (order by c.name) as place
from customers c join sales.orders o using (customer_id) group by 1;
//- a/schema.sql
create table Customers (customer_id int primary key, "Name" text, name varchar(20));
create table sales.orders (id int, customer_id int, total numeric(10, 2));
this is no SQL;
create view open_orders as select id, total as amount from orders;
insert into archive (a, b) select id, amount from open_orders;
update customers set name = o.total::text from sales.orders o where o.customer_id = customers.customer_id;
"#,
        expect![[r#"
            table customers a/schema.sql:1-1 null
              - customer_id: int
              - Name: text
              <- table sales.orders (table)
              Name <= table sales.orders . total (expression)
            table sales.orders a/schema.sql:2-2 null
              - id: int
              - customer_id: int
              - total: numeric(10,2)
            view open_orders a/schema.sql:4-4 null
              - id
              - amount
              <- table sales.orders (table)
              id <= table sales.orders . id (direct)
              amount <= table sales.orders . total (renamed)
            table archive a/schema.sql:5-5 null
              - a
              - b
              <- view open_orders (table)
              b <= view open_orders . amount (renamed)
              a <= view open_orders . id (renamed)
            query report b/report.sql:1-2 null
              - name
              - total
              - place
              <- table customers (table)
              <- table sales.orders (table)
              name <= table customers . Name (direct)
              place <= table customers . Name (window)
              total <= table sales.orders . total (aggregation)
            ! a/schema.sql:3 SQL not understood: expected an SQL statement, found this
        "#]],
    );
}

#[test]
fn what_cannot_be_read_still_exists() {
    check(
        "//- dbt_project.yml\nname: p\n//- models/broken.sql\nselect a b c d from {{ ref('x') }} where (\n//- models/x.sql\nselect 1 as one\n//- models/odd.sql\n{% set q = run_query('select 1') %}{{ nothing_like_it( }}\nselect one from {{ ref('x') }}\n//- models/schema.yml\nmodels:\n  - name: broken\n    columns: [{name: a, description: kept}]\n  - name: [\n",
        expect![[r#"
            model p.broken models/broken.sql:1-1 {"materialized":"view"}
              - a "kept"
              <- model p.x (ref)
            model p.odd models/odd.sql:1-2 {"materialized":"view","open":true,"rendered":false}
              - one
              <- model p.x (ref)
              one <= model p.x . one (direct)
            model p.x models/x.sql:1-1 {"materialized":"view"}
              - one
            ! models/broken.sql:1 SQL not understood: unexpected c
            ! models/odd.sql:1 the template could not be rendered, so its Jinja is masked: unexpected `}`
            ! models/schema.yml:4 YAML not understood: unclosed bracket '[' at line 4, column 11
        "#]],
    );
}
