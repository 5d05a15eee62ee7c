//! The staging configuration: an INI file in the repository (contract.md, "Seed 000").
//!
//! Each section is a staging state. Each key in it is a glob (`*`, `?`, `[…]`) on the ids of tests or the paths of
//! their files, from the repository's root or from the folder of the tests. The value is a note that is shown; one
//! that says no (`false`, `no`, `off`, `0`, `disabled`) takes the key back. The key `tests` lists globs in its value,
//! separated by commas or white space. Of several keys that fit a test the last one counts. The section `DEFAULT`
//! holds values for others and is no state. What fits no test, and lines that are no INI, are reported.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use super::result::FileDetail;

/// The section that is no state, as Python's INI files have it.
const DEFAULT: &str = "DEFAULT";

/// The key whose value lists globs.
const LIST: &str = "tests";

/// Most globs of a file.
const MAX_GLOBS: usize = 10_000;

/// Most of them with a wildcard: each is compared with each test.
const MAX_WILDCARDS: usize = 1_000;

/// Most lines that are reported.
const MAX_REPORTED: usize = 100;

/// Values that take a key back.
const NO: &[&str] = &["false", "no", "off", "0", "disabled"];

/// The states of tests.
#[derive(Debug, Default)]
pub(super) struct Staging {
    path: String,
    rules: Vec<Rule>,
    /// Rules without wildcards, by what they name.
    exact: HashMap<String, Vec<usize>>,
    /// The other ones, each with what stands before its first wildcard.
    wild: Vec<(usize, String)>,
    /// What says nothing.
    pub(super) unknown: Vec<FileDetail>,
    used: RefCell<BTreeSet<usize>>,
}

#[derive(Debug)]
struct Rule {
    line: u32,
    state: String,
    glob: String,
    /// `None`: not staged after all.
    note: Option<String>,
}

/// The state of a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State<'s> {
    /// The section.
    pub(super) name: &'s str,
    /// The key's value, where it says more than yes.
    pub(super) note: Option<&'s str>,
}

impl Staging {
    /// The file is not there, or is no text.
    pub(super) fn missing(path: &str) -> Staging {
        let message = "the staging configuration is not on this branch, or can't be read: no test is staged; \
                       check test_discovery_staging_config (TEST_DISCOVERY_STAGING_CONFIG)";
        let mut staging = Staging {
            path: path.to_owned(),
            ..Staging::default()
        };
        staging.report(None, message.to_owned());
        staging
    }

    pub(super) fn parse(path: &str, text: &str) -> Staging {
        let mut staging = Staging {
            path: path.to_owned(),
            ..Staging::default()
        };
        let mut section: Option<String> = None;
        let mut entries: Vec<(u32, String, String, String)> = Vec::new();
        for (line, written) in (1..).zip(text.lines()) {
            let trimmed = written.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[') {
                match name.split_once(']') {
                    Some((name, "")) if !name.trim().is_empty() => section = Some(name.trim().to_owned()),
                    _ => staging.report(Some(line), format!("{trimmed:?} is no section: write [name]")),
                }
                continue;
            }
            if written.starts_with([' ', '\t'])
                && let Some((_, of, _, value)) = entries.last_mut()
                && section.as_deref() == Some(of.as_str())
            {
                value.push(' ');
                value.push_str(trimmed);
                continue;
            }
            let Some(section) = &section else {
                staging.report(Some(line), format!("{trimmed:?} stands before the first section"));
                continue;
            };
            let (key, value) = key_and_value(trimmed);
            entries.push((line, section.clone(), key.to_owned(), value.to_owned()));
        }
        for (line, section, key, value) in entries {
            staging.entry(line, section, &key, &value);
        }
        staging
    }

