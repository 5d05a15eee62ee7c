//! From the share to here: the head's rows, the data files that they need, and what follows for the rows
//! that are here. A row is written only once its content is.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use metasync_protocol::library::LibraryFile;
use metasync_sources::{
    Head, LibraryEntry, ShareError, SharedFolder, shared_folder::snapshot, webdav::DavError,
};
use metasync_store::{
    CONFLICT, LibraryConflict, LibraryRow, LibraryWrite, MODIFIED, NEW, SYNCED, Store, StoreError,
};
use uuid::Uuid;

use super::{
    Intake,
    merge::{self, Verdict},
    progress::Teller,
    sync::{Run, SyncError},
};

/// Data files that travel at once.
pub(super) const AT_ONCE: usize = 4;
/// Attempts of a data file.
const ATTEMPTS: u32 = 3;

/// What is on the share.
pub(super) struct Remote {
    pub(super) head: Option<Head>,
    pub(super) entries: BTreeMap<Uuid, LibraryEntry>,
}

/// Steps 3: the head's rows.
pub(super) async fn fetch(run: &mut Run, head: Option<Head>) -> Result<Remote, SyncError> {
    let path = run.work.path().join("head.db");
    match &head {
        Some(found) => {
            run.teller
                .step(3, &format!("Reading version {} of the share", found.n));
            run.share.fetch(found, &path).await?;
        }
        // A share of the seed's kind: what it has is taken over, never written over unread.
        None if run.share.fetch_copy(&path).await? => {
            run.teller.step(3, "Taking over metadata.db of the share");
        }
        None => {
            return Ok(Remote {
                head,
                entries: BTreeMap::new(),
            });
        }
    }
    let entries = tokio::task::spawn_blocking(move || snapshot::read_library(&path)).await;
    let entries = entries.map_err(std::io::Error::other)?;
    let entries = entries.map_err(|why| {
        let file = match &head {
            Some(head) => format!("version {}", head.n),
            None => "metadata.db, without any version,".to_owned(),
        };
        ShareError::UntrustedHead(format!("{file} can't be read: {why}"))
    })?;
    Ok(Remote {
        head,
        entries: entries.into_iter().map(|entry| (entry.id, entry)).collect(),
    })
}

/// What a row becomes, and how that counts.
struct Planned {
    write: LibraryWrite,
    /// The content without which it is not written.
    needs: Option<(String, u64)>,
    /// A content that is fetched for people to compare; it may fail.
    wants: Option<(String, u64)>,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq)]
enum Counts {
    Nothing,
    Update,
    Deletion,
}

