//! From here to the share: data files first, then a snapshot of the head's rows with ours over them.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream};
use metasync_protocol::library::LibraryFile;
use metasync_sources::{
    Draft, LibraryEntry, Manifest, Outcome, Ticket,
    shared_folder::snapshot,
    webdav::{DavError, Payload},
};
use metasync_store::{LibraryRow, SYNCED};
use uuid::Uuid;

use super::{
    content, merge,
    pull::{self, AT_ONCE, Remote},
    sync::{Run, SyncError},
};

/// What came of publishing.
pub(super) enum Published {
    /// The publication, and whether the copies for others are up to it.
    Head(Manifest, bool),
    /// Others were there: merge again, under the ticket where it still counts.
    Again(Option<Ticket>),
}

/// The rows that can be published over the head, with their data files on the share.
pub(super) async fn ready(
    run: &mut Run,
    remote: &Remote,
    is_new: bool,
) -> Result<Vec<LibraryRow>, SyncError> {
    let rows = run.store.library_unsynced_rows(run.org).await?;
    let mut ready = Vec::with_capacity(rows.len());
    for row in rows {
        let theirs = remote.entries.get(&row.file.id).map(pull::file_of);
        let builds_on = match (&row.base, &theirs) {
            (None, None) => true,
            (Some(base), Some(theirs)) => merge::same(base, theirs),
            _ => false,
        };
        if !builds_on {
            // changed since it was merged
            run.again = true;
        } else if !(row.file.deleted && theirs.is_none()) {
            ready.push(row);
        } else {
            run.again = true;
        }
    }
    if ready.is_empty() {
        return Ok(ready);
    }
    if run.sent.is_empty() {
        prepare(run, is_new).await?;
    }
    upload(run, &ready).await?;
    for row in &ready {
        if let Some(Err(why)) = needed(row).and_then(|sha256| run.sent.get(sha256)) {
            let message = format!("{:?} can't be sent: {why}", row.file.name);
            run.problem(Some(row.file.id), message);
        }
    }
    ready.retain(|row| needed(row).is_none_or(|sha256| matches!(run.sent.get(sha256), Some(Ok(())))));
    Ok(ready)
}

async fn prepare(run: &mut Run, is_new: bool) -> Result<(), SyncError> {
    match is_new {
        true => run.share.prepare().await?,
        false => run.share.prepare_folders().await?,
    }
    Ok(())
}

/// The content that a row's publication needs on the share; `None`: it changes none.
fn needed(row: &LibraryRow) -> Option<&str> {
    let before = row.base.as_ref().map(|base| base.sha256.as_str());
    let changed = !row.file.deleted && before != Some(row.file.sha256.as_str());
    changed.then_some(row.file.sha256.as_str())
}

/// Step 6, towards the share.
async fn upload(run: &mut Run, rows: &[LibraryRow]) -> Result<(), SyncError> {
    let mut wanted: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for row in rows {
        if let Some(sha256) = needed(row).filter(|sha256| !run.sent.contains_key(*sha256)) {
            wanted.insert(sha256.to_owned(), (row.file.size, row.file.name.clone()));
        }
    }
    send(run, wanted).await
}

/// Sees that all contents that are here are on the share as a whole, and sends those that are not.
pub(super) async fn heal(run: &mut Run) -> Result<(), SyncError> {
    let here: HashSet<String> = run
        .store
        .library_content_hashes(run.org)
        .await?
        .into_iter()
        .collect();
    let rows = run.store.library_rows(run.org).await?;
    let shared = rows
        .into_iter()
        .filter(|row| !row.file.deleted && row.status == SYNCED && here.contains(&row.file.sha256));
    let wanted: BTreeMap<String, (u64, String)> = shared
        .map(|row| (row.file.sha256, (row.file.size, row.file.name)))
        .collect();
    let before = run.summary.uploaded;
    run.share.prepare_folders().await?;
    send(run, wanted).await?;
    let failed: Vec<String> = run.sent.values().filter_map(|sent| sent.clone().err()).collect();
    for why in failed {
        run.problem(
            None,
            format!("a data file can't be made whole on the share: {why}"),
        );
    }
    if run.summary.uploaded > before {
        let healed = run.summary.uploaded - before;
        run.teller.log(format!(
            "{healed} data files were missing or cut off on the share and are whole again"
        ));
    }
    Ok(())
}

