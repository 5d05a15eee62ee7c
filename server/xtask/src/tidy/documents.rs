//! Documents name only what exists: the files that they link, and the tasks of `cargo xtask`.
//! (That the commands of `metasync` exist is tried by `cargo xtask test`, on the program itself.)

use super::Finding;
use crate::workspace::File;

/// How a task is called in a document.
const TASK: &str = "cargo xtask ";

/// Folders whose Markdown is data, not documentation.
const DATA: &[&str] = &["tests/fixtures/", "tests/cases/", "examples/"];

pub fn check(files: &[File], tasks: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let documents = files
        .iter()
        .filter(|f| f.has_extension(&["md"]))
        .filter(|f| !DATA.iter().any(|folder| f.path.starts_with(folder)));
    for document in documents {
        for (number, line) in document.lines() {
            for target in links(line) {
                if !exists(files, &document.path, target) {
                    findings.push(Finding::at(
                        document,
                        number,
                        format!("links {target}, which is not there"),
                    ));
                }
            }
            for task in words_after(line, TASK) {
                if !tasks.iter().any(|t| t == task) {
                    let message = format!("names `{TASK}{task}`, which is no task");
                    findings.push(Finding::at(document, number, message));
                }
            }
        }
    }
    findings
}

/// Targets of Markdown links that lead into the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](")
        .filter_map(|(at, open)| line[at + open.len()..].split(')').next())
        .map(|target| target.split('#').next().unwrap_or(target))
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// Whether a link of a document leads to a file or to a folder with files.
fn exists(files: &[File], document: &str, target: &str) -> bool {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let path = parts.join("/");
    let folder = format!("{path}/");
    files
        .iter()
        .any(|f| f.path == path || f.path.starts_with(&folder))
}

/// The first word after each occurrence of `start`, where it is one in lower case.
fn words_after<'a>(line: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    line.match_indices(start)
        .map(move |(at, found)| &line[at + found.len()..])
        .map(|rest| {
            let end = rest
                .find(|c: char| !(c.is_ascii_lowercase() || c == '-'))
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{file, shown},
        *,
    };
    use expect_test::expect;

    #[test]
    fn dead_links_and_unknown_tasks_are_found() {
        let files = [
            file(
                "README.md",
                "[how](server/ARCHITECTURE.md#state) [gone](docs/x.md) [web](https://example.com)\n\
                 `cargo xtask test`, `cargo xtask fly`\n",
            ),
            file(
                "server/ARCHITECTURE.md",
                "[up](../README.md) [rooms](../server)\n",
            ),
        ];
        expect![[r#"
            README.md:1: links docs/x.md, which is not there
            README.md:2: names `cargo xtask fly`, which is no task
        "#]]
        .assert_eq(&shown(&check(&files, &["test".to_owned()])));
    }
}
