//! One attempt of a run of an external source.

use std::sync::Arc;

use jiff::Timestamp;
use metasync_protocol::error::codes;
use metasync_sources::entries::{Begin, End, ErrorKind, Portion, Step, adapter};
use metasync_store::{EntryBatch, EntrySource, EntryWalk, NewError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::context::{Failure, RunContext},
    failing,
    items::Items,
    spec::Spec,
};

/// Share of the work that is reading, in percent.
const READ: f64 = 95.0;

/// Where a run stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Checkpoint {
    /// The run's own time: entries that were seen bear it.
    at: Timestamp,
    /// Entries that were available before.
    before: u64,
    /// The adapter's position.
    position: Option<Value>,
}

/// The run.
pub(in crate::runs) async fn sync(context: &RunContext) -> Result<Value, Failure> {
    match work(context).await {
        Ok(result) => Ok(result),
        Err(failure) => {
            failing::list(context, &failure).await;
            Err(failure)
        }
    }
}

struct Work<'a> {
    context: &'a RunContext,
    spec: Spec,
    source: EntrySource,
    checkpoint: Checkpoint,
}

async fn work(context: &RunContext) -> Result<Value, Failure> {
    let (run, store) = (&context.run, &context.runs.store);
    let spec = Spec::of(run, &context.runs.entries.sealer)?;
    let connection = store
        .connection(run.org, &run.target)
        .await?
        .ok_or_else(|| Failure::new("connection_removed", "the source was removed"))?
        .connection
        .id;
    let source = EntrySource {
        connection,
        source_type: spec.read.kind.clone(),
        source_identifier: spec.read.identifier.clone(),
        table: spec.options.table,
    };
    let stored = run.checkpoint.clone().filter(|c| !c.is_null());
    let stored: Option<Checkpoint> = stored.and_then(|c| serde_json::from_value(c).ok());
    let is_new = stored.is_none();
    let checkpoint = match stored {
        Some(checkpoint) => checkpoint,
        None => {
            let at = Timestamp::now();
            let standing = store
                .entries_standing(run.org, connection, source.table, at)
                .await?;
            Checkpoint {
                // to the microsecond, as the tables keep it
                at: Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at),
                before: standing.available,
                position: None,
            }
        }
    };
    let mut work = Work {
        context,
        spec,
        source,
        checkpoint,
    };
    if is_new && !store.sync_run_begin(run, &work.checkpoint()).await? {
        return Err(metasync_store::StoreError::LeaseLost(run.id).into());
    }
    work.read().await
}

