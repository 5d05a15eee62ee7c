//! The hub's tables, and the only crate that names the hub's database driver.
//!
//! [`Store`] is the whole of it: organizations and connections, the catalogue and its feed to
//! clients (sync-protocol.md), the run engine's table (runs.md) and editor sessions. SQLite today;
//! a second database stands behind the same methods, so no type of a driver shows in a signature
//! and the SQL keeps to what both understand. The tables are in `schemas/hub/`.
//!
//! It knows no HTTP, no source and no clock but the machine's; who may call what is the hub's matter.

mod catalog;
mod clock;
mod connections;
mod cursor_keys;
mod database;
mod documentation;
mod epoch;
mod error;
mod estimate;
mod feed;
mod organizations;
mod rows;
mod runs;
mod sessions;
mod streams;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

pub use catalog::{Batch, Committed, FoundObject, LiveFile, LiveObject, RunRef, StreamPhase};
pub use connections::{DeclaredConnection, Removed, StoredConnection};
pub use documentation::{DocumentationBody, DocumentationFile, DocumentationObject, DocumentationWithObject};
pub use error::{Result, StoreError};
pub use feed::{DEFAULT_LIMIT, DEFAULT_MAX_BYTES, MAX_LIMIT, MIN_MAX_BYTES};
pub use feed::{PageAnswer, PageFrom, PageFrom as From, PageRequest};
pub use metasync_protocol::connections::NewConnection;
pub use organizations::{DeclaredOrganization, Member, Organization, Role};
pub use runs::{Beat, Enqueued, MAX_ATTEMPTS, NewRun, Outcome, Run};
use uuid::Uuid;

use crate::{cursor_keys::CursorKeys, database::Database};

/// The hub's tables. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    epoch: Mutex<epoch::Epoch>,
    keys: Mutex<CursorKeys>,
    lists: Mutex<feed::KeyLists>,
}

impl Store {
    /// Opens (or makes) `<data_dir>/hub.db`, brings its schema up to date and counts the start.
    ///
    /// A database that is behind the counter kept beside it, or that lies in a copied directory, is
    /// a restored one: it gets a new epoch, and clients build their copies anew.
    pub async fn open(data_dir: &Path) -> Result<Store> {
        let database = Database::open(data_dir).await?;
        let epoch = epoch::start(&database, Some(data_dir)).await?;
        Store::with(database, epoch).await
    }

    /// A store that lives as long as this value, for tests.
    pub async fn open_in_memory() -> Result<Store> {
        let database = Database::open_in_memory().await?;
        let epoch = epoch::start(&database, None).await?;
        Store::with(database, epoch).await
    }

    async fn with(database: Database, epoch: epoch::Epoch) -> Result<Store> {
        let keys = CursorKeys::load(&database).await?;
        Ok(Store(Arc::new(Inner {
            database,
            epoch: Mutex::new(epoch),
            keys: Mutex::new(keys),
            lists: Mutex::new(feed::KeyLists::default()),
        })))
    }

    /// Changes when the database was restored or imported; clients then build their copies anew.
    pub fn epoch(&self) -> Uuid {
        self.epoch_now().id
    }

    /// Says that the database was restored in a way that can't be noticed (`--new-epoch`).
    pub async fn new_epoch(&self) -> Result<Uuid> {
        let epoch = epoch::renew(&self.0.database).await?;
        *lock(&self.0.epoch) = epoch;
        Ok(epoch.id)
    }

    /// Makes a new key for cursors. Those made with the key before stay good until the next call.
    pub async fn rotate_cursor_keys(&self) -> Result<()> {
        let keys = CursorKeys::rotate(&self.0.database).await?;
        *lock(&self.0.keys) = keys;
        Ok(())
    }

    /// Ends all connections to the database, after what is under way.
    pub async fn close(&self) {
        self.0.database.close().await;
    }

    fn database(&self) -> &Database {
        &self.0.database
    }

    fn epoch_now(&self) -> epoch::Epoch {
        *lock(&self.0.epoch)
    }

    fn cursor_keys(&self) -> CursorKeys {
        lock(&self.0.keys).clone()
    }
}

/// What a mutex guards here is replaced as a whole, so a panic elsewhere leaves it sound.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
