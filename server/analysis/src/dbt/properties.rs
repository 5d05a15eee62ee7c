//! Properties in dbt's YAML: what people say about models, seeds, snapshots, sources, macros, exposures and metrics.

use serde_json::Value;

use crate::jinja::calls::{Call, calls};
use crate::yaml::tree::{Node, parse};

/// What YAML says about one thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    /// `model`, `seed`, `snapshot`, `analysis`, `source`, `macro`, `exposure`, `metric`, `semantic_model`, `saved_query`,
    /// `test`, `unit_test`, `group`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Of a source table: the source.
    pub(crate) group: Option<String>,
    /// The whole entry.
    pub(crate) value: Value,
    /// Of a source table: the whole source.
    pub(crate) parent: Value,
    pub(crate) line_start: u32,
    pub(crate) line_end: u32,
}

const KINDS: [(&str, &str); 12] = [
    ("models", "model"),
    ("seeds", "seed"),
    ("snapshots", "snapshot"),
    ("analyses", "analysis"),
    ("macros", "macro"),
    ("exposures", "exposure"),
    ("metrics", "metric"),
    ("semantic_models", "semantic_model"),
    ("saved_queries", "saved_query"),
    ("data_tests", "test"),
    ("unit_tests", "unit_test"),
    ("groups", "group"),
];

/// The entries of a properties file, in its order; and what is wrong with it.
pub(crate) fn read(text: &str) -> (Vec<Properties>, Option<(u32, String)>) {
    let (value, problem) = crate::yaml::read_or_guess(text);
    let tree = parse(text);
    let lines = crate::lines::Lines::of(text);
    let mut found = Vec::new();
    let list = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let nodes = |key: &str| tree.get(key).map(Node::items).unwrap_or_default();
    for (key, kind) in KINDS {
        for (nth, entry) in list(key).iter().enumerate() {
            let Some(name) = name(entry) else { continue };
            let (line_start, line_end) = place(nodes(key).get(nth), &lines);
            found.push(Properties {
                kind,
                name,
                group: None,
                value: entry.clone(),
                parent: Value::Null,
                line_start,
                line_end,
            });
        }
    }
    for (nth, source) in list("sources").iter().enumerate() {
        let Some(group) = name(source) else { continue };
        let node = nodes("sources")
            .get(nth)
            .and_then(|node| node.get("tables"))
            .map(Node::items)
            .unwrap_or_default();
        let mut parent = source.clone();
        if let Some(map) = parent.as_object_mut() {
            map.remove("tables");
        }
        let tables = source
            .get("tables")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for (nth, table) in tables.iter().enumerate() {
            let Some(name) = name(table) else { continue };
            let (line_start, line_end) = place(node.get(nth), &lines);
            found.push(Properties {
                kind: "source",
                name,
                group: Some(group.clone()),
                value: table.clone(),
                parent: parent.clone(),
                line_start,
                line_end,
            });
        }
    }
    (found, problem)
}

