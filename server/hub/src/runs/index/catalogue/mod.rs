//! Reading a published catalogue: nothing is analysed, the rows are taken as they were published, all of them or
//! none. What is the same as before costs one small request.

mod rows;

use std::path::Path;

use metasync_protocol::{
    FileRow,
    repositories::{JobResult, SyncRequest},
};
use metasync_sources::{Head, ShareError};
use metasync_store::{LiveFile, StoredConnection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    super::context::{Failure, RunContext},
    difference::{Difference, Keep},
    share,
    write::Writing,
};
use crate::published::Published;
use rows::Taken;

/// Largest catalogue that is read, in bytes: it is held in memory once.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// What is remembered of the catalogue that was read last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// What `version.txt` said.
    version: Option<u64>,
    /// The snapshot's SHA-256; empty: none was read.
    sha256: String,
    /// How this program understood it.
    basis: String,
    files: u64,
    objects: u64,
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Failure {
        // Who asked tries again by itself, and is told at once.
        Failure::new(error.code(), error.to_string())
    }
}

/// Brings the connection up to the catalogue that is published.
pub(super) async fn read(
    context: &RunContext,
    connection: &StoredConnection,
    options: &SyncRequest,
    result: &mut JobResult,
) -> Result<(), Failure> {
    let published = context.runs.published.as_ref().ok_or_else(|| {
        Failure::new(
            "invalid_source",
            "published catalogues are read by editors that have no hub; this hub reads none",
        )
    })?;
    let (store, org, id) = (&context.runs.store, context.run.org, connection.connection.id);
    let stored = store.index_state(org, id, "").await?;
    let before: Memory = stored
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    let basis = env!("CARGO_PKG_VERSION");
    let known = !options.full_reindex && before.basis == basis && !before.sha256.is_empty();
    let version = published.folder.version().await.map_err(ShareError::from)?;
    if known && version.is_some() && version == before.version {
        unchanged(&before, result);
        return Ok(());
    }
    let head = published.folder.published().await?;
    let mut memory = Memory {
        version,
        sha256: head.manifest.sha256.clone(),
        basis: basis.to_owned(),
        files: before.files,
        objects: before.objects,
    };
    if known && before.sha256 == head.manifest.sha256 {
        unchanged(&before, result);
        let writing = Writing {
            memory: value(&memory),
            ..Writing::default()
        };
        return writing.store(context, id, |share| share).await;
    }
    context.reporter.percentage(share::FETCHED);
    let taken = fetch(published, &head, id).await?;
    context.reporter.percentage(share::READ);
    published.remember(&head).await;

    let live_files = store.live_files(org, id, None).await?;
    let live_objects = store.live_objects(org, id, None).await?;
    memory.files = taken.files.len() as u64;
    memory.objects = taken.objects.len() as u64;
    let keep = Keep {
        files: std::collections::HashSet::new(),
        unchanged_files: None,
        unknown: &|_| false,
    };
    // Whoever published it held back what looked like a loss.
    let difference = Difference::of(taken.objects, &live_objects, &keep);
    let (files, deleted_files) = compare(taken.files, &live_files, result);
    result.objects += memory.objects;
    context.reporter.more_files(files.len());
    for file in &files {
        context.reporter.file(&file.relative_path);
    }
    let writing = Writing {
        files,
        objects: difference.objects,
        deleted_files,
        deleted_objects: difference.deleted,
        memory: value(&memory),
        ..Writing::default()
    };
    writing.store(context, id, |share| share).await
}

fn unchanged(memory: &Memory, result: &mut JobResult) {
    result.files_unchanged += memory.files;
    result.objects += memory.objects;
}

fn value(memory: &Memory) -> Value {
    serde_json::to_value(memory).unwrap_or_default()
}

/// Files that are new or changed, and the ids of those that are gone.
fn compare(
    found: Vec<FileRow>,
    live: &[LiveFile],
    result: &mut JobResult,
) -> (Vec<FileRow>, Vec<uuid::Uuid>) {
    let known: std::collections::HashMap<_, _> = live.iter().map(|file| (file.id, file)).collect();
    let there: std::collections::HashSet<_> = found.iter().map(|file| file.id).collect();
    let deleted: Vec<_> = live
        .iter()
        .map(|file| file.id)
        .filter(|id| !there.contains(id))
        .collect();
    result.files_deleted += deleted.len() as u64;
    let mut changed = Vec::new();
    for file in found {
        match known.get(&file.id) {
            Some(old) if old.row_hash == file.row_hash => {
                result.files_unchanged += 1;
                continue;
            }
            Some(_) => result.files_modified += 1,
            None => result.files_added += 1,
        }
        changed.push(file);
    }
    (changed, deleted)
}

/// Fetches the snapshot and takes its rows, if all of them make sense.
async fn fetch(published: &Published, head: &Head, connection: uuid::Uuid) -> Result<Taken, Failure> {
    let untrusted = |why: String| Failure::from(ShareError::UntrustedHead(why));
    if head.manifest.size > MAX_BYTES {
        return Err(untrusted(format!(
            "the catalogue has {} bytes, more than this program reads",
            head.manifest.size
        )));
    }
    let arriving = tempfile::Builder::new()
        .prefix("arriving-")
        .suffix(".db")
        .tempfile_in(&published.data_dir)
        .map_err(|error| Failure::from(ShareError::Local(error)))?
        .into_temp_path();
    published.folder.fetch(head, &arriving).await?;
    let read = tokio::task::spawn_blocking(move || {
        let path: &Path = &arriving;
        Taken::read(path, connection)
    });
    match read.await {
        Ok(taken) => taken.map_err(|unreadable| untrusted(unreadable.to_string())),
        Err(error) => Err(Failure::new("catalogue", error.to_string())),
    }
}
