//! Words that mean "not done": they may stand in nobody's mind but not in the repository.

use super::Finding;
use crate::workspace::File;

/// This file has to name what it looks for.
const OWN: &str = "server/xtask/src/tidy/words.rs";

/// In Rust sources, and what they mean.
const RUST: &[(&str, &str)] = &[
    ("todo!", "is a stub"),
    ("unimplemented!", "is a stub"),
    ("#[ignore", "switches a test off"),
];

/// In all text, as a word of its own.
const MARKS: &[&str] = &["FIXME", "XXX"];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.path != OWN) {
        let rust = file.has_extension(&["rs"]);
        for (number, line) in file.lines() {
            for (word, meaning) in RUST.iter().filter(|(w, _)| rust && line.contains(w)) {
                findings.push(Finding::at(
                    file,
                    number,
                    format!("`{word}` {meaning}: finish it"),
                ));
            }
            for mark in MARKS.iter().filter(|m| has_word(line, m)) {
                let message = format!("{mark}: do it, or open an issue and take the mark away");
                findings.push(Finding::at(file, number, message));
            }
        }
    }
    findings
}

/// Whether the word stands there by itself: `mktemp name.XXXXXX` is no mark.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{file, shown},
        *,
    };
    use expect_test::expect;

    #[test]
    fn stubs_and_marks_are_found() {
        let files = [
            file("a.rs", "fn a() { todo!() }\n#[ignore = \"slow\"]\n"),
            file("b.sh", "mktemp -d name.XXXXXX\n# FIXME later\n"),
        ];
        expect![[r#"
            a.rs:1: `todo!` is a stub: finish it
            a.rs:2: `#[ignore` switches a test off: finish it
            b.sh:2: FIXME: do it, or open an issue and take the mark away
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
