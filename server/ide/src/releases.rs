//! In which releases a test is, since when, whether it is staged, and what differs between them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    facts::{InRelease, Neighbour},
    markup::Writer,
};

/// Most releases that a lens names.
const NAMED: usize = 3;
/// Most releases that a hover lists.
const LISTED: usize = 20;
/// Most tests that a hover lists.
const MAX_TESTS: usize = 12;
/// Characters of a commit that are shown.
const COMMIT: usize = 10;

/// Oldest first, as versions are counted: 9 stands before 10.
pub fn sorted(mut releases: Vec<InRelease>) -> Vec<InRelease> {
    releases.sort_by_cached_key(|one| version(&one.release));
    releases
}

/// Numbers in a name count as numbers.
fn version(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let word = rest[..words].to_owned();
        rest = &rest[words..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        parts.push((rest[..digits].parse().unwrap_or(u64::MAX), word));
        rest = &rest[digits..];
    }
    // the word stands before its number
    parts
}

/// What a lens above a test says; `None` where no release has it.
pub fn title(releases: &[InRelease]) -> Option<String> {
    let names: Vec<&str> = releases.iter().map(|one| one.release.as_str()).collect();
    let mut title = match names.as_slice() {
        [] => return None,
        [only] => format!("in release {only}"),
        all if all.len() <= NAMED => format!("in releases {}", all.join(", ")),
        all => format!("in {} releases, {} to {}", all.len(), all[0], all[all.len() - 1]),
    };
    let states: Vec<&str> = releases.iter().filter_map(|one| text(one, "staging")).collect();
    match states.as_slice() {
        [] => {}
        [first, ..] if states.len() == releases.len() && states.iter().all(|state| state == first) => {
            title.push_str(&format!(" · staged: {first}"));
        }
        _ => title.push_str(&format!(" · staged in {}", states.len())),
    }
    if releases
        .windows(2)
        .any(|pair| !differences(&pair[0], &pair[1]).is_empty())
    {
        title.push_str(" · differs");
    }
    Some(title)
}

/// The part of a test's hover that tells of releases.
pub(crate) fn write(w: &mut Writer, releases: &[InRelease]) {
    if releases.is_empty() {
        return;
    }
    w.paragraph()
        .label(&format!("Releases ({})", releases.len()))
        .paragraph();
    // of many the newest
    let from = releases.len().saturating_sub(LISTED);
    if from > 0 {
        w.item().words(&format!("… {from} older ones"));
    }
    for (nth, one) in releases.iter().enumerate().skip(from) {
        w.item().code(&one.release);
        if let Some(since) = text(one, "since_commit") {
            w.words(" since ").code(short(since));
        }
        if let Some(changed) = text(one, "changed_commit") {
            w.words(", changed in ").code(short(changed));
        }
        match (text(one, "staging"), text(one, "staging_note")) {
            (Some(state), Some(note)) => {
                w.words(" · staged: ").line_of_text(&format!("{state} ({note})"));
            }
            (Some(state), None) => {
                w.words(" · staged: ").line_of_text(state);
            }
            (None, _) => {}
        }
        let before = nth.checked_sub(1).and_then(|nth| releases.get(nth));
        let differences = before.map(|before| differences(before, one)).unwrap_or_default();
        if let Some(before) = before.filter(|_| !differences.is_empty()) {
            w.words(" — other than in ").code(&before.release).words(": ");
            w.line_of_text(&differences.join(", "));
        }
    }
}

/// What of a test is another in the second release.
pub fn differences(before: &InRelease, now: &InRelease) -> Vec<String> {
    let mut found = Vec::new();
    if before.test.description != now.test.description {
        found.push("docstring".to_owned());
    }
    let marks = [marks(before), marks(now)];
    let added: Vec<&String> = marks[1].iter().filter(|mark| !marks[0].contains(mark)).collect();
    let gone: Vec<&String> = marks[0].iter().filter(|mark| !marks[1].contains(mark)).collect();
    found.extend(added.into_iter().map(|mark| format!("mark {mark} added")));
    found.extend(gone.into_iter().map(|mark| format!("mark {mark} removed")));
    let differs = |key: &str| before.test.metadata.get(key) != now.test.metadata.get(key);
    match (cases(before), cases(now)) {
        (Some(was), Some(is)) if was != is => found.push(format!("{was} → {is} cases")),
        _ if differs("parametrize") => found.push("parameters".to_owned()),
        _ => {}
    }
    if differs("mark_arguments")
        && !found
            .iter()
            .any(|told| told.contains("mark") || told.contains("case"))
    {
        found.push("arguments of marks".to_owned());
    }
    if differs("fixtures") {
        found.push("fixtures".to_owned());
    }
    if differs("staging") {
        found.push(match text(now, "staging") {
            Some(state) => format!("staged as {state}"),
            None => "not staged".to_owned(),
        });
    }
    if let (Some(was), Some(is)) = (before.test.line_start, now.test.line_start)
        && was != is
    {
        found.push(format!("line {was} → {is}"));
    }
    found
}

