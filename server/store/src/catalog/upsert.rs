//! What a batch looks up before it writes, and its tombstones.

use std::collections::HashMap;

use metasync_protocol::{FileRow, ObjectRow, RowHash};
use uuid::Uuid;

use super::bulk::{self, FileRecord, ObjectRecord};
use crate::{
    database::{AssertSqlSafe, Time, Tx, query},
    error::{Result, StoreError},
    estimate,
    rows::{count, hash, id},
};

/// Ids of one lookup.
const IDS_PER_STATEMENT: usize = 5_000;

/// A table whose rows travel in a stream.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Files,
    Objects,
}

/// When a row was deleted, and by which run.
#[derive(Clone, Copy)]
pub(super) struct Deletion {
    pub(super) at: Time,
    pub(super) run: Uuid,
}

/// Hashes of the stored rows of these ids; `None`: a tombstone.
///
/// # Errors
/// [`StoreError::Invalid`] if one of them is another connection's.
pub(super) async fn stored(
    tx: &mut Tx,
    table: Table,
    org: Uuid,
    connection: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<RowHash>>> {
    let table = match table {
        Table::Files => "files",
        Table::Objects => "objects",
    };
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT id, connection_id, row_hash, deleted_at IS NULL AS live FROM {table} WHERE org_id = $1 AND {}",
            tx.is_in("id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            let (known, owner) = (id(&row, "id")?, id(&row, "connection_id")?);
            if owner != connection {
                return Err(StoreError::Invalid(format!(
                    "{known} belongs to connection {owner}, not to {connection}: nothing of the batch was stored"
                )));
            }
            let live: bool = row.try_get("live")?;
            found.insert(known, if live { Some(hash(&row, "row_hash")?) } else { None });
        }
    }
    Ok(found)
}

/// Replaces files by tombstones.
pub(super) async fn delete_files(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    ids: &[(u64, Uuid)],
    deletion: Deletion,
) -> Result<()> {
    let empty: Vec<(u64, FileRow)> = ids
        .iter()
        .map(|(seq, id)| {
            let row = FileRow {
                id: *id,
                connection_id: connection,
                relative_path: String::new(),
                language: String::new(),
                content_hash: String::new(),
                size: 0,
                branch: None,
                row_hash: RowHash::default(),
            };
            (*seq, row)
        })
        .collect();
    let records: Vec<_> = empty
        .iter()
        .map(|(seq, row)| FileRecord {
            seq: *seq,
            row,
            bytes: estimate::TOMBSTONE,
        })
        .collect();
    bulk::put_files(tx, org, connection, &records, Some(deletion)).await
}

/// Replaces objects, with all they own, by tombstones.
pub(super) async fn delete_objects(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    ids: &[(u64, Uuid)],
    deletion: Deletion,
) -> Result<()> {
    let empty: Vec<(u64, ObjectRow)> = ids
        .iter()
        .map(|(seq, id)| {
            let row = ObjectRow {
                id: *id,
                connection_id: connection,
                file_id: None,
                name: String::new(),
                full_name: String::new(),
                object_type: String::new(),
                description: None,
                metadata: serde_json::Value::Null,
                line_start: None,
                line_end: None,
                branch: None,
                row_hash: RowHash::default(),
            };
            (*seq, row)
        })
        .collect();
    let records: Vec<_> = empty
        .iter()
        .map(|(seq, row)| ObjectRecord {
            seq: *seq,
            row,
            owned: "{}".into(),
            size: estimate::Size {
                rows: 1,
                bytes: estimate::TOMBSTONE,
            },
        })
        .collect();
    bulk::put_objects(tx, org, connection, &records, Some(deletion)).await
}

/// Live documentation of these objects: row and hash.
pub(super) async fn documentation_of(
    tx: &mut Tx,
    org: Uuid,
    objects: &[(u64, Uuid)],
) -> Result<Vec<(Uuid, RowHash)>> {
    let mut found = Vec::new();
    for chunk in objects.chunks(IDS_PER_STATEMENT) {
        let ids: Vec<Uuid> = chunk.iter().map(|(_, id)| *id).collect();
        let rows = query(AssertSqlSafe(format!(
            "SELECT id, row_hash FROM documentation WHERE deleted_at IS NULL AND org_id = $1 AND {}",
            tx.is_in("object_id", 2)
        )))
        .bind(org)
        .bind(ids)
        .fetch_all(tx)
        .await?;
        for row in rows {
            found.push((id(&row, "id")?, hash(&row, "row_hash")?));
        }
    }
    Ok(found)
}

/// Replaces a documentation row by a tombstone.
pub(super) async fn delete_documentation(
    tx: &mut Tx,
    org: Uuid,
    id: Uuid,
    seq: u64,
    deletion: Deletion,
) -> Result<()> {
    query(
        "UPDATE documentation SET seq = $3, bytes = $4, deleted_at = $5, deleted_by_run = $6, executive_summary = NULL,
         business_narrative = NULL, transformation_cards = 'null', code_explanations = 'null', business_rules = 'null',
         impact_analysis = NULL, model = NULL WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .bind(count(seq))
    .bind(count(estimate::TOMBSTONE))
    .bind(deletion.at)
    .bind(deletion.run)
    .execute(tx)
    .await?;
    Ok(())
}
