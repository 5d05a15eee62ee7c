//! Texts made to do harm: each ends soon, with facts or a problem, and the files beside it keep theirs.

use std::fmt::Write as _;

use crate::{Facts, Language, Options, SourceFile, analyze, completion_at, symbol_at};

fn facts(files: &[(&str, String)]) -> Facts {
    let mut all = vec![
        SourceFile {
            path: "dbt_project.yml".to_owned(),
            text: "name: p\n".to_owned(),
        },
        SourceFile {
            path: "models/good.sql".to_owned(),
            text: "select 1 as one".to_owned(),
        },
    ];
    for (path, text) in files {
        all.push(SourceFile {
            path: (*path).to_owned(),
            text: text.clone(),
        });
    }
    let facts = analyze(&all, &Options::default());
    let good = facts.objects.iter().find(|object| object.name == "good");
    assert!(
        good.is_some_and(|good| good.columns.len() == 1),
        "the good model lost its column: {:?}",
        facts.problems
    );
    facts
}

fn columns(facts: &Facts, name: &str) -> usize {
    facts
        .objects
        .iter()
        .find(|object| object.name == name)
        .map_or(0, |object| object.columns.len())
}

#[test]
fn nesting() {
    for depth in [100, 1_000, 3_000] {
        let deep = format!("select {}1{} as a", "(".repeat(depth), ")".repeat(depth));
        let queries = format!(
            "select * from {}t{}",
            "(select * from ".repeat(depth),
            ")".repeat(depth)
        );
        let cases = format!(
            "select {} 1 {} as a",
            "case when x then ".repeat(depth),
            " end".repeat(depth)
        );
        let jinja = format!(
            "select {{{{ {}1{} }}}} as a",
            "(".repeat(depth),
            ")".repeat(depth)
        );
        let blocks = format!(
            "{}select 1 as a{}",
            "{% if x %}".repeat(depth),
            "{% endif %}".repeat(depth)
        );
        let yaml = format!("models: {}{}", "[".repeat(depth), "]".repeat(depth));
        let indented: String = (0..depth.min(2_000)).fold(String::new(), |mut text, level| {
            let _ = writeln!(text, "{}a:", " ".repeat(level));
            text
        });
        let python = format!(
            "x = {}1{}\ndef test_a(): pass\n",
            "(".repeat(depth),
            ")".repeat(depth)
        );
        facts(&[
            ("models/a.sql", deep),
            ("models/b.sql", queries),
            ("models/c.sql", cases),
            ("models/d.sql", jinja),
            ("models/e.sql", blocks),
            ("models/f.yml", yaml),
            ("models/g.yml", indented),
            ("tests/test_h.py", python),
        ]);
    }
}

#[test]
fn long_lines() {
    let long = format!("select '{}' as a", "x".repeat(10 * 1024 * 1024));
    let many = format!(
        "select {} as last",
        "1, ".repeat(60_000).trim_end_matches(", ").to_owned() + ", 2"
    );
    let found = facts(&[("models/long.sql", long), ("models/many.sql", many)]);
    assert_eq!(columns(&found, "long"), 1);
}

#[test]
fn bytes_that_are_no_letters() {
    let found = facts(&[
        (
            "models/crlf.sql",
            "select 1 as a,\r\n  2 as b\r\nfrom t\r\n".to_owned(),
        ),
        ("models/bom.sql", "\u{feff}select 1 as a".to_owned()),
        ("models/nul.sql", "select 1 as a\0, 2 as b".to_owned()),
        ("models/mac.sql", "select 1 as a -- x\rfrom t".to_owned()),
        (
            "models/odd.sql",
            "select 1 as \u{202e}a\u{0301}, '\u{1f600}' as \u{1f600}".to_owned(),
        ),
        (
            "models/crlf.yml",
            "models:\r\n  - name: crlf\r\n    description: x\r\n".to_owned(),
        ),
        ("models/nul.yml", "models:\n  - name: bo\0m\n".to_owned()),
        ("tests/test_crlf.py", "def test_a():\r\n    pass\r\n".to_owned()),
        (
            "target/catalog.json",
            r#"{"nodes": {"model.p.good": {"columns": {"\ud800": {"name": "\udfff"}}}}}"#.to_owned(),
        ),
        (
            "target/manifest.json",
            r#"{"nodes": {"model.p.good": {"name": "\ud800"}}}"#.to_owned(),
        ),
    ]);
    assert_eq!(columns(&found, "crlf"), 2);
    assert_eq!(columns(&found, "bom"), 1);
}

