//! Scores the column lineage against a file of cases: `score_lineage FILE [--misses]`.
//!
//! A case is right when its set of edges is exactly the expected one, either as direct edges or as the way from first
//! sources to last targets. How names are compared stands in the header of the file.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::collections::{BTreeSet, HashMap};

use metasync_analysis::{Dialect, Options, SourceFile, Target, analyze};
use serde_json::Value;

/// Source table, source column, target table (empty: the query), target column.
type Edge = (String, String, String, String);

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        println!("usage: score_lineage FILE [--misses]");
        return std::process::ExitCode::from(2);
    };
    let misses = arguments.next().is_some();
    let cases = std::fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let Some(cases) = cases else {
        println!("{path} is no JSON file that can be read");
        return std::process::ExitCode::FAILURE;
    };
    let mut failed = false;
    for (suite, content) in cases["suites"].as_object().into_iter().flatten() {
        let (mut right, mut all) = (0u32, 0u32);
        for file in content["files"].as_array().into_iter().flatten() {
            let (ok, of) = score(suite, file, misses);
            right += ok;
            all += of;
        }
        let percent = f64::from(right) * 100.0 / f64::from(all.max(1));
        let threshold = cases["thresholds_percent_exact"][suite.as_str()]
            .as_f64()
            .unwrap_or(0.0);
        failed |= percent < threshold;
        println!("{suite}: {right} of {all} exact, {percent:.1} % (wanted {threshold} %)");
    }
    if failed {
        std::process::ExitCode::FAILURE
    } else {
        std::process::ExitCode::SUCCESS
    }
}

fn score(suite: &str, file: &Value, misses: bool) -> (u32, u32) {
    let text = |key: &str| file[key].as_str().unwrap_or("");
    let sql = format!("{}\n{}", text("setup"), text("sql"));
    let dialect = text("dialect").parse::<Dialect>().ok();
    let files = [SourceFile {
        path: "case.sql".to_owned(),
        text: sql,
    }];
    let facts = analyze(&files, &Options { dialect });
    let name = |target: &Target| match target {
        Target::Object { object_type, .. } if object_type == "query" => String::new(),
        Target::Object { full_name, .. } => clean(full_name),
        Target::Unknown { name } => clean(name),
    };
    let mut direct: BTreeSet<Edge> = BTreeSet::new();
    for object in &facts.objects {
        let target = if object.object_type == "query" {
            String::new()
        } else {
            clean(&object.full_name)
        };
        for edge in &object.lineage {
            direct.insert((
                name(&edge.source),
                clean(&edge.source_column),
                target.clone(),
                clean(&edge.target_column),
            ));
        }
    }
    let ends = end_to_end(&direct);
    let (mut right, mut all) = (0, 0);
    for case in file["cases"].as_array().into_iter().flatten() {
        all += 1;
        if fits(case, &direct) || fits(case, &ends) {
            right += 1;
        } else if misses {
            println!(
                "--- {suite} {} [{}]\n{}",
                case["id"],
                text("dialect"),
                text("sql").trim()
            );
            println!(
                "  wanted   {}\n  columns  {}  optional {}  open {}",
                case["expected"], case["columns"], case["optional"], case["open"]
            );
            println!(
                "  direct   {direct:?}\n  ends     {ends:?}\n  problems {:?}",
                facts.problems
            );
        }
    }
    (right, all)
}

fn clean(name: &str) -> String {
    name.replace(['"', '`', '[', ']'], "").to_lowercase()
}

/// Edges from first sources to last targets: what lies between them is passed through.
fn end_to_end(direct: &BTreeSet<Edge>) -> BTreeSet<Edge> {
    let mut into: HashMap<(&str, &str), Vec<&Edge>> = HashMap::new();
    for edge in direct {
        into.entry((&edge.2, &edge.3)).or_default().push(edge);
    }
    let sources: BTreeSet<(&str, &str)> = direct.iter().map(|e| (e.0.as_str(), e.1.as_str())).collect();
    let mut found = BTreeSet::new();
    for edge in direct {
        if sources.contains(&(edge.2.as_str(), edge.3.as_str())) {
            continue;
        }
        let mut stack = vec![edge];
        let mut seen = BTreeSet::new();
        while let Some(at) = stack.pop() {
            if !seen.insert(at) {
                continue;
            }
            match into.get(&(at.0.as_str(), at.1.as_str())) {
                Some(before) if !at.0.is_empty() => stack.extend(before),
                _ => {
                    found.insert((at.0.clone(), at.1.clone(), edge.2.clone(), edge.3.clone()));
                }
            }
        }
    }
    found
}

fn rows(list: &Value) -> Vec<Edge> {
    let word = |value: &Value| clean(value.as_str().unwrap_or(""));
    list.as_array()
        .into_iter()
        .flatten()
        .map(|row| (word(&row[0]), word(&row[1]), word(&row[2]), word(&row[3])))
        .collect()
}

fn same_table(a: &str, b: &str) -> bool {
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

fn fits(case: &Value, edges: &BTreeSet<Edge>) -> bool {
    let wanted = rows(&case["expected"]);
    let optional = rows(&case["optional"]);
    let open = rows(&case["open"]);
    let columns: Option<Vec<String>> = case["columns"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).map(clean).collect());
    let named: BTreeSet<&str> = wanted
        .iter()
        .chain(&optional)
        .chain(&open)
        .map(|edge| edge.3.as_str())
        .collect();
    let same = |want: &Edge, have: &Edge| {
        same_table(&want.0, &have.0)
            && want.1 == have.1
            && same_table(&want.2, &have.2)
            // An unnamed expression may be called anything that nothing else is called.
            && (want.3 == have.3 || want.3 == "?" && !named.contains(have.3.as_str()))
    };
    let considered: Vec<&Edge> = edges
        .iter()
        .filter(|edge| columns.as_ref().is_none_or(|columns| columns.contains(&edge.3)))
        .filter(|edge| {
            !open
                .iter()
                .any(|row| row.1 == edge.1 && (row.3 == edge.3 || row.3 == "?"))
        })
        .collect();
    wanted
        .iter()
        .all(|want| considered.iter().any(|have| same(want, have)))
        && considered
            .iter()
            .all(|have| wanted.iter().chain(&optional).any(|want| same(want, have)))
}