fn name(entry: &Value) -> Option<String> {
    match entry.get("name")? {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn place(node: Option<&Node>, lines: &crate::lines::Lines) -> (u32, u32) {
    node.map_or((1, 1), |node| {
        let span = node.span();
        (
            lines.line(span.start),
            lines.line(span.end.saturating_sub(1).max(span.start)),
        )
    })
}

impl Properties {
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key).and_then(Value::as_str)
    }

    /// A key of the entry itself or of its `config:`.
    pub(crate) fn setting(&self, key: &str) -> Option<&Value> {
        self.value
            .get(key)
            .or_else(|| self.value.get("config")?.get(key))
            .filter(|value| !value.is_null())
    }

    /// The columns' entries; those of a version are left to it.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.value
            .get("columns")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|column| Some((column.get("name")?.as_str()?, column)))
    }

    /// The versions of a model: what each is called, the name of its file, and its entry.
    pub(crate) fn versions(&self) -> Vec<(String, String, &Value)> {
        let list = self.value.get("versions").and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|entry| {
                let version = match entry.get("v")? {
                    Value::String(version) => version.clone(),
                    Value::Number(version) => version.to_string(),
                    _ => return None,
                };
                let file = entry.get("defined_in").and_then(Value::as_str);
                let file = file.map_or_else(|| format!("{}_v{version}", self.name), str::to_owned);
                Some((version, file, entry))
            })
            .collect()
    }

    /// What the entry says about one of its versions: its own description and columns over the general ones.
    pub(crate) fn of_version(&self, version: &Value) -> Self {
        let mut own = self.clone();
        let Some(map) = own.value.as_object_mut() else {
            return own;
        };
        map.remove("versions");
        for key in ["description", "config", "tests", "data_tests", "docs", "access"] {
            if let Some(value) = version.get(key) {
                map.insert(key.to_owned(), value.clone());
            }
        }
        let general = self.value.get("columns").and_then(Value::as_array);
        if let Some(columns) = version.get("columns").and_then(Value::as_array) {
            let mut list: Vec<Value> = Vec::new();
            for column in columns {
                match column.get("include") {
                    Some(include) => {
                        let names = |value: Option<&Value>| -> Vec<String> {
                            let list = value.and_then(Value::as_array);
                            let texts = list.into_iter().flatten().filter_map(Value::as_str);
                            texts.map(str::to_lowercase).collect()
                        };
                        let (only, without) = (names(Some(include)), names(column.get("exclude")));
                        list.extend(
                            general
                                .into_iter()
                                .flatten()
                                .filter(|column| {
                                    let name = column
                                        .get("name")
                                        .and_then(Value::as_str)
                                        .unwrap_or("")
                                        .to_lowercase();
                                    (only.is_empty() || only.contains(&name)) && !without.contains(&name)
                                })
                                .cloned(),
                        );
                    }
                    None => list.push(column.clone()),
                }
            }
            map.insert("columns".to_owned(), Value::Array(list));
        }
        own
    }

    /// Names of metrics and measures that a metric or saved query is made of.
    pub(crate) fn inputs(&self) -> Vec<String> {
        fn collect(value: &Value, names: &mut Vec<String>) {
            match value {
                Value::String(name) => names.push(name.clone()),
                Value::Array(list) => list.iter().for_each(|item| collect(item, names)),
                Value::Object(map) => {
                    if let Some(name) = map.get("name") {
                        collect(name, names);
                    }
                }
                _ => {}
            }
        }
        let mut names = Vec::new();
        for (section, keys) in [
            (
                "type_params",
                ["measure", "numerator", "denominator", "metrics", "input_measures"].as_slice(),
            ),
            ("query_params", ["metrics"].as_slice()),
        ] {
            for key in keys {
                if let Some(value) = self.value.get(section).and_then(|section| section.get(*key)) {
                    collect(value, &mut names);
                }
            }
        }
        names
    }

    /// The measures of a semantic model.
    pub(crate) fn measures(&self) -> impl Iterator<Item = &str> {
        let list = self.value.get("measures").and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|measure| measure.get("name")?.as_str())
    }

    /// Calls in the texts of `depends_on`, `model`, `relation`: `ref('x')`.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut texts = Vec::new();
        for key in ["depends_on", "model", "relation"] {
            match self.value.get(key) {
                Some(Value::Array(list)) => texts.extend(list.iter().filter_map(Value::as_str)),
                Some(Value::String(text)) => texts.push(text),
                _ => {}
            }
        }
        texts
            .into_iter()
            .flat_map(|text| calls(text, 0, text.len()))
            .collect()
    }
}

/// The names of tests in a `tests:` or `data_tests:` list.
pub(crate) fn tests(entry: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for key in ["tests", "data_tests"] {
        for test in entry.get(key).and_then(Value::as_array).into_iter().flatten() {
            let name = match test {
                Value::String(name) => Some(name.clone()),
                Value::Object(map) => map
                    .get("test_name")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .or_else(|| {
                        map.keys()
                            .find(|key| !matches!(key.as_str(), "name" | "config"))
                            .cloned()
                    }),
                _ => None,
            };
            names.extend(name);
        }
    }
    names.sort();
    names.dedup();
    names
}
