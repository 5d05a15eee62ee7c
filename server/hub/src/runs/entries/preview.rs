//! What a run would do, with nothing stored.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use metasync_protocol::RowHash;
use metasync_sources::entries::{Begin, End, ErrorKind, Step, adapter};
use metasync_store::{Entry, NewError};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::context::{Failure, RunContext},
    failing,
    items::{Items, shown},
    spec::Spec,
    work::would_empty,
};

/// Rows that are shown, and errors.
const SAMPLE: usize = 10;
const MOST_ERRORS: usize = 100;

/// Ids that are kept in mind; of a source with more it is not told what would go.
const MOST_IDS: usize = 2_000_000;

/// Looked up at once.
const CHUNK: usize = 5_000;

#[derive(Default)]
struct Seen {
    ids: HashSet<Uuid>,
    add: u64,
    update: u64,
    unchanged: u64,
    fail: u64,
    sample: Vec<Value>,
    errors: Vec<NewError>,
}

/// The run; its result is the answer of `POST /v1/sync/trigger` with `dryRun`.
pub(in crate::runs) async fn preview(context: &RunContext) -> Result<Value, Failure> {
    // Somebody waits for it: who is away now is not waited for.
    let failed = |failure| Failure {
        is_retryable: false,
        ..failure
    };
    read(context).await.map_err(failed)
}

async fn read(context: &RunContext) -> Result<Value, Failure> {
    let (run, runs) = (&context.run, &context.runs);
    let spec = Spec::of(run, &runs.entries.sealer)?;
    let connection = Uuid::parse_str(&run.target).unwrap_or_default();
    let outside = Arc::clone(&runs.entries.outside);
    let kind = spec.read.kind.as_str();
    let adapter = adapter(kind).ok_or_else(|| {
        Failure::new(
            "unknown_source",
            format!("sources of type {kind:?} are not known"),
        )
    })?;
    let mut reader = adapter.open(&spec.read, &outside, Begin::default()).await?;
    let mut seen = Seen::default();
    let end = loop {
        let portion = match reader.next().await? {
            Step::End(end) => break end,
            Step::Portion(portion) => portion,
        };
        let _worker = runs.workers.acquire().await;
        for error in portion.errors {
            seen.failed(failing::of_item(ErrorKind::Parsing, error));
        }
        let fields = reader.fields().to_vec();
        let items = Items {
            connection,
            fields: &fields,
            options: &spec.options,
        };
        let mut entries = Vec::with_capacity(portion.rows.len());
        for row in portion.rows {
            match items.entry(row) {
                Ok(entry) => entries.push(entry),
                Err(error) => seen.failed(failing::of_item(ErrorKind::Validation, error)),
            }
        }
        for chunk in entries.chunks(CHUNK) {
            let ids: Vec<Uuid> = chunk.iter().map(Entry::id).collect();
            let known = runs
                .store
                .entries_known(run.org, spec.options.table, &ids)
                .await?;
            for entry in chunk {
                seen.entry(entry, known.get(&entry.id()).copied());
            }
        }
    };
    let standing = runs
        .store
        .entries_standing(run.org, connection, spec.options.table, Timestamp::now())
        .await?;
    Ok(seen.told(standing.available, &end))
}

impl Seen {
    fn failed(&mut self, error: NewError) {
        self.fail += 1;
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
    }

    fn entry(&mut self, entry: &Entry, known: Option<RowHash>) {
        if self.ids.len() < MOST_IDS && !self.ids.insert(entry.id()) {
            self.unchanged += 1;
            return;
        }
        match known {
            None => self.add += 1,
            Some(hash) if hash == entry.object.row_hash => self.unchanged += 1,
            Some(_) => self.update += 1,
        }
        if self.sample.len() < SAMPLE && known != Some(entry.object.row_hash) {
            self.sample.push(shown(entry));
        }
    }

    fn told(self, available: u64, end: &End) -> Value {
        let there = self.update + self.unchanged;
        let is_told = end.is_complete && self.fail == 0 && self.ids.len() < MOST_IDS;
        let remove = if is_told {
            available.saturating_sub(there)
        } else {
            0
        };
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|e| {
                json!({
                    "type": e.kind, "code": e.code, "message": e.message, "item": e.item, "line": e.line,
                    "retryable": e.is_retryable,
                })
            })
            .collect();
        json!({
            "wouldAdd": self.add,
            "wouldUpdate": self.update,
            "wouldRemove": remove,
            "wouldFail": self.fail,
            "wouldHoldBack": would_empty(remove, available),
            "sample": self.sample,
            "errors": errors,
            "warnings": end.warnings,
        })
    }
}
