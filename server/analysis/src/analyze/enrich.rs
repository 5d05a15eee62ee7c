//! What dbt saw in the warehouse, put onto what the files say; it never takes anything away.

use super::drafts::Drafts;
use crate::ColumnFact;
use crate::dbt::artifacts::Seen;

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
