//! Names by which objects of different connections may know each other: what a relation is called,
//! and what an object calls a relation that its own connection does not define.

use std::collections::BTreeSet;

use metasync_protocol::{Compact, ObjectRow};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    database::{AssertSqlSafe, Column, Conflict, Insert, Tx, query},
    error::Result,
};

/// `side` of a name that an object has.
pub(super) const HAS: &str = "has";
/// `side` of a name that an object looks for.
pub(super) const WANTS: &str = "wants";

/// Types of objects that hold data under their name.
const RELATIONS: [&str; 6] = ["model", "seed", "snapshot", "table", "view", "materialized_view"];
/// The type of what a project declares and another one makes.
pub(super) const SOURCE: &str = "source";
/// A name of one part is only good within its own connection: it depends on a schema that nobody told.
const LEAST_PARTS: usize = 2;
/// Longer names, in bytes, find nothing: an index of PostgreSQL takes 2,700.
const LONGEST: usize = 512;

/// A name of an object.
pub(super) struct Name {
    pub(super) object: Uuid,
    pub(super) side: &'static str,
    name: String,
    pub(super) key: String,
}

/// A name in the form in which names are compared, and its key: lower case, without quotes. `None`:
/// it is good for nothing beyond its connection.
pub(super) fn normal(name: &str) -> Option<(String, String)> {
    if name.len() > LONGEST {
        return None;
    }
    let parts: Vec<String> = name
        .split('.')
        .map(|part| part.trim_matches(['"', '`', '[', ']', ' ']).to_lowercase())
        .collect();
    if parts.len() < LEAST_PARTS || parts.iter().any(String::is_empty) {
        return None;
    }
    Some((parts.join("."), parts[parts.len() - LEAST_PARTS..].join(".")))
}

/// Whether two names with the same key mean the same: as far as both say something.
pub(super) fn agree(one: &str, other: &str) -> bool {
    one.rsplit('.').zip(other.rsplit('.')).all(|(a, b)| a == b)
}

/// All names of an object.
pub(super) fn of(row: &ObjectRow, owned: &Compact) -> Vec<Name> {
    let mut names = BTreeSet::new();
    // What another branch makes is not what others use.
    if row.branch.is_none() && RELATIONS.contains(&row.object_type.as_str()) {
        names.insert((HAS, row.full_name.clone()));
        names.extend(relation(row).map(|name| (HAS, name)));
    }
    names.extend(source_names(row).into_iter().map(|name| (WANTS, name)));
    let dependencies = owned.dependencies.iter().map(|(id, name, _)| (id, name));
    let lineage = owned.lineage.iter().map(|(id, name, ..)| (id, name));
    for (_, name) in dependencies.chain(lineage).filter(|(id, _)| id.is_none()) {
        names.extend(name.clone().map(|name| (WANTS, name)));
    }
    let normal: BTreeSet<_> = names
        .into_iter()
        .filter_map(|(side, name)| normal(&name).map(|(name, key)| (side, name, key)))
        .collect();
    normal
        .into_iter()
        .map(|(side, name, key)| Name {
            object: row.id,
            side,
            name,
            key,
        })
        .collect()
}

/// The names that a `source()` may have elsewhere.
fn source_names(row: &ObjectRow) -> Vec<String> {
    if row.object_type != SOURCE {
        return Vec::new();
    }
    let group = text(&row.metadata, "source").map(|group| format!("{group}.{}", row.name));
    group.into_iter().chain(relation(row)).collect()
}

/// `database.schema.table`, as far as settings say it.
fn relation(row: &ObjectRow) -> Option<String> {
    let schema = text(&row.metadata, "schema")?;
    let table = text(&row.metadata, "identifier")
        .or_else(|| text(&row.metadata, "alias"))
        .unwrap_or(&row.name);
    Some(match text(&row.metadata, "database") {
        Some(database) => format!("{database}.{schema}.{table}"),
        None => format!("{schema}.{table}"),
    })
}

fn text<'a>(metadata: &'a Value, key: &str) -> Option<&'a str> {
    metadata.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// Removes all names of these objects.
pub(super) async fn forget(tx: &mut Tx, org: Uuid, objects: &[Uuid]) -> Result<()> {
    for chunk in objects.chunks(super::KEYS_PER_STATEMENT) {
        query(AssertSqlSafe(format!(
            "DELETE FROM relation_names WHERE org_id = $1 AND {}",
            tx.is_in("object_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// Stores names of a connection's objects.
pub(super) async fn store(tx: &mut Tx, org: Uuid, connection: Uuid, names: Vec<Name>) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Name) -> &str| Column::Texts(names.iter().map(|n| Some(of(n).to_owned())).collect());
    let objects = Column::Ids(names.iter().map(|n| Some(n.object)).collect());
    let insert = Insert {
        table: "relation_names",
        shared: vec![("org_id", org.into()), ("connection_id", connection.into())],
        columns: vec![
            ("object_id", "uuid", objects),
            ("side", "text", text(|n| n.side)),
            ("name", "text", text(|n| &n.name)),
            ("key", "text", text(|n| &n.key)),
        ],
        key: &["org_id", "object_id", "side", "name"],
        or: Conflict::Keep,
    };
    Ok(insert.run(tx, names.len()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_quotes_and_need_two_parts() {
        let of = |name: &str| normal(name).map(|(name, key)| format!("{name} {key}"));
        assert_eq!(of("Shop.Orders").as_deref(), Some("shop.orders shop.orders"));
        assert_eq!(
            of("DB.\"Shop\".[orders]").as_deref(),
            Some("db.shop.orders shop.orders")
        );
        for nothing in ["orders", "", ".", "shop.", &"a.".repeat(LONGEST)] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
        assert!(agree("shop.orders", "db.shop.orders"));
        assert!(!agree("other.shop.orders", "db.shop.orders"));
    }
}
