//! Fields of JSON items by dotted paths: `artist.name`, `links.0.href`.

use serde_json::Value;

use super::super::{EntryError, KnownField, mapping};

/// Most parts of a path.
const MAX_PARTS: usize = 20;

/// A path into an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Path {
    written: String,
    parts: Vec<String>,
}

impl Path {
    pub(in super::super) fn new(option: &str, written: &str) -> Result<Path, EntryError> {
        let plain = written.strip_prefix("$.").unwrap_or(written);
        let parts: Vec<String> = plain.split('.').map(str::to_owned).collect();
        if parts.len() > MAX_PARTS || parts.iter().any(String::is_empty) {
            return Err(EntryError::option(
                option,
                format!("{written:?} is no path: names with `.` between them, {MAX_PARTS} at most"),
            ));
        }
        Ok(Path {
            written: plain.to_owned(),
            parts,
        })
    }

    pub(in super::super) fn as_str(&self) -> &str {
        &self.written
    }

    pub(in super::super) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// What it leads to. A name that has dots in it is found as well.
    pub(in super::super) fn find<'v>(&self, item: &'v Value) -> Option<&'v Value> {
        if let Some(found) = item.get(self.written.as_str()) {
            return Some(found);
        }
        self.parts.iter().try_fold(item, |at, part| match at {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part.as_str()),
        })
    }
}

/// A value as text; `None` for null and for nothing.
pub(in super::super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            items.iter().filter_map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The fields that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Fields {
    pub(in super::super) names: Vec<String>,
    /// For each field the paths at which it may be; the first that is there counts.
    paths: Vec<Vec<Path>>,
}

impl Fields {
    /// `fieldMapping`, else the fields that are known.
    pub(in super::super) fn read(options: &Value, known: &[KnownField]) -> Result<Fields, EntryError> {
        let mut fields = Fields {
            names: Vec::new(),
            paths: Vec::new(),
        };
        match mapping(options, "fieldMapping")? {
            Some(mapping) => {
                for (field, path) in mapping {
                    let written = match &path {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    fields.paths.push(vec![Path::new("fieldMapping", &written)?]);
                    fields.names.push(field);
                }
            }
            None => {
                for field in known {
                    let names = std::iter::once(&field.name).chain(field.aliases);
                    let paths = names.map(|name| Path::new("fieldMapping", name));
                    fields.paths.push(paths.collect::<Result<_, _>>()?);
                    fields.names.push(field.name.to_owned());
                }
            }
        }
        Ok(fields)
    }

    /// The fields of an item; `None` where it is no object.
    pub(in super::super) fn of(&self, item: &Value) -> Option<Vec<Option<String>>> {
        item.as_object()?;
        let value = |paths: &Vec<Path>| paths.iter().find_map(|path| text(path.find(item)?));
        Some(self.paths.iter().map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_reach_inside() {
        let options = json!({"fieldMapping": {
            "title": "name", "artist": "artist.name", "genre": "tags", "external_id": "$.ids.0", "odd": "a.b"
        }});
        let fields = Fields::read(&options, &[]).unwrap();
        let item = json!({
            "name": "Song", "artist": {"name": "A"}, "tags": ["Pop", "Rock"], "ids": [7], "a.b": true
        });
        let texts = |of: &[Option<String>]| -> Vec<String> {
            of.iter().map(|v| v.clone().unwrap_or_default()).collect()
        };
        assert_eq!(fields.names, ["artist", "external_id", "genre", "odd", "title"]);
        assert_eq!(
            texts(&fields.of(&item).unwrap()),
            ["A", "7", "Pop, Rock", "true", "Song"]
        );
        let bare = fields.of(&json!({"artist": "x", "name": " "})).unwrap();
        assert_eq!(texts(&bare), ["", "", "", "", ""]);
        assert_eq!(fields.of(&json!([1])), None);
        let known = [KnownField {
            name: "title",
            aliases: &["name"],
        }];
        let fields = Fields::read(&json!({}), &known).unwrap();
        assert_eq!(texts(&fields.of(&item).unwrap()), ["Song"]);
        assert!(Path::new("dataPath", "a..b").is_err());
    }
}
