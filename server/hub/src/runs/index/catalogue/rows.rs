//! The rows of somebody else's catalogue as those of a connection here. No id of theirs is taken: all are derived
//! anew, and what belongs together is found by theirs.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use metasync_protocol::{Compact, FileRow, ObjectRow, bundle, ids};
use metasync_sources::shared_folder::{Catalogue, snapshot::Unreadable};
use serde::Deserialize;
use uuid::Uuid;

/// Longest name or path, in bytes.
const MAX_NAME_BYTES: usize = 4 * 1024;

/// An object as it is published.
#[derive(Deserialize)]
struct Published {
    object: ObjectRow,
    owned: Compact,
}

/// A whole catalogue, sealed.
pub(super) struct Taken {
    pub(super) files: Vec<FileRow>,
    pub(super) objects: Vec<(ObjectRow, Compact)>,
}

impl Taken {
    /// Reads a snapshot; one row that makes no sense, and none is taken.
    pub(super) fn read(path: &Path, connection: Uuid) -> Result<Taken, Unreadable> {
        let snapshot = Catalogue::open(path)?;
        Taken::of(snapshot.rows("file")?, snapshot.rows("object")?, connection)
    }

    fn of(files: Vec<FileRow>, objects: Vec<Published>, connection: Uuid) -> Result<Taken, Unreadable> {
        let mut file_ids = HashMap::with_capacity(files.len());
        let mut taken = Taken {
            files: Vec::with_capacity(files.len()),
            objects: Vec::with_capacity(objects.len()),
        };
        for mut file in files {
            if !is_path(&file.relative_path) || file.branch.is_some() || file.language.len() > MAX_NAME_BYTES
            {
                return Err(wrong("file", &file.relative_path));
            }
            let theirs = file.id;
            file.id = ids::file(connection, None, &file.relative_path);
            file.connection_id = connection;
            file.seal();
            file_ids.insert(theirs, file.id);
            taken.files.push(file);
        }
        if taken.files.iter().map(|f| f.id).collect::<HashSet<_>>().len() < taken.files.len() {
            return Err(Unreadable::new("a file stands in it twice"));
        }
        let mut object_ids = HashMap::with_capacity(objects.len());
        let mut seen = HashSet::with_capacity(objects.len());
        for Published { object, .. } in &objects {
            let id = ids::object(connection, None, &object.object_type, &object.full_name);
            let names = [&object.name, &object.full_name, &object.object_type];
            let named = names.iter().all(|name| is_name(name)) && object.branch.is_none();
            if !named || !seen.insert(id) {
                return Err(wrong("object", &object.full_name));
            }
            object_ids.insert(object.id, id);
        }
        for Published {
            mut object,
            mut owned,
        } in objects
        {
            object.id = object_ids.get(&object.id).copied().unwrap_or_default();
            object.connection_id = connection;
            object.file_id = match object.file_id {
                None => None,
                Some(theirs) => Some(
                    *file_ids
                        .get(&theirs)
                        .ok_or_else(|| wrong("object", &object.full_name))?,
                ),
            };
            if owned.columns.iter().any(|(name, ..)| !is_name(name)) {
                return Err(wrong("object", &object.full_name));
            }
            let here = |target: &mut Option<Uuid>, name: &Option<String>| {
                *target = target.and_then(|theirs| object_ids.get(&theirs).copied());
                target.is_some() || name.is_some()
            };
            owned
                .dependencies
                .retain_mut(|(target, name, _)| here(target, name));
            owned.lineage.retain_mut(|(source, name, ..)| here(source, name));
            owned.normalize();
            object.row_hash = bundle::compact_hash(&object, &owned);
            taken.objects.push((object, owned));
        }
        Ok(taken)
    }
}

fn wrong(kind: &str, name: &str) -> Unreadable {
    let name: String = name.chars().take(80).collect();
    Unreadable::new(format!("the {kind} {name:?} in it makes no sense"))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.contains('\0')
}

/// A path that stays below the root that it is counted from.
fn is_path(path: &str) -> bool {
    let parts_are_names = || path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    is_name(path) && parts_are_names() && !path.contains('\\') && !path.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use metasync_protocol::RowHash;
    use serde_json::{Value, json};

    fn file(id: u128, path: &str) -> FileRow {
        FileRow {
            id: Uuid::from_u128(id),
            connection_id: Uuid::nil(),
            relative_path: path.into(),
            language: "sql".into(),
            content_hash: "0".repeat(64),
            size: 1,
            branch: None,
            row_hash: RowHash::default(),
        }
    }

    fn object(id: u128, name: &str, file: Option<u128>, uses: Option<u128>) -> Published {
        Published {
            object: ObjectRow {
                id: Uuid::from_u128(id),
                connection_id: Uuid::nil(),
                file_id: file.map(Uuid::from_u128),
                name: name.into(),
                full_name: name.into(),
                object_type: "model".into(),
                description: None,
                metadata: Value::Null,
                line_start: None,
                line_end: None,
                branch: None,
                row_hash: RowHash(7),
            },
            owned: Compact {
                columns: vec![("id".into(), None, None)],
                dependencies: uses
                    .map(|uses| (Some(Uuid::from_u128(uses)), None, "ref".into()))
                    .into_iter()
                    .collect(),
                lineage: Vec::new(),
            },
        }
    }

    #[test]
    fn ids_are_derived_anew_and_edges_follow() {
        let connection = Uuid::from_u128(99);
        let objects = vec![object(1, "a", Some(5), Some(2)), object(2, "b", None, Some(77))];
        let taken = Taken::of(vec![file(5, "models/a.sql")], objects, connection).unwrap();
        let id = |name: &str| ids::object(connection, None, "model", name);
        let (a, owned) = &taken.objects[0];
        assert_eq!((a.id, a.connection_id), (id("a"), connection));
        assert_eq!(a.file_id, Some(taken.files[0].id));
        assert_eq!(taken.files[0].id, ids::file(connection, None, "models/a.sql"));
        assert_eq!(owned.dependencies[0].0, Some(id("b")));
        assert_eq!(
            a.row_hash,
            bundle::compact_hash(a, owned),
            "no hash of theirs is taken"
        );
        assert!(
            taken.objects[1].1.dependencies.is_empty(),
            "an edge to nothing goes"
        );
    }

    #[test]
    fn one_row_without_sense_and_none_is_taken() {
        let refused = |files, objects| Taken::of(files, objects, Uuid::nil()).is_err();
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "C:/x",
            "a\\b",
            "a\0",
        ] {
            assert!(refused(vec![file(1, path)], vec![]), "{path:?}");
        }
        assert!(refused(vec![file(1, "a"), file(2, "a")], vec![]));
        assert!(refused(vec![], vec![object(1, "", None, None)]));
        assert!(refused(
            vec![],
            vec![object(1, "a", None, None), object(2, "a", None, None)]
        ));
        assert!(refused(vec![], vec![object(1, "a", Some(3), None)]));
        assert!(refused(
            vec![],
            vec![object(1, &"a".repeat(MAX_NAME_BYTES + 1), None, None)]
        ));
        let nonsense: Result<Published, _> = serde_json::from_value(json!({"object": {}}));
        assert!(nonsense.is_err());
    }
}
