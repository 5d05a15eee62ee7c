//! What may be completed at `$0`, and the outline.

use expect_test::{Expect, expect};

use crate::{Completion, Language, Options, OutlineItem, RelationName, check, completion_at, outline};

pub(super) fn complete(path: &str, fixture: &str) -> String {
    let offset = fixture.find("$0").expect("a fixture has a $0");
    let text = fixture.replacen("$0", "", 1);
    let found = completion_at(Language::of_path(path), path, &text, offset, &Options::default());
    let replaced = |span: crate::Span| text[span.start..span.end].to_owned();
    match found {
        None => "nothing".to_owned(),
        Some(Completion::Refs {
            package,
            prefix,
            span,
        }) => format!("refs {package:?} {prefix:?} over {:?}", replaced(span)),
        Some(Completion::Sources { prefix, span }) => format!("sources {prefix:?} over {:?}", replaced(span)),
        Some(Completion::SourceTables { source, prefix, span }) => {
            format!("tables of {source} {prefix:?} over {:?}", replaced(span))
        }
        Some(Completion::Columns {
            relations,
            local_columns,
            prefix,
            ..
        }) => {
            let names: Vec<String> = relations
                .iter()
                .map(|name| match name {
                    RelationName::Ref { name, .. } => format!("ref {name}"),
                    RelationName::Source { source, table } => format!("source {source}.{table}"),
                    RelationName::Table { parts } => format!("table {}", parts.join(".")),
                    RelationName::ThisFile => "this".to_owned(),
                })
                .collect();
            format!(
                "columns of [{}] and [{}] {prefix:?}",
                names.join(", "),
                local_columns.join(", ")
            )
        }
        Some(Completion::Relations { ctes, prefix, .. }) => {
            format!("relations and [{}] {prefix:?}", ctes.join(", "))
        }
        Some(Completion::Macros { package, prefix, .. }) => format!("macros {package:?} {prefix:?}"),
        Some(Completion::Docs { prefix, .. }) => format!("docs {prefix:?}"),
        Some(Completion::Keys { keys, prefix, span }) => {
            format!(
                "keys {} … {prefix:?} over {:?}",
                keys[..3].join(", "),
                replaced(span)
            )
        }
        Some(Completion::Tests { prefix, .. }) => format!("tests {prefix:?}"),
    }
}

fn sql(fixture: &str, expect: Expect) {
    expect.assert_eq(&complete("m.sql", fixture));
}

