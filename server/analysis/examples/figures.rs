//! How fast the analysis is, on a made-up project: `figures [MODELS]`. `figures MODELS --scratch` measures one thing
//! alone, which it does itself on one core.
//!
//! Prints one JSON object with times in milliseconds; where `METASYNC_RUFF` names ruff, that reads the same Python.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use metasync_analysis::{Known, Memo, Options, SourceFile, analyze, analyze_part, analyze_with, tests};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let scratch = from_scratch(&files, &options);
    if std::env::args().nth(2).as_deref() == Some(SCRATCH) {
        println!("{scratch}");
        return;
    }
    let mut found = serde_json::Map::new();
    found.insert("models".to_owned(), count.into());
    found.insert("from_scratch_ms".to_owned(), scratch);
    if let Some(time) = on_one_core(count) {
        found.insert("one_core_ms".to_owned(), time);
    }
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
        found.insert(what.to_owned(), median(vec![start.elapsed()]));
        assert!(facts == analyze(&files, &options), "the memo lies");
    };
    again("whole_unchanged_ms", 0, "\0", "");
    again("whole_comment_ms", count / 2, "select", "/* c */ select");
    // The rest of its chain reads it.
    again("whole_column_ms", CHAIN * 3, " as c1", " as renamed");
    found.insert("part_ms".to_owned(), part(&files, count, &options));
    let python = suite(2000);
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        assert!(!tests(&python).objects.is_empty());
        times.push(start.elapsed());
    }
    found.insert("python_files".to_owned(), python.len().into());
    found.insert("python_ms".to_owned(), median(times));
    if let Some(time) =
        std::env::var_os("METASYNC_RUFF").and_then(|ruff| ruff_time(Path::new(&ruff), &python))
    {
        found.insert("ruff_ms".to_owned(), time);
    }
    println!("{}", serde_json::Value::Object(found));
}

/// Argument that asks for one measurement alone.
const SCRATCH: &str = "--scratch";

fn from_scratch(files: &[SourceFile], options: &Options) -> serde_json::Value {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let facts = analyze(files, options);
        times.push(start.elapsed());
        assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    }
    median(times)
}

/// The same in a process that has one core; `None` where `taskset` is missing.
fn on_one_core(count: usize) -> Option<serde_json::Value> {
    let done = std::process::Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe().ok()?)
        .args([&count.to_string(), SCRATCH])
        .output()
        .ok()?;
    serde_json::from_slice(&done.stdout).ok()
}

/// How often each is measured.
const RUNS: usize = 5;

fn median(mut times: Vec<Duration>) -> serde_json::Value {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        .into()
}

/// What `ruff check --select E9` takes for the same files, lying in a folder.
fn ruff_time(ruff: &Path, files: &[SourceFile]) -> Option<serde_json::Value> {
    let folder = std::env::temp_dir().join(format!("metasync-figures-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("tests")).ok()?;
    for file in files {
        std::fs::write(folder.join(&file.path), &file.text).ok()?;
    }
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let done = std::process::Command::new(ruff)
            .args(["check", "--select", "E9", "--no-cache", "--quiet"])
            .arg(&folder)
            .output()
            .ok()?;
        times.push(start.elapsed());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    std::fs::remove_dir_all(&folder).ok()?;
    Some(median(times))
}

/// One model of the project alone, with what the rest is known to hold: what an index run does for a change.
fn part(files: &[SourceFile], count: usize, options: &Options) -> serde_json::Value {
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
    let times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let found = analyze_part(&mut Memo::default(), &given, &known, options, &|_, _| true);
            let took = start.elapsed();
            let whole = |part: &metasync_analysis::Part| {
                part.facts
                    .objects
                    .iter()
                    .any(|object| object.name == changed && all.facts.objects.contains(object))
            };
            assert!(found.as_ref().is_some_and(whole), "the part lies");
            took
        })
        .collect();
    median(times)
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
