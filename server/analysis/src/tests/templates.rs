//! Templates: what is masked never shows as a name, and what could not be rendered is said.

use expect_test::{Expect, expect};

use super::analysis::{files, show};
use crate::{Options, Severity, analyze};

fn check(fixture: &str, expect: Expect) {
    let facts = analyze(&files(fixture), &Options::default());
    let shown = show(&facts);
    assert!(
        !shown.contains("_j0") && !shown.contains("_jzzz"),
        "a placeholder shows: {shown}"
    );
    expect.assert_eq(&shown);
}

#[test]
fn a_template_that_cannot_be_rendered_is_a_warning_at_its_line() {
    check(
        "//- dbt_project.yml\nname: p\n//- models/fuel.sql\nselect 1 as a,\n{% for x in range(90000) %}{% for y in range(90000) %}{{ y }}{% endfor %}{% endfor %} b\n//- models/many.sql\n\n{% for x in range(100000000) %}select {{ x }}{% endfor %}\n//- models/syntax.sql\n-- a\n{% if %}\nselect 1 as a, {{ no( }} as b\n{% endif %}\n//- models/inside.sql\n{{ bad() }} select 1 as a\n//- macros/bad.sql\n\n{% macro bad() %}\n{{ 1 / 'x' }}{% endmacro %}\n//- models/missing.sql\nselect\n{{ missing('a') }} as a, {{ dbt_utils.safe_add('x', 'y') }} as b, {{ type_string() }} as c from {{ ref('fuel') }}",
        expect![[r#"
            macro p.bad macros/bad.sql:2-3 null
            model p.fuel models/fuel.sql:1-2 {"materialized":"view","rendered":false}
              - a
              - b
            model p.inside models/inside.sql:1-1 {"materialized":"view","rendered":false}
              - a
              <- macro p.bad (macro)
            model p.many models/many.sql:1-2 {"materialized":"view","open":true,"rendered":false}
            model p.missing models/missing.sql:1-2 {"materialized":"view","open":true,"rendered":true}
              - a
              - b
              - c
              <- model p.fuel (ref)
              a <= model p.fuel . a (expression)
            model p.syntax models/syntax.sql:1-4 {"materialized":"view","rendered":false}
              - a
              - b
            ! models/fuel.sql:2 the template could not be rendered, so its Jinja is masked: it takes more than 100000 steps
            ! models/inside.sql:1 the template could not be rendered, so its Jinja is masked: tried to use / operator on unsupported types number and string (in a macro that it calls)
            ! models/many.sql:2 the template could not be rendered, so its Jinja is masked: range has too many elements
            ! models/missing.sql:2 no file defines the macro `missing`; what it makes is not known
            ! models/syntax.sql:2 the template could not be rendered, so its Jinja is masked: unexpected end of block
        "#]],
    );
}

#[test]
fn a_placeholder_is_nobodys_name() {
    check(
        "//- plain.sql\ncreate table {{ schema }}.orders (id int, {{ column }} int, a {{ type }});\ncreate table {{ name }} (id int);\ncreate table stg_{{ name }} as select id from x;\ninsert into {{ schema }}.orders select id, {{ column }} from {{ raw }}.things;\nselect user_join1, {{ a }}, b as {{ c }}, prefix_{{ d }}, {{ e }}_suffix, t.{{ f }} as g from {{ schema }}.orders t join {{ other }} o on true;\ncreate table copy as select * from orders;\n//- dbt_project.yml\nname: p\n//- models/a.sql\n{% if %}\nselect {{ x }} as ok, {{ y }}, a_{{ z }} from {{ ref('b') }}, {{ var('t') }}, {{ target.schema }}.raw\n//- models/b.sql\nselect {{ var('column') }}, {{ var('column') }} as c, cast(x as {{ var('type') }}) as d from {{ target.schema }}.raw, {{ var('all') }}",
        expect![[r#"
            model p.a models/a.sql:1-2 {"materialized":"view","open":true,"rendered":false}
              - ok
              <- model p.b (ref)
              <- ? raw (table)
            model p.b models/b.sql:1-1 {"materialized":"view","open":true,"rendered":true}
              - c
              - d
              <- ? raw (table)
            table orders plain.sql:1-1 {"open":true}
              - id: int
              - a
              <- ? things (table)
              id <= ? things . id (direct)
            query plain plain.sql:5-5 {"open":true}
              - user_join1
              - g
              <- table orders (table)
            table copy plain.sql:6-6 {"open":true}
              - id: int
              - a
              <- table orders (table)
              * <= table orders . * (direct)
              a <= table orders . a (direct)
              id <= table orders . id (direct)
            ! models/a.sql:1 the template could not be rendered, so its Jinja is masked: unexpected end of block
        "#]],
    );
}

#[test]
fn warnings_are_no_errors() {
    let facts = analyze(
        &files("//- dbt_project.yml\nname: p\n//- models/m.sql\n{% if %}select 1 as a"),
        &Options::default(),
    );
    assert_eq!(facts.problems.len(), 1);
    assert_eq!(facts.problems[0].severity, Severity::Warning);
}

#[test]
fn what_dbt_saw_adds_types_and_resolves_stars() {
    check(
        "//- dbt_project.yml\nname: p\n//- models/a.sql\nselect * from {{ source('raw', 'orders') }}\n//- models/s.yml\nmodels: [{name: a, columns: [{name: id, data_type: bigint}]}]\nsources: [{name: raw, tables: [{name: orders}]}]\n//- target/catalog.json\n{\"nodes\": {\"model.p.a\": {\"columns\": {\"ID\": {\"name\": \"ID\", \"type\": \"INT\", \"index\": 1}, \"NOTE\": {\"type\": \"TEXT\", \"index\": 2, \"comment\": \"Free.\"}, \"gone\": {\"type\": \"TEXT\"}}}}, \"sources\": {\"source.p.raw.orders\": {\"columns\": {\"NOTE\": {\"type\": \"TEXT\", \"index\": 2}, \"ID\": {\"type\": \"INT\", \"index\": 1}}}}}\n//- sub/dbt_project.yml\nname: q\n//- sub/target/catalog.json\n{",
        expect![[r#"
            model p.a models/a.sql:1-1 {"materialized":"view"}
              - id: bigint
              - note: text "Free."
              <- source p.raw.orders (source)
              id <= source p.raw.orders . id (direct)
              note <= source p.raw.orders . note (direct)
            source p.raw.orders models/s.yml:2-2 {"source":"raw"}
              - id: int
              - note: text
            ! sub/target/catalog.json:1 JSON not understood: EOF while parsing an object at line 1 column 1
        "#]],
    );
}
