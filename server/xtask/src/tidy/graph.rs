//! The graph of crates, as `cargo metadata` resolves it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::process;

/// Crates by name, with what they depend on. Two versions of one crate count as one.
#[derive(Debug, Default)]
pub struct Graph {
    /// Names of the crates of this workspace.
    pub members: BTreeSet<String>,
    /// What a crate needs to be built.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// What its tests, examples and benchmarks need beyond that.
    pub tests_need: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `dev`, `build`; none for a plain dependency.
    kind: Option<String>,
}

/// What Cargo knows of this workspace, with the graph as resolved for this platform (for all of
/// them, Cargo would first download what only others need).
fn metadata() -> Result<Value> {
    let compiler = process::output("rustc", &["--version", "--verbose"])?;
    let host = compiler
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc --version --verbose` names no host")?;
    let arguments = ["metadata", "--format-version", "1", "--filter-platform", host];
    let text = process::output("cargo", &arguments)?;
    serde_json::from_str(&text).context("`cargo metadata` answered no JSON")
}

impl Graph {
    /// The graph of this workspace.
    pub fn of_workspace() -> Result<Graph> {
        Graph::read(&metadata()?)
    }

    /// From what `cargo metadata --format-version 1` prints.
    fn read(metadata: &Value) -> Result<Graph> {
        let metadata =
            Metadata::deserialize(metadata).context("`cargo metadata` answers in another shape")?;
        let names: HashMap<&str, &str> = metadata
            .packages
            .iter()
            .map(|p| (p.id.as_str(), p.name.as_str()))
            .collect();
        let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), |n| (*n).to_owned());
        let mut graph = Graph {
            members: metadata.workspace_members.iter().map(|id| name(id)).collect(),
            ..Graph::default()
        };
        for node in &metadata.resolve.nodes {
            let own = name(&node.id);
            graph.needs.entry(own.clone()).or_default();
            for edge in &node.deps {
                let of_tests = edge.dep_kinds.iter().all(|k| k.kind.as_deref() == Some("dev"));
                let edges = if of_tests {
                    &mut graph.tests_need
                } else {
                    &mut graph.needs
                };
                edges.entry(own.clone()).or_default().insert(name(&edge.pkg));
            }
        }
        Ok(graph)
    }

    /// Direct dependencies, those of tests included.
    pub fn direct(&self, name: &str) -> BTreeSet<&str> {
        [&self.needs, &self.tests_need]
            .into_iter()
            .filter_map(|edges| edges.get(name))
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// All that a crate's build reaches, each with the crate through which it was reached first.
    pub fn reach(&self, name: &str) -> BTreeMap<&str, &str> {
        let mut reached = BTreeMap::new();
        let mut open: Vec<&str> = self
            .needs
            .get_key_value(name)
            .map(|(n, _)| n.as_str())
            .into_iter()
            .collect();
        while let Some(at) = open.pop() {
            for next in self.needs.get(at).into_iter().flatten() {
                if !reached.contains_key(next.as_str()) {
                    reached.insert(next.as_str(), at);
                    open.push(next);
                }
            }
        }
        reached
    }

    /// How `from` comes to `to`, for people: `a → b → c`.
    pub fn way(&self, from: &str, to: &str) -> String {
        let reached = self.reach(from);
        let mut way = vec![to];
        while let Some(before) = reached.get(way[way.len() - 1]) {
            way.push(before);
            if *before == from {
                break;
            }
        }
        way.reverse();
        way.join(" → ")
    }
}

#[cfg(test)]
impl Graph {
    /// A graph of edges: `a: b c`, and `a (tests): d`, one a line. Members are `xtask` and what
    /// begins with `metasync`, as in this workspace.
    pub fn of(text: &str) -> Graph {
        let mut graph = Graph::default();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let (name, needs) = line.split_once(':').unwrap();
            let (name, edges) = match name.strip_suffix(" (tests)") {
                Some(name) => (name, &mut graph.tests_need),
                None => (name, &mut graph.needs),
            };
            let needs = needs.split_whitespace().map(str::to_owned);
            edges.entry(name.to_owned()).or_default().extend(needs);
            if name.starts_with("metasync") || name == "xtask" {
                graph.members.insert(name.to_owned());
            }
            graph.needs.entry(name.to_owned()).or_default();
        }
        graph
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_cargo_prints() {
        let graph = Graph::read(&json!({
            "packages": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "c"}],
            "workspace_members": ["1"],
            "resolve": {"nodes": [
                {"id": "1", "deps": [
                    {"pkg": "2", "dep_kinds": [{"kind": null}, {"kind": "dev"}]},
                    {"pkg": "3", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "2", "deps": []}, {"id": "3", "deps": []}]}
        }))
        .unwrap();
        assert_eq!(graph.members.iter().collect::<Vec<_>>(), ["a"]);
        assert_eq!(graph.direct("a").into_iter().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(graph.reach("a").into_keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn circles_end_and_ways_are_told() {
        let graph = Graph::of("a: b\nb: c\nc: a d");
        assert_eq!(graph.way("a", "d"), "a → b → c → d");
    }
}
