//! Applying a page: rows, tombstones and cursor move in one transaction (sync-protocol.md,
//! "Client"), and a checkpoint compares what is here with what the hub says should be.

mod checkpoint;
pub(crate) mod counters;
mod intern;
mod nested;
mod pairs;
mod remove;
mod single;
mod write;

use metasync_protocol::{CompactPage, Deleted, Page, SCHEMA, SyncMetadata, SyncPackage};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{Cache, CacheError, meta, schema};
use counters::Counters;
use intern::Interned;

/// What became of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// It is in.
    Done(Counts),
    /// Another process moved the cursor meanwhile: nothing was written. Ask for the next page from
    /// the cursor that stands there now ([`Cache::position`]).
    Superseded,
    /// It is in, but at this checkpoint rows or checksums of these connections differ from the
    /// hub's: reset them. The time of the sync was not stamped.
    Mismatch {
        /// Whose.
        connections: Vec<Uuid>,
        /// It happened within the last day already: report it instead of trying again.
        repeated: bool,
        /// What the page brought.
        counts: Counts,
    },
}

/// What a page brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Objects.
    pub objects: u64,
    /// Columns.
    pub columns: u64,
    /// Dependencies and lineage.
    pub edges: u64,
    /// Documentation rows.
    pub documentation: u64,
    /// Rows that went (tombstones, and what was reset).
    pub deleted: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.files += more.files;
        self.objects += more.objects;
        self.columns += more.columns;
        self.edges += more.edges;
        self.documentation += more.documentation;
        self.deleted += more.deleted;
    }
}

/// A page in either form.
#[derive(Clone, Copy, Debug)]
pub enum PageRef<'a> {
    /// As JSON carries it.
    Rows(&'a SyncPackage),
    /// As MessagePack carries it.
    Compact(&'a CompactPage),
}

impl<'a> From<&'a SyncPackage> for PageRef<'a> {
    fn from(page: &'a SyncPackage) -> PageRef<'a> {
        PageRef::Rows(page)
    }
}

impl<'a> From<&'a CompactPage> for PageRef<'a> {
    fn from(page: &'a CompactPage) -> PageRef<'a> {
        PageRef::Compact(page)
    }
}

impl<'a> From<&'a Page> for PageRef<'a> {
    fn from(page: &'a Page) -> PageRef<'a> {
        match page {
            Page::Rows(page) => PageRef::Rows(page),
            Page::Compact(page) => PageRef::Compact(page),
        }
    }
}

impl<'a> PageRef<'a> {
    fn sync_metadata(self) -> &'a SyncMetadata {
        match self {
            PageRef::Rows(page) => &page.sync_metadata,
            PageRef::Compact(page) => &page.sync_metadata,
        }
    }

    fn deleted(self) -> &'a Deleted {
        match self {
            PageRef::Rows(page) => &page.metadata.deleted,
            PageRef::Compact(page) => &page.rows.deleted,
        }
    }
}

impl Cache {
    /// Applies a page, all of it or nothing. `expected_cursor` is the cursor that the page was
    /// asked for with; `page_etag` is kept for the next request.
    pub fn apply<'p>(
        &mut self,
        page: impl Into<PageRef<'p>>,
        page_etag: Option<&str>,
        expected_cursor: Option<&str>,
    ) -> Result<Applied, CacheError> {
        let page = page.into();
        let got = page.sync_metadata().schema;
        if got != SCHEMA {
            return Err(CacheError::OtherSchema { got, known: SCHEMA });
        }
        let applied = self.write(|tx| {
            let cursor: Option<String> = meta::get(tx, meta::names::CURSOR)?;
            if cursor.as_deref() != expected_cursor {
                return Ok(Applied::Superseded);
            }
            apply_page(tx, page, page_etag)
        })?;
        if applied != Applied::Superseded && !page.sync_metadata().has_more {
            self.index_once()?;
        }
        Ok(applied)
    }

    /// Builds the indexes that a first sync does without, once.
    pub(crate) fn index_once(&mut self) -> Result<(), CacheError> {
        if self.read(|c| meta::get::<bool>(c, meta::names::INDEXED))? == Some(true) {
            return Ok(());
        }
        self.write(|tx| {
            tx.execute_batch(schema::later_indexes())?;
            meta::set(tx, meta::names::INDEXED, &true)
        })
    }
}

