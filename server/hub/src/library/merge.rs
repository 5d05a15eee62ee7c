//! Three sides of a file: as it was last common, as it is here, as it is on the share; field by field.

use metasync_protocol::library::LibraryFile;

/// Words for the fields, as conflicts name them.
const CONTENT: &str = "content";
const NAME: &str = "name";
const LABEL: &str = "label";
const COLLECTIONS: &str = "collections";
const OBJECTS: &str = "objects";
const DELETED: &str = "deleted";

/// What follows from three sides.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Both sides are alike.
    Same,
    /// It is nowhere any more, and nobody has to be told.
    Forget,
    /// It changed on the share only.
    Take,
    /// It changed here only.
    Publish,
    /// It is gone from the share, which did not delete it.
    PublishAnew,
    /// Different fields changed: this is both.
    Merged(Box<LibraryFile>),
    /// The same fields changed.
    Conflict(Vec<String>),
}

/// Whether two rows say the same; versions and times are no matter of people.
pub(super) fn same(a: &LibraryFile, b: &LibraryFile) -> bool {
    content(a) == content(b)
        && a.name == b.name
        && a.label == b.label
        && a.collections == b.collections
        && a.objects == b.objects
        && a.deleted == b.deleted
}

fn content(file: &LibraryFile) -> (&str, u64, &str) {
    (&file.sha256, file.size, &file.media_type)
}

/// What follows for a row that is here.
pub(super) fn merge(
    base: Option<&LibraryFile>,
    local: &LibraryFile,
    remote: Option<&LibraryFile>,
) -> Verdict {
    let Some(remote) = remote else {
        return match local.deleted {
            true => Verdict::Forget,
            false if base.is_some() => Verdict::PublishAnew,
            false => Verdict::Publish,
        };
    };
    if same(local, remote) {
        return Verdict::Same;
    }
    let Some(base) = base else {
        return Verdict::Conflict(differing(local, remote));
    };
    if same(base, local) {
        return Verdict::Take;
    }
    if same(base, remote) {
        return Verdict::Publish;
    }
    if local.deleted != remote.deleted {
        // One was deleted while the other was worked on: neither may be lost.
        let changed = if local.deleted { remote } else { local };
        let mut fields = differing(base, changed);
        fields.retain(|field| field != DELETED);
        fields.insert(0, DELETED.to_owned());
        return Verdict::Conflict(fields);
    }
    let mut merged = local.clone();
    let conflicts = combine(base, &mut merged, remote);
    match conflicts.is_empty() {
        true => Verdict::Merged(Box::new(merged)),
        false => Verdict::Conflict(conflicts.into_iter().map(str::to_owned).collect()),
    }
}

/// Takes over into `local` what changed on the share alone; gives the fields that changed on both sides.
pub(super) fn combine(
    base: &LibraryFile,
    local: &mut LibraryFile,
    remote: &LibraryFile,
) -> Vec<&'static str> {
    let mut conflicts = Vec::new();
    if content(local) != content(remote) {
        if content(base) == content(local) {
            take_content(local, remote);
        } else if content(base) != content(remote) {
            conflicts.push(CONTENT);
        }
    }
    field(NAME, &base.name, &mut local.name, &remote.name, &mut conflicts);
    field(
        LABEL,
        &base.label,
        &mut local.label,
        &remote.label,
        &mut conflicts,
    );
    field(
        COLLECTIONS,
        &base.collections,
        &mut local.collections,
        &remote.collections,
        &mut conflicts,
    );
    field(
        OBJECTS,
        &base.objects,
        &mut local.objects,
        &remote.objects,
        &mut conflicts,
    );
    conflicts
}

fn field<T: Clone + PartialEq>(
    name: &'static str,
    base: &T,
    local: &mut T,
    remote: &T,
    conflicts: &mut Vec<&'static str>,
) {
    if local == remote || base == remote {
        return;
    }
    if base == local {
        local.clone_from(remote);
    } else {
        conflicts.push(name);
    }
}

fn take_content(local: &mut LibraryFile, remote: &LibraryFile) {
    local.sha256.clone_from(&remote.sha256);
    local.media_type.clone_from(&remote.media_type);
    local.size = remote.size;
}

