//! Notices that the database is a restored copy (contract.md, "Seed 002", Decided).
//!
//! Each start is counted in the database and in a small file beside it. Put back from a copy, the
//! database is behind that file; or both were copied, and then the file is another one on disk
//! (its inode) or was written later than the database says.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use crate::{
    clock,
    database::{Database, Scope, Tx, query, transact},
    error::{Result, StoreError},
    outbox::Signal,
};

/// File beside the database.
const FILE: &str = "starts";

/// Which history of the database clients hold a copy of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch {
    pub(crate) id: Uuid,
    /// When it began, in microseconds since 1970, if it began with a restore: what clients say of
    /// earlier times may be of a history that is lost. 0 for the first epoch.
    pub(crate) since: i64,
}

/// Counts a start; gives a new epoch if the database is new or restored. Whether it was restored is
/// asked only where there is a directory beside it.
pub(crate) async fn start(database: &Database, data_dir: Option<&Path>) -> Result<Epoch> {
    // whole seconds: what every file system keeps
    let written = clock::now_ms() / 1000;
    let (epoch, starts) = transact!(database, Scope::Hub, |tx| {
        let known = meta(tx, "epoch").await?;
        let mut starts: u64 = number(tx, "starts").await?.unwrap_or(0);
        let restored = match data_dir {
            Some(dir) if known.is_some() => was_restored(
                &Beside::read(&dir.join(FILE)),
                starts,
                meta(tx, "starts_file").await?.as_deref(),
                number(tx, "starts_written").await?.unwrap_or(0),
            ),
            _ => None,
        };
        let epoch = match (known, restored) {
            (Some(_), Some(reason)) => {
                tracing::warn!(
                    reason,
                    "the hub's database was restored from a copy: all clients sync anew"
                );
                write(tx, since_now()).await?
            }
            (Some(_), None) => current(tx).await?,
            (None, _) => {
                // of several nodes that start at once the first one says it
                set_meta_once(tx, "epoch_since", "0").await?;
                set_meta_once(tx, "epoch", &Uuid::new_v4().to_string()).await?;
                current(tx).await?
            }
        };
        starts += 1;
        set_meta(tx, "starts", &starts.to_string()).await?;
        set_meta(tx, "starts_written", &written.to_string()).await?;
        Ok((epoch, starts))
    })?;

    // The file follows the database: killed in between, the database is ahead, which is no restore.
    if let Some(dir) = data_dir {
        let path = dir.join(FILE);
        let identity = write_beside(&path, starts, written)
            .map_err(|e| StoreError::Open(format!("{} can't be written: {e}", path.display())))?;
        transact!(database, Scope::Hub, |tx| {
            set_meta(tx, "starts_file", &identity).await
        })?;
    }
    Ok(epoch)
}

/// Begins a new epoch.
pub(crate) async fn renew(database: &Database) -> Result<()> {
    transact!(database, Scope::Hub, |tx| {
        tx.tell(Signal::Identity);
        write(tx, since_now()).await?;
        Ok(())
    })
}

fn since_now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// The epoch that the database says.
pub(crate) async fn current(tx: &mut Tx) -> Result<Epoch> {
    let id = meta(tx, "epoch").await?.unwrap_or_default();
    Ok(Epoch {
        id: id.parse().map_err(|e| StoreError::row("meta", "epoch", e))?,
        since: number(tx, "epoch_since").await?.unwrap_or(0),
    })
}

async fn write(tx: &mut Tx, since: i64) -> Result<Epoch> {
    let id = Uuid::new_v4();
    set_meta(tx, "epoch", &id.to_string()).await?;
    set_meta(tx, "epoch_since", &since.to_string()).await?;
    Ok(Epoch { id, since })
}

/// What stands beside the database.
struct Beside {
    starts: Option<u64>,
    identity: String,
    written: i64,
}