fn apply_page(tx: &Connection, page: PageRef<'_>, etag: Option<&str>) -> rusqlite::Result<Applied> {
    let about = page.sync_metadata();
    let mut counts = Counts::default();
    let mut interned = Interned::new(tx);
    let mut counters = Counters::default();

    let gone: Vec<Uuid> = about
        .reset_connections
        .iter()
        .chain(&about.removed_connections)
        .copied()
        .collect();
    for id in gone {
        counts.deleted += remove::connection(tx, id)?;
    }
    remove::tombstones(tx, page.deleted(), &mut counters, &mut counts)?;
    match page {
        PageRef::Rows(page) => write::rows(tx, page, &mut interned, &mut counters, &mut counts)?,
        PageRef::Compact(page) => nested::rows(tx, &page.rows, &mut interned, &mut counters, &mut counts)?,
    }
    counters.store(tx)?;

    meta::set(tx, meta::names::CURSOR, &about.cursor)?;
    meta::set(tx, meta::names::EPOCH, &about.epoch)?;
    match etag {
        Some(etag) => meta::set(tx, meta::names::ETAG, etag)?,
        None => meta::unset(tx, meta::names::ETAG)?,
    }
    if about.has_more {
        return Ok(Applied::Done(counts));
    }
    let connections = checkpoint::differing(tx, &about.streams)?;
    if connections.is_empty() {
        checkpoint::note_revisions(tx, &about.streams)?;
        meta::set(tx, meta::names::LAST_SYNC_AT, &about.timestamp)?;
        return Ok(Applied::Done(counts));
    }
    // An answer of "nothing changed" must not hide that something is wrong.
    meta::unset(tx, meta::names::ETAG)?;
    let repeated = checkpoint::note_mismatch(tx, &about.timestamp)?;
    Ok(Applied::Mismatch {
        connections,
        repeated,
        counts,
    })
}

/// Deletes all rows of these connections.
pub(crate) fn clear_connections(tx: &Connection, ids: &[Uuid]) -> rusqlite::Result<()> {
    for id in ids {
        remove::connection(tx, *id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use metasync_protocol::{FileRow, RowHash, SyncPackage};
    use serde_json::json;

    use super::*;

    fn page(files: usize) -> SyncPackage {
        let mut page: SyncPackage = serde_json::from_value(json!({
            "metadata": {"files": [], "objects": [], "columns": [], "dependencies": [], "columns_lineage": []},
            "documentation": [],
            "sync_metadata": {
                "organization_id": Uuid::nil(), "connection_ids": [], "object_count": 0, "file_count": 0,
                "timestamp": "t", "incremental": false, "protocol": 2, "cursor": format!("c{files}"),
                "has_more": true, "epoch": Uuid::nil(), "schema": 1
            }
        }))
        .unwrap();
        page.metadata.files = (0..files)
            .map(|n| FileRow {
                id: Uuid::from_u128(n as u128 + 1),
                connection_id: Uuid::nil(),
                relative_path: format!("{n}.sql"),
                language: "sql".into(),
                content_hash: "x".repeat(200),
                size: u64::MAX,
                branch: None,
                row_hash: RowHash(n as u128),
            })
            .collect();
        page
    }

    #[test]
    fn a_full_disk_leaves_the_old_copy_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(&folder.path().join("cache.db")).unwrap().cache;
        cache.apply(&page(10), None, None).unwrap();
        let before = cache.reader().dump().unwrap();
        assert!(String::from_utf8_lossy(&before).contains(&u64::MAX.to_string()));
        // SQLite's own limit gives the same error as a disk without room.
        let pages: i64 = cache
            .connection
            .pragma_query_value(None, "page_count", |r| r.get(0))
            .unwrap();
        cache
            .connection
            .pragma_update_and_check(None, "max_page_count", pages + 5, |_| Ok(()))
            .unwrap();
        let error = cache.apply(&page(5_000), None, Some("c10")).unwrap_err();
        assert!(matches!(error, CacheError::DiskFull { .. }), "{error}");
        assert_eq!(cache.reader().dump().unwrap(), before);
        assert_eq!(cache.position().unwrap().cursor.as_deref(), Some("c10"));
        cache
            .connection
            .pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
            .unwrap();
        let applied = cache.apply(&page(5_000), None, Some("c10")).unwrap();
        assert!(matches!(applied, Applied::Done(Counts { files: 5_000, .. })));
    }
}
