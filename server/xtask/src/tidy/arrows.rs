//! The arrows between the rooms (server/ARCHITECTURE.md): which crate may name which.

use super::{Finding, graph::Graph};

/// What this workspace's own crates are called, apart from `xtask`, `metasync` and the stories.
const PREFIX: &str = "metasync-";

/// The stories: they start the real programs and may name every room.
const STORIES: &str = "metasync-tests";

/// Each room with the rooms it may name. A room that is missing here is an error too: a new room
/// is decided on, not slipped in.
const ROOMS: &[(&str, &[&str])] = &[
    ("metasync-protocol", &[]),
    ("metasync-analysis", &["metasync-protocol"]),
    ("metasync-sources", &["metasync-analysis", "metasync-protocol"]),
    ("metasync-store", &["metasync-protocol"]),
    (
        "metasync-hub",
        &[
            "metasync-store",
            "metasync-sources",
            "metasync-analysis",
            "metasync-protocol",
        ],
    ),
    ("metasync-client", &["metasync-protocol"]),
    ("metasync-cache", &["metasync-protocol"]),
    ("metasync-ide", &["metasync-analysis", "metasync-protocol"]),
    (
        "metasync-language-server",
        &[
            "metasync-ide",
            "metasync-cache",
            "metasync-client",
            "metasync-analysis",
            "metasync-protocol",
        ],
    ),
    (
        "metasync",
        &[
            "metasync-language-server",
            "metasync-hub",
            // `analyze` lists a folder as an index run does.
            "metasync-sources",
            "metasync-ide",
            "metasync-cache",
            "metasync-client",
            "metasync-analysis",
            "metasync-protocol",
        ],
    ),
    ("xtask", &["metasync-protocol"]),
];

/// Crates of others that only these rooms may name, and why.
const OWNERS: &[(&str, &[&str], &str)] = &[
    (
        "reqwest",
        &["metasync-client", "metasync-sources"],
        "HTTP goes out in two places only",
    ),
    ("sqlx", &["metasync-store"], "the hub's database has one door"),
    (
        "rusqlite",
        &["metasync-cache", "metasync-sources"],
        "the editor's database has one door; sources open files of others with it",
    ),
    (
        "tower-lsp-server",
        &["metasync-language-server"],
        "one crate knows the editors' protocol",
    ),
    ("axum", &["metasync-hub"], "one crate answers HTTP"),
];

/// What the build of a room must never reach, however far away, and why.
const NEVER: &[(&str, &[&str], &str)] = &[
    (
        "metasync-protocol",
        &["tokio", "reqwest", "axum", "rusqlite", "sqlx", "tower-lsp-server"],
        "the words know no clock, network, database or editor",
    ),
    (
        "metasync-analysis",
        &["tokio", "reqwest", "axum", "rusqlite", "sqlx", "tower-lsp-server"],
        "text in, facts out: no I/O, no async",
    ),
    (
        "metasync-ide",
        &[
            "tokio",
            "reqwest",
            "rusqlite",
            "sqlx",
            "tower-lsp-server",
            "ls-types",
            "lsp-types",
            "metasync-cache",
            "metasync-client",
        ],
        "no feature of the editor can wait for a network or a database",
    ),
    (
        "metasync-sources",
        &["metasync-store", "sqlx"],
        "a source reads the outside and saves nothing",
    ),
    (
        "metasync-language-server",
        &[
            "axum",
            "sqlx",
            "metasync-store",
            "metasync-sources",
            "metasync-hub",
        ],
        "local mode speaks to a hub over loopback like any other",
    ),
    (
        "metasync-hub",
        &[
            "tower-lsp-server",
            "metasync-language-server",
            "metasync-ide",
            "metasync-cache",
            "metasync-client",
        ],
        "the hub knows no editor",
    ),
];

/// The two worlds that only the binary and the stories link together.
const WORLDS: (&str, &str) = ("metasync-language-server", "metasync-hub");
/// Who may.
const LINKS_BOTH_WORLDS: &[&str] = &["metasync", STORIES];

