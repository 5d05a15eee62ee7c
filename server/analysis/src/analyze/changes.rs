//! What later statements change of objects: columns, names, words about them, and that they are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::drafts::{Draft, Drafts};
use crate::sql::lineage::{Kind, Made, Write};
use crate::{ColumnFact, Target};

impl Drafts {
    /// Puts a change on its object; what nobody defines is not changed.
    pub(super) fn change(&mut self, path: &str, write: &Write) {
        let Some(place) = self.by_catalog_name(&write.target) else {
            return;
        };
        match write.made {
            Made::Altered => {
                if let Some(draft) = self.all.get_mut(place) {
                    alter(draft, write);
                }
            }
            Made::Described => {
                if let Some(draft) = self.all.get_mut(place) {
                    describe(draft, write);
                }
            }
            Made::Dropped => {
                if let Some(draft) = self.all.get_mut(place) {
                    draft.dropped_by = Some(path.to_owned());
                }
            }
            Made::Renamed => {
                if let Some(new) = &write.new_name {
                    self.rename(place, new);
                }
            }
            _ => {}
        }
    }

    /// A table or view that is created anew by another file, or after it was dropped, begins anew.
    pub(super) fn forget_earlier(&mut self, path: &str, name: &str, is_view: bool) {
        let Some(place) = self.by_catalog_name(name) else {
            return;
        };
        let Some(draft) = self.all.get_mut(place) else {
            return;
        };
        let elsewhere = draft.fact.path.as_deref() != Some(path);
        let dropped_elsewhere = draft.dropped_by.is_some() && elsewhere;
        if dropped_elsewhere || is_view && elsewhere && draft.is_defined {
            draft.fact.columns.clear();
            draft.fact.description = None;
            draft.lineage.clear();
            draft.dependencies.clear();
            draft.fact.path = Some(path.to_owned());
            (draft.fact.line_start, draft.fact.line_end) = (None, None);
        }
        draft.dropped_by = None;
    }

    fn rename(&mut self, place: usize, new: &str) {
        let Some(old) = self.target(place) else { return };
        let Target::Object {
            object_type,
            full_name,
        } = &old
        else {
            return;
        };
        let (old_key, new_key) = (Self::key(object_type, full_name), Self::key(object_type, new));
        if old_key == new_key {
            return;
        }
        let renamed = Target::Object {
            object_type: object_type.clone(),
            full_name: new.to_owned(),
        };
        // What had the name before is gone.
        if let Some(earlier) = self.by_key.insert(new_key, place)
            && let Some(draft) = self.all.get_mut(earlier)
        {
            draft.dropped_by = Some(String::new());
        }
        self.by_key.remove(&old_key);
        if let Some(draft) = self.all.get_mut(place) {
            new.clone_into(&mut draft.fact.full_name);
            new.rsplit('.')
                .next()
                .unwrap_or(new)
                .clone_into(&mut draft.fact.name);
        }
        for draft in &mut self.all {
            if draft.lineage.keys().any(|(source, _, _)| *source == old) {
                draft.lineage = std::mem::take(&mut draft.lineage)
                    .into_iter()
                    .map(|((source, from, to), kind)| {
                        let source = if source == old { renamed.clone() } else { source };
                        ((source, from, to), kind)
                    })
                    .collect();
            }
            if let Some(how) = draft.dependencies.remove(&old) {
                draft.dependencies.insert(renamed.clone(), how);
            }
        }
    }

    /// Takes out what is dropped: by a later file in any case, by its own file (then it was a step of a script) when
    /// nothing flows through it.
    pub(super) fn remove_dropped(&mut self) {
        if self.all.iter().all(|draft| draft.dropped_by.is_none()) {
            return;
        }
        let used: BTreeSet<Target> = self
            .all
            .iter()
            .flat_map(|draft| draft.lineage.keys().map(|(source, _, _)| source.clone()))
            .collect();
        let mut gone = BTreeSet::new();
        let mut kept = Vec::with_capacity(self.all.len());
        for (place, draft) in std::mem::take(&mut self.all).into_iter().enumerate() {
            let target = Target::Object {
                object_type: draft.fact.object_type.clone(),
                full_name: draft.fact.full_name.clone(),
            };
            let own_file = draft.dropped_by == draft.fact.path;
            let is_step = own_file && (!draft.lineage.is_empty() || used.contains(&target));
            if draft.dropped_by.is_none() || is_step {
                kept.push(draft);
            } else if self
                .by_key
                .get(&Self::key(&draft.fact.object_type, &draft.fact.full_name))
                == Some(&place)
            {
                gone.insert(target);
            }
        }
        self.all = kept;
        let known = |target: Target| match &target {
            Target::Object { full_name, .. } if gone.contains(&target) => Target::Unknown {
                name: full_name.clone(),
            },
            _ => target,
        };
        if gone.is_empty() {
            return;
        }
        for draft in &mut self.all {
            let lineage: BTreeMap<(Target, String, String), Kind> = std::mem::take(&mut draft.lineage)
                .into_iter()
                .map(|((source, from, to), kind)| ((known(source), from, to), kind))
                .collect();
            draft.lineage = lineage;
            draft.dependencies = std::mem::take(&mut draft.dependencies)
                .into_iter()
                .map(|(target, how)| (known(target), how))
                .collect();
        }
    }
}

/// The columns as they are after ALTER, with what was known of them.
fn alter(draft: &mut Draft, write: &Write) {
    for (old, new) in &write.renamed_columns {
        for column in &mut draft.fact.columns {
            if column.name.eq_ignore_ascii_case(old) {
                column.name.clone_from(new);
            }
        }
        draft.lineage = std::mem::take(&mut draft.lineage)
            .into_iter()
            .map(|((source, from, to), kind)| {
                let to = if to.eq_ignore_ascii_case(old) {
                    new.clone()
                } else {
                    to
                };
                ((source, from, to), kind)
            })
            .collect();
    }
    let before = std::mem::take(&mut draft.fact.columns);
    for column in &write.columns {
        let known = before
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(&column.name));
        let mut fact = known.cloned().unwrap_or_else(|| ColumnFact {
            name: column.name.clone(),
            ..ColumnFact::default()
        });
        fact.data_type = column.data_type.clone().or(fact.data_type);
        draft.fact.columns.push(fact);
    }
    let is_left = |name: &str, columns: &[ColumnFact]| {
        columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    };
    if !write.open.is_empty() {
        for column in before {
            if !is_left(&column.name, &draft.fact.columns) {
                draft.fact.columns.push(column);
            }
        }
        return;
    }
    // What flowed into columns that are gone no longer does.
    let columns = &draft.fact.columns;
    draft
        .lineage
        .retain(|(_, _, to), _| is_left(to, columns) || !is_left(to, &before));
}

fn describe(draft: &mut Draft, write: &Write) {
    if write.description.is_some() {
        draft.fact.description.clone_from(&write.description);
    }
    for column in &write.columns {
        let known = draft.fact.columns.iter_mut();
        for fact in known.filter(|known| known.name.eq_ignore_ascii_case(&column.name)) {
            fact.description.clone_from(&column.description);
        }
    }
}
