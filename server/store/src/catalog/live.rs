//! Slim lists of what is live, for a run to compare with what it finds.

use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use uuid::Uuid;

use super::{LiveFile, LiveObject};
use crate::{
    Store,
    error::Result,
    rows::{hash, id, number, optional_id, text},
};

impl Store {
    /// Live files of a connection on one branch; `None` is its default one.
    pub async fn live_files(&self, connection: Uuid, branch: Option<&str>) -> Result<Vec<LiveFile>> {
        let mut rows = sqlx::query(
            "SELECT id, relative_path, content_hash, size, row_hash FROM files
             WHERE connection_id = $1 AND deleted_at IS NULL AND branch IS NOT DISTINCT FROM $2 ORDER BY seq",
        )
        .bind(text(connection))
        .bind(branch)
        .fetch(self.database().reader());
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
    pub async fn live_objects(&self, connection: Uuid, branch: Option<&str>) -> Result<Vec<LiveObject>> {
        let mut rows = sqlx::query(
            "SELECT id, file_id, row_hash FROM objects
             WHERE connection_id = $1 AND deleted_at IS NULL AND branch IS NOT DISTINCT FROM $2 ORDER BY seq",
        )
        .bind(text(connection))
        .bind(branch)
        .fetch(self.database().reader());
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
