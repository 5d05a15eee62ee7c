//! Which connections a workspace uses: what was chosen, else what the settings name, else what
//! matches exactly. Where that is nothing, the user is asked once, and the answer is remembered.

use metasync_protocol::{
    connections::{Connection, MatchAnswer},
    editor::{ConnectionChoice, ConnectionsAnswer},
};
use uuid::Uuid;

/// What to do about connections.
#[derive(Clone, Debug, PartialEq)]
pub enum Matched {
    /// Use these.
    Use(Vec<Connection>),
    /// None fits for sure: offer these.
    Offer(Vec<Connection>),
    /// The organization has none that is alike, or none at all.
    Nothing,
}

/// Types of connections that are external sources, and the shared library.
const SOURCES: [&str; 4] = ["csv", "api", "jsonl", "library"];

/// Type of the connections that hold the tests of a release: those are on branches of their own.
const RELEASE: &str = "release";

/// A source with more entries is only used where somebody names it: every editor would hold all of it.
const MOST_ENTRIES: u64 = 100_000;

/// Decides. `chosen` is what the user chose before (even nothing), `named` the setting.
/// With `sources`, the organization's external sources come with what matches exactly: they belong to no workspace.
pub fn decide(answer: &MatchAnswer, chosen: Option<&[Uuid]>, named: &[String], sources: bool) -> Matched {
    let all = || everything(answer).map(|(c, _)| c);
    if let Some(chosen) = chosen {
        return Matched::Use(all().filter(|c| chosen.contains(&c.id)).cloned().collect());
    }
    if !named.is_empty() {
        let is_named = |c: &Connection| {
            named
                .iter()
                .any(|n| *n == c.name || *n == c.full_name || n.eq_ignore_ascii_case(&c.id.to_string()))
        };
        return Matched::Use(all().filter(|c| is_named(c)).cloned().collect());
    }
    if !answer.matched_connections.is_empty() {
        // several may bear one name: a repository, the tests of its releases, …
        let mut used = answer.matched_connections.clone();
        let is_small =
            |c: &&Connection| sources && SOURCES.contains(&c.kind.as_str()) && c.object_count <= MOST_ENTRIES;
        let others = answer
            .suggested_connections
            .iter()
            .chain(&answer.other_connections);
        used.extend(others.filter(is_small).cloned());
        return Matched::Use(used);
    }
    if !answer.suggested_connections.is_empty() {
        return Matched::Offer(answer.suggested_connections.clone());
    }
    Matched::Nothing
}

/// The connections whose files are those of the workspace.
/// None where no such connection is in use: then only the files tell.
pub fn own(answer: &MatchAnswer, used: &[Connection]) -> Vec<Uuid> {
    let exact = answer.matched_connections.iter();
    exact
        .filter(|c| c.kind != RELEASE && used.iter().any(|u| u.id == c.id))
        .map(|c| c.id)
        .collect()
}

fn everything(answer: &MatchAnswer) -> impl Iterator<Item = (&Connection, &'static str)> {
    let tag = |list: &'static str| move |c| (c, list);
    (answer.matched_connections.iter().map(tag("exact")))
        .chain(answer.suggested_connections.iter().map(tag("suggested")))
        .chain(answer.other_connections.iter().map(tag("other")))
}

/// The answer of `metasync.selectConnections`.
pub fn choices(answer: &MatchAnswer, selected: &[Uuid]) -> ConnectionsAnswer {
    let connections = everything(answer)
        .map(|(c, matching)| ConnectionChoice {
            id: c.id,
            name: c.name.clone(),
            full_name: c.full_name.clone(),
            status: c.status.clone(),
            matching: matching.to_owned(),
            selected: selected.contains(&c.id),
        })
        .collect();
    ConnectionsAnswer { connections }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(name: &str) -> Connection {
        Connection {
            id: metasync_protocol::ids::organization(name),
            kind: "github".into(),
            name: name.into(),
            full_name: format!("acme/{name}"),
            url: String::new(),
            status: "completed".into(),
            object_count: 1,
            last_extracted_at: None,
        }
    }

    fn answer(matched: &[&str], suggested: &[&str], other: &[&str]) -> MatchAnswer {
        let list = |names: &[&str]| names.iter().map(|n| connection(n)).collect();
        MatchAnswer {
            matched_connections: list(matched),
            suggested_connections: list(suggested),
            other_connections: list(other),
        }
    }

    #[test]
    fn what_was_chosen_wins_over_the_settings_and_those_over_the_match() {
        let all = answer(&["a"], &["b"], &["c"]);
        let names = |m: Matched| match m {
            Matched::Use(list) => list.into_iter().map(|c| c.name).collect::<Vec<_>>().join(","),
            other => format!("{other:?}"),
        };
        assert_eq!(names(decide(&all, None, &[], true)), "a");
        assert_eq!(
            names(decide(&all, None, &["acme/b".into(), "c".into()], true)),
            "b,c"
        );
        assert_eq!(
            names(decide(&all, Some(&[connection("c").id]), &["b".into()], true)),
            "c"
        );
        assert_eq!(names(decide(&all, Some(&[]), &[], true)), "");
    }

    #[test]
    fn external_sources_come_along_unless_they_are_large_or_not_wanted() {
        let mut all = answer(&["a"], &["b"], &["csv", "api"]);
        for (nth, kind) in [(0, "csv"), (1, "api")] {
            all.other_connections[nth].kind = kind.into();
        }
        all.other_connections[1].object_count = MOST_ENTRIES + 1;
        let count = |sources| match decide(&all, None, &[], sources) {
            Matched::Use(used) => used.len(),
            _ => 0,
        };
        assert_eq!((count(true), count(false)), (2, 1));
        all.matched_connections.clear();
        assert!(matches!(decide(&all, None, &[], true), Matched::Offer(_)));
    }

    #[test]
    fn nothing_certain_is_asked_and_nothing_alike_is_told() {
        assert_eq!(
            decide(&answer(&[], &["b"], &["c"]), None, &[], true),
            Matched::Offer(vec![connection("b")])
        );
        assert_eq!(
            decide(&answer(&[], &[], &["c"]), None, &[], true),
            Matched::Nothing
        );
    }
}
