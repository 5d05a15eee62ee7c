//! The statements of a batch: several hundred rows each, never row by row.

use std::collections::HashMap;

use metasync_protocol::{Compact, FileRow, ObjectRow, RowHash};
use sqlx::{QueryBuilder, Row as _};
use uuid::Uuid;

use crate::{
    database::{Connection, Db},
    error::{Result, StoreError},
    estimate,
    rows::{count, hash, id, json_text, text},
};

/// Rows of one INSERT, and ids of one lookup: 19 parameters each stay below SQLite's 32,766.
const ROWS_PER_STATEMENT: usize = 500;

/// A table whose rows travel in a stream.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Files,
    Objects,
}

/// When a row was deleted, and by which run.
#[derive(Clone, Copy)]
pub(super) struct Deletion<'a> {
    pub(super) at: &'a str,
    pub(super) run: Uuid,
}

/// Hashes of the stored rows of these ids; `None`: a tombstone.
///
/// # Errors
/// [`StoreError::Invalid`] if one of them is another connection's.
pub(super) async fn stored(
    tx: &mut Connection,
    table: Table,
    org: Uuid,
    connection: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<RowHash>>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Db>::new(match table {
            Table::Files => {
                "SELECT id, connection_id, row_hash, deleted_at IS NULL AS live FROM files WHERE org_id = "
            }
            Table::Objects => {
                "SELECT id, connection_id, row_hash, deleted_at IS NULL AS live FROM objects WHERE org_id = "
            }
        });
        query.push_bind(text(org)).push(" AND id IN (");
        let mut list = query.separated(", ");
        for id in chunk {
            list.push_bind(text(*id));
        }
        query.push(")");
        for row in query.build().fetch_all(&mut *tx).await? {
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

/// Inserts or replaces live files.
pub(super) async fn files(tx: &mut Connection, org: Uuid, rows: &[(u64, FileRow)]) -> Result<()> {
    let records: Vec<_> = rows
        .iter()
        .map(|(seq, row)| (*seq, row, estimate::file(row), None))
        .collect();
    put_files(tx, org, &records).await
}

/// Replaces files by tombstones.
pub(super) async fn delete_files(
    tx: &mut Connection,
    org: Uuid,
    connection: Uuid,
    ids: &[(u64, Uuid)],
    deletion: Deletion<'_>,
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
        .map(|(seq, row)| (*seq, row, estimate::TOMBSTONE, Some(deletion)))
        .collect();
    put_files(tx, org, &records).await
}

async fn put_files(
    tx: &mut Connection,
    org: Uuid,
    records: &[(u64, &FileRow, u64, Option<Deletion<'_>>)],
) -> Result<()> {
    for chunk in records.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO files (org_id, id, connection_id, seq, bytes, deleted_at, deleted_by_run, row_hash,
             relative_path, language, content_hash, size, branch) ",
        );
        query.push_values(chunk, |mut values, (seq, row, bytes, deletion)| {
            values
                .push_bind(text(org))
                .push_bind(text(row.id))
                .push_bind(text(row.connection_id))
                .push_bind(count(*seq))
                .push_bind(count(*bytes))
                .push_bind(deletion.map(|d| d.at.to_owned()))
                .push_bind(deletion.map(|d| text(d.run)))
                .push_bind(row.row_hash.to_bytes().to_vec())
                .push_bind(row.relative_path.clone())
                .push_bind(row.language.clone())
                .push_bind(row.content_hash.clone())
                .push_bind(count(row.size))
                .push_bind(row.branch.clone());
        });
        query.push(
            " ON CONFLICT (org_id, id) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes,
             deleted_at = excluded.deleted_at, deleted_by_run = excluded.deleted_by_run, row_hash = excluded.row_hash,
             relative_path = excluded.relative_path, language = excluded.language,
             content_hash = excluded.content_hash, size = excluded.size, branch = excluded.branch",
        );
        query.build().execute(&mut *tx).await?;
    }
    Ok(())
}

struct ObjectRecord<'a> {
    seq: u64,
    row: &'a ObjectRow,
    owned: String,
    size: estimate::Size,
    deletion: Option<Deletion<'a>>,
}

/// Inserts or replaces live objects.
pub(super) async fn objects(
    tx: &mut Connection,
    org: Uuid,
    rows: &[(u64, ObjectRow, Compact)],
) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let records: Vec<_> = chunk
            .iter()
            .map(|(seq, row, owned)| ObjectRecord {
                seq: *seq,
                row,
                owned: json_text(owned),
                size: estimate::object(row, owned),
                deletion: None,
            })
            .collect();
        put_objects(tx, org, &records).await?;
    }
    Ok(())
}

