//! A part of a workspace analysed, with what the rest of it is known to hold: so that a change costs what it
//! touches, not what there is.

use std::collections::BTreeMap;

use super::drafts::Drafts;
use super::memo::Memo;
use super::names::{Export, Footprint};
use super::watch::Watch;
use super::{run, watched};
use crate::dbt::files::{Role, role};
use crate::dbt::project::{Project, projects};
use crate::sql::lineage::TableSchema;
use crate::{Facts, Language, ObjectFact, Options, SourceFile};

/// What is known of the files that are not given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Objects that the files given may name; of their facts only type, names and path count.
    pub objects: Vec<ObjectFact>,
    /// Columns of the relations that the files given may read.
    pub exports: Vec<Export>,
}

/// Facts, with what has to be known to bring them up to date part by part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// What was found in the files given.
    pub facts: Facts,
    /// Of each file that has to do with names.
    pub footprints: BTreeMap<String, Footprint>,
    /// Whether files need each other in a circle: what they say then depends on all of them together.
    pub is_circular: bool,
}

/// As [`analyze_watched`](crate::analyze_watched), for some files of a workspace, when what they name in the others is
/// `known`. For the files whose names and readers are all among those given the facts are those of the whole.
pub fn analyze_part(
    memo: &mut Memo,
    files: &[SourceFile],
    known: &Known,
    options: &Options,
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Option<Part> {
    watched(
        memo,
        files,
        progress,
        |files: &[&SourceFile], watch: &Watch<'_>, memo: &mut Memo| run(files, known, options, watch, memo),
        |facts| Part {
            facts,
            ..Part::default()
        },
    )
}

impl Drafts {
    /// Takes over objects that other files define.
    pub(super) fn know(&mut self, known: &Known) {
        let mut objects: Vec<&ObjectFact> = known.objects.iter().collect();
        objects.sort_by(|a, b| {
            (&a.path, a.line_start, &a.full_name).cmp(&(&b.path, b.line_start, &b.full_name))
        });
        for fact in objects {
            self.know_object(ObjectFact {
                name: fact.name.clone(),
                full_name: fact.full_name.clone(),
                object_type: fact.object_type.clone(),
                path: fact.path.clone(),
                line_start: fact.line_start,
                line_end: fact.line_end,
                ..ObjectFact::default()
            });
        }
    }
}

impl Export {
    pub(super) fn schema(&self) -> TableSchema {
        TableSchema {
            columns: self.columns.clone(),
            complete: self.complete,
        }
    }
}

/// What a file is to an analysis, told by its path and the projects of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has no facts.
    Inert,
    /// Its facts depend on it and on the names that it needs.
    Alone,
    /// The same, as part of a dbt project: what the project's files share has to be given too.
    Project,
    /// YAML that describes what others define.
    Properties,
    /// All files of its project, or all Python files, may depend on it.
    Shared,
    /// Python outside of dbt's projects: tests, and what they import.
    Python,
}

/// Where the dbt projects of a workspace lie.
#[derive(Debug, Clone, Default)]
pub struct Layout(Vec<Project>);

impl Layout {
    /// From `dbt_project.yml` and `profiles.yml` files; others do not matter.
    pub fn of(files: &[SourceFile]) -> Layout {
        let mut sorted: Vec<&SourceFile> = files.iter().collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        Layout(projects(&sorted, &mut Vec::new()))
    }

    /// Whether the layout depends on a file.
    pub fn is_made_of(path: &str) -> bool {
        matches!(
            path.rsplit('/').next().unwrap_or(path),
            "dbt_project.yml" | "profiles.yml"
        )
    }

    /// What a file is to the analysis.
    pub fn standing(&self, path: &str) -> Standing {
        if Layout::is_made_of(path) || is_configuration(path) {
            return Standing::Shared;
        }
        match (role(&self.0, path), Language::of_path(path)) {
            (Some((_, Role::Macro | Role::Docs, _)), _) | (None, Language::Json) => Standing::Shared,
            (Some((_, Role::Properties, _)), _) => Standing::Properties,
            (Some(_), _) => Standing::Project,
            (None, Language::Sql) => Standing::Alone,
            (None, Language::Python) => Standing::Python,
            (None, _) => Standing::Inert,
        }
    }
}

/// Whether a file holds a tool's configuration that facts depend on, in no language of ours.
pub fn is_configuration(path: &str) -> bool {
    matches!(
        path.rsplit('/').next().unwrap_or(path),
        "pytest.ini" | ".pytest.ini" | "pyproject.toml" | "tox.ini" | "setup.cfg"
    )
}