#[test]
fn circles() {
    let found = facts(&[
        ("models/a.sql", "select * from {{ ref('b') }}".to_owned()),
        ("models/b.sql", "select * from {{ ref('a') }}".to_owned()),
        ("models/c.sql", "select * from {{ ref('c') }}".to_owned()),
        (
            "models/d.sql",
            "with x as (select * from y), y as (select * from x) select a from x".to_owned(),
        ),
        (
            "models/e.sql",
            "with recursive x as (select * from x union select * from x) select a from x".to_owned(),
        ),
        (
            "macros/m.sql",
            "{% macro one() %}{{ two() }}{% endmacro %}{% macro two() %}{{ one() }}{% endmacro %}".to_owned(),
        ),
        ("models/f.sql", "select {{ one() }} as a".to_owned()),
        ("plain/v.sql", "create view v as select * from w".to_owned()),
        ("plain/w.sql", "create view w as select * from v".to_owned()),
    ]);
    assert!(found.objects.iter().any(|object| object.name == "w"));
}

#[test]
fn things_that_multiply() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for nth in 1..12 {
        let last = format!("*a{}, ", nth - 1).repeat(9);
        let _ = writeln!(laughs, "a{nth}: &a{nth} [{}]", last.trim_end_matches(", "));
    }
    laughs.push_str("models:\n  - name: good\n    meta: *a11\n");
    let mut joins = String::from("with c0 as (select a, b from t)");
    for nth in 1..60 {
        let before = nth - 1;
        let _ = write!(
            joins,
            ", c{nth} as (select x.a + y.a as a, x.b + y.b as b from c{before} x join c{before} y on true)"
        );
    }
    joins.push_str(" select a from c59");
    let mut stars = String::from("with c0 as (select 1 as a)");
    for nth in 1..30 {
        let before = nth - 1;
        let _ = write!(
            stars,
            ", c{nth} as (select x.*, y.* from c{before} x, c{before} y)"
        );
    }
    stars.push_str(" select * from c29");
    facts(&[
        ("models/laughs.yml", laughs),
        ("models/joins.sql", joins),
        ("models/stars.sql", stars),
        ("models/self.yml", "a: &a [*a]\nmodels: *a\n".to_owned()),
    ]);
}

#[test]
fn half_typed_texts_answer_at_every_place() {
    let texts = [
        (
            "models/a.sql",
            "select o. from {{ ref('orders') }} o join {{ ref('",
        ),
        (
            "models/b.sql",
            "with a as (select id from {{ source('raw', 'orders') }}), b as ( select a. from a where ",
        ),
        ("models/c.sql", "{% for x in [ %} select {{ x. }} {% if "),
        ("models/d.sql", "{{ config(materialized='"),
        (
            "models/e.yml",
            "models:\n  - name: orders\n    columns:\n      - name: \n        tests: [uni",
        ),
        ("models/f.yml", "models:\n  - na"),
        ("tests/test_g.py", "class TestA:\n    def test_b(self, cli"),
        (
            "plain/h.sql",
            "insert into t (a, b) select x., y from s as x where x.\u{e9}",
        ),
    ];
    for (path, text) in texts {
        let language = Language::of_path(path);
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let part = &text[..end];
            for offset in (0..=end)
                .filter(|offset| part.is_char_boundary(*offset))
                .step_by(3)
            {
                let _ = symbol_at(language, path, part, offset, &Options::default());
                let _ = completion_at(language, path, part, offset, &Options::default());
            }
        }
    }
}