    fn entry(&mut self, line: u32, section: String, key: &str, value: &str) {
        if section == DEFAULT {
            self.report(
                Some(line),
                format!("[{DEFAULT}] is no staging state: {key:?} says nothing"),
            );
            return;
        }
        if key == LIST {
            let globs = value
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|glob| !glob.is_empty());
            for glob in globs {
                self.rule(line, section.clone(), glob, Some(String::new()));
            }
            return;
        }
        let says_no = NO.iter().any(|no| value.eq_ignore_ascii_case(no));
        self.rule(line, section, key, (!says_no).then(|| value.to_owned()));
    }

    fn rule(&mut self, line: u32, state: String, glob: &str, note: Option<String>) {
        if self.rules.len() == MAX_GLOBS {
            self.report(
                Some(line),
                format!("more than {MAX_GLOBS} entries: the rest is left out"),
            );
        }
        if self.rules.len() >= MAX_GLOBS {
            return;
        }
        let glob = glob.trim_start_matches("./").to_owned();
        let nth = self.rules.len();
        match glob.find(['*', '?', '[']) {
            None => self.exact.entry(glob.clone()).or_default().push(nth),
            Some(_) if self.wild.len() == MAX_WILDCARDS => {
                let message =
                    format!("{glob:?}: more than {MAX_WILDCARDS} entries with wildcards; it is left out");
                self.report(Some(line), message);
                return;
            }
            Some(at) => self.wild.push((nth, glob[..at].to_owned())),
        }
        self.rules.push(Rule {
            line,
            state,
            glob,
            note,
        });
    }

    fn report(&mut self, line: Option<u32>, message: String) {
        if self.unknown.len() < MAX_REPORTED {
            self.unknown.push(FileDetail {
                path: self.path.clone(),
                line,
                message,
            });
        }
    }

    /// The state of a test, by its id and the folder of the tests.
    pub(super) fn of(&self, id: &str, base: &str) -> Option<State<'_>> {
        let near = id
            .strip_prefix(base)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(id);
        let path = |id: &'_ str| id.find("::").unwrap_or(id.len());
        let names = [id, &id[..path(id)], near, &near[..path(near)]];
        let exact = names
            .iter()
            .filter_map(|name| self.exact.get(*name))
            .flatten()
            .copied();
        let wild = self.wild.iter().filter(|(nth, prefix)| {
            let fits = |name: &&str| name.starts_with(prefix.as_str()) && fits(&self.rules[*nth].glob, name);
            names.iter().any(fits)
        });
        let all: BTreeSet<usize> = exact.chain(wild.map(|(nth, _)| *nth)).collect();
        self.used.borrow_mut().extend(&all);
        let rule = &self.rules[all.into_iter().next_back()?];
        let note = rule.note.as_deref()?;
        Some(State {
            name: &rule.state,
            note: Some(note).filter(|note| !note.is_empty() && !says_yes(note)),
        })
    }

    /// Entries that fitted no test, once all were asked for.
    pub(super) fn unused(&self) -> Vec<FileDetail> {
        let used = self.used.borrow();
        let unused = self
            .rules
            .iter()
            .enumerate()
            .filter(|(nth, _)| !used.contains(nth));
        let room = MAX_REPORTED.saturating_sub(self.unknown.len());
        unused
            .take(room)
            .map(|(_, rule)| FileDetail {
                path: self.path.clone(),
                line: Some(rule.line),
                message: format!("[{}] {:?} fits no test", rule.state, rule.glob),
            })
            .collect()
    }
}

fn says_yes(note: &str) -> bool {
    ["true", "yes", "on", "1", "enabled"]
        .iter()
        .any(|yes| note.eq_ignore_ascii_case(yes))
}

/// A key without a value is one, too. `::` in an id is no sign of a value.
fn key_and_value(text: &str) -> (&str, &str) {
    let at = text.char_indices().find(|(at, c)| {
        *c == '=' || *c == ':' && !text[..*at].ends_with(':') && !text[at + 1..].starts_with(':')
    });
    match at {
        Some((at, _)) => (text[..at].trim(), text[at + 1..].trim()),
        None => (text, ""),
    }
}

/// As Python's `fnmatch`: `*` crosses slashes. A class that is never closed stands for itself.
fn fits(glob: &str, text: &str) -> bool {
    metasync_analysis::glob_fits(glob, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
; a comment
stray = 1
[DEFAULT]
owner = edge
[smoke]
tests = test_m_000.py, test_m_001.py::test_one
    test_more_*.py
test_m_002.py::test_one = enabled
[staging]
suite/test_m_003.py::Test*::test_? : nightly
test_m_00[45].py = off
test_m_002.py::test_one = disabled
[broken
";

    fn state(staging: &Staging, id: &str) -> String {
        match staging.of(id, "suite") {
            Some(State { name, note }) => format!("{name} {}", note.unwrap_or("-")),
            None => "none".into(),
        }
    }

    #[test]
    fn sections_are_states_and_keys_are_globs() {
        let staging = Staging::parse("s.ini", TEXT);
        for (id, wanted) in [
            ("suite/test_m_000.py::test_x", "smoke -"),
            ("suite/test_m_001.py::test_one", "smoke -"),
            ("suite/test_m_001.py::test_two", "none"),
            ("suite/test_more_x.py::T::test_y", "smoke -"),
            ("suite/test_m_003.py::TestA::test_b", "staging nightly"),
            ("suite/test_m_002.py::test_one", "none"),
            ("suite/test_m_004.py::test_one", "none"),
            ("other/test_m_000.py::test_x", "none"),
        ] {
            assert_eq!(state(&staging, id), wanted, "{id}");
        }
        let told: Vec<String> = staging
            .unknown
            .iter()
            .chain(&staging.unused())
            .map(|d| format!("{} {}", d.line.unwrap_or(0), d.message))
            .collect();
        assert_eq!(
            told,
            [
                "2 \"stray = 1\" stands before the first section",
                "13 \"[broken\" is no section: write [name]",
                "4 [DEFAULT] is no staging state: \"owner\" says nothing",
            ]
        );
        let indented = Staging::parse("s.ini", "[a]\nx = y\n[b]\n  test_m_000.py\n");
        assert_eq!(state(&indented, "suite/test_m_000.py::test_x"), "b -");
        let unused = Staging::parse("s.ini", "[a]\nnothing.py = x\n");
        assert_eq!(unused.of("suite/test_a.py::test_b", "suite"), None);
        assert_eq!(unused.unused()[0].message, "[a] \"nothing.py\" fits no test");
    }
}
