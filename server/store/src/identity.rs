//! What answers are signed and stamped with: the epoch and the keys of cursors. They are the
//! database's; this is a node's copy, brought up to date when another node changed them.

use std::sync::Mutex;

use uuid::Uuid;

use crate::{
    cursor_keys::CursorKeys,
    database::{Database, Scope},
    epoch::{self, Epoch},
    error::Result,
    lock,
};

/// A node's copy of epoch and keys.
pub(crate) struct Identity {
    epoch: Mutex<Epoch>,
    keys: Mutex<CursorKeys>,
}

impl Identity {
    pub(crate) fn new(epoch: Epoch, keys: CursorKeys) -> Identity {
        Identity {
            epoch: Mutex::new(epoch),
            keys: Mutex::new(keys),
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        *lock(&self.epoch)
    }

    pub(crate) fn keys(&self) -> CursorKeys {
        lock(&self.keys).clone()
    }

    pub(crate) fn set_epoch(&self, epoch: Epoch) {
        *lock(&self.epoch) = epoch;
    }

    pub(crate) fn set_keys(&self, keys: CursorKeys) {
        *lock(&self.keys) = keys;
    }

    /// Takes over what the database says.
    pub(crate) async fn refresh(&self, database: &Database) -> Result<()> {
        let mut tx = database.look(Scope::Hub).await?;
        let (epoch, keys) = (epoch::current(&mut tx).await?, CursorKeys::read(&mut tx).await?);
        let before: Uuid = self.epoch().id;
        if before != epoch.id {
            tracing::warn!(%before, now = %epoch.id, "another node began a new epoch: all clients sync anew");
        }
        self.set_epoch(epoch);
        if let Some(keys) = keys {
            self.set_keys(keys);
        }
        Ok(())
    }
}
