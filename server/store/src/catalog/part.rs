//! Files and objects of a few files, for a run that changes only those.

use metasync_protocol::{Compact, ObjectRow};
use uuid::Uuid;

use super::LiveFile;
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Tx, query},
    error::Result,
    rows::{hash, id, json, number, optional_id},
};

/// Ids of one statement.
const IDS_PER_STATEMENT: usize = 1_000;

const OBJECT_COLUMNS: &str = "id, connection_id, file_id, name, full_name, object_type, description, metadata, \
    line_start, line_end, branch, row_hash, owned";

impl Store {
    /// Live files by their ids.
    pub async fn files_by_id(&self, org: Uuid, ids: &[Uuid]) -> Result<Vec<LiveFile>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut files = Vec::new();
        for chunk in ids.chunks(IDS_PER_STATEMENT) {
            let rows = query(AssertSqlSafe(format!(
                "SELECT id, relative_path, content_hash, size, row_hash FROM files
                 WHERE org_id = $1 AND deleted_at IS NULL AND {}",
                tx.is_in("id", 2)
            )))
            .bind(org)
            .bind(chunk)
            .fetch_all(&mut tx)
            .await?;
            for row in rows {
                files.push(LiveFile {
                    id: id(&row, "id")?,
                    relative_path: row.try_get("relative_path")?,
                    content_hash: row.try_get("content_hash")?,
                    size: number(&row, "size")?,
                    row_hash: hash(&row, "row_hash")?,
                });
            }
        }
        Ok(files)
    }

    /// Live objects that these files define, with what they own.
    pub async fn objects_of_files(&self, org: Uuid, files: &[Uuid]) -> Result<Vec<(ObjectRow, Compact)>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        objects(&mut tx, org, "file_id", files).await
    }

    /// Live objects by their ids, with what they own.
    pub async fn objects_by_id(&self, org: Uuid, ids: &[Uuid]) -> Result<Vec<(ObjectRow, Compact)>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        objects(&mut tx, org, "id", ids).await
    }
}

async fn objects(
    tx: &mut Tx,
    org: Uuid,
    column: &'static str,
    ids: &[Uuid],
) -> Result<Vec<(ObjectRow, Compact)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT {OBJECT_COLUMNS} FROM objects WHERE org_id = $1 AND deleted_at IS NULL AND {}",
            tx.is_in(column, 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            found.push(object(&row)?);
        }
    }
    Ok(found)
}

fn object(row: &Row) -> Result<(ObjectRow, Compact)> {
    let line = |column| -> Result<Option<u32>> {
        let line: Option<i64> = row.try_get(column)?;
        Ok(line.and_then(|line| u32::try_from(line).ok()))
    };
    let object = ObjectRow {
        id: id(row, "id")?,
        connection_id: id(row, "connection_id")?,
        file_id: optional_id(row, "file_id")?,
        name: row.try_get("name")?,
        full_name: row.try_get("full_name")?,
        object_type: row.try_get("object_type")?,
        description: row.try_get("description")?,
        metadata: json(row, "metadata")?,
        line_start: line("line_start")?,
        line_end: line("line_end")?,
        branch: row.try_get("branch")?,
        row_hash: hash(row, "row_hash")?,
    };
    Ok((object, json(row, "owned")?))
}
