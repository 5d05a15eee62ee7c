//! From the cache's facts to those that a hover is made of.

use metasync_cache::TestFacts;
use metasync_ide::{InRelease, Neighbour, ObjectFacts, Origin};

/// Type of the connections that hold the tests of a release.
const RELEASE: &str = "release";

/// The facts of an object for [`metasync_ide::hover::object`].
pub fn for_hover(facts: metasync_cache::ObjectFacts, offline: bool) -> ObjectFacts {
    ObjectFacts {
        origin: origin(&facts.connection, facts.synced_at, offline),
        object: facts.object,
        path: facts.path,
        columns: facts.columns,
        upstream: facts.upstream.into_iter().map(neighbour).collect(),
        downstream: facts.downstream.into_iter().map(neighbour).collect(),
        documentation: facts.documentation,
        releases: Vec::new(),
    }
}

/// The releases among the places where a test is.
pub fn releases(tests: Vec<TestFacts>) -> Vec<InRelease> {
    let releases = tests
        .into_iter()
        .filter(|test| test.connection.kind.as_deref() == Some(RELEASE));
    let releases = releases.map(|test| InRelease {
        release: test
            .connection
            .name
            .unwrap_or_else(|| test.connection.id.to_string()),
        test: test.object,
    });
    metasync_ide::releases::sorted(releases.collect())
}

/// Where facts come from.
pub fn origin(
    connection: &metasync_cache::ConnectionFacts,
    synced_at: Option<String>,
    offline: bool,
) -> Origin {
    Origin {
        connection: connection.full_name.clone().or_else(|| connection.name.clone()),
        revision: connection.revision.clone(),
        synced_at,
        offline,
    }
}

fn neighbour(n: metasync_cache::Neighbour) -> Neighbour {
    let is_source = n.object_type.as_deref() == Some("source");
    // a source table is known by its source: the last two parts of the full name
    let is_python_test = n.object_type.as_deref() == Some("test") && n.full_name.contains("::");
    let name = if is_python_test {
        n.full_name
    } else if is_source {
        last_parts(&n.full_name, 2)
    } else {
        n.name
    };
    Neighbour {
        name,
        object_type: n.object_type,
        elsewhere: n.elsewhere,
        id: n.id,
        link: None,
    }
}

fn last_parts(name: &str, count: usize) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    parts[parts.len().saturating_sub(count)..].join(".")
}
