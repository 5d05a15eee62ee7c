//! The keys that sign cursors. They live in the database, so cursors outlive restarts; two of them,
//! so that a rotation does not break cursors that are out.

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{
    database::Database,
    epoch::{meta, set_meta},
    error::{Result, StoreError},
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
        let mut tx = database.write().await?;
        let keys = match meta(&mut tx, META).await? {
            Some(text) => {
                serde_json::from_str(&text).map_err(|_| StoreError::row("meta", META, "unreadable"))?
            }
            None => store(&mut tx, None).await?,
        };
        tx.commit().await?;
        Ok(keys)
    }

    /// A new key; the one before only verifies from now on.
    pub(crate) async fn rotate(database: &Database) -> Result<CursorKeys> {
        let mut tx = database.write().await?;
        let before = meta(&mut tx, META)
            .await?
            .and_then(|text| serde_json::from_str::<CursorKeys>(&text).ok());
        let keys = store(&mut tx, before.map(|k| k.current)).await?;
        tx.commit().await?;
        Ok(keys)
    }
}

async fn store(tx: &mut crate::database::Connection, previous: Option<Key>) -> Result<CursorKeys> {
    let keys = CursorKeys {
        current: rand::rng().random(),
        previous,
    };
    let text = serde_json::to_string(&keys).map_err(|e| StoreError::row("meta", META, e))?;
    set_meta(tx, META, &text).await?;
    Ok(keys)
}
