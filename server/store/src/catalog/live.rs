//! Slim lists of what is live, for a run to compare with what it finds.

use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{LiveFile, LiveObject};
use crate::{
    Store,
    database::{Scope, query},
    error::Result,
    rows::{hash, id, number, optional_id},
};

impl Store {
    /// Live files of a connection on one branch; `None` is its default one.
    pub async fn live_files(
        &self,
        org: Uuid,
        connection: Uuid,
        branch: Option<&str>,
    ) -> Result<Vec<LiveFile>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut rows = query(
            "SELECT id, relative_path, content_hash, size, row_hash FROM files
             WHERE org_id = $1 AND connection_id = $2 AND deleted_at IS NULL AND branch IS NOT DISTINCT FROM $3
             ORDER BY seq",
        )
        .bind(org)
        .bind(connection)
        .bind(branch)
        .fetch(&mut tx);
        let mut files = Vec::new();
        while let Some(row) = rows.try_next().await? {
            files.push(LiveFile {
                id: id(&row, "id")?,
                relative_path: row.try_get("relative_path")?,
                content_hash: row.try_get("content_hash")?,
                size: number(&row, "size")?,
                row_hash: hash(&row, "row_hash")?,
            });
        }
        Ok(files)
    }

    /// Live objects of a connection on one branch; `None` is its default one.
    pub async fn live_objects(
        &self,
        org: Uuid,
        connection: Uuid,
        branch: Option<&str>,
    ) -> Result<Vec<LiveObject>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut rows = query(
            "SELECT id, file_id, row_hash FROM objects
             WHERE org_id = $1 AND connection_id = $2 AND deleted_at IS NULL AND branch IS NOT DISTINCT FROM $3
             ORDER BY seq",
        )
        .bind(org)
        .bind(connection)
        .bind(branch)
        .fetch(&mut tx);
        let mut objects = Vec::new();
        while let Some(row) = rows.try_next().await? {
            objects.push(LiveObject {
                id: id(&row, "id")?,
                file_id: optional_id(&row, "file_id")?,
                row_hash: hash(&row, "row_hash")?,
            });
        }
        Ok(objects)
    }
}
