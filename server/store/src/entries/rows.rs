//! Rows of the seed's two tables, written many at once, and their words.

use serde_json::Value;
use uuid::Uuid;

use super::{CatalogFields, ContentFields, Entry, EntryFields, EntrySource, EntryTable, search};
use crate::{
    database::{Column, Columns, Conflict, Insert, Time, Tx},
    error::Result,
    rows::json_text,
};

/// Inserts entries, or replaces them.
pub(super) async fn put(
    tx: &mut Tx,
    org: Uuid,
    source: &EntrySource,
    at: Time,
    entries: &[&Entry],
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Entry) -> Option<String>| Column::Texts(entries.iter().map(|e| of(e)).collect());
    let ids = Column::Ids(entries.iter().map(|e| Some(e.id())).collect());
    let hashes = entries.iter().map(|e| e.hash().to_bytes().to_vec());
    let mut columns = vec![
        ("id", "uuid", ids),
        ("row_hash", "bytea", Column::Bytes(hashes.collect())),
        (
            "metadata",
            "text",
            text(|e| {
                Some(match &e.metadata {
                    Value::Null => "{}".into(),
                    other => json_text(other),
                })
            }),
        ),
    ];
    columns.extend(match source.table {
        EntryTable::Content => content(entries),
        EntryTable::Catalog => catalog(entries),
    });
    let insert = Insert {
        table: source.table.as_str(),
        shared: vec![
            ("org_id", org.into()),
            ("connection_id", source.connection.into()),
            ("source_type", source.source_type.as_str().into()),
            ("source_identifier", source.source_identifier.as_str().into()),
            ("is_available", true.into()),
            ("last_synced_at", at.into()),
        ],
        columns,
        // SQLite's rows are many: their ids, which are derived from the organization, are a key without it
        key: if tx.is_postgres() {
            &["org_id", "id"]
        } else {
            &["id"]
        },
        or: Conflict::Replace,
    };
    insert.run(tx, entries.len()).await?;
    search::put(tx, org, source.table, entries).await
}

fn content(entries: &[&Entry]) -> Columns {
    let nothing = ContentFields::default();
    let all: Vec<&ContentFields> = entries
        .iter()
        .map(|e| match &e.fields {
            EntryFields::Content(fields) => fields,
            EntryFields::Catalog(_) => &nothing,
        })
        .collect();
    let text = |of: fn(&ContentFields) -> Option<String>| Column::Texts(all.iter().map(|f| of(f)).collect());
    vec![
        ("content_type", "text", text(|f| f.content_type.clone())),
        ("title", "text", text(|f| Some(f.title.clone()))),
        ("artist", "text", text(|f| f.artist.clone())),
        ("genre", "text", text(|f| f.genre.clone())),
        ("external_id", "text", text(|f| f.external_id.clone())),
    ]
}

fn catalog(entries: &[&Entry]) -> Columns {
    let nothing = CatalogFields::default();
    let all: Vec<&CatalogFields> = entries
        .iter()
        .map(|e| match &e.fields {
            EntryFields::Catalog(fields) => fields,
            EntryFields::Content(_) => &nothing,
        })
        .collect();
    let text = |of: fn(&CatalogFields) -> Option<String>| Column::Texts(all.iter().map(|f| of(f)).collect());
    let real = |of: fn(&CatalogFields) -> Option<f64>| Column::Reals(all.iter().map(|f| of(f)).collect());
    let flag = |of: fn(&CatalogFields) -> Option<bool>| Column::Flags(all.iter().map(|f| of(f)).collect());
    vec![
        ("category_id", "text", text(|f| Some(f.category_id.clone()))),
        ("capacity", "text", text(|f| Some(f.capacity.clone()))),
        ("capacity_gb", "double precision", real(|f| f.capacity_gb)),
        ("price", "double precision", real(|f| f.price)),
        (
            "content_count",
            "bigint",
            Column::Ints(all.iter().map(|f| f.content_count).collect()),
        ),
        ("content_unit", "text", text(|f| f.content_unit.clone())),
        ("is_active", "boolean", flag(|f| f.is_active)),
        ("is_popular", "boolean", flag(|f| f.is_popular)),
    ]
}