impl Work<'_> {
    fn checkpoint(&self) -> Value {
        serde_json::to_value(&self.checkpoint).unwrap_or_default()
    }

    /// The key under which the adapter's memory is kept.
    fn memory_key(&self) -> String {
        format!("entries:{}", self.source.table.as_str())
    }

    async fn read(&mut self) -> Result<Value, Failure> {
        let (context, outside) = (self.context, Arc::clone(&self.context.runs.entries.outside));
        let kind = self.spec.read.kind.as_str();
        let adapter = adapter(kind).ok_or_else(|| {
            Failure::new(
                "unknown_source",
                format!("sources of type {kind:?} are not known"),
            )
        })?;
        let begin = Begin {
            position: self.checkpoint.position.clone(),
            previous: self.previous().await?,
        };
        let mut is_first = true;
        let mut reader = adapter.open(&self.spec.read, &outside, begin).await?;
        let fields = reader.fields().to_vec();
        let end = loop {
            match reader.next().await? {
                Step::End(end) => break end,
                Step::Portion(portion) => {
                    if is_first {
                        // What is stored from here on is no longer what was remembered.
                        self.remember(&Value::Null).await?;
                        is_first = false;
                    }
                    let share = portion.share;
                    self.store(&fields, portion).await?;
                    if let Some(share) = share {
                        context.reporter.percentage(READ * share);
                    }
                }
            }
        };
        self.end(end).await
    }

    /// What the adapter remembered of the last complete read with these options.
    async fn previous(&self) -> Result<Option<Value>, Failure> {
        if !self.spec.options.incremental {
            return Ok(None);
        }
        let store = &self.context.runs.store;
        let stored = store
            .index_state(self.context.run.org, self.source.connection, &self.memory_key())
            .await?;
        let Some(mut stored) = stored else { return Ok(None) };
        if stored.get("options").and_then(Value::as_str) != Some(self.spec.digest.as_str()) {
            return Ok(None);
        }
        Ok(stored
            .get_mut("memory")
            .map(Value::take)
            .filter(|memory| !memory.is_null()))
    }

    async fn remember(&self, memory: &Value) -> Result<(), Failure> {
        let memory = json!({"options": self.spec.digest, "memory": memory});
        let store = &self.context.runs.store;
        store
            .entries_remember(
                &self.context.run,
                self.source.connection,
                &self.memory_key(),
                &memory,
            )
            .await?;
        Ok(())
    }

    /// Stores a portion with where it ends, in one transaction: what a killed attempt stored is not read again.
    async fn store(&mut self, fields: &[String], portion: Portion) -> Result<(), Failure> {
        let runs = &self.context.runs;
        let worker = runs.workers.acquire().await;
        let Portion {
            rows,
            errors,
            position,
            ..
        } = portion;
        let items = Items {
            connection: self.source.connection,
            fields,
            options: &self.spec.options,
        };
        let mut listed: Vec<NewError> = errors
            .into_iter()
            .map(|error| failing::of_item(ErrorKind::Parsing, error))
            .collect();
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            match items.entry(row) {
                Ok(entry) => entries.push(entry),
                Err(error) => listed.push(failing::of_item(ErrorKind::Validation, error)),
            }
        }
        listed.sort_by_key(|error| error.line);
        self.checkpoint.position = Some(position);
        let batch = EntryBatch {
            failed: listed.len() as u64,
            entries,
            errors: listed,
            checkpoint: self.checkpoint(),
        };
        let committed = runs
            .store
            .entries_commit(&self.context.run, &self.source, self.checkpoint.at, &batch)
            .await?;
        let seen = committed.added + committed.updated + committed.unchanged + batch.failed;
        self.context.reporter.items(seen);
        runs.bells
            .heads
            .ring(self.context.run.org, self.source.connection, &committed.heads);
        drop(worker);
        Ok(())
    }

    /// Everything was read that could be.
    async fn end(&mut self, end: End) -> Result<Value, Failure> {
        let (run, store) = (&self.context.run, &self.context.runs.store);
        let code = if end.is_complete {
            "doubtful_read"
        } else {
            "incomplete_read"
        };
        for warning in &end.warnings {
            self.context.log(warning.clone()).await;
            store.sync_error(run, &failing::note(code, warning)).await?;
        }
        if end.is_unchanged {
            let seen = store
                .entries_unchanged(run, &self.source, self.checkpoint.at)
                .await?;
            self.context.reporter.items(seen);
            self.context.log("The source did not change").await;
            return Ok(json!({"unchanged": true, "removed": 0}));
        }
        let failed = store
            .sync_run_of(run.org, run.id)
            .await?
            .map_or(0, |row| row.items_failed);
        if !end.is_complete || failed > 0 {
            return Ok(json!({"complete": false, "removed": 0, "warnings": end.warnings}));
        }
        let removed = self.sweep().await?;
        self.remember(&end.memory).await?;
        Ok(json!({"complete": true, "removed": removed}))
    }

    /// Makes unavailable what was not seen, unless that is more than half of what there was.
    async fn sweep(&self) -> Result<u64, Failure> {
        let (run, store, at) = (&self.context.run, &self.context.runs.store, self.checkpoint.at);
        let (connection, table) = (self.source.connection, self.source.table);
        let standing = store.entries_standing(run.org, connection, table, at).await?;
        let (unseen, before) = (standing.unseen, self.checkpoint.before);
        if would_empty(unseen, before) && !self.spec.options.force {
            return Err(Failure {
                result: json!({"would_remove": unseen}),
                ..Failure::new(
                    codes::HELD_BACK,
                    format!(
                        "{unseen} of {before} entries are no longer in the source: more than half. They stay available; \
                         what the source has was stored. Trigger the sync with options.force if that is right."
                    ),
                )
            });
        }
        let (mut removed, mut walk) = (0, EntryWalk::default());
        loop {
            let (count, heads) = store.entries_sweep(run, &self.source, at, &mut walk).await?;
            if count == 0 {
                return Ok(removed);
            }
            removed += count;
            self.context.runs.bells.heads.ring(run.org, connection, &heads);
        }
    }
}

/// Whether too much would go for a read that went well.
pub(super) fn would_empty(unseen: u64, before: u64) -> bool {
    unseen > 0 && unseen * 2 > before
}
