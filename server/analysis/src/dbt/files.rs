//! Which project a file belongs to, and as what.

use super::project::Project;
use crate::Language;

/// What a file is to its dbt project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Model,
    Seed,
    Snapshot,
    Macro,
    /// A singular test.
    Test,
    Analysis,
    /// YAML with properties.
    Properties,
    /// Markdown with `docs` blocks.
    Docs,
}

/// The project and role of a file; `None` for files that no project claims.
pub(crate) fn role<'p>(projects: &'p [Project], path: &str) -> Option<(usize, Role, &'p Project)> {
    let (nth, project) = projects
        .iter()
        .enumerate()
        .filter(|(_, project)| path.starts_with(project.root.as_str()))
        .max_by_key(|(_, project)| project.root.len())?;
    let inside = project.inside(path)?;
    if inside.starts_with("target/") || inside.starts_with("dbt_packages/") || inside.starts_with("logs/") {
        return None;
    }
    let under = |folders: &[String]| folders.iter().any(|folder| inside.starts_with(folder.as_str()));
    let role = match Language::of_path(path) {
        Language::Sql => {
            if under(&project.snapshot_paths) {
                Role::Snapshot
            } else if under(&project.macro_paths) {
                Role::Macro
            } else if under(&project.test_paths) {
                // Generic tests are macros: `tests/generic/`.
                if project
                    .test_paths
                    .iter()
                    .any(|folder| inside.starts_with(&format!("{folder}generic/")))
                {
                    Role::Macro
                } else {
                    Role::Test
                }
            } else if under(&project.analysis_paths) {
                Role::Analysis
            } else if under(&project.model_paths) {
                Role::Model
            } else {
                return None;
            }
        }
        Language::Python if under(&project.model_paths) => Role::Model,
        Language::Csv if under(&project.seed_paths) => Role::Seed,
        Language::Yaml
            if !matches!(
                inside,
                "dbt_project.yml"
                    | "profiles.yml"
                    | "packages.yml"
                    | "dependencies.yml"
                    | "selectors.yml"
                    | "package-lock.yml"
            ) && !inside.starts_with('.')
                && (under(&project.model_paths)
                    || under(&project.seed_paths)
                    || under(&project.snapshot_paths)
                    || under(&project.macro_paths)
                    || under(&project.test_paths)
                    || under(&project.analysis_paths)) =>
        {
            Role::Properties
        }
        Language::Markdown => Role::Docs,
        _ => return None,
    };
    Some((nth, role, project))
}

/// The path of a file without the folder that `model-paths` and the like name.
pub(crate) fn below<'a>(folders: &[String], inside: &'a str) -> &'a str {
    folders
        .iter()
        .filter_map(|folder| inside.strip_prefix(folder.as_str()))
        .min_by_key(|rest| rest.len())
        .unwrap_or(inside)
}

/// A file's name without folders and ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