impl Beside {
    /// An unreadable file counts as a missing one.
    fn read(path: &Path) -> Beside {
        let starts = fs::read_to_string(path)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        let metadata = fs::metadata(path).ok();
        Beside {
            starts,
            identity: metadata.as_ref().map(identity).unwrap_or_default(),
            written: metadata
                .and_then(|m| m.modified().ok())
                .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
                .map_or(0, |d| d.as_secs().cast_signed()),
        }
    }
}

/// Why the database is taken for a restored one, if it is.
fn was_restored(beside: &Beside, starts: u64, identity: Option<&str>, written: i64) -> Option<&'static str> {
    match beside.starts {
        // killed at the very first start, before the file was made
        None if starts <= 1 && identity.is_none() => None,
        None => Some("the counter beside it is missing"),
        Some(counted) if counted > starts => Some("it is behind the counter beside it"),
        Some(_) if identity.is_some_and(|known| known != beside.identity) => {
            Some("the counter beside it is another file")
        }
        Some(counted) if counted == starts && beside.written != written => {
            Some("the counter beside it was written later")
        }
        Some(_) => None,
    }
}

fn write_beside(path: &Path, starts: u64, written: i64) -> io::Result<String> {
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    io::Write::write_all(&mut file, starts.to_string().as_bytes())?;
    let at: SystemTime = UNIX_EPOCH + Duration::from_secs(written.unsigned_abs());
    file.set_modified(at)?;
    file.sync_all()?;
    Ok(identity(&file.metadata()?))
}

/// What a copy of a file does not share with it.
#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> String {
    std::os::unix::fs::MetadataExt::ino(metadata).to_string()
}

/// What a copy of a file does not share with it.
#[cfg(not(unix))]
fn identity(metadata: &fs::Metadata) -> String {
    metadata
        .created()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or_else(String::new, |d| d.as_nanos().to_string())
}

/// A value of the table `meta`.
pub(crate) async fn meta(tx: &mut Tx, key: &str) -> Result<Option<String>> {
    let row = query("SELECT value FROM meta WHERE key = $1")
        .bind(key)
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|r| r.try_get("value")).transpose()?)
}

async fn number<T: std::str::FromStr>(tx: &mut Tx, key: &str) -> Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    meta(tx, key)
        .await?
        .map(|text| text.parse().map_err(|e| StoreError::row("meta", key, e)))
        .transpose()
}

/// Sets a value of the table `meta`.
pub(crate) async fn set_meta(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(key)
        .bind(value)
        .execute(tx)
        .await?;
    Ok(())
}

/// Sets a value of the table `meta`, unless there is one.
pub(crate) async fn set_meta_once(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
        .bind(key)
        .bind(value)
        .execute(tx)
        .await?;
    Ok(())
}

/// Counts up a number of the table `meta` and gives the new one, from 1.
pub(crate) async fn count_up(tx: &mut Tx, key: &str) -> Result<i64> {
    let row = query(
        "INSERT INTO meta (key, value) VALUES ($1, '1')
         ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value",
    )
    .bind(key)
    .fetch_one(tx)
    .await?;
    let value: &str = row.try_get("value")?;
    value.parse().map_err(|e| StoreError::row("meta", key, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(starts: Option<u64>, identity: &str, written: i64) -> Beside {
        Beside {
            starts,
            identity: identity.into(),
            written,
        }
    }

    #[test]
    fn only_copies_count_as_restored() {
        let now = |b: Beside, starts| was_restored(&b, starts, Some("7"), 100);
        assert_eq!(now(beside(Some(3), "7", 100), 3), None);
        assert_eq!(
            now(beside(Some(2), "7", 90), 3),
            None,
            "killed before the file was written"
        );
        assert!(now(beside(Some(4), "7", 100), 3).is_some(), "an older database");
        assert!(now(beside(Some(3), "8", 100), 3).is_some(), "a copied directory");
        assert!(
            now(beside(Some(3), "7", 200), 3).is_some(),
            "copied over in place"
        );
        assert!(
            now(beside(None, "", 0), 3).is_some(),
            "the database alone was copied"
        );
        assert_eq!(was_restored(&beside(None, "", 0), 1, None, 100), None);
    }
}
