//! Storing a difference in batches, so that clients see it grow and nobody waits long.

use metasync_protocol::{Compact, FileRow, ObjectRow};
use metasync_store::{Batch, StreamPhase};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::context::{Failure, RunContext},
    share,
};

/// Rows of one batch: progress moves, and a cancelled run ends, between two of them.
const BATCH_ROWS: usize = 1_000;

/// All changes of one branch.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) files: Vec<FileRow>,
    pub(super) objects: Vec<(ObjectRow, Compact)>,
    pub(super) deleted_files: Vec<Uuid>,
    pub(super) deleted_objects: Vec<Uuid>,
    pub(super) branch: String,
    pub(super) memory: Value,
}

impl Writing {
    /// Stores all of it; deletions and the memory go with the last batch, so that a run that dies
    /// before is repeated.
    pub(super) async fn store(
        self,
        context: &RunContext,
        connection: Uuid,
        percentage: impl Fn(f64) -> f64,
    ) -> Result<(), Failure> {
        let total = (self.files.len() + self.objects.len()).max(1);
        let (mut files, mut objects) = (self.files.into_iter(), self.objects.into_iter());
        let mut last = Some((
            self.deleted_files,
            self.deleted_objects,
            (self.branch, self.memory),
        ));
        let mut done = 0;
        while last.is_some() {
            let mut batch = Batch {
                files: files.by_ref().take(BATCH_ROWS).collect(),
                ..Batch::default()
            };
            batch.objects = objects.by_ref().take(BATCH_ROWS - batch.files.len()).collect();
            done += batch.files.len() + batch.objects.len();
            batch.state = StreamPhase::Partial;
            if files.len() == 0
                && objects.len() == 0
                && let Some((deleted_files, deleted_objects, memory)) = last.take()
            {
                batch.deleted_files = deleted_files;
                batch.deleted_objects = deleted_objects;
                batch.index_state = Some(memory);
                batch.state = StreamPhase::Complete;
            }
            let runs = &context.runs;
            let committed = runs
                .store
                .batch_commit(context.run.org, connection, &context.run, batch)
                .await?;
            if committed.changed > 0 {
                runs.bells
                    .heads
                    .ring(context.run.org, connection, &committed.heads);
            }
            let stored = done as f64 / total as f64;
            context.reporter.percentage(percentage(
                share::ANALYSED + (share::STORED - share::ANALYSED) * stored,
            ));
        }
        Ok(())
    }
}
