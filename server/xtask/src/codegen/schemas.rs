//! JSON Schemas of the protocol's types.

use anyhow::{Context, Result};
use metasync_protocol::{SyncPackage, editor, settings::Settings};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// A page of the feed, as the hub sends it.
pub fn sync_package() -> Value {
    let schema = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<SyncPackage>();
    Value::from(schema)
}

/// The settings, as an editor sends them.
pub fn settings() -> Value {
    let schema = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<Settings>();
    Value::from(schema)
}

/// What the language server and an editor say beyond the Language Server Protocol: all types of
/// `protocol::editor`, as the server sends them.
pub fn lsp_extensions() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    add::<editor::StatusParams>(&mut generator);
    add::<editor::SyncAnswer>(&mut generator);
    add::<editor::SearchAnswer>(&mut generator);
    add::<editor::LineageAnswer>(&mut generator);
    add::<editor::HistoryAnswer>(&mut generator);
    add::<editor::ConnectionsAnswer>(&mut generator);
    add::<editor::DoctorAnswer>(&mut generator);
    add::<editor::ChangedParams>(&mut generator);
    add::<editor::ObjectsParams>(&mut generator);
    add::<editor::ObjectsAnswer>(&mut generator);
    add::<editor::ColumnsParams>(&mut generator);
    add::<editor::ColumnsAnswer>(&mut generator);
    add::<editor::ObjectAtParams>(&mut generator);
    add::<editor::ObjectAtAnswer>(&mut generator);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LspExtensions",
        "description": "What metasync's language server and an editor say beyond the Language Server Protocol.",
        "$defs": Value::Object(generator.take_definitions(true)),
    })
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// Pretty JSON whose bytes depend on the types alone: members are sorted, because serde_json keeps
/// another order when any crate of the build asks for it.
pub fn text(schema: &Value) -> Result<String> {
    let mut text = serde_json::to_string_pretty(&sorted(schema)).context("a schema is no JSON")?;
    text.push('\n');
    Ok(text)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let entries = names.into_iter().map(|n| (n.clone(), sorted(&members[n])));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type of `protocol::editor` is in the schema, also one that is added later.
    #[test]
    fn no_type_of_the_editor_protocol_is_left_out() {
        let path = crate::workspace::root().join("server/protocol/src/editor.rs");
        let source = std::fs::read_to_string(path).unwrap();
        let schema = lsp_extensions();
        let mut seen = 0;
        for line in source.lines() {
            let Some(rest) = line
                .strip_prefix("pub struct ")
                .or_else(|| line.strip_prefix("pub enum "))
            else {
                continue;
            };
            let name = rest.split([' ', '(', '<', ';']).next().unwrap();
            assert!(
                schema["$defs"].get(name).is_some(),
                "{name} is missing: add it to schemas::lsp_extensions"
            );
            seen += 1;
        }
        assert!(seen > 5, "editor.rs is not written as this test expects");
    }

    #[test]
    fn members_are_sorted_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": 2}], "a": {}});
        assert_eq!(
            serde_json::to_string(&sorted(&value)).unwrap(),
            r#"{"a":{},"b":[{"a":2,"z":1}]}"#
        );
    }
}