/// The tests that mention a relation, each once with the places where it is.
pub(crate) fn write_tests(w: &mut Writer, tests: &[&Neighbour]) {
    if tests.is_empty() {
        return;
    }
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in tests {
        places
            .entry(&test.name)
            .or_default()
            .extend(test.elsewhere.as_deref());
    }
    w.paragraph()
        .label(&format!("Tests ({})", places.len()))
        .paragraph();
    for (name, releases) in places.iter().take(MAX_TESTS) {
        w.item().code(name);
        if !releases.is_empty() {
            let mut releases = releases.clone();
            releases.sort_by_cached_key(|name| version(name));
            releases.dedup();
            w.words(" (");
            for (nth, release) in releases.iter().enumerate() {
                if nth > 0 {
                    w.words(", ");
                }
                w.code(release);
            }
            w.words(")");
        }
    }
    if places.len() > MAX_TESTS {
        w.item()
            .words(&format!("… and {} more", places.len() - MAX_TESTS));
    }
}

fn short(commit: &str) -> &str {
    commit.get(..COMMIT).unwrap_or(commit)
}

fn text<'r>(one: &'r InRelease, key: &str) -> Option<&'r str> {
    one.test.metadata.get(key)?.as_str()
}

/// How often a test runs; `None` where that can't be counted.
fn cases(one: &InRelease) -> Option<u64> {
    let metadata = &one.test.metadata;
    match metadata.get("parametrize") {
        None => Some(1),
        Some(_) => metadata.get("cases")?.as_u64(),
    }
}

fn marks(one: &InRelease) -> Vec<String> {
    let list = one.test.metadata.get("marks").and_then(Value::as_array);
    let marks = list.into_iter().flatten().filter_map(Value::as_str);
    marks.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, fake::Fake, file::File, lens::lenses};
    use expect_test::expect;
    use metasync_protocol::{ObjectRow, RowHash};
    use serde_json::json;
    use uuid::Uuid;

    fn test(release: &str, line: u32, description: &str, metadata: Value) -> InRelease {
        InRelease {
            release: release.to_owned(),
            test: ObjectRow {
                id: Uuid::nil(),
                connection_id: Uuid::nil(),
                file_id: None,
                name: "test_a".into(),
                full_name: "tests/test_x.py::TestA::test_a".into(),
                object_type: "test".into(),
                description: Some(description.into()),
                metadata,
                line_start: Some(line),
                line_end: Some(line + 1),
                branch: None,
                row_hash: RowHash::default(),
            },
        }
    }

    fn three() -> Vec<InRelease> {
        sorted(vec![
            test(
                "10.0",
                7,
                "Second.",
                json!({"marks": ["slow"], "since_commit": "cccccccccccccccc", "staging": "smoke",
                       "staging_note": "lane 2", "cases": 3,
                       "parametrize": [{"count": 3, "names": ["x"]}]}),
            ),
            test(
                "9.0",
                5,
                "First.",
                json!({"marks": ["smoke"], "since_commit": "bbbbbbbbbbbbbbbb"}),
            ),
            test(
                "8.0",
                5,
                "First.",
                json!({"marks": ["smoke"], "since_commit": "aaaaaaaaaaaaaaaa", "changed_commit": "abababababababab"}),
            ),
        ])
    }

    #[test]
    fn a_hover_tells_since_when_and_what_differs() {
        let mut w = Writer::new(Format::Plain);
        write(&mut w, &three());
        expect![[r#"
            Releases (3)

            - 8.0 since aaaaaaaaaa, changed in ababababab
            - 9.0 since bbbbbbbbbb
            - 10.0 since cccccccccc · staged: smoke (lane 2) — other than in 9.0: docstring, mark slow added, mark smoke removed, 1 → 3 cases, staged as smoke, line 5 → 7"#]].assert_eq(&w.finish().value);
    }

    #[test]
    fn tests_of_a_relation_stand_once() {
        let at = |release: &str, name: &str| Neighbour {
            name: name.into(),
            object_type: Some("test".into()),
            elsewhere: Some(release.into()),
            ..Neighbour::default()
        };
        let all = [
            at("10.0", "t.py::test_b"),
            at("9.0", "t.py::test_b"),
            at("9.0", "t.py::test_a"),
        ];
        let mut w = Writer::new(Format::Plain);
        write_tests(&mut w, &all.iter().collect::<Vec<_>>());
        expect![[r#"
            Tests (2)

            - t.py::test_a (9.0)
            - t.py::test_b (9.0, 10.0)"#]]
        .assert_eq(&w.finish().value);
    }

    #[test]
    fn a_lens_stands_above_a_test_that_a_release_has() {
        let mut catalogue = Fake::default();
        catalogue.releases = three();
        let text = "class TestA:\n    def test_a(self): pass\n    def test_b(self): pass\n";
        let all = lenses(&File::new("tests/test_x.py", text), &catalogue);
        let shown: Vec<(&str, &str)> = all
            .iter()
            .map(|lens| (&text[lens.span.start..lens.span.end], lens.title.as_str()))
            .collect();
        assert_eq!(
            shown,
            [("test_a", "in releases 8.0, 9.0, 10.0 · staged in 1 · differs")]
        );
        let staged = |release: &str| test(release, 1, "x", json!({"staging": "smoke"}));
        assert_eq!(
            title(&[staged("1")]).as_deref(),
            Some("in release 1 · staged: smoke")
        );
        let four: Vec<InRelease> = ["1", "2", "3", "4"].map(staged).into();
        assert_eq!(
            title(&four).as_deref(),
            Some("in 4 releases, 1 to 4 · staged: smoke")
        );
        assert_eq!(title(&[]), None);
    }
}
