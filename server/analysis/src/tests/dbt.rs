//! dbt projects: values that macros return, versions, packages, what dbt compiled, and templates without end.

use expect_test::{Expect, expect};

use crate::{Facts, Options, SourceFile, Target, analyze};

fn facts(fixture: &str) -> Facts {
    let files: Vec<SourceFile> = fixture
        .split("=== ")
        .skip(1)
        .filter_map(|part| part.split_once('\n'))
        .map(|(path, text)| SourceFile {
            path: path.trim().to_owned(),
            text: text.to_owned(),
        })
        .collect();
    analyze(&files, &Options::default())
}

fn check(fixture: &str, wanted: &[&str], expected: Expect) {
    let facts = facts(fixture);
    let mut out = String::new();
    for object in &facts.objects {
        if !wanted.contains(&object.name.as_str()) {
            continue;
        }
        let columns: Vec<String> = object
            .columns
            .iter()
            .map(|column| {
                let mut shown = column.name.clone();
                if let Some(data_type) = &column.data_type {
                    shown.push_str(&format!(" {data_type}"));
                }
                if let Some(text) = &column.description {
                    shown.push_str(&format!(" '{text}'"));
                }
                shown
            })
            .collect();
        let said = object.description.as_deref().unwrap_or("");
        out.push_str(&format!(
            "{} {} ({}) {said}\n",
            object.object_type,
            object.full_name,
            columns.join(", ")
        ));
        let name = |target: &Target| match target {
            Target::Object { full_name, .. } => full_name.clone(),
            Target::Unknown { name } => format!("{name}?"),
        };
        for needed in &object.dependencies {
            out.push_str(&format!("  needs {}\n", name(&needed.target)));
        }
        for edge in &object.lineage {
            let source = name(&edge.source);
            out.push_str(&format!(
                "  {source}.{} > {}\n",
                edge.source_column, edge.target_column
            ));
        }
    }
    for problem in &facts.problems {
        out.push_str(&format!(
            "{}:{} {}\n",
            problem.path, problem.line, problem.message
        ));
    }
    expected.assert_eq(&out);
}

const PROJECT: &str = "=== dbt_project.yml
name: shop
";

