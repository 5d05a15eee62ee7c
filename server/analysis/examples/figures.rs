//! How fast the analysis is, on a made-up project: `figures [MODELS]`. For one core run it under `taskset -c 0`.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::fmt::Write as _;
use std::time::Instant;

use metasync_analysis::{Known, Memo, Options, SourceFile, analyze, analyze_part, analyze_with, tests};

/// Columns of a model.
const COLUMNS: usize = 12;
/// Models that read from the one before; then a new chain begins.
const CHAIN: usize = 20;

fn main() {
    let count = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(2000);
    let mut files = project(count);
    let options = Options::default();
    let start = Instant::now();
    let facts = analyze(&files, &options);
    let took = start.elapsed();
    let edges: usize = facts.objects.iter().map(|object| object.lineage.len()).sum();
    println!(
        "{count} models from scratch: {took:?}, {:.0} models/s ({edges} edges, {} problems)",
        count as f64 / took.as_secs_f64(),
        facts.problems.len()
    );
    let mut memo = Memo::default();
    analyze_with(&mut memo, &files, &options);
    let mut again = |what: &str, nth: usize, from: &str, to: &str| {
        if let Some(file) = files
            .iter_mut()
            .find(|file| file.path == format!("models/m{nth}.sql"))
        {
            file.text = file.text.replacen(from, to, 1);
        }
        let start = Instant::now();
        let facts = analyze_with(&mut memo, &files, &options);
        println!("one of {count} changed, {what}: {:?}", start.elapsed());
        assert!(facts == analyze(&files, &options), "the memo lies");
    };
    again("nothing at all", 0, "\0", "");
    again("a comment", count / 2, "select", "/* c */ select");
    again(
        "a column that the rest of its chain reads",
        CHAIN * 3,
        " as c1",
        " as renamed",
    );
    part(&files, count, &options);
    let python = suite(2000);
    let start = Instant::now();
    let found = tests(&python).objects.len();
    let took = start.elapsed();
    println!(
        "{} Python files, {found} tests: {took:?}, {:.0} files/s",
        python.len(),
        python.len() as f64 / took.as_secs_f64()
    );
}

/// One model of the project alone, with what the rest is known to hold: what an index run does for a change.
fn part(files: &[SourceFile], count: usize, options: &Options) {
    let all = analyze_part(
        &mut Memo::default(),
        files,
        &Known::default(),
        options,
        &|_, _| true,
    )
    .unwrap_or_default();
    let (changed, input) = (format!("m{}", count / 2 + 1), format!("m{}", count / 2));
    let given: Vec<SourceFile> = files
        .iter()
        .filter(|file| {
            let shared = matches!(file.path.as_str(), "dbt_project.yml" | "macros/m.sql");
            shared
                || [".sql", ".yml"]
                    .iter()
                    .any(|end| file.path == format!("models/{changed}{end}"))
        })
        .cloned()
        .collect();
    let known = Known {
        objects: (all.facts.objects.iter().filter(|object| object.name == input))
            .cloned()
            .collect(),
        exports: (all.footprints.values().flat_map(|footprint| &footprint.exports))
            .filter(|export| export.key() == input)
            .cloned()
            .collect(),
    };
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let found = analyze_part(&mut Memo::default(), &given, &known, options, &|_, _| true);
            assert!(found.is_some_and(|part| {
                part.facts
                    .objects
                    .iter()
                    .any(|object| object.name == changed && all.facts.objects.contains(object))
            }));
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "one of {count} changed, as a part of the whole: {:?}",
        times[times.len() / 2]
    );
}

fn file(path: String, text: String) -> SourceFile {
    SourceFile { path, text }
}

fn project(count: usize) -> Vec<SourceFile> {
    let mut files = vec![
        file("dbt_project.yml".into(), "name: p\nvars: {x: 1}\n".into()),
        file(
            "macros/m.sql".into(),
            "{% macro cents(c) %}round({{ c }} / 100, 2){% endmacro %}".into(),
        ),
    ];
    for nth in 0..count {
        let from = if nth.is_multiple_of(CHAIN) {
            format!("source('raw', 't{nth}')")
        } else {
            format!("ref('m{}')", nth - 1)
        };
        let mut text =
            String::from("{{ config(materialized='table', tags=['a']) }}\nwith base as (\n    select\n");
        for column in 0..COLUMNS {
            let _ = writeln!(text, "        coalesce(b.c{column}, 0) + {column} as c{column},");
        }
        let _ = writeln!(
            text,
            "        b.id\n    from {{{{ {from} }}}} as b\n    where b.id > {{{{ var('x') }}}}\n),\nranked as (\n    select *, row_number() over (partition by id order by c0) as place from base\n)"
        );
        let _ = writeln!(text, "select\n    id,");
        for column in 0..COLUMNS {
            let expression = if nth.is_multiple_of(3) {
                format!("{{{{ cents('c{column}') }}}}")
            } else {
                format!("c{column}")
            };
            let _ = writeln!(text, "    {expression} as c{column},");
        }
        let _ = writeln!(
            text,
            "    case when place = 1 then 'first' else 'more' end as kind\nfrom ranked"
        );
        files.push(file(format!("models/m{nth}.sql"), text));
        files.push(file(
            format!("models/m{nth}.yml"),
            format!(
                "version: 2\nmodels:\n  - name: m{nth}\n    description: Model {nth}.\n    columns:\n      - {{name: id, tests: [unique, not_null]}}\n      - {{name: c0, description: First.}}\n"
            ),
        ));
    }
    files
}

fn suite(count: usize) -> Vec<SourceFile> {
    (0..count)
        .map(|nth| {
            let mut text = String::from("import pytest\nfrom package.module import thing\n\n");
            for test in 0..20 {
                let _ = writeln!(
                    text,
                    "@pytest.mark.parametrize('a, b', [(1, 2), (3, 4)])\ndef test_{test}(a, b, client):\n    \"\"\"Says {test}.\"\"\"\n    result = client.get('/path', params={{'a': a, 'b': [b for b in range(10)]}})\n    assert result.status == 200, f'{{result}} failed'\n    with pytest.raises(ValueError):\n        thing(result.json()['key'])\n"
                );
            }
            file(format!("tests/test_{nth}.py"), text)
        })
        .collect()
}
