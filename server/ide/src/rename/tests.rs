//! What a rename makes of a workspace.

#![allow(clippy::needless_pass_by_value, reason = "an `expect![]` is made for one use")]

use std::{collections::BTreeMap, sync::Arc};

use expect_test::{Expect, expect};
use metasync_analysis::Dialect;

use super::{Files, prepare, rename};
use crate::{
    fake::{Fake, cursor},
    file::File,
};

const SHOP: &str = "model stg models/stg.sql: id integer, total decimal
    model all_of_it models/all_of_it.sql: id integer, total decimal
    model weekly models/weekly.sql: total decimal, n integer
    model taken models/taken.sql: x
    macro euros macros/euros.sql (amount)
    source raw.orders models/s.yml: id, total
    use stg.total -> all_of_it.total
    use all_of_it.total -> weekly.total
    use stg.total -> forecast.total in acme/finance";

const TEXTS: &[(&str, &str)] = &[
    (
        "models/stg.sql",
        "select id, {{ euros('t') }} as total from {{ source('raw', 'orders') }} order by total",
    ),
    (
        "models/all_of_it.sql",
        "with s as (select * from {{ ref('stg') }}) select * from s where total > 1",
    ),
    (
        "models/weekly.sql",
        "with a as (select total from {{ ref('all_of_it') }} as stg) select total, count(*) as n from a group by total",
    ),
    (
        "models/s.yml",
        "models:\n  - name: stg\n    columns:\n      - name: total\n  - name: weekly\n    columns: [{name: total}]\n",
    ),
    (
        "macros/euros.sql",
        "{% macro euros(amount) %}{{ amount }} / 100{% endmacro %}",
    ),
];

struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).map(|text| text.as_str().into())
    }

    fn mentioning(&self, word: &str) -> Vec<(String, Arc<str>)> {
        let has = |text: &String| text.to_lowercase().contains(&word.to_lowercase());
        self.0
            .iter()
            .filter(|(_, text)| has(text))
            .map(|(path, text)| (path.clone(), text.as_str().into()))
            .collect()
    }
}

/// Renames at the first place of `at` (a text with `$0` in it) in a file.
fn check(path: &str, at: &str, name: &str, expect: Expect) {
    expect.assert_eq(&renamed((SHOP, TEXTS, None), path, at, name));
}

/// What a rename says and makes of a workspace.
pub(super) fn renamed(
    (catalogue, texts, dialect): (&str, &[(&str, &str)], Option<Dialect>),
    path: &str,
    at: &str,
    name: &str,
) -> String {
    let catalogue = Fake::new(catalogue);
    let texts = texts.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned()));
    let mut texts = Texts(texts.collect());
    let (needle, inner) = cursor(at);
    let text = texts.0[path].clone();
    let offset = text.find(&needle).expect("the place is in the file") + inner;
    let file = File::new(path, &text).in_dialect(dialect);
    let mut out = match prepare(&file, offset, &catalogue) {
        Ok((span, written)) => {
            assert!(text[span.start..span.end].contains(&written) || written.contains('"'));
            format!("rename `{written}`\n")
        }
        Err(why) => format!("no: {why}\n"),
    };
    match rename(&texts, &file, offset, name, &catalogue) {
        Err(why) => out += &format!("refused: {why}\n"),
        Ok(renaming) => {
            for (path, edits) in renaming.edits {
                let text = texts.0.get_mut(&path).expect("an edited file exists");
                for (span, new) in edits.iter().rev() {
                    text.replace_range(span.start..span.end, new);
                }
                out += &format!("{path}: {text}\n");
            }
            for (from, to) in renaming.files {
                out += &format!("{from} -> {to}\n");
            }
            for note in renaming.notes {
                out += &format!("note: {note}\n");
            }
        }
    }
    out
}

#[test]
fn a_model_and_its_file() {
    check(
        "models/all_of_it.sql",
        "ref('s$0tg')",
        "staged",
        expect![[r#"
        rename `stg`
        models/all_of_it.sql: with s as (select * from {{ ref('staged') }}) select * from s where total > 1
        models/s.yml: models:
          - name: staged
            columns:
              - name: total
          - name: weekly
            columns: [{name: total}]

        models/stg.sql -> models/staged.sql
    "#]],
    );
    check(
        "models/all_of_it.sql",
        "ref('s$0tg')",
        "taken",
        expect![[r#"
        rename `stg`
        refused: there is a model `taken` already (shop.taken)
    "#]],
    );
    check(
        "models/all_of_it.sql",
        "ref('s$0tg')",
        "1 st",
        expect![[r#"
            rename `stg`
            refused: `1 st` is no name of a model: letters, digits, `_` and `-`
        "#]],
    );
}

#[test]
fn a_column_through_stars_and_items() {
    check(
        "models/stg.sql",
        "as t$0otal",
        "amount",
        expect![[r#"
        rename `total`
        models/all_of_it.sql: with s as (select * from {{ ref('stg') }}) select * from s where amount > 1
        models/s.yml: models:
          - name: stg
            columns:
              - name: amount
          - name: weekly
            columns: [{name: total}]

        models/stg.sql: select id, {{ euros('t') }} as amount from {{ source('raw', 'orders') }} order by amount
        models/weekly.sql: with a as (select amount as total from {{ ref('all_of_it') }} as stg) select total, count(*) as n from a group by total
        note: `forecast` in acme/finance uses `total` and is not changed
    "#]],
    );
}

#[test]
fn a_column_that_comes_by_a_star_is_renamed_where_it_is_made() {
    check(
        "models/weekly.sql",
        "select t$0otal from {{",
        "amount",
        expect![[r#"
            rename `total`
            refused: `total` comes into `all_of_it` through a `*` or a macro; rename it where it is made
        "#]],
    );
}

#[test]
fn a_macro_a_cte_and_a_source() {
    check(
        "models/stg.sql",
        "e$0uros(",
        "cents",
        expect![[r#"
        rename `euros`
        macros/euros.sql: {% macro cents(amount) %}{{ amount }} / 100{% endmacro %}
        models/stg.sql: select id, {{ cents('t') }} as total from {{ source('raw', 'orders') }} order by total
    "#]],
    );
    check(
        "models/all_of_it.sql",
        "from s$0 where",
        "t",
        expect![[r#"
        rename `s`
        models/all_of_it.sql: with t as (select * from {{ ref('stg') }}) select * from t where total > 1
    "#]],
    );
    check(
        "models/stg.sql",
        "ord$0ers')",
        "t",
        expect![[r#"
        no: `orders` is a table of a source: its name is the warehouse's
        refused: `orders` is a table of a source: its name is the warehouse's
    "#]],
    );
}
