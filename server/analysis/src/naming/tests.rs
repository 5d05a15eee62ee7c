//! How names are written where they stand.

use super::{Writing, typed_name};
use crate::{Dialect, Span};

/// The text with the name at the first `old` replaced by `new`; the name as it was, too.
fn replaced(path: &str, text: &str, dialect: Option<Dialect>, old: &str, new: &str) -> (String, String) {
    let at = text.find(old).unwrap_or_default();
    let writing = Writing::new(path, text, dialect);
    let span = Span::new(at, at + old.len());
    let mut out = text.to_owned();
    match writing.written(span, new) {
        Ok(written) => out.replace_range(at..at + old.len(), &written),
        Err(why) => out = why,
    }
    (writing.name(span).1, out)
}

#[test]
fn names_of_sql_in_each_dialect() {
    let cases = [
        (None, "a", "b", "b"),
        (None, "a", "Order Id", "\"Order Id\""),
        (None, "a", "order", "\"order\""),
        (None, "a", "Total", "\"Total\""),
        (None, "\"A b\"", "c", "\"c\""),
        (None, "`a`", "c d", "`c d`"),
        (Some(Dialect::Postgres), "a", "say \"so\"", "\"say \"\"so\"\"\""),
        (Some(Dialect::Snowflake), "a", "TOTAL", "TOTAL"),
        (Some(Dialect::Snowflake), "a", "Total", "\"Total\""),
        (
            Some(Dialect::Snowflake),
            "\"ORDER_ID\"",
            "order_nr",
            "\"ORDER_NR\"",
        ),
        (
            Some(Dialect::Snowflake),
            "\"Order Id\"",
            "order_nr",
            "\"order_nr\"",
        ),
        (Some(Dialect::DuckDb), "a", "Total", "Total"),
        (Some(Dialect::BigQuery), "a", "order id", "`order id`"),
        (Some(Dialect::MySql), "a", "group", "`group`"),
        (Some(Dialect::Tsql), "a", "order id", "[order id]"),
        (Some(Dialect::Tsql), "[a b]", "c]d", "[c]]d]"),
        (Some(Dialect::Tsql), "\"a b\"", "c", "\"c\""),
        (Some(Dialect::Postgres), "a", "größe", "größe"),
        (Some(Dialect::Postgres), "a", "1st", "\"1st\""),
    ];
    for (dialect, old, new, expected) in cases {
        let text = format!("select x.{old} from x");
        let (_, out) = replaced("m.sql", &text, dialect, old, new);
        assert_eq!(out, format!("select x.{expected} from x"), "{dialect:?} {old}");
    }
    let (name, _) = replaced("m.sql", "select \"a\"\"b\" from x", None, "\"a\"\"b\"", "c");
    assert_eq!(name, "a\"b");
    // a text in nobody's dialect that quotes with backticks goes on so
    let (_, out) = replaced("m.sql", "select a, `b c`", None, "a", "d e");
    assert_eq!(out, "select `d e`, `b c`");
}

#[test]
fn names_of_yaml() {
    let cases = [
        ("- name: a\n", "order id", "- name: order id\n"),
        ("- name: a\n", "yes", "- name: \"yes\"\n"),
        ("- name: a\n", "12", "- name: \"12\"\n"),
        ("- name: a\n", "b: c", "- name: \"b: c\"\n"),
        ("[{name: a}]\n", "b, c", "[{name: \"b, c\"}]\n"),
        ("- name: 'a'\n", "it's", "- name: 'it''s'\n"),
        ("- name: \"a\"\n", "say \"so\"", "- name: \"say \\\"so\\\"\"\n"),
        ("- name: a\n", "#1", "- name: \"#1\"\n"),
    ];
    for (text, new, expected) in cases {
        let at = text.replacen("name", "NNNN", 1).find('a').unwrap_or_default();
        let span = Span::new(at, at + 1);
        let written = Writing::new("s.yml", text, None)
            .written(span, new)
            .unwrap_or_default();
        assert_eq!(format!("{}{written}{}", &text[..at], &text[at + 1..]), expected);
    }
}

#[test]
fn strings_words_and_cells() {
    let (name, out) = replaced("m.sql", "{{ ref(\"stg\") }}", None, "stg", "staged");
    assert_eq!((name.as_str(), out.as_str()), ("stg", "{{ ref(\"staged\") }}"));
    let (_, out) = replaced("m.sql", "{{ euros(1) }}", None, "euros", "in euros");
    assert!(out.contains("no digit first"), "{out}");
    assert_eq!(replaced("s.csv", "id,x\n", None, "id", "a,b").1, "\"a,b\",x\n");
    assert_eq!(
        replaced("s.csv", "\"id\",x\n", None, "id", "a\"b").1,
        "\"a\"\"b\",x\n"
    );
}

#[test]
fn what_people_type() {
    assert_eq!(typed_name(" \"Order Id\" ").as_deref(), Ok("Order Id"));
    assert_eq!(typed_name("[a]]b]").as_deref(), Ok("a]b"));
    assert_eq!(typed_name("`x`").as_deref(), Ok("x"));
    for bad in ["", "  ", "\"\"", "a\nb", "{{ x }}", &"x".repeat(301)] {
        assert!(typed_name(bad).is_err(), "{bad}");
    }
}
