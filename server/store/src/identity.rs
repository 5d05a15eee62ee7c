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
    /// Held from the read of the database to the write of the copy: who read earlier never overwrites
    /// what was read later.
    reading: tokio::sync::Mutex<()>,
}

impl Identity {
    pub(crate) fn new(epoch: Epoch, keys: CursorKeys) -> Identity {
        Identity {
            epoch: Mutex::new(epoch),
            keys: Mutex::new(keys),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        *lock(&self.epoch)
    }

    pub(crate) fn keys(&self) -> CursorKeys {
        lock(&self.keys).clone()
    }

    /// Takes over what the database says; the only way for this copy to change, also when this node
    /// itself changed the database.
    pub(crate) async fn refresh(&self, database: &Database) -> Result<()> {
        let _reading = self.reading.lock().await;
        let mut tx = database.look(Scope::Hub).await?;
        let (epoch, keys) = (epoch::current(&mut tx).await?, CursorKeys::read(&mut tx).await?);
        let before: Uuid = self.epoch().id;
        if before != epoch.id {
            tracing::warn!(%before, now = %epoch.id, "a new epoch began: all clients sync anew");
        }
        *lock(&self.epoch) = epoch;
        if let Some(keys) = keys {
            *lock(&self.keys) = keys;
        }
        Ok(())
    }
}
