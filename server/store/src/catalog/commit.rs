//! Writing a batch (sync-protocol.md, "Model"): lock the streams, give out sequence numbers, store
//! the rows, keep checksum and count, commit. The lock lives until the commit, so every reader sees
//! a prefix without gaps.

use std::collections::{HashMap, HashSet};

use metasync_protocol::{Channel, Compact, FileRow, ObjectRow, RowHash};
use uuid::Uuid;

use super::{
    Batch, Committed, RunRef, StreamPhase,
    bulk::{self, FileRecord, ObjectRecord},
    footprints, texts,
    upsert::{self, Deletion, Table},
    words,
};
use crate::{
    Store,
    database::{Scope, Time, Tx, query, transact},
    error::{Result, StoreError},
    estimate,
    pairs::{self, Author},
    rows::json_text,
    runs,
    streams::{self, COMPLETE, PARTIAL, Stream},
};

/// What an object that owns nothing owns, as JSON: entries are many, and own nothing.
const OWNS_NOTHING: &str = "{}";

/// Rows of one transaction: how long other writers wait.
const ROWS_PER_TRANSACTION: usize = 5_000;

/// What goes into one transaction.
#[derive(Default)]
struct Part {
    files: Vec<FileRow>,
    objects: Vec<(ObjectRow, Compact)>,
    deleted_objects: Vec<Uuid>,
    deleted_files: Vec<Uuid>,
}

impl Part {
    fn rows(&self) -> usize {
        self.files.len() + self.objects.len() + self.deleted_objects.len() + self.deleted_files.len()
    }
}

impl Store {
    /// Stores the changes of a connection. Rows that are stored already with the same hash keep
    /// their place in the stream; what is deleted becomes a tombstone that names the run. Large
    /// batches take several transactions; the stream is `partial` until the last one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the connection is gone, [`StoreError::LeaseLost`] if the run is
    /// not this worker's any more, [`StoreError::Invalid`] for a row of another connection. What
    /// was committed before stays.
    pub async fn batch_commit(
        &self,
        org: Uuid,
        connection: Uuid,
        run: impl Into<RunRef>,
        batch: Batch,
    ) -> Result<Committed> {
        let run = run.into();
        if let Some(stranger) = foreign_row(&batch, connection) {
            return Err(StoreError::Invalid(format!(
                "{stranger} names another connection than {connection}: nothing of the batch was stored"
            )));
        }
        let mut batch = batch;
        texts::make_storable(&mut batch);
        let mut committed = Committed::default();
        let (index_state, state) = (batch.index_state.take(), batch.state);
        let revision = batch.revision.take();
        let names = std::mem::take(&mut batch.footprints);
        let file_words = std::mem::take(&mut batch.words);
        let gone = batch.deleted_files.clone();
        let mut parts = split(batch).into_iter().peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            let phase = if last { state } else { StreamPhase::Partial };
            let remembered = index_state.as_ref().filter(|_| last);
            let (changed, heads) = transact!(self.database(), Scope::Org(org), |tx| {
                if let Some(fence) = run.fence {
                    runs::must_hold(tx, org, run.id, fence).await?;
                }
                let mut writer = Writer::lock(tx, org, connection, run.id).await?;
                writer.write(&part).await?;
                writer.core.state = match phase {
                    StreamPhase::Complete => COMPLETE.into(),
                    StreamPhase::Partial => PARTIAL.into(),
                };
                if last && revision.is_some() {
                    writer.core.revision.clone_from(&revision);
                }
                let done = writer.finish().await?;
                if last {
                    footprints::put(tx, org, connection, &names).await?;
                    words::put(tx, org, connection, &file_words).await?;
                    words::remove(tx, org, &gone).await?;
                }
                if let Some((branch, state)) = remembered {
                    remember(tx, org, connection, branch, state).await?;
                }
                Ok(done)
            })?;
            committed.changed += changed;
            committed.heads = heads;
        }
        Ok(committed)
    }
}

fn foreign_row(batch: &Batch, connection: Uuid) -> Option<Uuid> {
    let files = batch.files.iter().map(|f| (f.id, f.connection_id));
    let objects = batch.objects.iter().map(|(o, _)| (o.id, o.connection_id));
    files
        .chain(objects)
        .find(|(_, owner)| *owner != connection)
        .map(|(id, _)| id)
}

