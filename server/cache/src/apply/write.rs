//! What comes: the rows of a page. Everything that an object owns stands on the object's page and
//! replaces what it owned before.

use std::collections::HashMap;

use metasync_protocol::SyncPackage;
use rusqlite::{CachedStatement, Connection, params};
use uuid::Uuid;

use super::{
    Counts,
    counters::Counters,
    intern::Interned,
    pairs,
    single::{documentation, file, object},
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
        file(tx, &row.into(), interned, counters)?;
    }
    counts.files = page.metadata.files.len() as u64;

    // Keys are given in the page's order, so that what follows is written in the order of the file.
    let mut keys: HashMap<Uuid, i64> = HashMap::with_capacity(page.metadata.objects.len());
    for row in &page.metadata.objects {
        keys.insert(row.id, object(tx, &row.into(), interned, counters)?);
    }
    counts.objects = page.metadata.objects.len() as u64;

    columns(tx, page, &keys, interned, counts)?;
    edges(tx, page, &keys, interned, counters, counts)?;

    for row in &page.documentation {
        documentation(tx, row, interned, counters)?;
    }
    counts.documentation = page.documentation.len() as u64;
    Ok(())
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
    counters: &mut Counters,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    let (mut dependencies, mut lineage) = (Vec::new(), Vec::new());
    let mut own: CachedStatement<'_> =
        tx.prepare_cached("INSERT INTO dependencies VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut places = Places::default();
    for row in &page.metadata.dependencies {
        let owner = keys.get(&row.source_object_id);
        let Some(source) = owner.filter(|_| row.pair.is_none()) else {
            dependencies.push(row.clone());
            continue;
        };
        let target = interned.optional_id(row.target_object_id)?;
        own.execute(params![
            source,
            places.next(*source),
            target,
            row.target_name,
            row.dependency_type
        ])?;
        counts.edges += 1;
    }
    let mut own: CachedStatement<'_> =
        tx.prepare_cached("INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut places = Places::default();
    for row in &page.metadata.columns_lineage {
        let owner = keys.get(&row.target_object_id);
        let Some(target) = owner.filter(|_| row.pair.is_none()) else {
            lineage.push(row.clone());
            continue;
        };
        let source = interned.optional_id(row.source_object_id)?;
        own.execute(params![
            target,
            places.next(*target),
            source,
            row.source_name,
            row.source_column,
            row.target_column,
            row.transformation
        ])?;
        counts.edges += 1;
    }
    counts.edges += pairs::write(tx, &dependencies, &lineage, interned, counters)?;
    Ok(())
}
