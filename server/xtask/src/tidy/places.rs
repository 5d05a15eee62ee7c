//! Nothing in the repository may depend on the machine it was written on: no paths of it, and no
//! package registry's address (whoever builds chooses the registry).

use super::Finding;
use crate::workspace::File;

/// This file has to name what it looks for.
const OWN: &str = "server/xtask/src/tidy/places.rs";

/// Folders of somebody's machine, at the beginning of an absolute path.
const FOLDERS: &[&str] = &["/work", "/root", "/home", "/Users"];

/// Hosts of package registries.
const REGISTRIES: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "index.crates.io",
    "static.crates.io",
    "proxy.golang.org",
    "repo1.maven.org",
];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.path != OWN) {
        for (number, line) in file.lines() {
            if let Some(folder) = FOLDERS.iter().find(|f| names_folder(line, f)) {
                let message =
                    format!("names {folder}, a folder of one machine: use a relative or temporary path");
                findings.push(Finding::at(file, number, message));
            }
            if let Some(host) = REGISTRIES.iter().find(|h| line.contains(**h)) {
                let message =
                    format!("names {host}: which registry serves a package is the builder's choice");
                findings.push(Finding::at(file, number, message));
            }
        }
    }
    findings
}

/// Whether the line has the folder as the beginning of an absolute path: `/work/x` and `"/work"`,
/// but neither `/workspace`, nor a path that only continues so (`a/work`, `host/work`).
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        let begins = before.is_none_or(|c| !(c.is_alphanumeric() || "._-/}~)>]*".contains(c)));
        let ends = after.is_none_or(|c| !(c.is_alphanumeric() || "_-.".contains(c)));
        begins && ends
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
    fn folders_of_a_machine_and_registries_are_found() {
        let files = [
            file(
                "a.rs",
                "let p = \"/work/main\";\nlet q = \"/workspace/a\";\nlet r = \"x/work/y\";\n",
            ),
            file("b.sh", "cd /root\ncd $HOME/root\nfind . -path '*/work/*'\n"),
            file("c.json", "\"resolved\": \"https://registry.npmjs.org/a\"\n"),
            file("d.toml", "file = \"/home/somebody/key\"\n"),
        ];
        expect![[r#"
            a.rs:1: names /work, a folder of one machine: use a relative or temporary path
            b.sh:1: names /root, a folder of one machine: use a relative or temporary path
            c.json:1: names registry.npmjs.org: which registry serves a package is the builder's choice
            d.toml:1: names /home, a folder of one machine: use a relative or temporary path
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
