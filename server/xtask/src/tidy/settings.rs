//! The extension repeats the settings in its manifest, because editors show them from there: each
//! has to be one that the server knows, with the server's default.

use anyhow::{Context, Result};
use metasync_protocol::settings::Settings;
use serde_json::Value;

use super::Finding;
use crate::workspace::File;

/// The manifest.
const MANIFEST: &str = "vscode-extension/package.json";
/// How its settings begin.
const SECTION: &str = "metasync.";
/// What is the extension's alone: which program it starts, what it logs, and its own views.
const OWN: &[&str] = &["server.", "trace.", "catalogue."];

pub fn check(files: &[File]) -> Result<Vec<Finding>> {
    let Some(text) = files
        .iter()
        .find(|f| f.path == MANIFEST)
        .and_then(|f| f.text.as_deref())
    else {
        return Ok(vec![Finding::error(MANIFEST, "is missing")]);
    };
    let manifest: Value = match serde_json::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(vec![Finding::error(MANIFEST, format!("is no JSON: {error}"))]),
    };
    let defaults = serde_json::to_value(Settings::default()).context("the settings are no JSON")?;
    Ok(compare(&manifest["contributes"]["configuration"], &defaults))
}

fn compare(configuration: &Value, defaults: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sections = match configuration {
        Value::Array(sections) => sections.iter().collect(),
        one => vec![one],
    };
    for (name, setting) in sections
        .iter()
        .filter_map(|s| s["properties"].as_object())
        .flatten()
    {
        let path = name.strip_prefix(SECTION).unwrap_or(name);
        if OWN.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        let pointer = format!("/{}", path.replace('.', "/"));
        let Some(server) = defaults.pointer(&pointer) else {
            let message = format!("`{name}` is a setting that the server does not know");
            findings.push(Finding::error(MANIFEST, message));
            continue;
        };
        let shown = &setting["default"];
        if !same(server, shown) {
            let message = format!("`{name}` has the default {shown}, the server's is {server}");
            findings.push(Finding::error(MANIFEST, message));
        }
    }
    findings
}

/// Whether two defaults mean the same: a manifest has no null, and numbers are numbers.
fn same(server: &Value, shown: &Value) -> bool {
    match (server, shown) {
        (Value::Null, Value::Null) => true,
        (Value::Null, Value::String(text)) => text.is_empty(),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::shown, *};
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn other_defaults_and_unknown_settings_are_found() {
        let defaults = json!({"hub": {"url": null}, "autoSync": {"intervalMinutes": 5.0}, "connections": []});
        let configuration = json!({"properties": {
            "metasync.hub.url": {"default": ""},
            "metasync.autoSync.intervalMinutes": {"default": 15},
            "metasync.autoSync.often": {"default": true},
            "metasync.connections": {"default": []},
            "metasync.server.path": {"default": ""},
        }});
        let mut findings = compare(&configuration, &defaults);
        findings.sort_by(|a, b| a.message.cmp(&b.message));
        expect![[r#"
            vscode-extension/package.json: `metasync.autoSync.intervalMinutes` has the default 15, the server's is 5.0
            vscode-extension/package.json: `metasync.autoSync.often` is a setting that the server does not know
        "#]]
        .assert_eq(&shown(&findings));
    }
}