/// Takes over these fields, and whatever changed on the share alone.
pub(super) fn take_fields(base: &LibraryFile, local: &mut LibraryFile, remote: &LibraryFile) {
    for conflict in combine(base, local, remote) {
        match conflict {
            CONTENT => take_content(local, remote),
            NAME => local.name.clone_from(&remote.name),
            LABEL => local.label.clone_from(&remote.label),
            COLLECTIONS => local.collections.clone_from(&remote.collections),
            _ => local.objects.clone_from(&remote.objects),
        }
    }
}

fn differing(a: &LibraryFile, b: &LibraryFile) -> Vec<String> {
    let fields = [
        (CONTENT, content(a) != content(b)),
        (NAME, a.name != b.name),
        (LABEL, a.label != b.label),
        (COLLECTIONS, a.collections != b.collections),
        (OBJECTS, a.objects != b.objects),
        (DELETED, a.deleted != b.deleted),
    ];
    fields
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(label: &str, collections: &[&str]) -> LibraryFile {
        LibraryFile {
            name: "a.pdf".into(),
            sha256: "0".repeat(64),
            label: Some(label.into()),
            collections: collections.iter().map(|c| (*c).to_owned()).collect(),
            ..LibraryFile::default()
        }
    }

    fn deleted(mut file: LibraryFile) -> LibraryFile {
        file.deleted = true;
        file
    }

    #[test]
    fn fields_merge_by_themselves_and_the_same_field_is_a_conflict() {
        let base = file("base", &["x"]);
        let conflict = |fields: &[&str]| Verdict::Conflict(fields.iter().map(|f| (*f).to_owned()).collect());
        for (local, remote, verdict) in [
            (base.clone(), base.clone(), Verdict::Same),
            (file("a", &["x"]), base.clone(), Verdict::Publish),
            (base.clone(), file("a", &["x"]), Verdict::Take),
            (file("a", &["x"]), file("a", &["x"]), Verdict::Same),
            (
                file("a", &["x"]),
                file("base", &[]),
                Verdict::Merged(Box::new(file("a", &[]))),
            ),
            (file("a", &["x"]), file("b", &["x"]), conflict(&["label"])),
            (
                file("a", &["l"]),
                file("b", &["r"]),
                conflict(&["label", "collections"]),
            ),
            (file("a", &["x"]), file("b", &["y"]), conflict(&["label"])),
            (deleted(base.clone()), base.clone(), Verdict::Publish),
            (base.clone(), deleted(base.clone()), Verdict::Take),
            (deleted(base.clone()), deleted(base.clone()), Verdict::Same),
            (
                deleted(base.clone()),
                file("b", &["x"]),
                conflict(&["deleted", "label"]),
            ),
            (
                file("a", &["x"]),
                deleted(base.clone()),
                conflict(&["deleted", "label"]),
            ),
        ] {
            let found = merge(Some(&base), &local, Some(&remote));
            assert_eq!(found, verdict, "{local:?} {remote:?}");
        }
    }

    #[test]
    fn what_has_no_base_or_no_other_side_is_not_lost() {
        let (a, b) = (file("a", &[]), file("b", &[]));
        assert_eq!(merge(None, &a, None), Verdict::Publish);
        assert_eq!(merge(Some(&a), &a, None), Verdict::PublishAnew);
        assert_eq!(merge(Some(&a), &deleted(a.clone()), None), Verdict::Forget);
        assert_eq!(merge(None, &a, Some(&a)), Verdict::Same);
        assert_eq!(merge(None, &a, Some(&b)), Verdict::Conflict(vec!["label".into()]));
    }

    #[test]
    fn the_share_wins_where_both_changed_and_nowhere_else() {
        let base = file("base", &["x"]);
        let mut local = file("a", &["x"]);
        local.name = "mine.pdf".into();
        take_fields(&base, &mut local, &file("b", &["y"]));
        assert_eq!(
            (local.name.as_str(), local.label.as_deref()),
            ("mine.pdf", Some("b"))
        );
        assert_eq!(local.collections, ["y"]);
    }
}