pub fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in graph.members.iter().filter(|m| *m != STORIES) {
        edges(graph, member, &mut findings);
        for (theirs, owners, why) in OWNERS {
            if graph.direct(member).contains(theirs) && !owners.contains(&member.as_str()) {
                findings.push(Finding::error(
                    member,
                    format!("names {theirs}, which belongs to {}: {why}", owners.join(" and ")),
                ));
            }
        }
        let reach = graph.reach(member);
        if reach.contains_key(WORLDS.0)
            && reach.contains_key(WORLDS.1)
            && !LINKS_BOTH_WORLDS.contains(&member.as_str())
        {
            let message = format!("links {} and {}, which only the binary may", WORLDS.0, WORLDS.1);
            findings.push(Finding::error(member, message));
        }
    }
    for (room, unreachable, why) in NEVER {
        let reach = graph.reach(room);
        for theirs in unreachable.iter().filter(|t| reach.contains_key(**t)) {
            findings.push(Finding::error(
                *room,
                format!("reaches {theirs} ({}): {why}", graph.way(room, theirs)),
            ));
        }
    }
    findings
}

/// Direct edges between rooms against the table.
fn edges(graph: &Graph, member: &str, findings: &mut Vec<Finding>) {
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == member) else {
        let message = "is a room that the table of arrows does not know (server/xtask/src/tidy/arrows.rs)";
        findings.push(Finding::error(member, message));
        return;
    };
    for needed in graph.direct(member) {
        let ours = needed.starts_with(PREFIX) || graph.members.contains(needed);
        // A crate's tests may name the crate itself with other features.
        if ours && needed != member && !allowed.contains(&needed) {
            findings.push(Finding::error(
                member,
                format!("names {needed}, which turns an arrow round"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::shown, *};
    use expect_test::expect;

    const SOUND: &str = "
        metasync-protocol: serde
        metasync-analysis: metasync-protocol
        metasync-ide: metasync-analysis
        metasync-cache: metasync-protocol rusqlite
        metasync-client: metasync-protocol reqwest tokio
        metasync-sources: metasync-analysis tokio
        metasync-store: metasync-protocol sqlx tokio
        metasync-language-server: metasync-ide metasync-cache metasync-client tower-lsp-server tokio
        metasync-hub: metasync-store metasync-sources axum tokio
        metasync: metasync-language-server metasync-hub
        metasync-tests: metasync metasync-hub metasync-language-server reqwest rusqlite
        xtask: metasync-protocol
    ";

    fn findings(more: &str) -> String {
        shown(&check(&Graph::of(&format!("{SOUND}{more}"))))
    }

    #[test]
    fn the_house_as_it_is_drawn_is_sound() {
        assert_eq!(findings(""), "");
    }

    #[test]
    fn an_arrow_that_turns_round_is_found_also_in_tests() {
        expect![[r#"
            metasync-analysis: names metasync-cache, which turns an arrow round
            metasync-analysis: reaches rusqlite (metasync-analysis → metasync-cache → rusqlite): text in, facts out: no I/O, no async
            metasync-ide: reaches rusqlite (metasync-ide → metasync-analysis → metasync-cache → rusqlite): no feature of the editor can wait for a network or a database
            metasync-ide: reaches metasync-cache (metasync-ide → metasync-analysis → metasync-cache): no feature of the editor can wait for a network or a database
            metasync-hub: reaches metasync-cache (metasync-hub → metasync-sources → metasync-analysis → metasync-cache): the hub knows no editor
        "#]]
        .assert_eq(&findings("metasync-analysis: metasync-cache"));
        expect![[r#"
            metasync-client: names metasync-hub, which turns an arrow round
        "#]]
        .assert_eq(&findings("metasync-client (tests): metasync-hub"));
    }

    #[test]
    fn what_reaches_too_far_is_found_with_its_way() {
        expect![[r#"
            metasync-ide: reaches tokio (metasync-ide → pretty → tokio): no feature of the editor can wait for a network or a database
        "#]]
        .assert_eq(&findings("metasync-ide: pretty\npretty: tokio"));
    }

    #[test]
    fn borrowed_crates_keep_to_their_owners() {
        expect![[r#"
            metasync-cache: names reqwest, which belongs to metasync-client and metasync-sources: HTTP goes out in two places only
        "#]]
        .assert_eq(&findings("metasync-cache: reqwest"));
    }

    #[test]
    fn a_new_room_and_a_second_link_of_both_worlds_are_found() {
        expect![[r#"
            metasync-all: is a room that the table of arrows does not know (server/xtask/src/tidy/arrows.rs)
            metasync-all: links metasync-language-server and metasync-hub, which only the binary may
        "#]]
        .assert_eq(&findings("metasync-all: metasync"));
    }
}
