//! Sizes of source files: a file that can't be read in one sitting holds more than one idea.

use super::Finding;
use crate::workspace::File;

/// Lines above which a file fails.
const MOST: usize = 500;
/// Lines above which it is told.
const COMFORTABLE: usize = 300;

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let generated = file.name().contains(".gen.");
        if generated || !file.has_extension(&["rs", "ts"]) {
            continue;
        }
        let lines = file.lines().count();
        if lines > MOST {
            let message = format!("has {lines} lines; {MOST} is the most: split it by idea");
            findings.push(Finding::error(&file.path, message));
        } else if lines > COMFORTABLE {
            let message = format!("has {lines} lines; up to {COMFORTABLE} reads well");
            findings.push(Finding::warning(&file.path, message));
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
    fn long_files_are_told_and_too_long_ones_fail() {
        let files = [
            file("a/short.rs", &"\n".repeat(300)),
            file("a/long.ts", &"\n".repeat(301)),
            file("a/endless.rs", &"\n".repeat(501)),
            file("a/protocol.gen.ts", &"\n".repeat(5000)),
            file("a/data.csv", &"\n".repeat(5000)),
        ];
        expect![[r#"
            warning: a/long.ts: has 301 lines; up to 300 reads well
            a/endless.rs: has 501 lines; 500 is the most: split it by idea
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
