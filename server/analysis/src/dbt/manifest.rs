//! `target/manifest.json`: what dbt compiled. It only adds to what the files say, and of a model that was changed since
//! its SQL counts for nothing.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::relation::RelationName;

/// Where dbt leaves it, inside the project.
pub(crate) const MANIFEST: &str = "target/manifest.json";

/// The versions of its schema that are known to be read well; others are read as far as they are alike.
const KNOWN_VERSIONS: std::ops::RangeInclusive<u32> = 7..=12;

/// What a manifest says, by what matters here.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) nodes: Vec<Node>,
    /// The name that dbt writes for a node in SQL, by the node's id.
    relations: HashMap<String, (String, Named)>,
    /// Places in `nodes` by `model:project.name`.
    by_name: HashMap<String, usize>,
}

/// What a relation's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A model, seed or snapshot, with its package.
    Ref(String, String),
    /// A table of a source.
    Source(String, String),
}

/// A model, seed, snapshot or source table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Node {
    resource_type: Option<String>,
    pub(crate) name: Option<String>,
    package_name: Option<String>,
    /// Inside the project.
    pub(crate) original_file_path: Option<String>,
    #[serde(alias = "raw_sql")]
    raw_code: Option<String>,
    #[serde(alias = "compiled_sql")]
    compiled_code: Option<String>,
    description: Option<String>,
    columns: Option<BTreeMap<String, Column>>,
    relation_name: Option<String>,
    database: Option<String>,
    schema: Option<String>,
    alias: Option<String>,
    source_name: Option<String>,
    version: Option<Value>,
    depends_on: Option<DependsOn>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependsOn {
    nodes: Option<Vec<String>>,
}

/// A column as YAML described it when dbt read it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Column {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) data_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    metadata: Option<Head>,
    nodes: Option<HashMap<String, Node>>,
    sources: Option<HashMap<String, Node>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    dbt_schema_version: Option<String>,
}

/// Reads a manifest; `Err` says why it is none. The second value is a word of warning.
pub(crate) fn read(text: &str) -> Result<(Manifest, Option<String>), String> {
    let raw = match serde_json::from_str::<Raw>(text) {
        Ok(raw) => raw,
        Err(error) => piecewise(text).ok_or_else(|| format!("JSON not understood: {error}"))?,
    };
    let version = raw
        .metadata
        .as_ref()
        .and_then(|head| head.dbt_schema_version.as_deref())
        .and_then(schema_version);
    let warning = match version {
        Some(version) if !KNOWN_VERSIONS.contains(&version) => Some(format!(
            "a manifest of version {version} is read as far as it is like those of {} to {}",
            KNOWN_VERSIONS.start(),
            KNOWN_VERSIONS.end()
        )),
        None if raw.nodes.is_none() => return Err("no manifest of dbt: it has no `nodes`".to_owned()),
        _ => None,
    };
    let mut manifest = Manifest::default();
    let mut all: Vec<(String, Node)> = raw.nodes.into_iter().chain(raw.sources).flatten().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (id, node) in all {
        if let (Some(written), Some(named)) = (&node.relation_name, node.named()) {
            manifest.relations.insert(id, (written.clone(), named));
        }
        if let (Some(kind), Some(name)) = (node.kind(), node.full_name()) {
            manifest
                .by_name
                .insert(format!("{kind}:{name}"), manifest.nodes.len());
        }
        manifest.nodes.push(node);
    }
    Ok((manifest, warning))
}

impl Manifest {
    /// The node of an object.
    pub(crate) fn node(&self, kind: &str, full_name: &str) -> Option<&Node> {
        self.nodes.get(*self.by_name.get(&format!("{kind}:{full_name}"))?)
    }
}

/// Node by node, where one of another shape spoils the rest.
fn piecewise(text: &str) -> Option<Raw> {
    let value: Value = serde_json::from_str(text).ok()?;
    let part = |key: &str| -> Option<HashMap<String, Node>> {
        let map = value.get(key)?.as_object()?;
        let nodes = map
            .iter()
            .filter_map(|(id, node)| Some((id.clone(), Node::deserialize(node).ok()?)));
        Some(nodes.collect())
    };
    let head = value
        .get("metadata")
        .and_then(|head| Head::deserialize(head).ok());
    Some(Raw {
        metadata: head,
        nodes: part("nodes"),
        sources: part("sources"),
    })
}

/// `https://schemas.getdbt.com/dbt/manifest/v12.json`
fn schema_version(text: &str) -> Option<u32> {
    text.rsplit('/')
        .next()?
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

impl Node {
    fn text(text: Option<&String>) -> Option<&str> {
        text.map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn kind(&self) -> Option<&str> {
        let kind = self.resource_type.as_deref()?;
        ["model", "seed", "snapshot", "source"]
            .into_iter()
            .find(|known| *known == kind)
    }

    /// The name of the object: of a version, that of its file.
    fn object_name(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        let file = self
            .original_file_path
            .as_deref()
            .map(|path| path.replace('\\', "/"));
        match (&self.version, file) {
            (Some(version), Some(file)) if !version.is_null() => Some(super::files::stem(&file).to_owned()),
            _ => Some(name.to_owned()),
        }
    }

    fn named(&self) -> Option<Named> {
        match self.kind()? {
            "source" => Some(Named::Source(self.source_name.clone()?, self.name.clone()?)),
            _ => Some(Named::Ref(self.package_name.clone()?, self.object_name()?)),
        }
    }

    /// The name of the object in the workspace.
    pub(crate) fn full_name(&self) -> Option<String> {
        let package = self.package_name.as_deref()?;
        match self.named()? {
            Named::Source(source, table) => Some(format!("{package}.{source}.{table}")),
            Named::Ref(_, name) => Some(format!("{package}.{name}")),
        }
    }

    pub(crate) fn description(&self) -> Option<&str> {
        Self::text(self.description.as_ref())
    }

    /// Columns by their names.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        let columns = self.columns.iter().flatten();
        columns.map(|(key, column)| (column.name.as_deref().unwrap_or(key), column))
    }

    /// Where the object is in the warehouse: keys of its metadata.
    pub(crate) fn place(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("relation_name", &self.relation_name),
            ("database", &self.database),
            ("schema", &self.schema),
            ("alias", &self.alias),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, Self::text(value.as_ref())?)))
    }

    /// Whether it was made from this text.
    pub(crate) fn is_of(&self, text: &str) -> bool {
        let plain = |text: &str| text.replace('\r', "").trim().to_owned();
        self.raw_code
            .as_deref()
            .is_some_and(|raw| plain(raw) == plain(text))
    }

    /// The SQL that dbt made, with words for the relations in it, and what they stand for.
    pub(crate) fn compiled(
        &self,
        manifest: &Manifest,
        word: impl Fn(usize) -> String,
    ) -> Option<(String, Vec<RelationName>)> {
        let mut sql = Self::text(self.compiled_code.as_ref())?.to_owned();
        let mut relations: Vec<&(String, Named)> = self
            .depends_on
            .iter()
            .filter_map(|depends| depends.nodes.as_ref())
            .flatten()
            .filter_map(|id| manifest.relations.get(id))
            .collect();
        // Longer names first: one may begin with another.
        relations.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        let mut named = Vec::new();
        for (written, name) in relations {
            if sql.contains(written.as_str()) {
                sql = sql.replace(written.as_str(), &word(named.len()));
                named.push(match name.clone() {
                    Named::Ref(package, name) => RelationName::Ref {
                        package: Some(package),
                        name,
                    },
                    Named::Source(source, table) => RelationName::Source { source, table },
                });
            }
        }
        Some((sql, named))
    }
}
