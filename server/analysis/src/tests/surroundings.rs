//! The items of a file's SELECT, the call around a place, what YAML describes.

use expect_test::{Expect, expect};

use crate::{Makes, call_at, described, result_items};

fn items(text: &str, expect: Expect) {
    let found: Vec<String> = result_items(text, None)
        .unwrap_or_default()
        .into_iter()
        .map(|item| {
            let written = &text[item.span.start..item.span.end];
            match item.makes {
                Makes::Column { name, name_span } => {
                    format!(
                        "{written} -> {name} at {}\n",
                        &text[name_span.start..name_span.end]
                    )
                }
                other => format!("{written} -> {other:?}\n"),
            }
        })
        .collect();
    expect.assert_eq(&found.concat());
}

#[test]
fn what_a_select_makes() {
    items(
        "with c as (select a, b as z from {{ ref('x') }}) select c.*, n.id, upper(n.t) as t, 1, {{ m() }} from c join {{ ref('n') }} n",
        expect![[r#"
            c.* -> Star { local: ["a", "z"], relations: [], is_plain: true }
            n.id -> id at id
            upper(n.t) as t -> t at t
            1 -> Unknown
            {{ m( -> Unknown
        "#]],
    );
    items(
        "select * from {{ ref('a') }} union all select 1 as x",
        expect![[r#"
            * -> Star { local: [], relations: [Ref { package: None, name: "a" }], is_plain: true }
        "#]],
    );
    items(
        "select * except (q) from t",
        expect![[r#"
        * except (q) -> Star { local: [], relations: [Table { parts: ["t"] }], is_plain: false }
    "#]],
    );
    items("update t set a = 1", expect![[r#""#]]);
}

fn call(fixture: &str, expect: Expect) {
    let offset = fixture.find("$0").expect("a fixture has a $0");
    let text = fixture.replacen("$0", "", 1);
    let shown = call_at(&text, offset).map_or("nothing".to_owned(), |call| {
        format!(
            "{:?} {} #{} {:?}",
            call.package, call.name, call.argument, call.keyword
        )
    });
    expect.assert_eq(&shown);
}

#[test]
fn the_call_around_a_place() {
    call("select {{ cents('a, b', $0) }}", expect!["None cents #1 None"]);
    call(
        "{{ dbt_utils.star(from=ref('x'), $0",
        expect![[r#"Some("dbt_utils") star #1 None"#]],
    );
    call("{{ f(g(1, 2), [3, $0]) }}", expect!["None f #1 None"]);
    call("{{ f(a, scale=$0) }}", expect![[r#"None f #1 Some("scale")"#]]);
    call("{{ f(a) }} $0", expect!["nothing"]);
    call("count($0)", expect!["nothing"]);
}

#[test]
fn what_yaml_describes() {
    let text = "models:
  - name: orders
    description: >
      One row per order.
    columns:
      - name: id
        description:
        tests:
          - unique
      - {name: total}

  - name: empty
sources:
  - name: raw
    tables:
      - name: t
";
    let found: Vec<String> = described(text)
        .into_iter()
        .map(|one| {
            let lines = one.lines.map(|span| &text[span.start..span.end]);
            format!(
                "{:?} {:?} described {} empty {:?} indent {} lines {lines:?}\n",
                one.relation, one.column, one.has_description, one.empty_description, one.indent
            )
        })
        .collect();
    expect![[r#"
        Ref { package: None, name: "orders" } None described true empty None indent 4 lines Some("  - name: orders\n    description: >\n      One row per order.\n    columns:\n      - name: id\n        description:\n        tests:\n          - unique\n      - {name: total}\n")
        Ref { package: None, name: "orders" } Some("id") described false empty Some(Span { start: 107, end: 119 }) indent 8 lines Some("      - name: id\n        description:\n        tests:\n          - unique\n")
        Ref { package: None, name: "orders" } Some("total") described false empty None indent 0 lines None
        Ref { package: None, name: "empty" } None described false empty None indent 4 lines Some("  - name: empty\n")
        Source { source: "raw", table: "t" } None described false empty None indent 8 lines Some("      - name: t\n")
    "#]].assert_eq(&found.concat());
}
