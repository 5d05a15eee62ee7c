//! What dbt saw in the warehouse, put onto what the files say; it never takes anything away.

use super::drafts::Drafts;
use super::flow::SNAPSHOT_COLUMNS;
use crate::dbt::artifacts::Seen;
use crate::sql::lineage::Kind;
use crate::{ColumnFact, Target};

/// Before columns are followed: the columns of sources, so that stars over them are resolved.
pub(super) fn sources(seen: &[Seen], drafts: &mut Drafts) {
    for relation in seen.iter().filter(|relation| relation.kind == "source") {
        let place = drafts.find(&relation.kind, &relation.full_name);
        let Some(draft) = place.and_then(|place| drafts.all.get_mut(place)) else {
            continue;
        };
        for (name, data_type, _) in &relation.columns {
            let columns = &mut draft.fact.columns;
            if !columns.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
                columns.push(ColumnFact {
                    name: name.to_lowercase(),
                    data_type: data_type.clone(),
                    ..ColumnFact::default()
                });
            }
        }
        draft.is_defined = true;
    }
}

/// After columns are followed: types and comments that nobody else gave. Columns that the SQL no longer has stay out;
/// where the SQL tells no columns at all, those of the warehouse are the best there is.
pub(super) fn types(seen: &[Seen], drafts: &mut Drafts) {
    for relation in seen {
        let place = drafts.find(&relation.kind, &relation.full_name);
        let Some(draft) = place.and_then(|place| drafts.all.get_mut(place)) else {
            continue;
        };
        if draft.fact.columns.is_empty() {
            draft.fact.columns = relation
                .columns
                .iter()
                .map(|(name, ..)| ColumnFact {
                    name: name.to_lowercase(),
                    ..ColumnFact::default()
                })
                .collect();
        }
        for (name, data_type, comment) in &relation.columns {
            let columns = &mut draft.fact.columns;
            if let Some(known) = columns
                .iter_mut()
                .find(|known| known.name.eq_ignore_ascii_case(name))
            {
                known.data_type = known.data_type.take().or_else(|| data_type.clone());
                known.description = known.description.take().or_else(|| comment.clone());
            }
        }
    }
}

/// Snapshots that only YAML defines have the columns of the relation that they are of, and those that dbt adds.
pub(super) fn snapshots(drafts: &mut Drafts) {
    for place in 0..drafts.all.len() {
        let Some(draft) = drafts.all.get(place) else {
            continue;
        };
        let is_bare = draft.fact.object_type == "snapshot" && draft.lineage.is_empty() && !draft.is_defined;
        let in_yaml = draft
            .fact
            .path
            .as_deref()
            .is_some_and(|path| crate::Language::of_path(path) == crate::Language::Yaml);
        let mut targets = draft.dependencies.keys();
        let (true, true, Some(target), None) = (is_bare, in_yaml, targets.next(), targets.next()) else {
            continue;
        };
        let Target::Object {
            object_type,
            full_name,
        } = target
        else {
            continue;
        };
        let columns = drafts
            .find(object_type, full_name)
            .and_then(|source| drafts.all.get(source))
            .map(|source| source.fact.columns.clone())
            .unwrap_or_default();
        let target = target.clone();
        let Some(draft) = drafts.all.get_mut(place) else {
            continue;
        };
        for column in columns {
            let flow = (target.clone(), column.name.clone(), column.name.clone());
            draft.lineage.insert(flow, Kind::Plain);
            let known = draft.fact.columns.iter_mut();
            match known
                .into_iter()
                .find(|known| known.name.eq_ignore_ascii_case(&column.name))
            {
                Some(known) => known.data_type = known.data_type.take().or(column.data_type),
                None => draft.fact.columns.push(ColumnFact {
                    tests: Vec::new(),
                    ..column
                }),
            }
        }
        for name in SNAPSHOT_COLUMNS {
            if !draft.fact.columns.iter().any(|column| column.name == name) {
                draft.fact.columns.push(ColumnFact {
                    name: name.to_owned(),
                    ..ColumnFact::default()
                });
            }
        }
    }
}
