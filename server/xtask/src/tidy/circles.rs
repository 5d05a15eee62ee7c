//! No circles between the modules of a crate: each can be read knowing only what is under it.
//!
//! Looked at are the modules directly under `src`, and what they name as `crate::…`; tests may name
//! whatever they like.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::workspace::File;

/// What the modules of a crate name: module → module → the place that names it first.
type Edges<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<(&str, &File)>> = BTreeMap::new();
    for file in files.iter().filter(|f| f.has_extension(&["rs"])) {
        if let Some((folder, inside)) = file.path.split_once("/src/") {
            crates.entry(folder).or_default().push((inside, file));
        }
    }
    let mut findings = Vec::new();
    for (folder, files) in crates {
        let modules: BTreeSet<&str> = files.iter().filter_map(|(inside, _)| module_of(inside)).collect();
        let mut edges = Edges::new();
        for (inside, file) in &files {
            if let Some(module) = module_of(inside) {
                add(&mut edges, module, file, &modules);
            }
        }
        findings.extend(circles(folder, &edges));
    }
    findings
}

/// The module directly under `src` that a file belongs to; none for the crate's root and for tests.
fn module_of(inside: &str) -> Option<&str> {
    let first = inside.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    let tests = inside.split(['/', '.']).any(|part| part == "tests");
    (!tests && !["lib", "main", "bin"].contains(&name)).then_some(name)
}

fn add<'a>(edges: &mut Edges<'a>, module: &'a str, file: &File, modules: &BTreeSet<&'a str>) {
    for (number, name) in named(file) {
        if let Some(named) = modules.get(name.as_str()).filter(|named| **named != module) {
            let place = || format!("{}:{number}", file.path);
            edges
                .entry(module)
                .or_default()
                .entry(named)
                .or_insert_with(place);
        }
    }
}

/// What a file names right after `crate::`, in groups too, with the line; tests, which stand at the
/// end of a file, and comments left out.
fn named(file: &File) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    // How deep in the braces of `crate::{…}`; 0 outside.
    let mut depth = 0_usize;
    let lines = file.lines().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    for (number, line) in lines {
        let mut rest = line.split("//").next().unwrap_or_default();
        // Whether the next word is one that stands right after `crate::`, or in its group.
        let mut expected = depth == 1;
        while let Some(c) = rest.chars().next() {
            if c.is_alphabetic() || c == '_' {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len());
                if std::mem::take(&mut expected) {
                    names.push((number, rest[..end].to_owned()));
                }
                if depth == 0 && rest[..end] == *"crate" && rest[end..].starts_with("::") {
                    rest = &rest[end + 2..];
                    if let Some(group) = rest.strip_prefix('{') {
                        (rest, depth) = (group, 1);
                    }
                    expected = true;
                } else {
                    rest = &rest[end..];
                }
                continue;
            }
            match c {
                '{' if depth > 0 => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' => expected = depth == 1,
                _ => {}
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    names
}

/// Each circle once, told from its first module on, the shortest way round.
fn circles(folder: &str, edges: &Edges<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for start in edges.keys() {
        let Some(way) = way_round(start, edges) else {
            continue;
        };
        if told.insert(way.iter().copied().collect()) {
            let places: Vec<String> = way
                .windows(2)
                .map(|pair| format!("{} names {} at {}", pair[0], pair[1], edges[pair[0]][pair[1]]))
                .collect();
            let message = format!("modules in a circle: {}", places.join("; "));
            findings.push(Finding::error(format!("{folder}/src"), message));
        }
    }
    findings
}

/// The shortest way from a module back to itself, breadth first.
fn way_round<'a>(start: &'a str, edges: &Edges<'a>) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way[way.len() - 1]).into_iter().flat_map(BTreeMap::keys) {
                let mut way = way.clone();
                way.push(next);
                if *next == start {
                    return Some(way);
                }
                if seen.insert(*next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{
        super::{file, shown},
        *,
    };
    use expect_test::expect;

    #[test]
    fn names_in_groups_are_seen() {
        let text = "use crate::{a::{x, y}, b,\n    c as d,\n};\nfn f() { crate::e::g(crate::h) }\nuse std::{io, fs};\n";
        let names: Vec<String> = named(&file("a.rs", text)).into_iter().map(|(_, n)| n).collect();
        assert_eq!(names, ["a", "b", "c", "e", "h"]);
    }

    #[test]
    fn a_circle_is_told_once_with_its_places() {
        let files = [
            file("server/a/src/lib.rs", "use crate::one::X;\n"),
            file("server/a/src/one.rs", "use crate::two::Y;\n"),
            file(
                "server/a/src/two/deep.rs",
                "// crate::four\nuse crate::three::Z;\n",
            ),
            file("server/a/src/three.rs", "fn f() { crate::one::g() }\n"),
            file(
                "server/a/src/four.rs",
                "use crate::{\n    one::{X, five},\n    three,\n};\n#[cfg(test)]\nmod tests { use crate::five; }\n",
            ),
            file("server/a/src/five.rs", "use crate::four::F;\n"),
        ];
        expect![[r#"
            server/a/src: modules in a circle: one names two at server/a/src/one.rs:1; two names three at server/a/src/two/deep.rs:2; three names one at server/a/src/three.rs:1
        "#]]
        .assert_eq(&shown(&check(&files)));
    }
}