/// Sends what is not there: size and name by SHA-256.
async fn send(run: &mut Run, mut wanted: BTreeMap<String, (u64, String)>) -> Result<(), SyncError> {
    wanted.retain(|sha256, _| !run.sent.contains_key(sha256));
    if wanted.is_empty() {
        return Ok(());
    }
    let asked: Vec<(String, u64)> = wanted
        .iter()
        .map(|(sha, (size, _))| (sha.clone(), *size))
        .collect();
    for sha256 in run.share.present(&asked).await? {
        wanted.remove(&sha256);
        run.sent.insert(sha256, Ok(()));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    run.teller
        .more(wanted.len() as u64, wanted.values().map(|(size, _)| size).sum());
    run.teller
        .step(6, &format!("Sending {} data files", wanted.len()));
    let (share, store, teller, org) = (&run.share, &run.store, &run.teller, run.org);
    let mut leaving = stream::iter(wanted)
        .map(|(sha256, (size, name))| async move {
            teller.file(&name);
            let stored = async {
                let Some(content) = store.library_content(org, &sha256).await? else {
                    return Ok(Err(DavError::Untrusted(
                        "its content is not in the hub's database".into(),
                    )));
                };
                let (store, teller) = (store.clone(), teller.clone());
                let open = move || {
                    let teller = teller.clone();
                    content::stream(store.clone(), org, content.clone(), move |bytes| {
                        teller.bytes(bytes);
                    })
                };
                let payload = Payload::Stream {
                    size,
                    open: Arc::new(open),
                };
                Ok::<_, SyncError>(share.store(&sha256, size, &payload).await)
            };
            let stored = stored.await;
            teller.file_done();
            (sha256, stored)
        })
        .buffer_unordered(AT_ONCE);
    let mut broken = None;
    let mut sent = Vec::new();
    while let Some((sha256, stored)) = leaving.next().await {
        match stored? {
            Ok(()) => sent.push((sha256, Ok(()))),
            // One file may be too large for what is left; the others may fit.
            Err(error) if error.is_general() && !matches!(error, DavError::Full(_)) => {
                broken = Some(error);
                break;
            }
            Err(error) => sent.push((sha256, Err(error.to_string()))),
        }
    }
    drop(leaving);
    run.summary.uploaded += sent.iter().filter(|(_, outcome)| outcome.is_ok()).count() as u64;
    run.sent.extend(sent);
    match broken {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// Steps 8 and 9: publishes the rows over the head, under a ticket.
pub(super) async fn publish(
    run: &mut Run,
    ticket: Ticket,
    remote: &Remote,
    rows: &[LibraryRow],
) -> Result<Published, SyncError> {
    let n = ticket.n;
    run.teller.step(8, &format!("Publishing version {n}"));
    let mut entries = remote.entries.clone();
    let mut published = Vec::with_capacity(rows.len());
    for row in rows {
        let file = LibraryFile {
            version: n,
            ..row.file.clone()
        };
        entries.insert(file.id, entry_of(&file));
        published.push(metasync_store::Published {
            file,
            revision: row.revision,
        });
    }
    let path = run.work.path().join("ours.db");
    let writing = path.clone();
    let written =
        tokio::task::spawn_blocking(move || snapshot::write_library(&writing, entries.values())).await;
    let drafted = match written.map_err(std::io::Error::other).and_then(|written| written) {
        Ok(()) => Draft::of(path, Uuid::new_v4()).await,
        Err(error) => Err(error),
    };
    let draft = match drafted {
        Ok(draft) => draft,
        Err(error) => {
            ticket.abandon().await;
            return Err(error.into());
        }
    };
    match run.share.publish(ticket, remote.head.as_ref(), &draft).await? {
        Outcome::Published(manifest, refreshed) => {
            run.store
                .library_published(run.org, manifest.commit_id, &published)
                .await?;
            count(run, rows);
            if let Err(error) = &refreshed {
                let message = format!("version.txt and metadata.db can't be brought up to date: {error}");
                run.problem(None, message);
            }
            Ok(Published::Head(manifest, true))
        }
        Outcome::HeadMoved(ticket) => Ok(Published::Again(Some(ticket))),
        Outcome::Overtaken => Ok(Published::Again(None)),
    }
}

fn count(run: &mut Run, rows: &[LibraryRow]) {
    let mut files: u64 = run.summary.uploaded;
    for row in rows {
        if row.file.deleted {
            run.summary.deleted_remote += 1;
        } else if needed(row).is_some() && files > 0 && run.sent.contains_key(&row.file.sha256) {
            // one entry for each data file; entries beyond them came without one
            files -= 1;
        } else {
            run.updated.insert(row.file.id);
        }
    }
}

fn entry_of(file: &LibraryFile) -> LibraryEntry {
    LibraryEntry {
        id: file.id,
        sha256: file.sha256.clone(),
        size: file.size,
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        label: file.label.clone(),
        collections: file.collections.clone(),
        objects: file.objects.clone(),
        deleted: file.deleted,
        version: file.version,
        created_at: file.created_at.clone(),
        updated_at: file.updated_at.clone(),
    }
}