/// Steps 4 to 7, towards here.
pub(super) async fn merge_in(run: &mut Run, remote: &Remote) -> Result<(), SyncError> {
    run.teller.step(4, "Comparing");
    let rows = run.store.library_rows(run.org).await?;
    let mut here: HashSet<String> = run
        .store
        .library_content_hashes(run.org)
        .await?
        .into_iter()
        .collect();
    let mut plan = plan(&rows, remote, &here);
    run.conflicts = plan
        .iter()
        .filter(|p| p.write.conflict.is_some())
        .map(|p| p.write.row.file.id)
        .collect();
    run.conflicts.extend(
        rows.iter()
            .filter(|row| row.status == CONFLICT && !planned(&plan, row))
            .map(|r| r.file.id),
    );
    let deletions = plan.iter().filter(|p| p.counts == Counts::Deletion).count();
    if deletions > 0 {
        run.teller
            .step(5, &format!("{deletions} deletions from the share"));
    }
    let wanted: BTreeMap<String, (u64, String)> = plan
        .iter()
        .flat_map(|p| {
            p.needs
                .iter()
                .chain(&p.wants)
                .map(|(sha, size)| (sha.clone(), (*size, p.write.row.file.name.clone())))
        })
        .collect();
    let fetched = if wanted.is_empty() {
        Fetched::default()
    } else {
        download(run, wanted).await?
    };
    run.summary.downloaded += fetched.arrived.len() as u64;
    let mut paid: HashSet<String> = fetched.arrived.clone();
    here.extend(fetched.arrived);
    for planned in &plan {
        let file = &planned.write.row.file;
        for (sha256, _) in planned.needs.iter().chain(&planned.wants) {
            if let Some(why) = fetched.failed.get(sha256) {
                run.unfetched.insert(sha256.clone());
                run.problem(Some(file.id), format!("{:?} can't be fetched: {why}", file.name));
            }
        }
    }
    plan.retain(|p| p.needs.as_ref().is_none_or(|(sha256, _)| here.contains(sha256)));
    for planned in &plan {
        let id = planned.write.row.file.id;
        match planned.counts {
            Counts::Nothing => {}
            Counts::Deletion => run.summary.deleted_local += 1,
            // the first entry of a data file stands for it, the others came without one
            Counts::Update if planned.needs.as_ref().is_some_and(|(sha, _)| paid.remove(sha)) => {}
            Counts::Update => drop(run.updated.insert(id)),
        }
    }
    let writes: Vec<LibraryWrite> = plan.into_iter().map(|planned| planned.write).collect();
    if !writes.is_empty() {
        run.teller.step(7, "Taking over what changed on the share");
    }
    let passed_over = run.store.library_write(run.org, &writes).await?;
    run.again |= !passed_over.is_empty();
    match fetched.broken {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn planned(plan: &[Planned], row: &LibraryRow) -> bool {
    plan.iter().any(|p| p.write.row.file.id == row.file.id)
}

fn plan(rows: &[LibraryRow], remote: &Remote, here: &HashSet<String>) -> Vec<Planned> {
    let local: HashMap<Uuid, &LibraryRow> = rows.iter().map(|row| (row.file.id, row)).collect();
    let arrived = remote
        .entries
        .values()
        .filter(|entry| !entry.deleted && !local.contains_key(&entry.id))
        .map(|entry| added(file_of(entry), here));
    let known = rows.iter().filter_map(|row| {
        let remote = remote.entries.get(&row.file.id).map(file_of);
        follow(row, remote, here)
    });
    arrived.chain(known).collect()
}

fn added(file: LibraryFile, here: &HashSet<String>) -> Planned {
    let needs = missing(&file, here);
    Planned {
        needs,
        wants: None,
        counts: Counts::Update,
        write: LibraryWrite {
            seen: None,
            conflict: None,
            row: LibraryRow {
                base: Some(file.clone()),
                file,
                status: SYNCED.into(),
                revision: 1,
            },
        },
    }
}

/// The content of a row, where it is not here.
fn missing(file: &LibraryFile, here: &HashSet<String>) -> Option<(String, u64)> {
    let absent = !file.deleted && !here.contains(&file.sha256);
    absent.then(|| (file.sha256.clone(), file.size))
}

/// What becomes of a row that is here; `None`: nothing.
fn follow(row: &LibraryRow, remote: Option<LibraryFile>, here: &HashSet<String>) -> Option<Planned> {
    let verdict = merge::merge(row.base.as_ref(), &row.file, remote.as_ref());
    let mut next = row.clone();
    let (mut conflict, mut counts, mut wants) = (None, Counts::Nothing, None);
    match (verdict, remote) {
        (Verdict::Take, Some(remote)) => {
            counts = if remote.deleted {
                Counts::Deletion
            } else {
                Counts::Update
            };
            next.file = remote.clone();
            next.base = Some(remote);
            next.status = SYNCED.into();
        }
        (Verdict::Same, Some(remote)) => {
            next.file.version = remote.version;
            next.base = Some(remote);
            next.status = SYNCED.into();
        }
        (Verdict::Merged(merged), Some(remote)) => {
            counts = Counts::Update;
            next.file = *merged;
            next.base = Some(remote);
            next.status = MODIFIED.into();
        }
        (Verdict::Conflict(fields), Some(remote)) => {
            wants = missing(&remote, here);
            next.status = CONFLICT.into();
            conflict = Some(LibraryConflict {
                file_id: row.file.id,
                fields,
                base: row.base.clone(),
                remote,
                detected_at: jiff::Timestamp::now().to_string(),
            });
        }
        // A conflict that somebody ended by changing the row.
        (Verdict::Publish, Some(remote)) if row.status == CONFLICT => {
            next.base = Some(remote);
            next.status = MODIFIED.into();
        }
        (Verdict::Publish, None) if row.status == CONFLICT => next.status = NEW.into(),
        (Verdict::PublishAnew, _) => {
            next.base = None;
            next.status = NEW.into();
        }
        (Verdict::Forget, _) => {
            next.base = Some(row.file.clone());
            next.status = SYNCED.into();
        }
        _ => {}
    }
    let needs = match counts {
        // what is here and lacks its content is healed by the way
        Counts::Nothing if next.status != SYNCED => None,
        _ => missing(&next.file, here),
    };
    if next == *row && conflict.is_none() && needs.is_none() {
        return None;
    }
    Some(Planned {
        write: LibraryWrite {
            seen: Some(row.revision),
            row: next,
            conflict,
        },
        needs,
        wants,
        counts,
    })
}

/// A row of the share as a file of ours.
pub(super) fn file_of(entry: &LibraryEntry) -> LibraryFile {
    let time = |text: &str| match text.parse::<jiff::Timestamp>() {
        Ok(_) => text.to_owned(),
        Err(_) => jiff::Timestamp::UNIX_EPOCH.to_string(),
    };
    LibraryFile {
        id: entry.id,
        name: entry.name.clone(),
        sha256: entry.sha256.clone(),
        size: entry.size,
        media_type: entry.media_type.clone(),
        label: entry.label.clone(),
        collections: entry.collections.clone(),
        objects: entry.objects.clone(),
        version: entry.version,
        deleted: entry.deleted,
        created_at: time(&entry.created_at),
        updated_at: time(&entry.updated_at),
    }
}

/// What came of fetching.
#[derive(Default)]
struct Fetched {
    arrived: HashSet<String>,
    failed: HashMap<String, String>,
    /// The share went away: what came until then is kept.
    broken: Option<DavError>,
}

/// Step 6, towards here. `wanted`: size and name by SHA-256.
async fn download(run: &mut Run, wanted: BTreeMap<String, (u64, String)>) -> Result<Fetched, SyncError> {
    run.teller
        .more(wanted.len() as u64, wanted.values().map(|(size, _)| size).sum());
    run.teller
        .step(6, &format!("Fetching {} data files", wanted.len()));
    let (share, store, teller, org) = (&run.share, &run.store, &run.teller, run.org);
    let mut arriving = stream::iter(wanted)
        .map(|(sha256, (size, name))| async move {
            teller.file(&name);
            let outcome = one(share, store, teller, org, (&sha256, size)).await;
            teller.file_done();
            (sha256, outcome)
        })
        .buffer_unordered(AT_ONCE);
    let mut fetched = Fetched::default();
    while let Some((sha256, outcome)) = arriving.next().await {
        match outcome {
            Ok(()) => drop(fetched.arrived.insert(sha256)),
            Err(Failed::Store(error)) => return Err(error.into()),
            Err(Failed::Dav(error)) if error.is_general() => {
                fetched.failed.insert(sha256, error.to_string());
                fetched.broken = Some(error);
                break;
            }
            Err(Failed::Dav(error)) => drop(fetched.failed.insert(sha256, error.to_string())),
        }
    }
    Ok(fetched)
}

enum Failed {
    Dav(DavError),
    Store(StoreError),
}

async fn one(
    share: &SharedFolder,
    store: &Store,
    teller: &Teller,
    org: Uuid,
    (sha256, size): (&str, u64),
) -> Result<(), Failed> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut intake = Intake::begin(store.clone(), org);
        let failed = match receive(share, teller, &mut intake, (sha256, size)).await {
            Ok(()) => return intake.keep().await.map(drop).map_err(Failed::Store),
            Err(failed) => failed,
        };
        intake.give_up().await;
        match failed {
            // a connection that was cut: once more
            Failed::Dav(DavError::Unreachable(_) | DavError::TimedOut(_) | DavError::Untrusted(_))
                if attempt < ATTEMPTS => {}
            failed => return Err(failed),
        }
    }
}

async fn receive(
    share: &SharedFolder,
    teller: &Teller,
    intake: &mut Intake,
    (sha256, size): (&str, u64),
) -> Result<(), Failed> {
    let mut arriving = share.open(sha256).await.map_err(Failed::Dav)?;
    while let Some(chunk) = arriving.chunk().await.map_err(Failed::Dav)? {
        if intake.size() + chunk.len() as u64 > size {
            let why = format!("it has more than the {size} bytes that the share's list says");
            return Err(Failed::Dav(DavError::Untrusted(why)));
        }
        teller.bytes(chunk.len() as u64);
        intake.push(&chunk).await.map_err(Failed::Store)?;
    }
    Ok(())
}
