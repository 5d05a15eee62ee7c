//! Walls inside a room that Cargo does not know: what a folder's files may not mention.

use super::Finding;
use crate::workspace::File;

/// Folder, what its files may not mention outside comments, and why.
const WALLS: &[(&str, &[&str], &str)] = &[
    (
        "server/hub/src/http/",
        &["metasync_sources", "metasync_analysis"],
        "HTTP never reads sources: it asks the store, or starts a run",
    ),
    (
        "server/hub/src/runs/",
        &["crate::http", "axum::"],
        "runs know nothing of HTTP",
    ),
    (
        "server/analysis/src/",
        &["std::fs", "std::net", "std::process", "std::env"],
        "text in, facts out: no I/O",
    ),
    (
        "server/protocol/src/",
        &["std::fs", "std::net", "std::process", "std::time"],
        "the words know no clock, network or database",
    ),
    (
        "server/ide/src/",
        &["std::fs", "std::net", "std::process", "std::env"],
        "a feature is a function of the text and the facts",
    ),
];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.has_extension(&["rs"])) {
        for (_, forbidden, why) in WALLS.iter().filter(|(folder, ..)| file.path.starts_with(folder)) {
            for (number, line) in file.lines() {
                let code = line.split("//").next().unwrap_or_default();
                for word in forbidden.iter().filter(|w| code.contains(**w)) {
                    findings.push(Finding::at(file, number, format!("mentions {word}: {why}")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{
        super::{file, shown},
        *,
    };
    use expect_test::expect;

    #[test]
    fn a_mention_across_a_wall_is_found_a_comment_is_not() {
        let files = [
            file(
                "server/hub/src/http/sync.rs",
                "// not metasync_sources\nuse metasync_sources::open;\n",
            ),
            file(
                "server/hub/src/runs/index.rs",
                "use metasync_sources::open;\nuse axum::Json;\n",
            ),
        ];
        expect![[r#"
            server/hub/src/http/sync.rs:2: mentions metasync_sources: HTTP never reads sources: it asks the store, or starts a run
            server/hub/src/runs/index.rs:2: mentions axum::: runs know nothing of HTTP
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
