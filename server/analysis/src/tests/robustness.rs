//! Nothing panics, whatever is typed.

use super::analysis::files;
use crate::{Language, Options, SourceFile, analyze, check, completion_at, outline, symbol_at};

const SQL: &str = "with a as (select id, sum(x) over (partition by y order by z) as s from {{ ref('stg') }} as t), b as (select * from a)\nselect b.*, 'Zürich ✓' as \"City\", case when a.id > 1 then {{ m('x', [1, {'k': 2}]) }} end as c, count(distinct a.id)::int /* c */\nfrom b left join {{ source('raw', 'o') }} as o using (id), lateral flatten(input => o.arr) f\n{% for i in [1, 2] %} where i = {{ i }} {% endfor %} {# done #} -- end\nunion all select 1, $$x;y$$, [2] from (values (1, 2)) v(a, b) order by 1;\ninsert into t (a) select * exclude (b) from u;merge into m using s on m.id = s.id when matched then update set a = s.a";
const YAML: &str = "version: 2\nmodels:\n  - name: stg\n    description: >\n      Long ü text\n      over lines\n    columns:\n      - {name: a, tests: [unique, {accepted_values: {values: ['x']}}]}\n      - name: \"b\"\n        description: '{{ doc(\"d\") }}'\nsources: [{name: raw, tables: [{name: o}]}]\n";

/// A small generator of numbers, so that every run tries the same.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap_or(0)
    }
}

fn ask_everything(path: &str, text: &str, numbers: &mut Numbers) {
    let language = Language::of_path(path);
    let options = Options::default();
    for _ in 0..6 {
        let offset = numbers.below(text.len() + 3);
        let _ = symbol_at(language, path, text, offset, &options);
        let _ = completion_at(language, path, text, offset, &options);
    }
    let _ = outline(language, path, text, &options);
}

pub(super) fn mutate(text: &str, numbers: &mut Numbers) -> String {
    const PIECES: &[&str] = &[
        "(", ")", "'", "\"", "{{", "}}", "{%", "%}", "{#", ",", ";", ".", "select ", " from ", " with ",
        "$$", "`", "\\", "*", "ü", "\r\n", "- ", ": ", "[", "]", "{", "}", "  ", "case ", " end", "|", ">",
        "&", "!", "#", "union ", "\0", "0", " as ",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(5) {
        let at = numbers.below(chars.len());
        match numbers.below(4) {
            0 => chars.truncate(at),
            1 => {
                let end = (at + numbers.below(20)).min(chars.len());
                chars.drain(at..end);
            }
            _ => {
                let piece = PIECES[numbers.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn every_prefix_of_a_text_answers() {
    let mut numbers = Numbers(7);
    for (path, text) in [("m.sql", SQL), ("s.yml", YAML)] {
        for (end, _) in text.char_indices() {
            ask_everything(path, &text[..end], &mut numbers);
        }
    }
}

#[test]
pub(super) fn mutated_texts_answer() {
    let mut numbers = Numbers(42);
    for round in 0..400 {
        let (sql, yaml) = (mutate(SQL, &mut numbers), mutate(YAML, &mut numbers));
        ask_everything("models/m.sql", &sql, &mut numbers);
        ask_everything("models/s.yml", &yaml, &mut numbers);
        if round % 4 == 0 {
            let _ = check(Language::Sql, "m.sql", &sql, &Options::default());
            let mut all = files(
                "//- dbt_project.yml\nname: p\n//- macros/m.sql\n{% macro m(a, b) %}{{ a }}{% endmacro %}\n",
            );
            all.push(SourceFile {
                path: "models/m.sql".to_owned(),
                text: sql.clone(),
            });
            all.push(SourceFile {
                path: "models/s.yml".to_owned(),
                text: yaml,
            });
            all.push(SourceFile {
                path: "plain.sql".to_owned(),
                text: sql,
            });
            let facts = analyze(&all, &Options::default());
            assert!(
                facts
                    .problems
                    .iter()
                    .all(|problem| !problem.message.contains("failed inside")),
                "{:?}",
                facts.problems
            );
        }
    }
}

#[test]
fn deep_and_long_texts_do_not_overflow() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("select {}1{}", open.repeat(count), close.repeat(count))
    };
    let texts = [
        deep("(", ")", 5000),
        deep("(select ", ")", 2000),
        deep("case when 1 then ", " end", 2000),
        format!("select {}", vec!["a"; 20_000].join(" + ")),
        format!("select {}", vec!["a"; 20_000].join(" and ")),
        format!("{{{{ {}1{} }}}}", "f(".repeat(3000), ")".repeat(3000)),
        "{% if x %}".repeat(2000),
        (0..300)
            .map(|n| {
                format!(
                    "{}c{n} as (select a.x + b.x as x from c{} a, c{} b)",
                    if n == 0 { "with " } else { ", " },
                    n.max(1) - 1,
                    n.max(1) - 1
                )
            })
            .collect::<String>()
            + " select x from c299",
        format!(
            "select * from t union all {}select 1",
            "select * from t union all ".repeat(3000)
        ),
    ];
    for text in texts {
        let files = [
            SourceFile {
                path: "dbt_project.yml".to_owned(),
                text: "name: p".to_owned(),
            },
            SourceFile {
                path: "models/m.sql".to_owned(),
                text: text.clone(),
            },
            SourceFile {
                path: "x.sql".to_owned(),
                text: text.clone(),
            },
        ];
        let facts = analyze(&files, &Options::default());
        assert!(
            facts
                .problems
                .iter()
                .all(|problem| !problem.message.contains("failed inside"))
        );
        ask_everything("m.sql", &text, &mut Numbers(3));
    }
    let yaml = format!("a: {}", "[".repeat(5000));
    ask_everything("s.yml", &yaml, &mut Numbers(5));
    let _ = check(Language::Yaml, "s.yml", &yaml, &Options::default());
}