/// Takes each id once (of several the last) and cuts into transactions; at least one, for the state.
fn split(mut batch: Batch) -> Vec<Part> {
    keep_last(&mut batch.files, |f| f.id);
    keep_last(&mut batch.objects, |(o, _)| o.id);
    let (files, objects): (HashSet<Uuid>, HashSet<Uuid>) = (
        batch.files.iter().map(|f| f.id).collect(),
        batch.objects.iter().map(|(o, _)| o.id).collect(),
    );
    batch.deleted_files.retain(|id| !files.contains(id));
    batch.deleted_objects.retain(|id| !objects.contains(id));
    keep_last(&mut batch.deleted_files, |id| *id);
    keep_last(&mut batch.deleted_objects, |id| *id);

    // An object follows its file, within a transaction or two: what a client got is of use at once.
    let mut waiting: HashMap<Uuid, FileRow> = batch.files.iter().map(|f| (f.id, f.clone())).collect();
    let mut parts = Parts(vec![Part::default()]);
    for (object, owned) in batch.objects {
        if let Some(file) = object.file_id.and_then(|id| waiting.remove(&id)) {
            parts.with_room().files.push(file);
        }
        parts.with_room().objects.push((object, owned));
    }
    for file in batch.files {
        if let Some(file) = waiting.remove(&file.id) {
            parts.with_room().files.push(file);
        }
    }
    for id in batch.deleted_objects {
        parts.with_room().deleted_objects.push(id);
    }
    for id in batch.deleted_files {
        parts.with_room().deleted_files.push(id);
    }
    parts.0
}

struct Parts(Vec<Part>);

impl Parts {
    /// The last part, or a new one if it is full.
    fn with_room(&mut self) -> &mut Part {
        if self
            .0
            .last()
            .is_none_or(|part| part.rows() >= ROWS_PER_TRANSACTION)
        {
            self.0.push(Part::default());
        }
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

fn keep_last<T>(rows: &mut Vec<T>, id: impl Fn(&T) -> Uuid) {
    let mut seen = HashSet::with_capacity(rows.len());
    if rows.iter().all(|row| seen.insert(id(row))) {
        return;
    }
    seen.clear();
    rows.reverse();
    rows.retain(|row| seen.insert(id(row)));
    rows.reverse();
}

/// Stores and deletes objects in somebody else's transaction; gives the heads of the streams. The objects have no
/// part in what connections know of each other: theirs are no names of relations.
pub(crate) async fn write_objects(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    run: Uuid,
    objects: &[(ObjectRow, Compact)],
    gone: &[Uuid],
) -> Result<Vec<(Channel, u64)>> {
    let mut writer = Writer::lock(tx, org, connection, run).await?;
    writer.put_objects(objects).await?;
    writer.delete_objects(gone).await?;
    Ok(writer.finish().await?.1)
}

/// Stores objects that own nothing, each with the hash of its live row, as [`write_objects`] does. Whoever keeps the
/// same rows beside the objects in the same transactions knows it, and spares a look at each.
pub(crate) async fn write_known_objects(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    run: Uuid,
    objects: &[(&ObjectRow, Option<RowHash>)],
) -> Result<Vec<(Channel, u64)>> {
    let mut writer = Writer::lock(tx, org, connection, run).await?;
    let nothing = Compact::default();
    let mut rows = Vec::with_capacity(objects.len());
    for (object, before) in objects {
        rows.extend(writer.place(object, &nothing, *before));
    }
    writer.changed += rows.len() as u64;
    bulk::put_objects(writer.tx, org, connection, &rows, None).await?;
    Ok(writer.finish().await?.1)
}

/// One transaction's hold of the streams of a connection.
struct Writer<'t> {
    tx: &'t mut Tx,
    org: Uuid,
    connection: Uuid,
    run: Uuid,
    at: Time,
    core: Stream,
    documentation: Option<Stream>,
    changed: u64,
    /// Objects that were deleted.
    gone: Vec<Uuid>,
}

impl<'t> Writer<'t> {
    async fn lock(tx: &'t mut Tx, org: Uuid, connection: Uuid, run: Uuid) -> Result<Writer<'t>> {
        let core = streams::locked(tx, org, connection, Channel::Core).await?;
        Ok(Writer {
            tx,
            org,
            connection,
            run,
            at: Time::now(),
            core,
            documentation: None,
            changed: 0,
            gone: Vec::new(),
        })
    }

    async fn write(&mut self, part: &Part) -> Result<()> {
        self.put_files(&part.files).await?;
        let put = self.put_objects(&part.objects).await?;
        self.delete_objects(&part.deleted_objects).await?;
        self.delete_files(&part.deleted_files).await?;
        let author = Author {
            run: Some(self.run),
            at: self.at,
        };
        pairs::follow(self.tx, self.org, self.connection, &put, &self.gone, author).await
    }

    async fn put_files(&mut self, files: &[FileRow]) -> Result<()> {
        let ids: Vec<Uuid> = files.iter().map(|f| f.id).collect();
        let stored = upsert::stored(self.tx, Table::Files, self.org, self.connection, &ids).await?;
        let mut rows = Vec::new();
        for file in files {
            let before = stored.get(&file.id).copied().flatten();
            if before == Some(file.row_hash) {
                continue;
            }
            self.core.put(before, file.row_hash);
            rows.push(FileRecord {
                seq: self.core.next(),
                row: file,
                bytes: estimate::file(file),
            });
        }
        self.changed += rows.len() as u64;
        bulk::put_files(self.tx, self.org, self.connection, &rows, None).await
    }

    /// Gives those that were new or changed.
    async fn put_objects<'p>(
        &mut self,
        objects: &'p [(ObjectRow, Compact)],
    ) -> Result<Vec<(&'p ObjectRow, &'p Compact)>> {
        let ids: Vec<Uuid> = objects.iter().map(|(o, _)| o.id).collect();
        let stored = upsert::stored(self.tx, Table::Objects, self.org, self.connection, &ids).await?;
        let (mut rows, mut put) = (Vec::new(), Vec::new());
        for (object, owned) in objects {
            let before = stored.get(&object.id).copied().flatten();
            if let Some(row) = self.place(object, owned, before) {
                put.push((object, owned));
                rows.push(row);
            }
        }
        self.changed += rows.len() as u64;
        bulk::put_objects(self.tx, self.org, self.connection, &rows, None).await?;
        Ok(put)
    }

