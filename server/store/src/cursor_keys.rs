//! The keys that sign cursors. They live in the database, so cursors outlive restarts; two of them,
//! so that a rotation does not break cursors that are out.

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{
    database::{Database, Scope, Tx, transact},
    epoch::{meta, set_meta, set_meta_once},
    error::{Result, StoreError},
    outbox::Signal,
};

const META: &str = "cursor_keys";

/// A key of HMAC-SHA256.
pub(crate) type Key = [u8; 32];

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CursorKeys {
    /// Signs and verifies.
    pub(crate) current: Key,
    /// Verifies only.
    pub(crate) previous: Option<Key>,
}

impl CursorKeys {
    /// Reads the keys, or makes the first one.
    pub(crate) async fn load(database: &Database) -> Result<CursorKeys> {
        transact!(database, Scope::Hub, |tx| {
            if meta(tx, META).await?.is_none() {
                // of several nodes that start at once the first one's key counts
                set_meta_once(tx, META, &CursorKeys::new(None).text()?).await?;
            }
            CursorKeys::read(tx)
                .await?
                .ok_or_else(|| StoreError::row("meta", META, "missing"))
        })
    }

    /// The keys that the database says.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Option<CursorKeys>> {
        let text = meta(tx, META).await?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::row("meta", META, "unreadable")))
            .transpose()
    }

    /// A new key; the one before only verifies from now on.
    pub(crate) async fn rotate(database: &Database) -> Result<()> {
        transact!(database, Scope::Hub, |tx| {
            let before = CursorKeys::read(tx).await.ok().flatten();
            let keys = CursorKeys::new(before.map(|k| k.current));
            set_meta(tx, META, &keys.text()?).await?;
            tx.tell(Signal::Identity);
            Ok(())
        })
    }

    fn new(previous: Option<Key>) -> CursorKeys {
        CursorKeys {
            current: rand::rng().random(),
            previous,
        }
    }

    fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| StoreError::row("meta", META, e))
    }
}
