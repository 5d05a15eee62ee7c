//! `dbt_project.yml` and `profiles.yml`: where a project's files lie and which dialect it speaks.

use serde_json::Value;

use crate::yaml::read_or_guess;
use crate::{Dialect, Problem, Severity, SourceFile};

/// A dbt project of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// Its folder with a `/` at the end; empty at the workspace's root.
    pub(crate) root: String,
    pub(crate) name: String,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) model_paths: Vec<String>,
    pub(crate) seed_paths: Vec<String>,
    pub(crate) snapshot_paths: Vec<String>,
    pub(crate) macro_paths: Vec<String>,
    pub(crate) test_paths: Vec<String>,
    pub(crate) analysis_paths: Vec<String>,
    pub(crate) vars: Value,
    /// `models:`, `seeds:` and `snapshots:` with the settings of folders.
    pub(crate) settings: Value,
}

const PROJECT_FILE: &str = "dbt_project.yml";

/// Finds the projects of a workspace, by their folders.
pub(crate) fn projects(files: &[&SourceFile], problems: &mut Vec<Problem>) -> Vec<Project> {
    let mut found = Vec::new();
    for file in files {
        let Some(root) = file.path.strip_suffix(PROJECT_FILE) else {
            continue;
        };
        if !(root.is_empty() || root.ends_with('/')) || is_deep_in_package(root) {
            continue;
        }
        let (settings, problem) = read_or_guess(&file.text);
        if let Some((line, message)) = problem {
            problems.push(Problem {
                path: file.path.clone(),
                line,
                message,
                severity: Severity::Error,
            });
        }
        found.push(project(root, settings, files));
    }
    found
}

/// Packages bring test projects of their own along: they are not the user's.
fn is_deep_in_package(root: &str) -> bool {
    ["dbt_packages/", "dbt_modules/"].iter().any(|folder| {
        root.split_once(folder)
            .is_some_and(|(_, rest)| rest.trim_end_matches('/').contains('/'))
    })
}

fn project(root: &str, settings: Value, files: &[&SourceFile]) -> Project {
    let folders = |keys: &[&str], fallback: &[&str]| -> Vec<String> {
        let listed = keys.iter().find_map(|key| settings.get(key)?.as_array());
        let mut paths: Vec<String> = match listed {
            Some(list) => list.iter().filter_map(Value::as_str).map(folder).collect(),
            None => fallback.iter().map(|path| folder(path)).collect(),
        };
        paths.sort();
        paths.dedup();
        paths
    };
    let name = settings
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or("project")
        .to_owned();
    let profile = settings
        .get("profile")
        .and_then(Value::as_str)
        .unwrap_or(&name)
        .to_owned();
    Project {
        root: root.to_owned(),
        dialect: dialect(root, &profile, files),
        model_paths: folders(&["model-paths", "source-paths"], &["models"]),
        seed_paths: folders(&["seed-paths", "data-paths"], &["seeds"]),
        snapshot_paths: folders(&["snapshot-paths"], &["snapshots"]),
        macro_paths: folders(&["macro-paths"], &["macros"]),
        test_paths: folders(&["test-paths"], &["tests"]),
        analysis_paths: folders(&["analysis-paths"], &["analyses"]),
        vars: settings.get("vars").cloned().unwrap_or(Value::Null),
        name,
        settings,
    }
}

fn folder(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_matches('/');
    if path.is_empty() || path == "." {
        String::new()
    } else {
        format!("{path}/")
    }
}

/// The adapter that the project's profile names, in a `profiles.yml` of the project or the workspace's root.
fn dialect(root: &str, profile: &str, files: &[&SourceFile]) -> Option<Dialect> {
    let places = [
        format!("{root}profiles.yml"),
        "profiles.yml".to_owned(),
        format!("{root}profiles/profiles.yml"),
    ];
    for place in places {
        let Some(file) = files.iter().find(|file| file.path == place) else {
            continue;
        };
        let (profiles, _) = read_or_guess(&file.text);
        let Some(profile) = profiles.get(profile) else {
            continue;
        };
        let Some(outputs) = profile.get("outputs").and_then(Value::as_object) else {
            continue;
        };
        let target = profile.get("target").and_then(Value::as_str).unwrap_or("");
        let output = outputs.get(target).or_else(|| outputs.values().next());
        if let Some(adapter) = output
            .and_then(|output| output.get("type"))
            .and_then(Value::as_str)
        {
            return Dialect::of_adapter(adapter);
        }
    }
    None
}

impl Project {
    /// The path of a file inside the project.
    pub(crate) fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.root.as_str())
    }

    /// What a setting of `kind` (`models`, `seeds`, …) says for a file, by its folders: the nearest one wins.
    /// `path` is inside the project and without `model-paths`' own folder.
    pub(crate) fn setting(&self, kind: &str, path: &str, key: &str) -> Option<&Value> {
        let mut node = self.settings.get(kind)?.get(self.name.as_str())?;
        let marked = format!("+{key}");
        let mut found = node.get(&marked).or_else(|| node.get(key));
        for part in path.trim_end_matches(".sql").trim_end_matches(".csv").split('/') {
            let Some(next) = node.get(part) else { break };
            node = next;
            found = node.get(&marked).or_else(|| node.get(key)).or(found);
        }
        found.filter(|value| !value.is_object() || key == "meta")
    }

    /// As `setting`, for one that is a map itself; a seed's own name counts as a folder.
    pub(crate) fn map_setting(
        &self,
        kind: &str,
        path: &str,
        key: &str,
    ) -> Option<&serde_json::Map<String, Value>> {
        let mut node = self.settings.get(kind)?.get(self.name.as_str())?;
        let marked = format!("+{key}");
        let mut found = node.get(&marked).or_else(|| node.get(key));
        for part in path.trim_end_matches(".csv").trim_end_matches(".tsv").split('/') {
            let Some(next) = node.get(part) else { break };
            node = next;
            found = node.get(&marked).or_else(|| node.get(key)).or(found);
        }
        found?.as_object()
    }
}
