//! Storing what differs, a thousand tests at a time.

use metasync_protocol::{Compact, FileRow, ObjectRow};
use metasync_store::{Batch, StreamPhase};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::context::Failure,
    ReleaseResult,
    compare::Differences,
    sync::{MEMORY, Told},
};

/// Tests of one batch, after which a line tells how far it is (seed 000).
const BATCH: usize = 1_000;

/// Where storing begins and ends, in percent of the whole work.
const SHARE: (f64, f64) = (60.0, 99.0);

/// What of the files changes.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) files: Vec<FileRow>,
    pub(super) deleted_files: Vec<Uuid>,
}

impl Writing {
    /// Stores all of it; what it was made of goes with the last batch, so that a run that dies before is repeated.
    pub(super) async fn store(
        self,
        told: &Told<'_>,
        connection: Uuid,
        differences: Differences,
        memory: Value,
        result: &mut ReleaseResult,
    ) -> Result<(), Failure> {
        let Differences {
            added,
            updated,
            removed,
        } = differences;
        let counts = (added.len(), updated.len(), removed.len());
        let (new, changed, gone) = counts;
        told.line(format!(
            "Applying updates: {new} new, {changed} updated, {gone} removed"
        ))
        .await;
        let mut pass = Pass {
            told,
            connection,
            files: self.files,
            done: 0,
            total: (new + changed + gone).max(1),
        };
        result.tests_added = pass
            .objects(added, |n| format!("Added {n}/{new} new tests"))
            .await?;
        result.tests_updated = pass
            .objects(updated, |n| format!("Updated {n}/{changed} tests"))
            .await?;
        result.tests_removed = pass
            .removed(removed, |n| format!("Removed {n}/{gone} tests"))
            .await?;
        let last = Batch {
            files: std::mem::take(&mut pass.files),
            deleted_files: self.deleted_files,
            index_state: Some((MEMORY.to_owned(), memory)),
            state: StreamPhase::Complete,
            ..Batch::default()
        };
        pass.commit(last, 0).await
    }
}

struct Pass<'p> {
    told: &'p Told<'p>,
    connection: Uuid,
    /// Go with the first batch: a test does not come before its file.
    files: Vec<FileRow>,
    done: usize,
    total: usize,
}

impl Pass<'_> {
    async fn objects(
        &mut self,
        rows: Vec<(ObjectRow, Compact)>,
        line: impl Fn(usize) -> String,
    ) -> Result<u64, Failure> {
        let (all, mut rows) = (rows.len(), rows.into_iter());
        let mut stored = 0;
        while stored < all {
            let objects: Vec<_> = rows.by_ref().take(BATCH).collect();
            let count = objects.len();
            let batch = Batch {
                files: std::mem::take(&mut self.files),
                objects,
                state: StreamPhase::Partial,
                ..Batch::default()
            };
            self.commit(batch, count).await?;
            stored += count;
            self.told.line(line(stored)).await;
        }
        if all == 0 {
            self.told.line(line(0)).await;
        }
        Ok(all as u64)
    }

    async fn removed(&mut self, ids: Vec<Uuid>, line: impl Fn(usize) -> String) -> Result<u64, Failure> {
        let mut stored = 0;
        for chunk in ids.chunks(BATCH) {
            let batch = Batch {
                deleted_objects: chunk.to_vec(),
                state: StreamPhase::Partial,
                ..Batch::default()
            };
            self.commit(batch, chunk.len()).await?;
            stored += chunk.len();
            self.told.line(line(stored)).await;
        }
        if ids.is_empty() {
            self.told.line(line(0)).await;
        }
        Ok(ids.len() as u64)
    }

    async fn commit(&mut self, batch: Batch, tests: usize) -> Result<(), Failure> {
        let context = self.told.context;
        let (runs, org) = (&context.runs, context.run.org);
        let committed = runs
            .store
            .batch_commit(org, self.connection, &context.run, batch)
            .await?;
        if committed.changed > 0 {
            runs.bells.heads.ring(org, self.connection, &committed.heads);
        }
        self.done += tests;
        let share = self.done as f64 / self.total as f64;
        context.reporter.percentage(SHARE.0 + (SHARE.1 - SHARE.0) * share);
        Ok(())
    }
}
