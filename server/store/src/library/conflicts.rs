//! Conflicts that wait for somebody's choice.

use uuid::Uuid;

use super::{LibraryConflict, LibraryRow, LibraryWrite, files};
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Tx, query, transact},
    error::Result,
    rows::{id, json, json_text, number, optional_json},
};

const SELECT: &str =
    "SELECT file_id, fields, base, remote, detected_at FROM library_conflicts WHERE org_id = $1";

fn conflict(row: &Row) -> Result<LibraryConflict> {
    Ok(LibraryConflict {
        file_id: id(row, "file_id")?,
        fields: json(row, "fields")?,
        base: optional_json(row, "base")?,
        remote: json(row, "remote")?,
        detected_at: row.try_get("detected_at")?,
    })
}

/// Stores a conflict; one that is known keeps the time at which it was found.
pub(super) async fn put(tx: &mut Tx, org: Uuid, conflict: &LibraryConflict) -> Result<()> {
    query(
        "INSERT INTO library_conflicts (org_id, file_id, fields, base, remote, detected_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, file_id) DO UPDATE SET fields = excluded.fields, base = excluded.base,
         remote = excluded.remote",
    )
    .bind(org)
    .bind(conflict.file_id)
    .bind(json_text(&conflict.fields))
    .bind(&conflict.base.as_ref().map(json_text))
    .bind(json_text(&conflict.remote))
    .bind(&conflict.detected_at)
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, org: Uuid, file: Uuid) -> Result<()> {
    query("DELETE FROM library_conflicts WHERE org_id = $1 AND file_id = $2")
        .bind(org)
        .bind(file)
        .execute(tx)
        .await?;
    Ok(())
}

impl Store {
    /// All conflicts, the oldest first, with the rows as they are here.
    pub async fn library_conflicts(&self, org: Uuid) -> Result<Vec<(LibraryConflict, LibraryRow)>> {
        let mut tx = self.database().read(Scope::Org(org)).await?;
        let rows = query(AssertSqlSafe(format!("{SELECT} ORDER BY detected_at, file_id")))
            .bind(org)
            .fetch_all(&mut tx)
            .await?;
        let conflicts = rows.iter().map(conflict).collect::<Result<Vec<_>>>()?;
        let mut found = Vec::with_capacity(conflicts.len());
        for conflict in conflicts {
            if let Some(row) = files::find(&mut tx, org, conflict.file_id).await? {
                found.push((conflict, row));
            }
        }
        Ok(found)
    }

    /// How many wait.
    pub async fn library_conflict_count(&self, org: Uuid) -> Result<u64> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query("SELECT count(*) AS total FROM library_conflicts WHERE org_id = $1")
            .bind(org)
            .fetch_one(&mut tx)
            .await?;
        number(&row, "total")
    }

    /// The conflict of a file, with the row as it is here.
    pub async fn library_conflict(
        &self,
        org: Uuid,
        file: Uuid,
    ) -> Result<Option<(LibraryConflict, LibraryRow)>> {
        let mut tx = self.database().read(Scope::Org(org)).await?;
        let found = query(AssertSqlSafe(format!("{SELECT} AND file_id = $2")))
            .bind(org)
            .bind(file)
            .fetch_optional(&mut tx)
            .await?;
        let Some(found) = found else { return Ok(None) };
        let row = files::find(&mut tx, org, file).await?;
        row.map(|row| Ok((conflict(&found)?, row))).transpose()
    }

    /// Settles a conflict: the row as it is to be, and perhaps one more, together or not at all. `false`:
    /// it was settled, or the row was changed, meanwhile.
    pub async fn library_resolve(
        &self,
        org: Uuid,
        write: &LibraryWrite,
        twin: Option<&LibraryRow>,
    ) -> Result<bool> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let file = write.row.file.id;
            let Some(now) = files::locked(tx, org, file).await? else {
                return Ok(false);
            };
            let waits = query("SELECT file_id FROM library_conflicts WHERE org_id = $1 AND file_id = $2")
                .bind(org)
                .bind(file)
                .fetch_optional(tx)
                .await?;
            if waits.is_none() || Some(now.revision) != write.seen {
                return Ok(false);
            }
            files::replace(tx, org, &write.row).await?;
            remove(tx, org, file).await?;
            if let Some(twin) = twin {
                files::insert(tx, org, twin).await?;
            }
            Ok(true)
        })
    }
}