/// Replaces objects, with all they own, by tombstones.
pub(super) async fn delete_objects(
    tx: &mut Connection,
    org: Uuid,
    connection: Uuid,
    ids: &[(u64, Uuid)],
    deletion: Deletion<'_>,
) -> Result<()> {
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let empty: Vec<ObjectRow> = chunk
            .iter()
            .map(|(_, id)| ObjectRow {
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
            })
            .collect();
        let records: Vec<_> = chunk
            .iter()
            .zip(&empty)
            .map(|((seq, _), row)| ObjectRecord {
                seq: *seq,
                row,
                owned: "{}".into(),
                size: estimate::Size {
                    rows: 1,
                    bytes: estimate::TOMBSTONE,
                },
                deletion: Some(deletion),
            })
            .collect();
        put_objects(tx, org, &records).await?;
    }
    Ok(())
}

async fn put_objects(tx: &mut Connection, org: Uuid, records: &[ObjectRecord<'_>]) -> Result<()> {
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO objects (org_id, id, connection_id, seq, bytes, row_count, deleted_at, deleted_by_run, row_hash,
         file_id, branch, name, full_name, object_type, description, line_start, line_end, metadata, owned) ",
    );
    query.push_values(records, |mut values, record| {
        let row = record.row;
        values
            .push_bind(text(org))
            .push_bind(text(row.id))
            .push_bind(text(row.connection_id))
            .push_bind(count(record.seq))
            .push_bind(count(record.size.bytes))
            .push_bind(count(record.size.rows))
            .push_bind(record.deletion.map(|d| d.at.to_owned()))
            .push_bind(record.deletion.map(|d| text(d.run)))
            .push_bind(row.row_hash.to_bytes().to_vec())
            .push_bind(row.file_id.map(text))
            .push_bind(row.branch.clone())
            .push_bind(row.name.clone())
            .push_bind(row.full_name.clone())
            .push_bind(row.object_type.clone())
            .push_bind(row.description.clone())
            .push_bind(row.line_start.map(i64::from))
            .push_bind(row.line_end.map(i64::from))
            .push_bind(json_text(&row.metadata))
            .push_bind(record.owned.clone());
    });
    query.push(
        " ON CONFLICT (org_id, id) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes,
         row_count = excluded.row_count, deleted_at = excluded.deleted_at, deleted_by_run = excluded.deleted_by_run,
         row_hash = excluded.row_hash, file_id = excluded.file_id, branch = excluded.branch, name = excluded.name,
         full_name = excluded.full_name, object_type = excluded.object_type, description = excluded.description,
         line_start = excluded.line_start, line_end = excluded.line_end, metadata = excluded.metadata,
         owned = excluded.owned",
    );
    query.build().execute(&mut *tx).await?;
    Ok(())
}

/// Live documentation of these objects: row and hash.
pub(super) async fn documentation_of(
    tx: &mut Connection,
    org: Uuid,
    objects: &[(u64, Uuid)],
) -> Result<Vec<(Uuid, RowHash)>> {
    let mut found = Vec::new();
    for chunk in objects.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Db>::new(
            "SELECT id, row_hash FROM documentation WHERE deleted_at IS NULL AND org_id = ",
        );
        query.push_bind(text(org)).push(" AND object_id IN (");
        let mut list = query.separated(", ");
        for (_, object) in chunk {
            list.push_bind(text(*object));
        }
        query.push(")");
        for row in query.build().fetch_all(&mut *tx).await? {
            found.push((id(&row, "id")?, hash(&row, "row_hash")?));
        }
    }
    Ok(found)
}

/// Replaces a documentation row by a tombstone.
pub(super) async fn delete_documentation(
    tx: &mut Connection,
    org: Uuid,
    id: Uuid,
    seq: u64,
    deletion: Deletion<'_>,
) -> Result<()> {
    sqlx::query(
        "UPDATE documentation SET seq = $3, bytes = $4, deleted_at = $5, deleted_by_run = $6, executive_summary = NULL,
         business_narrative = NULL, transformation_cards = 'null', code_explanations = 'null', business_rules = 'null',
         impact_analysis = NULL, model = NULL WHERE org_id = $1 AND id = $2",
    )
    .bind(text(org))
    .bind(text(id))
    .bind(count(seq))
    .bind(count(estimate::TOMBSTONE))
    .bind(deletion.at)
    .bind(text(deletion.run))
    .execute(&mut *tx)
    .await?;
    Ok(())
}
