//! Finding objects of one connection by parts of names and words of descriptions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Store,
    database::{Scope, query},
    error::Result,
    rows::id,
};

/// An object that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundObject {
    /// The object.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// `model`, `table`, …
    pub object_type: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// The file that defines it.
    pub relative_path: Option<String>,
    /// First line there, from 1.
    pub line_start: Option<i64>,
}

impl Store {
    /// Live objects of a connection whose name or description holds `words`, whatever the case; names
    /// that begin with them first.
    pub async fn search_objects(
        &self,
        org: Uuid,
        connection: Uuid,
        words: &str,
        limit: u32,
    ) -> Result<Vec<FoundObject>> {
        let escaped = words
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(
            "SELECT o.id, o.name, o.full_name, o.object_type, o.description, o.line_start, f.relative_path
             FROM objects o
             LEFT JOIN files f ON f.org_id = o.org_id AND f.id = o.file_id AND f.deleted_at IS NULL
             WHERE o.org_id = $1 AND o.connection_id = $2 AND o.deleted_at IS NULL
             AND (lower(o.full_name) LIKE $3 ESCAPE '\\' OR lower(o.description) LIKE $3 ESCAPE '\\')
             ORDER BY lower(o.name) LIKE $4 ESCAPE '\\' DESC, o.full_name, o.id LIMIT $5",
        )
        .bind(org)
        .bind(connection)
        .bind(format!("%{escaped}%"))
        .bind(format!("{escaped}%"))
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(|row| {
            Ok(FoundObject {
                id: id(row, "id")?,
                name: row.try_get("name")?,
                full_name: row.try_get("full_name")?,
                object_type: row.try_get("object_type")?,
                description: row.try_get("description")?,
                relative_path: row.try_get("relative_path")?,
                line_start: row.try_get("line_start")?,
            })
        })
        .collect()
    }
}
