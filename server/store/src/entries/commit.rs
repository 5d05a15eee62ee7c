//! Storing entries: the seed's table, the objects, the counts and the checkpoint in one transaction, so
//! that an attempt that dies is gone on with exactly where it stood.

use std::collections::HashMap;

use jiff::Timestamp;
use metasync_protocol::{Channel, RowHash};
use uuid::Uuid;

use super::{EntriesCommitted, Entry, EntryBatch, EntrySource, EntryTable, item_errors, rows};
use crate::{
    Store, catalog,
    database::{AssertSqlSafe, Scope, Time, Tx, query, transact},
    error::Result,
    rows::{count, hash, id, json_text, time},
    runs::{self, Run},
    streams,
};

/// Ids of one statement.
const IDS_PER_STATEMENT: usize = 5_000;

/// What is stored of an entry.
#[derive(Clone, Debug)]
struct Known {
    hash: RowHash,
    is_available: bool,
    synced_at: String,
}

impl Store {
    /// Stores a batch of a run. `at` is the run's own time: an entry that bears it was seen in this run
    /// before, and counts as unchanged whatever it says now.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the run is not this worker's any more.
    pub async fn entries_commit(
        &self,
        run: &Run,
        source: &EntrySource,
        at: Timestamp,
        batch: &EntryBatch,
    ) -> Result<EntriesCommitted> {
        let org = run.org;
        transact!(self.database(), Scope::Org(org), |tx| {
            runs::must_hold(tx, org, run.id, run.fence).await?;
            let mut committed = EntriesCommitted::default();
            let changed = write(tx, run, source, Time::from(at), &batch.entries, &mut committed).await?;
            item_errors::list(tx, org, run.id, &batch.errors).await?;
            query(
                "UPDATE sync_runs SET items_processed = items_processed + $3, items_skipped = items_skipped + $4,
                 items_failed = items_failed + $5, updated_at = $6 WHERE org_id = $1 AND run_id = $2",
            )
            .bind(org)
            .bind(run.id)
            .bind(count(changed))
            .bind(count(committed.unchanged))
            .bind(count(batch.failed))
            .bind(Time::now())
            .execute(tx)
            .await?;
            query("UPDATE runs SET checkpoint = $3, progress_at = $4 WHERE org_id = $1 AND id = $2")
                .bind(org)
                .bind(run.id)
                .bind(json_text(&batch.checkpoint))
                .bind(Time::now())
                .execute(tx)
                .await?;
            Ok(committed)
        })
    }

    /// What is stored of these ids: their hashes, where they are available.
    pub async fn entries_known(
        &self,
        org: Uuid,
        table: EntryTable,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, RowHash>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let known = known(&mut tx, org, table, ids).await?;
        Ok(known
            .into_iter()
            .filter(|(_, known)| known.is_available)
            .map(|(id, known)| (id, known.hash))
            .collect())
    }
}

/// Gives how many were added or updated.
async fn write(
    tx: &mut Tx,
    run: &Run,
    source: &EntrySource,
    at: Time,
    entries: &[Entry],
    committed: &mut EntriesCommitted,
) -> Result<u64> {
    if entries.is_empty() {
        return Ok(0);
    }
    // What is known of the objects has to stay so until they are written.
    streams::locked(tx, run.org, source.connection, Channel::Core).await?;
    let ids: Vec<Uuid> = entries.iter().map(Entry::id).collect();
    let stored = known(tx, run.org, source.table, &ids).await?;
    let now = at.text();
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    let (mut changed, mut same) = (Vec::new(), Vec::new());
    for entry in entries {
        let before = stored.get(&entry.id());
        let is_repeated = before.is_some_and(|b| b.is_available && b.synced_at == now);
        if is_repeated || !seen.insert(entry.id()) {
            committed.unchanged += 1;
            continue;
        }
        match before {
            None => {
                committed.added += 1;
                changed.push((entry, None));
            }
            Some(before) if before.is_available && before.hash == entry.hash() => {
                committed.unchanged += 1;
                same.push(entry.id());
            }
            Some(before) => {
                committed.updated += 1;
                // of one that is not available the object is gone
                changed.push((entry, before.is_available.then_some(before.hash)));
            }
        }
    }
    if !changed.is_empty() {
        let objects: Vec<_> = changed
            .iter()
            .map(|(entry, before)| (&entry.object, *before))
            .collect();
        committed.heads =
            catalog::write_known_objects(tx, run.org, source.connection, run.id, &objects).await?;
        let changed: Vec<&Entry> = changed.into_iter().map(|(entry, _)| entry).collect();
        rows::put(tx, run.org, source, at, &changed).await?;
    }
    stamp(tx, run.org, source.table, at, &same).await?;
    Ok(committed.added + committed.updated)
}

async fn known(tx: &mut Tx, org: Uuid, table: EntryTable, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT id, row_hash, is_available, last_synced_at FROM {} WHERE org_id = $1 AND {}",
            table.as_str(),
            tx.is_in("id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            let known = Known {
                hash: hash(&row, "row_hash")?,
                is_available: row.try_get("is_available")?,
                synced_at: time(&row, "last_synced_at")?,
            };
            found.insert(id(&row, "id")?, known);
        }
    }
    Ok(found)
}

/// Notes that entries are still there.
pub(super) async fn stamp(tx: &mut Tx, org: Uuid, table: EntryTable, at: Time, ids: &[Uuid]) -> Result<()> {
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        query(AssertSqlSafe(format!(
            "UPDATE {} SET last_synced_at = $2 WHERE org_id = $1 AND {}",
            table.as_str(),
            tx.is_in("id", 3)
        )))
        .bind(org)
        .bind(at)
        .bind(chunk)
        .execute(tx)
        .await?;
    }
    Ok(())
}
