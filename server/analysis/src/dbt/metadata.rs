//! The metadata of an object: whatever is known beside its description and columns, with sorted keys.

use std::collections::BTreeMap;

use serde_json::Value;

/// Collects metadata; empty values are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metadata(BTreeMap<String, Value>);

impl Metadata {
    /// Sets a key unless the value says nothing.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), sorted(value));
        }
    }

    /// Adds to a list of words, each once.
    pub(crate) fn add(&mut self, key: &str, value: &Value) {
        let mut words: Vec<Value> = match self.0.remove(key) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let more = match value {
            Value::Array(list) => list.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        for word in more {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        self.set(key, Value::Array(words));
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn to_json(&self) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        self.0
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// The same with the keys of all maps in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            map.into_iter().collect()
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        other => other,
    }
}
