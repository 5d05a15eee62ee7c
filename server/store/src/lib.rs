//! The hub's tables, and the only crate that names the hub's database driver.
//!
//! [`Store`] is the whole of it: organizations and connections, the catalogue and its feed to
//! clients (sync-protocol.md), the run engine's table (runs.md) and editor sessions. SQLite in a
//! directory, or PostgreSQL shared by several hub nodes, stand behind the same methods: no type of a
//! driver shows in a signature, and the SQL keeps to what both understand. The tables are in
//! `schemas/hub/`.
//!
//! It knows no HTTP, no source and no clock but the machine's; who may call what is the hub's matter.

mod catalog;
mod clock;
mod connections;
mod cursor_keys;
mod database;
mod documentation;
mod entries;
mod epoch;
mod error;
mod estimate;
mod feed;
mod foreign;
mod identity;
mod library;
mod mistyped;
mod organizations;
mod outbox;
mod pairs;
mod releases;
mod rows;
mod runs;
mod sessions;
mod settings;
mod streams;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

pub use catalog::{
    Batch, Committed, FileFootprint, FileWords, Footprints, FoundObject, LiveFile, LiveObject, NameSide,
    RunRef, StreamPhase, words_of,
};
pub use connections::{DeclaredConnection, Removed, StoredConnection};
pub use documentation::{DocumentationBody, DocumentationFile, DocumentationObject, DocumentationWithObject};
pub use entries::{
    CatalogFields, ContentFields, EntriesCommitted, Entry, EntryBatch, EntryFields, EntrySource,
    EntryStanding, EntryTable, EntryWalk, Found as EntriesFound, ListedError, NewError, NewSyncRun,
    Query as EntryQuery, Started, SyncRun, SyncStats,
};
pub use error::{Result, StoreError};
pub use feed::{DEFAULT_LIMIT, DEFAULT_MAX_BYTES, MAX_LIMIT, MIN_MAX_BYTES};
pub use feed::{PageAnswer, PageForm, PageFrom, PageFrom as From, PageRequest, Standing};
pub use foreign::{ForeignChange, ForeignChanges};
pub use library::{
    CHUNK_BYTES, LibraryChange, LibraryConflict, LibraryEvent, LibraryFilter, LibraryRow, LibraryState,
    LibraryWrite, Published, StoredContent,
};
pub use library::{CONFLICT, DELETED, MODIFIED, NEW, SYNCED};
pub use metasync_protocol::connections::NewConnection;
pub use organizations::{DeclaredOrganization, Member, Organization, Role};
pub use releases::{LiveTest, ReleaseSync};
pub use runs::{Beat, DueWebhook, Enqueued, MAX_ATTEMPTS, NewRun, Outcome, Run, WebhookEnd};
use uuid::Uuid;

use crate::{cursor_keys::CursorKeys, database::Database, foreign::Watch, identity::Identity};

/// The hub's tables. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    identity: Arc<Identity>,
    watch: Option<Watch>,
}

impl Store {
    /// Opens (or makes) `<data_dir>/hub.db`, brings its schema up to date and counts the start.
    ///
    /// A database that is behind the counter kept beside it, or that lies in a copied directory, is
    /// a restored one: it gets a new epoch, and clients build their copies anew.
    pub async fn open(data_dir: &Path) -> Result<Store> {
        let database = Database::open(data_dir).await?;
        Store::with(database, Some(data_dir)).await
    }

    /// Connects to a PostgreSQL database (`postgres://user:password@host/database`), which several
    /// nodes may share, and brings its schema up to date. The epoch changes by [`Store::new_epoch`]
    /// alone: that it was restored can't be noticed from here.
    ///
    /// # Errors
    /// [`StoreError::Open`] names the place and what is wrong with it, never the password.
    pub async fn connect(url: &str) -> Result<Store> {
        let database = Database::connect(url).await?;
        Store::with(database, None).await
    }

    /// A store that lives as long as this value, for tests.
    pub async fn open_in_memory() -> Result<Store> {
        let database = Database::open_in_memory().await?;
        Store::with(database, None).await
    }

    async fn with(database: Database, data_dir: Option<&Path>) -> Result<Store> {
        let epoch = epoch::start(&database, data_dir).await?;
        let keys = CursorKeys::load(&database).await?;
        pairs::adopt(&database).await?;
        let identity = Arc::new(Identity::new(epoch, keys));
        let watch = Watch::begin(&database, &identity);
        Ok(Store(Arc::new(Inner {
            database,
            identity,
            watch,
        })))
    }

    /// Changes when the database was restored or imported; clients then build their copies anew.
    pub fn epoch(&self) -> Uuid {
        self.epoch_now().id
    }

    /// Says that the database was restored in a way that can't be noticed (`--new-epoch`).
    pub async fn new_epoch(&self) -> Result<Uuid> {
        epoch::renew(self.database()).await?;
        self.0.identity.refresh(self.database()).await?;
        Ok(self.epoch())
    }

    /// Makes a new key for cursors. Those made with the key before stay good until the next call.
    pub async fn rotate_cursor_keys(&self) -> Result<()> {
        CursorKeys::rotate(self.database()).await?;
        self.0.identity.refresh(self.database()).await
    }

    /// What other nodes on the same database do from now on.
    pub fn foreign_changes(&self) -> ForeignChanges {
        ForeignChanges::of(self.0.watch.as_ref())
    }

    /// Ends all connections to the database, after what is under way.
    pub async fn close(&self) {
        if let Some(watch) = &self.0.watch {
            watch.end();
        }
        self.0.database.close().await;
    }

    fn database(&self) -> &Database {
        &self.0.database
    }

    fn epoch_now(&self) -> epoch::Epoch {
        self.0.identity.epoch()
    }

    fn cursor_keys(&self) -> CursorKeys {
        self.0.identity.keys()
    }
}

/// What a mutex guards here is replaced as a whole, so a panic elsewhere leaves it sound.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