#[test]
fn macros_return_lists_and_maps() {
    let fixture = format!(
        "{PROJECT}=== macros/m.sql
{{% macro kinds() %}}  {{{{ return(['card', 'cash']) }}}} never {{% endmacro %}}
{{% macro names() %}}{{% do return({{'a': 'x'}}) %}}{{% endmacro %}}
{{% macro cents(column) %}}({{{{ column }}}} / 100){{% endmacro %}}
=== models/a.sql
select {{% for kind in kinds() %}} sum({{{{ cents(kind) }}}}) as {{{{ kind }}}}_total, {{% endfor %}} {{{{ names().a }}}} as y
from {{{{ source('raw', 'payments') }}}}
"
    );
    check(
        &fixture,
        &["a"],
        expect![[r#"
        model shop.a (card_total, cash_total, y) 
          needs shop.cents
          needs shop.kinds
          needs shop.names
          needs shop.raw.payments
          shop.raw.payments.card > card_total
          shop.raw.payments.cash > cash_total
          shop.raw.payments.x > y
    "#]],
    );
}

#[test]
fn versions_are_told_apart() {
    let fixture = format!(
        "{PROJECT}=== models/dim_v1.sql
select 1 as id, 2 as old
=== models/dim_newest.sql
select 1 as id, 2 as fresh
=== models/dim.yml
models:
  - name: dim
    latest_version: 2
    columns: [{{name: id, description: the key}}, {{name: old, description: gone soon}}]
    versions:
      - v: 1
      - v: 2
        defined_in: dim_newest
        columns: [{{include: all, exclude: [old]}}, {{name: fresh, description: new}}]
=== models/user.sql
select a.old, b.fresh, c.fresh as again from {{{{ ref('dim', v=1) }}}} a, {{{{ ref('dim', version=2) }}}} b, {{{{ ref('dim') }}}} c
"
    );
    check(
        &fixture,
        &["dim_v1", "dim_newest", "user"],
        expect![[r#"
        model shop.dim_newest (id 'the key', fresh 'new') 
        model shop.dim_v1 (id 'the key', old 'gone soon') 
        model shop.user (old, fresh, again) 
          needs shop.dim_newest
          needs shop.dim_v1
          shop.dim_newest.fresh > again
          shop.dim_newest.fresh > fresh
          shop.dim_v1.old > old
    "#]],
    );
}

#[test]
fn packages_bring_macros_and_those_that_ask_the_warehouse_are_known() {
    let fixture = format!(
        "{PROJECT}=== dbt_packages/dbt_utils/dbt_project.yml
name: dbt_utils
=== dbt_packages/dbt_utils/macros/star.sql
{{% macro star(from, except=[]) %}}{{{{ return(adapter.dispatch('star', 'dbt_utils')(from, except)) }}}}{{% endmacro %}}
{{% macro default__star(from, except) %}}{{% if not execute %}}{{% do return('') %}}{{% endif %}}x{{% endmacro %}}
{{% macro safe(a) %}}{{{{ return(adapter.dispatch('safe', 'dbt_utils')(a)) }}}}{{% endmacro %}}
{{% macro default__safe(a) %}}nullif({{{{ a }}}}, 0){{% endmacro %}}
=== models/a.sql
select 1 as id, 2 as secret
=== models/b.sql
select {{{{ dbt_utils.star(ref('a'), except=['secret']) }}}}, {{{{ dbt_utils.safe('id') }}}} as s from {{{{ ref('a') }}}}
"
    );
    check(
        &fixture,
        &["b"],
        expect![[r#"
        model shop.b (id, s) 
          needs dbt_utils.safe
          needs dbt_utils.star
          needs shop.a
          shop.a.id > id
          shop.a.id > s
    "#]],
    );
}

#[test]
fn what_only_yaml_defines() {
    let fixture = format!(
        "{PROJECT}=== models/a.sql
select 1 as id, 'x' as name
=== models/a.yml
groups: [{{name: finance, owner: {{name: Ann}}}}]
semantic_models:
  - {{name: sm, model: ref('a'), measures: [{{name: total, agg: sum}}]}}
metrics:
  - {{name: revenue, type: simple, type_params: {{measure: total}}}}
  - {{name: share, type: ratio, type_params: {{numerator: revenue, denominator: {{name: revenue}}}}}}
saved_queries:
  - {{name: weekly, query_params: {{metrics: [share]}}}}
exposures:
  - name: board
    type: dashboard
    depends_on:
      - ref('a')
      - metric('revenue')
unit_tests:
  - {{name: it_works, model: a}}
snapshots:
  - {{name: history, relation: ref('a')}}
=== seeds/codes.csv
code,n
1,2
=== seeds/codes.yml
seeds:
  - {{name: codes, config: {{column_types: {{code: varchar(3)}}}}}}
"
    );
    check(
        &fixture,
        &[
            "finance", "sm", "revenue", "share", "weekly", "board", "it_works", "history", "codes",
        ],
        expect![[r#"
            group shop.finance () 
            semantic_model shop.sm () 
              needs shop.a
            metric shop.revenue () 
              needs shop.sm
            metric shop.share () 
              needs shop.revenue
            saved_query shop.weekly () 
              needs shop.share
            exposure shop.board () 
              needs shop.revenue
              needs shop.a
            unit_test shop.it_works () 
              needs shop.a
            snapshot shop.history (id, name, dbt_scd_id, dbt_updated_at, dbt_valid_from, dbt_valid_to) 
              needs shop.a
              shop.a.id > id
              shop.a.name > name
            seed shop.codes (code varchar(3), n integer) 
        "#]],
    );
}

#[test]
fn what_dbt_compiled_counts_as_long_as_it_is_of_the_same_text() {
    let model = "select * from {{ ref('a') }} where {{ nobody_knows() }} = 1";
    let manifest = |raw: &str| {
        serde_json::json!({
            "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
            "nodes": {
                "model.shop.a": {
                    "resource_type": "model", "name": "a", "package_name": "shop",
                    "original_file_path": "models/a.sql", "relation_name": "\"db\".\"main\".\"a\"",
                    "raw_code": "select 1 as id", "description": "from the manifest",
                    "columns": {"id": {"name": "id", "description": "the key", "data_type": "bigint"},
                                "gone": {"name": "gone"}}
                },
                "model.shop.b": {
                    "resource_type": "model", "name": "b", "package_name": "shop",
                    "original_file_path": "models/b.sql", "raw_code": raw,
                    "compiled_code": "select id, 2 as two from \"db\".\"main\".\"a\" where f(id) = 1",
                    "depends_on": {"nodes": ["model.shop.a"]}
                }
            }
        })
    };
    let fixture = |raw: &str| {
        format!(
            "{PROJECT}=== models/a.sql\nselect 1 as id\n=== models/b.sql\n{model}\n=== target/manifest.json\n{}",
            manifest(raw)
        )
    };
    check(
        &fixture(model),
        &["a", "b"],
        expect![[r#"
        model shop.a (id bigint 'the key') from the manifest
        model shop.b (id, two) 
          needs shop.a
          shop.a.id > id
    "#]],
    );
    check(
        &fixture("select 1"),
        &["b"],
        expect![[r#"
        model shop.b (id) 
          needs shop.a
          shop.a.id > id
        models/b.sql:1 no file defines the macro `nobody_knows`; what it makes is not known
    "#]],
    );
    check(
        &format!("{PROJECT}=== models/a.sql\nselect 1 as id\n=== target/manifest.json\n{{\"nodes\": [1]}}"),
        &["a"],
        expect![[r#"
            model shop.a (id) 
            target/manifest.json:1 no manifest of dbt: it has no `nodes`
        "#]],
    );
}

#[test]
fn templates_without_end_are_stopped() {
    for body in [
        "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
        "{% set s %}{% for i in range(90000) %}0123456789012345678901234567890123456789{% endfor %}{% endset %}{% for i in range(9) %}{{ s }}{% endfor %}",
        "{% macro grow(s, n) %}{% if n > 0 %}{{ grow(s ~ s, n - 1) }}{% else %}{{ s }}{% endif %}{% endmacro %}{{ grow('xxxxxxxx', 50) }}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 2000000000 }}",
    ] {
        let facts = facts(&format!("{PROJECT}=== models/m.sql\nselect 1 as a -- {body}\n"));
        let told: Vec<&str> = facts
            .problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert!(
            told.iter()
                .any(|message| message.contains("could not be rendered")),
            "{body}: {told:?}"
        );
    }
}

#[test]
fn a_problem_in_what_a_loop_makes_is_told_at_its_line() {
    let fixture = format!(
        "{PROJECT}=== models/m.sql
select
{{% for x in ['a', 'b'] %}}
  sum({{{{ x }}}} as {{{{ x }}}}_total,
{{% endfor %}}
  1 as one
from t
"
    );
    check(
        &fixture,
        &["m"],
        expect![[r#"
        model shop.m () 
        models/m.sql:6 SQL not understood: expected ), found from
        models/m.sql:6 in the SQL that the Jinja makes (its line 8): SQL not understood: expected ), found from
    "#]],
    );
}