#[test]
fn in_jinja() {
    sql("select * from {{ ref('$0", expect![[r#"refs None "" over """#]]);
    sql(
        "select * from {{ ref('stg_$0') }} where x",
        expect![[r#"refs None "stg_" over "stg_""#]],
    );
    sql(
        "select * from {{ ref('st$0g_x') }}",
        expect![[r#"refs None "st" over "stg_x""#]],
    );
    sql(
        "select * from {{ ref('pkg', 'a$0') }}",
        expect![[r#"refs Some("pkg") "a" over "a""#]],
    );
    sql(
        "select * from {{ source('$0') }}",
        expect![[r#"sources "" over """#]],
    );
    sql(
        "select * from {{ source('raw', 'o$0",
        expect![[r#"tables of raw "o" over "o""#]],
    );
    sql(
        "select {{ dbt_utils.st$0 }}",
        expect![[r#"macros Some("dbt_utils") "st""#]],
    );
    sql("select {{ cen$0", expect![[r#"macros None "cen""#]]);
    sql("select {{ x(ref('$0')) }}", expect![[r#"refs None "" over """#]]);
    sql("select 1 {# ref('$0 #}", expect!["nothing"]);
}

#[test]
fn in_sql() {
    sql(
        "select c.$0 from {{ ref('customers') }} c",
        expect![[r#"columns of [ref customers] and [] """#]],
    );
    sql(
        "select c.fi$0\nfrom {{ ref('customers') }} c",
        expect![[r#"columns of [ref customers] and [] "fi""#]],
    );
    sql(
        "with t as (select id as k, count(*) as n from x) select t.$0 from t",
        expect![[r#"columns of [] and [k, n] """#]],
    );
    sql(
        "with t as (select *, 1 as one from {{ ref('x') }}) select $0 from t",
        expect![[r#"columns of [ref x] and [one] """#]],
    );
    sql(
        "with t as (select 1) select * from $0",
        expect![[r#"relations and [t] """#]],
    );
    sql("select * from a join b$0", expect![[r#"relations and [] "b""#]]);
    sql("select * from a, $0", expect![[r#"relations and [] """#]]);
    sql(
        "select a from {{ ref('x') }} where $0",
        expect![[r#"columns of [ref x] and [] """#]],
    );
    sql("select 'a$0' from x", expect!["nothing"]);
}

#[test]
fn in_yaml() {
    let yaml = |fixture: &str, expect: Expect| expect.assert_eq(&complete("schema.yml", fixture));
    yaml(
        "models:\n  - name: st$0\n",
        expect![[r#"refs None "st" over "st""#]],
    );
    yaml(
        "models:\n  - name: orders\n    columns:\n      - name: $0\n",
        expect![[r#"columns of [ref orders] and [] """#]],
    );
    yaml(
        "exposures:\n  - name: x\n    depends_on:\n      - ref('or$0')\n",
        expect![[r#"refs None "or" over "or""#]],
    );
    yaml("models:\n  - description: st$0\n", expect!["nothing"]);
}

fn lines(items: &[OutlineItem], text: &str, depth: usize, out: &mut String) {
    for item in items {
        let word = &text[item.selection.start..item.selection.end];
        assert!(
            item.range.start <= item.selection.start && item.selection.end <= item.range.end,
            "{item:?}"
        );
        out.push_str(&format!(
            "{}{} {} `{word}`\n",
            "  ".repeat(depth),
            item.kind,
            item.name
        ));
        lines(&item.children, text, depth + 1, out);
    }
}

#[test]
fn outlines() {
    let show = |path: &str, text: &str| {
        let mut out = String::new();
        lines(
            &outline(Language::of_path(path), path, text, &Options::default()),
            text,
            0,
            &mut out,
        );
        out
    };
    expect![[r#"
        query m `with`
          cte a `a`
            column id `id`
            column n `n`
          column id `id`
          column c `c`
    "#]].assert_eq(&show(
        "models/m.sql",
        "{{ config(x=1) }}\nwith a as (select id, name as n from {{ ref('x') }})\nselect a.id, count(*) as c from a",
    ));
    expect![[r#"
        macro cents `cents`
    "#]]
    .assert_eq(&show(
        "macros/m.sql",
        "{% macro cents(a, b=2) %}select {{ a }}{% endmacro %}",
    ));
    expect![[r#"
        model a `a`
          column x `x`
          column y `y`
        source raw `raw`
          table t `t`
    "#]].assert_eq(&show(
        "models/s.yml",
        "models:\n  - name: a\n    columns: [{name: x}, {name: y}]\nsources:\n  - name: raw\n    tables:\n      - name: t\n",
    ));
    expect![[r#"
        table a.b `a.b`
        table c `c`
        query x `select`
          column one `one`
    "#]]
    .assert_eq(&show(
        "x.sql",
        "create table a.b (id int);\ninsert into c select 1 as one",
    ));
}

#[test]
fn diagnostics() {
    let show = |path: &str, text: &str| {
        check(Language::of_path(path), path, text, &Options::default())
            .into_iter()
            .map(|found| {
                format!(
                    "{} `{}` {}\n",
                    found.code,
                    &text[found.span.start..found.span.end],
                    found.message
                )
            })
            .collect::<String>()
    };
    expect![[r#"
        sql-syntax `c` SQL not understood: unexpected c
    "#]]
    .assert_eq(&show("a.sql", "select a from b;\nselect a b c from x;\nselect 1"));
    expect![[r#"
        jinja-syntax `{{ ref('x'` this tag is never closed by `}}`
    "#]]
    .assert_eq(&show("a.sql", "select * from {{ ref('x'"));
    expect![[r#"
        yaml-syntax `b: 2` illegal placement of ':' indicator at line 3, column 2
    "#]]
    .assert_eq(&show("a.yml", "models:\na: [1\nb: 2\n"));
    // other people's YAML
    expect![[""]].assert_eq(&show("a.yml", "a: [1\nb: 2\n"));
    expect![[""]].assert_eq(&show("a.sql", "{% if x %} select {% endif %} 1"));
}

#[test]
fn keys_and_tests_of_yaml() {
    let at = |fixture: &str, expect: Expect| expect.assert_eq(&complete("models/s.yml", fixture));
    at(
        "mod$0",
        expect![[r#"keys version, models, sources … "mod" over "mod""#]],
    );
    at(
        "version: 2\n$0\nmodels:\n  - name: a\n",
        expect![[r#"keys version, models, sources … "" over """#]],
    );
    at(
        "models:\n  - name: a\n    desc$0\n  - name: b\n",
        expect![[r#"keys name, description, config … "desc" over "desc""#]],
    );
    at(
        "models:\n- name: a\n  col$0umns:\n",
        expect![[r#"keys name, description, config … "col" over "columns""#]],
    );
    at(
        "models:\n  - $0",
        expect![[r#"keys name, description, config … "" over """#]],
    );
    at(
        "models:\n  - name: a\n    columns:\n      - name: id\n        $0",
        expect![[r#"keys name, description, data_type … "" over """#]],
    );
    at(
        "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - un$0",
        expect![[r#"tests "un""#]],
    );
    at(
        "models:\n  - name: a\n    data_tests:\n    - $0",
        expect![[r#"tests """#]],
    );
    at(
        "models:\n  - name: a\n    config:\n      mat$0",
        expect![[r#"keys materialized, schema, database … "mat" over "mat""#]],
    );
    at(
        "sources:\n  - name: raw\n    tables:\n      - name: t\n        id$0",
        expect![[r#"keys name, description, identifier … "id" over "id""#]],
    );
    at(
        "sources:\n  - name: raw\n    tables:\n      - name: t\n    sch$0",
        expect![[r#"keys name, description, database … "sch" over "sch""#]],
    );
    at("models:\n  - name: a\n    description: mod$0", expect!["nothing"]);
    at("models:\n  - name: a\n    meta:\n      own$0", expect!["nothing"]);
}
