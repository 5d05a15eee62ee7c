//! The manifests of the workspace's dbt projects: read once, and what they add to objects.

use std::sync::Arc;

use super::Workspace;
use super::drafts::Drafts;
use super::memo::{Memo, ReadManifest, key_of};
use crate::ColumnFact;
use crate::SourceFile;
use crate::dbt::manifest::{MANIFEST, Manifest};
use crate::dbt::project::Project;

/// The manifest of each project, with a key of its content; what is wrong with them is told.
pub(super) fn read(
    projects: &[Project],
    files: &[&SourceFile],
    drafts: &mut Drafts,
    memo: &mut Memo,
) -> Vec<Option<(Arc<ReadManifest>, u64)>> {
    projects
        .iter()
        .map(|project| {
            let path = format!("{}{MANIFEST}", project.root);
            let file = files
                .binary_search_by(|file| file.path.as_str().cmp(&path))
                .ok()?;
            let file = files.get(file)?;
            let key = key_of(&file.text);
            let read = memo.manifests.get(path.clone(), key).unwrap_or_else(|| {
                let read = Arc::new(crate::dbt::manifest::read(&file.text));
                memo.manifests.put(path.clone(), key, read.clone());
                read
            });
            match read.as_ref() {
                Ok((_, Some(warning))) => drafts.warning(&path, 1, warning.clone()),
                Ok(_) => {}
                Err(message) => drafts.warning(&path, 1, message.clone()),
            }
            Some((read, key))
        })
        .collect()
}

impl Workspace<'_> {
    /// The manifest of a project, and the key of its content.
    pub(super) fn manifest(&self, project: usize) -> Option<(&Manifest, u64)> {
        let (read, key) = self.manifests.get(project)?.as_ref()?;
        Some((&read.as_ref().as_ref().ok()?.0, *key))
    }
}

/// Puts what manifests say onto objects: only where the files say nothing.
pub(super) fn enrich(workspace: &Workspace<'_>, drafts: &mut Drafts) {
    for nth in 0..workspace.projects.len() {
        let Some((manifest, _)) = workspace.manifest(nth) else {
            continue;
        };
        for node in &manifest.nodes {
            let (Some(kind), Some(full_name)) = (node.kind(), node.full_name()) else {
                continue;
            };
            let place = drafts.find(kind, &full_name);
            let Some(draft) = place.and_then(|place| drafts.all.get_mut(place)) else {
                continue;
            };
            if draft.fact.description.is_none() {
                draft.fact.description = node.description().map(str::to_owned);
            }
            let knows_columns = !draft.fact.columns.is_empty();
            for (name, said) in node.columns() {
                let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
                let known = draft.fact.columns.iter_mut();
                match known
                    .into_iter()
                    .find(|known| known.name.eq_ignore_ascii_case(name))
                {
                    Some(known) => {
                        known.description = known.description.take().or_else(|| text(&said.description));
                        known.data_type = known.data_type.take().or_else(|| text(&said.data_type));
                    }
                    // Columns that the files no longer have stay out.
                    None if !knows_columns => draft.fact.columns.push(ColumnFact {
                        name: name.to_owned(),
                        data_type: text(&said.data_type),
                        description: text(&said.description),
                        tests: Vec::new(),
                    }),
                    None => {}
                }
            }
            for (key, value) in node.place() {
                if !draft.metadata.has(key) {
                    draft.metadata.set(key, value.into());
                }
            }
        }
    }
}