    /// The next place in the stream for an object, unless it is stored as it is.
    fn place<'p>(
        &mut self,
        object: &'p ObjectRow,
        owned: &Compact,
        before: Option<RowHash>,
    ) -> Option<ObjectRecord<'p>> {
        if before == Some(object.row_hash) {
            return None;
        }
        self.core.put(before, object.row_hash);
        self.core.live_objects += u64::from(before.is_none());
        Some(ObjectRecord {
            seq: self.core.next(),
            row: object,
            owned: if *owned == Compact::default() {
                OWNS_NOTHING.to_owned()
            } else {
                json_text(owned)
            },
            size: estimate::object(object, owned),
        })
    }

    /// Those of `ids` that are live, each counted out and given a sequence number.
    async fn bury(&mut self, table: Table, ids: &[Uuid]) -> Result<Vec<(u64, Uuid)>> {
        let stored = upsert::stored(self.tx, table, self.org, self.connection, ids).await?;
        let mut dead = Vec::new();
        for id in ids {
            if let Some(Some(before)) = stored.get(id) {
                self.core.take(*before);
                dead.push((self.core.next(), *id));
            }
        }
        self.changed += dead.len() as u64;
        Ok(dead)
    }

    async fn delete_files(&mut self, ids: &[Uuid]) -> Result<()> {
        let dead = self.bury(Table::Files, ids).await?;
        let deletion = Deletion {
            at: self.at,
            run: self.run,
        };
        upsert::delete_files(self.tx, self.org, self.connection, &dead, deletion).await
    }

    async fn delete_objects(&mut self, ids: &[Uuid]) -> Result<()> {
        let dead = self.bury(Table::Objects, ids).await?;
        self.core.live_objects = self.core.live_objects.saturating_sub(dead.len() as u64);
        let deletion = Deletion {
            at: self.at,
            run: self.run,
        };
        upsert::delete_objects(self.tx, self.org, self.connection, &dead, deletion).await?;
        self.gone.extend(dead.iter().map(|(_, id)| *id));

        let orphans = upsert::documentation_of(self.tx, self.org, &dead).await?;
        if orphans.is_empty() {
            return Ok(());
        }
        // core before documentation: the fixed order of locks
        let mut stream = match self.documentation.take() {
            Some(stream) => stream,
            None => streams::locked(self.tx, self.org, self.connection, Channel::Documentation).await?,
        };
        for (id, hash) in orphans {
            stream.take(hash);
            upsert::delete_documentation(self.tx, self.org, id, stream.next(), deletion).await?;
            self.changed += 1;
        }
        self.documentation = Some(stream);
        Ok(())
    }

    async fn finish(self) -> Result<(u64, Vec<(Channel, u64)>)> {
        let mut heads = Vec::new();
        for stream in std::iter::once(self.core).chain(self.documentation) {
            streams::save(self.tx, &stream).await?;
            heads.push((stream.channel, stream.head));
        }
        Ok((self.changed, heads))
    }
}

/// Stores what the adapter remembers of a branch.
pub(crate) async fn remember(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    branch: &str,
    state: &serde_json::Value,
) -> Result<()> {
    query(
        "INSERT INTO index_states (org_id, connection_id, branch, state, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, connection_id, branch) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
    )
    .bind(org)
    .bind(connection)
    .bind(branch)
    .bind(json_text(state))
    .bind(Time::now())
    .execute(tx)
    .await?;
    Ok(())
}
