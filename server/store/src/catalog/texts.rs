//! Texts that every database can hold. PostgreSQL knows no NUL character, and one in a description
//! must not keep a whole batch out; so it is replaced before anything is stored, and the row sealed
//! again: what a client gets is what its hash is of.

use metasync_protocol::{Compact, FileRow, ObjectRow, bundle::compact_hash};

use super::Batch;
use crate::database::without_nul;

/// Replaces what can't be stored.
pub(super) fn make_storable(batch: &mut Batch) {
    for file in batch.files.iter_mut().filter(|f| has_nul_in_file(f)) {
        file.relative_path = without_nul(std::mem::take(&mut file.relative_path));
        file.language = without_nul(std::mem::take(&mut file.language));
        file.branch = file.branch.take().map(without_nul);
        file.seal();
    }
    for (object, owned) in &mut batch.objects {
        if has_nul_in_object(object) || has_nul_in_owned(owned) {
            object.name = without_nul(std::mem::take(&mut object.name));
            object.full_name = without_nul(std::mem::take(&mut object.full_name));
            object.object_type = without_nul(std::mem::take(&mut object.object_type));
            object.description = object.description.take().map(without_nul);
            object.branch = object.branch.take().map(without_nul);
            clean(owned);
            object.row_hash = compact_hash(object, owned);
        }
    }
}

fn clean(owned: &mut Compact) {
    let text = |text: &mut String| *text = without_nul(std::mem::take(text));
    let optional = |text: &mut Option<String>| *text = text.take().map(without_nul);
    for (name, data_type, description) in &mut owned.columns {
        text(name);
        optional(data_type);
        optional(description);
    }
    for (_, name, kind) in &mut owned.dependencies {
        optional(name);
        text(kind);
    }
    for (_, name, source, target, transformation) in &mut owned.lineage {
        optional(name);
        text(source);
        text(target);
        text(transformation);
    }
    owned.normalize();
}

fn has_nul_in_file(file: &FileRow) -> bool {
    nul(&file.relative_path) || nul(&file.language) || some_nul(&file.branch)
}

fn has_nul_in_object(object: &ObjectRow) -> bool {
    nul(&object.name)
        || nul(&object.full_name)
        || nul(&object.object_type)
        || some_nul(&object.description)
        || some_nul(&object.branch)
}

fn has_nul_in_owned(owned: &Compact) -> bool {
    let columns = |(name, kind, description): &(String, Option<String>, Option<String>)| {
        nul(name) || some_nul(kind) || some_nul(description)
    };
    owned.columns.iter().any(columns)
        || owned
            .dependencies
            .iter()
            .any(|(_, name, kind)| some_nul(name) || nul(kind))
        || owned
            .lineage
            .iter()
            .any(|(_, name, source, target, how)| some_nul(name) || nul(source) || nul(target) || nul(how))
}

fn nul(text: &str) -> bool {
    text.contains('\0')
}

fn some_nul(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(nul)
}
