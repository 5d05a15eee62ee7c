//! What comes: the rows of a page. Everything that an object owns stands on the object's page and
//! replaces what it owned before.

use std::collections::HashMap;

use metasync_protocol::{Channel, DocumentationRow, FileRow, ObjectRow, SyncPackage};
use rusqlite::{CachedStatement, Connection, params};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Counts,
    counters::Counters,
    intern::Interned,
    pairs::Pairs,
    remove::{owned, take},
};

/// Writes all rows of a page.
pub fn rows(
    tx: &Connection,
    page: &SyncPackage,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    for row in &page.metadata.files {
        file(tx, row, interned, counters)?;
    }
    counts.files = page.metadata.files.len() as u64;

    // Keys are given in the page's order, so that what follows is written in the order of the file.
    let mut keys: HashMap<Uuid, i64> = HashMap::with_capacity(page.metadata.objects.len());
    for row in &page.metadata.objects {
        keys.insert(row.id, object(tx, row, interned, counters)?);
    }
    counts.objects = page.metadata.objects.len() as u64;

    columns(tx, page, &keys, interned, counts)?;
    edges(tx, page, &keys, interned, counts)?;

    for row in &page.documentation {
        documentation(tx, row, interned, counters)?;
    }
    counts.documentation = page.documentation.len() as u64;
    Ok(())
}

fn file(
    tx: &Connection,
    row: &FileRow,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    let (key, fresh) = interned.id(row.id)?;
    let connection = interned.connection(row.connection_id)?;
    if !fresh {
        take(tx, "files", key, Channel::Core, counters)?;
    }
    tx.prepare_cached("INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            key,
            connection,
            row.relative_path,
            row.language,
            row.content_hash,
            row.size as i64,
            row.branch,
            row.row_hash.to_bytes()
        ])?;
    counters.add(connection, Channel::Core, row.row_hash);
    Ok(())
}

fn object(
    tx: &Connection,
    row: &ObjectRow,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<i64> {
    let (key, fresh) = interned.id(row.id)?;
    let connection = interned.connection(row.connection_id)?;
    let file = interned.optional_id(row.file_id)?;
    if !fresh && take(tx, "objects", key, Channel::Core, counters)? {
        owned(tx, key)?;
        tx.prepare_cached("DELETE FROM object_metadata WHERE object = ?1")?
            .execute([key])?;
    }
    tx.prepare_cached("INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
        .execute(params![
            key,
            connection,
            file,
            row.name,
            row.name.to_lowercase(),
            row.full_name,
            row.object_type,
            row.description,
            row.line_start,
            row.line_end,
            row.branch,
            row.row_hash.to_bytes()
        ])?;
    if row.metadata != Value::Null {
        tx.prepare_cached("INSERT INTO object_metadata VALUES (?1, ?2)")?
            .execute(params![key, row.metadata.to_string()])?;
    }
    counters.add(connection, Channel::Core, row.row_hash);
    Ok(key)
}

fn columns(
    tx: &Connection,
    page: &SyncPackage,
    keys: &HashMap<Uuid, i64>,
    interned: &mut Interned<'_>,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    // OR REPLACE: a hub that numbers two columns alike must not stop the rest; the audit tells.
    let mut insert = tx.prepare_cached("INSERT OR REPLACE INTO columns VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut strays = 0u64;
    let mut last: Option<(Uuid, i64)> = None;
    for row in &page.metadata.columns {
        let key = match last {
            Some((id, key)) if id == row.object_id => key,
            _ => {
                let Some(key) = keys.get(&row.object_id) else {
                    strays += 1;
                    continue;
                };
                last = Some((row.object_id, *key));
                *key
            }
        };
        let name = interned.name(&row.name)?;
        insert.execute(params![key, row.ordinal, name, row.data_type, row.description])?;
    }
    if strays > 0 {
        tracing::warn!(
            strays,
            "columns of objects that are not on their page were left out"
        );
    }
    counts.columns = page.metadata.columns.len() as u64 - strays;
    Ok(())
}

/// Gives the edges of each owner their places, in the order that they come.
#[derive(Default)]
struct Places(HashMap<i64, i64>);

impl Places {
    fn next(&mut self, owner: i64) -> i64 {
        let place = self.0.entry(owner).or_default();
        *place += 1;
        *place
    }
}

fn edges(
    tx: &Connection,
    page: &SyncPackage,
    keys: &HashMap<Uuid, i64>,
    interned: &mut Interned<'_>,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    let pairs = Pairs::on(tx, page)?;
    let mut own: CachedStatement<'_> =
        tx.prepare_cached("INSERT INTO dependencies VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut places = Places::default();
    for row in &page.metadata.dependencies {
        let target = interned.optional_id(row.target_object_id)?;
        match keys.get(&row.source_object_id) {
            Some(source) if !pairs.dependency(row) => {
                own.execute(params![
                    source,
                    places.next(*source),
                    target,
                    row.target_name,
                    row.dependency_type
                ])?;
            }
            _ => {
                let (source, _) = interned.id(row.source_object_id)?;
                tx.prepare_cached("INSERT OR REPLACE INTO pair_dependencies VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![
                        row.id.as_bytes(),
                        source,
                        target,
                        row.target_name,
                        row.dependency_type
                    ])?;
            }
        }
    }
    let mut own: CachedStatement<'_> =
        tx.prepare_cached("INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut places = Places::default();
    for row in &page.metadata.columns_lineage {
        let source = interned.optional_id(row.source_object_id)?;
        match keys.get(&row.target_object_id) {
            Some(target) if !pairs.lineage(row) => {
                own.execute(params![
                    target,
                    places.next(*target),
                    source,
                    row.source_name,
                    row.source_column,
                    row.target_column,
                    row.transformation
                ])?;
            }
            _ => {
                let (target, _) = interned.id(row.target_object_id)?;
                tx.prepare_cached("INSERT OR REPLACE INTO pair_lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                    .execute(params![
                        row.id.as_bytes(),
                        target,
                        source,
                        row.source_name,
                        row.source_column,
                        row.target_column,
                        row.transformation
                    ])?;
            }
        }
    }
    counts.edges = (page.metadata.dependencies.len() + page.metadata.columns_lineage.len()) as u64;
    Ok(())
}

fn documentation(
    tx: &Connection,
    row: &DocumentationRow,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    let (key, fresh) = interned.id(row.id)?;
    let (object, _) = interned.id(row.object_id)?;
    let connection = interned.connection(row.connection_id)?;
    if !fresh {
        take(tx, "documentation", key, Channel::Documentation, counters)?;
    }
    tx.prepare_cached(
        "INSERT INTO documentation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        key,
        connection,
        object,
        row.executive_summary,
        row.business_narrative,
        row.transformation_cards.to_string(),
        row.code_explanations.to_string(),
        row.business_rules.to_string(),
        row.impact_analysis,
        row.generated_at,
        row.model,
        row.row_hash.to_bytes()
    ])?;
    counters.add(connection, Channel::Documentation, row.row_hash);
    Ok(())
}
