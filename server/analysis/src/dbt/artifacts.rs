//! `target/catalog.json`: what dbt saw in the warehouse. It only adds to what the files say.

use serde_json::Value;

use super::project::Project;
use crate::SourceFile;

/// Where dbt leaves it, inside the project.
const CATALOG: &str = "target/catalog.json";

/// A relation that dbt saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// `model`, `seed`, `snapshot` or `source`, and the name within the workspace.
    pub(crate) kind: String,
    pub(crate) full_name: String,
    /// Names with their types and comments, in their order.
    pub(crate) columns: Vec<(String, Option<String>, Option<String>)>,
}

/// The relations in the catalogs of all projects; and which of the files are no catalog: path and reason.
pub(crate) fn seen(projects: &[Project], files: &[&SourceFile]) -> (Vec<Seen>, Vec<(String, String)>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for project in projects {
        let path = format!("{}{CATALOG}", project.root);
        let Some(file) = files.iter().find(|file| file.path == path) else {
            continue;
        };
        match serde_json::from_str::<Value>(&file.text) {
            Ok(catalog) => {
                for part in ["nodes", "sources"] {
                    let nodes = catalog.get(part).and_then(Value::as_object);
                    found.extend(
                        nodes
                            .into_iter()
                            .flatten()
                            .filter_map(|(id, node)| relation(id, node)),
                    );
                }
            }
            Err(error) => wrong.push((path, format!("JSON not understood: {error}"))),
        }
    }
    (found, wrong)
}

/// `id`: `model.project.name`, `source.project.source.table`.
fn relation(id: &str, node: &Value) -> Option<Seen> {
    let (kind, full_name) = id.split_once('.')?;
    if !matches!(kind, "model" | "seed" | "snapshot" | "source") {
        return None;
    }
    let mut columns: Vec<_> = node
        .get("columns")?
        .as_object()?
        .iter()
        .map(|(name, column)| {
            let text = |key: &str| {
                column
                    .get(key)
                    .and_then(Value::as_str)
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
            };
            let place = column.get("index").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let data_type = text("type").map(|name| name.to_lowercase());
            (
                place,
                text("name").unwrap_or_else(|| name.clone()),
                data_type,
                text("comment"),
            )
        })
        .collect();
    columns.sort();
    Some(Seen {
        kind: kind.to_owned(),
        full_name: full_name.to_owned(),
        columns: columns
            .into_iter()
            .map(|(_, name, data_type, comment)| (name, data_type, comment))
            .collect(),
    })
}
