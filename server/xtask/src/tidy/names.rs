//! Names of modules that say nothing about what is in them.

use super::Finding;
use crate::workspace::File;

/// Drawers into which anything fits.
const BANNED: &[&str] = &["utils", "util", "common", "helpers", "helper", "manager", "misc"];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|f| f.has_extension(&["rs", "ts", "mjs", "py"]))
    {
        for part in file.path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if BANNED.contains(&stem) {
                let message = format!("`{stem}` says nothing: name the idea that is in it");
                findings.push(Finding::error(&file.path, message));
            }
        }
        if !file.has_extension(&["rs"]) {
            continue;
        }
        for (number, line) in file.lines() {
            let name = line
                .trim_start()
                .trim_start_matches("pub ")
                .strip_prefix("mod ")
                .and_then(|rest| rest.split([' ', ';', '{']).next());
            if let Some(name) = name.filter(|n| BANNED.contains(n)) {
                let message = format!("`mod {name}` says nothing: name the idea that is in it");
                findings.push(Finding::at(file, number, message));
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
    fn drawers_are_found_as_files_folders_and_modules() {
        let files = [
            file("server/hub/src/utils.rs", ""),
            file("tests/common/mod.rs", ""),
            file("server/hub/src/lib.rs", "mod manager;\nmod managers_of_runs;\n"),
        ];
        expect![[r#"
            server/hub/src/utils.rs: `utils` says nothing: name the idea that is in it
            tests/common/mod.rs: `common` says nothing: name the idea that is in it
            server/hub/src/lib.rs:1: `mod manager` says nothing: name the idea that is in it
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
