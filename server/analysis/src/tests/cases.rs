//! Column lineage, one statement for each way of writing: the files beside this one hold the dialect behind `===`, the
//! SQL, and behind `---` the edges wanted, `table.column>table.column`. A bare query is `q`, an unnamed column `?`, a
//! blank in a name `_`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::{Options, SourceFile, Target, analyze};

#[test]
fn statements_that_write() {
    check(include_str!("cases/statements.txt"));
}

#[test]
fn queries() {
    check(include_str!("cases/selects.txt"));
}

#[test]
fn platforms_and_mixtures() {
    check(include_str!("cases/more.txt"));
}

fn check(cases: &str) {
    let (mut wrong, mut count) = (String::new(), 0u32);
    for case in cases.split("=== ").skip(1) {
        let (dialect, rest) = case.split_once('\n').unwrap_or((case, ""));
        let (sql, wanted) = rest.split_once("\n---").unwrap_or((rest, ""));
        count += 1;
        compare(dialect.trim(), sql, wanted, &mut wrong);
    }
    let failures = wrong.matches("\n  wanted").count();
    assert!(wrong.is_empty(), "{failures} of {count}:\n{wrong}");
}

fn compare(dialect: &str, sql: &str, wanted: &str, wrong: &mut String) {
    let files = [SourceFile {
        path: "q.sql".to_owned(),
        text: sql.to_owned(),
    }];
    let facts = analyze(
        &files,
        &Options {
            dialect: dialect.parse().ok(),
        },
    );
    let mut found = BTreeSet::new();
    for object in &facts.objects {
        for edge in &object.lineage {
            let source = match &edge.source {
                Target::Object { full_name, .. } => full_name,
                Target::Unknown { name } => name,
            };
            let edge = format!(
                "{source}.{}>{}.{}",
                edge.source_column, object.full_name, edge.target_column
            );
            found.insert(edge.to_lowercase().replace(char::is_whitespace, "_"));
        }
    }
    let all: BTreeSet<String> = found.clone();
    let mut missing = Vec::new();
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    for edge in &wanted {
        if !edge.ends_with(".?") && !found.remove(*edge) {
            missing.push(*edge);
        }
    }
    for edge in &wanted {
        if let Some(start) = edge.strip_suffix('?') {
            let own = found.iter().find(|edge| edge.starts_with(start)).cloned();
            if !own.is_some_and(|own| found.remove(&own)) {
                missing.push(*edge);
            }
        }
    }
    if !missing.is_empty() || !found.is_empty() || !facts.problems.is_empty() {
        let _ = write!(
            wrong,
            "{dialect}: {sql}\n  wanted  {wanted:?}\n  found   {all:?}\n  missing {missing:?}\n  surplus {found:?}\n"
        );
        for problem in &facts.problems {
            let _ = writeln!(wrong, "  problem {}", problem.message);
        }
    }
}
