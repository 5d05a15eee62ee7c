//! Storing a difference in batches, so that clients see it grow and nobody waits long.

use metasync_protocol::{Compact, FileRow, ObjectRow};
use metasync_store::{Batch, FileWords, Footprints, StreamPhase};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::context::{Failure, RunContext},
    share,
};

/// Rows of one batch: progress moves, a cancelled run ends, and others write between two of them. With the
/// words of as many files it takes some tens of milliseconds, which is what a trigger waits at most.
const BATCH_ROWS: usize = 100;

/// All changes of one branch.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) files: Vec<FileRow>,
    pub(super) objects: Vec<(ObjectRow, Compact)>,
    pub(super) deleted_files: Vec<Uuid>,
    pub(super) deleted_objects: Vec<Uuid>,
    /// Of the files that were analysed.
    pub(super) footprints: Footprints,
    /// Of the files whose content is another.
    pub(super) words: Vec<(Uuid, String)>,
    pub(super) branch: String,
    pub(super) memory: Value,
    /// The commit, if this is the default branch.
    pub(super) revision: Option<String>,
    /// The memory while footprints are being replaced bit by bit; without it they go with the last batch.
    pub(super) meanwhile: Option<Value>,
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
        if let Some(meanwhile) = self.meanwhile.clone() {
            self.prepare(context, connection, meanwhile).await?;
        }
        let total = (self.files.len() + self.objects.len()).max(1);
        let (mut files, mut objects) = (self.files.into_iter(), self.objects.into_iter());
        let at_once = self.meanwhile.map_or(usize::MAX, |_| BATCH_ROWS);
        let mut footprints = self.footprints.files.into_iter();
        let mut words = self.words.into_iter();
        let mut last = Some((
            self.deleted_files,
            self.deleted_objects,
            (self.branch.clone(), self.memory),
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
            let is_last = files.len() == 0 && objects.len() == 0;
            if is_last || at_once < usize::MAX {
                batch.footprints = Footprints {
                    branch: self.branch.clone(),
                    files: footprints.by_ref().take(at_once).collect(),
                };
            }
            batch.words = FileWords {
                branch: self.branch.clone(),
                files: words.by_ref().take(BATCH_ROWS).collect(),
            };
            if is_last
                && words.len() == 0
                && footprints.len() == 0
                && let Some((deleted_files, deleted_objects, memory)) = last.take()
            {
                batch.deleted_files = deleted_files;
                batch.deleted_objects = deleted_objects;
                batch.index_state = Some(memory);
                batch.revision.clone_from(&self.revision);
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

    /// Should this run end before its last batch, nobody may trust the footprints.
    async fn prepare(&self, context: &RunContext, connection: Uuid, meanwhile: Value) -> Result<(), Failure> {
        let batch = Batch {
            index_state: Some((self.branch.clone(), meanwhile)),
            state: StreamPhase::Partial,
            ..Batch::default()
        };
        let store = &context.runs.store;
        store
            .batch_commit(context.run.org, connection, &context.run, batch)
            .await?;
        Ok(())
    }
}
