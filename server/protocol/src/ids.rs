//! Ids derived from what they name, so that they stay the same across re-indexing, moves between
//! files, and deletion and return (contract.md, "Seed 002").
//!
//! Each id is a name-based UUID (version 5, RFC 9562) of a length-prefixed list of parts: parts
//! can't run into each other, whatever bytes they hold.

use uuid::Uuid;

/// Namespace of all ids of this product. Never to be changed: every id hangs on it.
const NAMESPACE: Uuid = Uuid::from_bytes([
    0x6d, 0x65, 0x74, 0x61, 0x73, 0x79, 0x4e, 0x63, 0x8a, 0x51, 0x1d, 0x0f, 0x2b, 0x9c, 0x44, 0x07,
]);

fn derive(kind: &str, parts: &[&[u8]]) -> Uuid {
    let mut name = Vec::with_capacity(96);
    name.extend_from_slice(kind.as_bytes());
    for part in parts {
        name.extend_from_slice(&(part.len() as u32).to_le_bytes());
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

/// Id of an organization that is known by its name alone (the embedded hub's `local`).
pub fn organization(name: &str) -> Uuid {
    derive("organization", &[name.as_bytes()])
}

/// Id of a connection whose configuration gives none: the same at every start.
pub fn connection(organization: Uuid, full_name: &str) -> Uuid {
    derive("connection", &[organization.as_bytes(), full_name.as_bytes()])
}

/// Id of a file: its connection and path; `branch` only where it is not the default one.
pub fn file(connection: Uuid, branch: Option<&str>, relative_path: &str) -> Uuid {
    derive(
        "file",
        &[
            connection.as_bytes(),
            branch.unwrap_or("").as_bytes(),
            relative_path.as_bytes(),
        ],
    )
}

/// Id of an object: its connection, type and full name; `branch` only where it is not the default one.
pub fn object(connection: Uuid, branch: Option<&str>, object_type: &str, full_name: &str) -> Uuid {
    derive(
        "object",
        &[
            connection.as_bytes(),
            branch.unwrap_or("").as_bytes(),
            object_type.as_bytes(),
            full_name.as_bytes(),
        ],
    )
}

/// Id of a column: its object and name.
pub fn column(object: Uuid, name: &str) -> Uuid {
    derive("column", &[object.as_bytes(), name.as_bytes()])
}

/// Id of a dependency of `source` on a known object, or on the name of an unknown one.
pub fn dependency(source: Uuid, target: Option<Uuid>, target_name: &str, dependency_type: &str) -> Uuid {
    let known = target.map(|t| *t.as_bytes()).unwrap_or_default();
    let name = if target.is_some() { "" } else { target_name };
    derive(
        "dependency",
        &[
            source.as_bytes(),
            &known,
            name.as_bytes(),
            dependency_type.as_bytes(),
        ],
    )
}

/// Id of a column lineage edge; `source` is `None` (and named) where its object is unknown.
pub fn lineage(
    source: Option<Uuid>,
    source_name: &str,
    source_column: &str,
    target: Uuid,
    target_column: &str,
) -> Uuid {
    let known = source.map(|s| *s.as_bytes()).unwrap_or_default();
    let name = if source.is_some() { "" } else { source_name };
    derive(
        "lineage",
        &[
            &known,
            name.as_bytes(),
            source_column.as_bytes(),
            target.as_bytes(),
            target_column.as_bytes(),
        ],
    )
}

/// Id of an object's documentation: one per object.
pub fn documentation(object: Uuid) -> Uuid {
    derive("documentation", &[object.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let c = organization("x");
        assert_ne!(object(c, None, "ab", "c"), object(c, None, "a", "bc"));
        assert_ne!(file(c, Some("a"), "b"), file(c, None, "ab"));
        assert_ne!(file(c, None, "a"), object(c, None, "", "a"));
    }

    #[test]
    fn ids_are_fixed_for_ever() {
        // Every cache and every hub holds such ids: if this test fails, all of them are wrong.
        assert_eq!(
            organization("local").to_string(),
            "d73bd008-e847-54aa-a77e-2297c356f18a"
        );
        let connection = connection(Uuid::nil(), "acme/jaffle_shop");
        assert_eq!(connection.get_version_num(), 5);
        assert_eq!(connection, super::connection(Uuid::nil(), "acme/jaffle_shop"));
    }
}
