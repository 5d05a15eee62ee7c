//! The tests of a release as they are stored, for the comparison with what its branch says now.

use metasync_protocol::RowHash;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{Scope, query},
    error::Result,
    rows::{hash, id, json, optional_id},
};

/// A live test.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveTest {
    /// The object.
    pub id: Uuid,
    /// Its file.
    pub file_id: Option<Uuid>,
    /// Hash of the bundle.
    pub row_hash: RowHash,
    /// What else is known of it.
    pub metadata: Value,
}

impl Store {
    /// The live objects of a release's connection.
    pub async fn live_tests(&self, org: Uuid, connection: Uuid) -> Result<Vec<LiveTest>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(
            "SELECT id, file_id, row_hash, metadata FROM objects
             WHERE org_id = $1 AND connection_id = $2 AND deleted_at IS NULL",
        )
        .bind(org)
        .bind(connection)
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(|row| {
            Ok(LiveTest {
                id: id(row, "id")?,
                file_id: optional_id(row, "file_id")?,
                row_hash: hash(row, "row_hash")?,
                metadata: json(row, "metadata")?,
            })
        })
        .collect()
    }
}
