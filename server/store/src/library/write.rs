//! What a sync writes: always on the condition that nobody changed the row since it was looked at.

use metasync_protocol::library::LibraryFile;
use uuid::Uuid;

use super::{LibraryConflict, LibraryRow, SYNCED, conflicts, files};
use crate::{
    Store,
    database::{Scope, Tx, query, transact},
    error::Result,
    rows::{id, json_text, optional_id, optional_json},
};

/// Rows of one transaction: how long other writers wait.
const ROWS_PER_TRANSACTION: usize = 1_000;

/// A row as a sync wants it to be.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryWrite {
    /// The revision that was looked at; `None`: there was no row.
    pub seen: Option<i64>,
    /// As it is to be, with its status and base.
    pub row: LibraryRow,
    /// The conflict that it is in from now on; `None`: in none any more.
    pub conflict: Option<LibraryConflict>,
}

/// A row that a publication holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// As it was published.
    pub file: LibraryFile,
    /// The revision that was published.
    pub revision: i64,
}

impl Store {
    /// Writes rows; gives the ids of those that were changed meanwhile, and stay as they are.
    pub async fn library_write(&self, org: Uuid, writes: &[LibraryWrite]) -> Result<Vec<Uuid>> {
        let mut passed_over = Vec::new();
        for part in writes.chunks(ROWS_PER_TRANSACTION) {
            let passed = transact!(self.database(), Scope::Org(org), |tx| {
                let mut passed = Vec::new();
                for write in part {
                    if !one(tx, org, write).await? {
                        passed.push(write.row.file.id);
                    }
                }
                Ok(passed)
            })?;
            passed_over.extend(passed);
        }
        Ok(passed_over)
    }

    /// Counts rows as published with a commit. What was changed meanwhile stays unsynced. What they were
    /// before is kept until the commit is confirmed.
    pub async fn library_published(&self, org: Uuid, commit: Uuid, rows: &[Published]) -> Result<()> {
        for part in rows.chunks(ROWS_PER_TRANSACTION) {
            transact!(self.database(), Scope::Org(org), |tx| {
                for published in part {
                    publish(tx, org, commit, published).await?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The commits of which it is not known yet that a later publication builds on them.
    pub async fn library_pending(&self, org: Uuid) -> Result<Vec<Uuid>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(
            "SELECT DISTINCT pending_commit FROM library_files WHERE org_id = $1 AND pending_commit IS NOT NULL",
        )
        .bind(org)
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(|row| id(row, "pending_commit"))
        .collect()
    }

    /// A commit is among the ancestors of the head, or it was lost: then its rows are unsynced again, on
    /// the base that they had. Gives how many rows it is about.
    pub async fn library_settle(&self, org: Uuid, commit: Uuid, lost: bool) -> Result<u64> {
        transact!(self.database(), Scope::Org(org), |tx| {
            if !lost {
                let done = query(
                    "UPDATE library_files SET pending_commit = NULL, pending_base = NULL
                     WHERE org_id = $1 AND pending_commit = $2",
                );
                return Ok(done.bind(org).bind(commit).execute(tx).await?);
            }
            let done = query(
                "UPDATE library_files SET pending_commit = NULL, pending_base = NULL, base = pending_base,
                 status = CASE WHEN status = 'conflict' THEN 'conflict' WHEN deleted THEN 'deleted'
                 WHEN pending_base IS NULL THEN 'new' ELSE 'modified' END
                 WHERE org_id = $1 AND pending_commit = $2",
            );
            Ok(done.bind(org).bind(commit).execute(tx).await?)
        })
    }
}

async fn one(tx: &mut Tx, org: Uuid, write: &LibraryWrite) -> Result<bool> {
    let id = write.row.file.id;
    let written = match write.seen {
        None => files::insert(tx, org, &write.row).await?,
        Some(seen) => match files::locked(tx, org, id).await? {
            Some(now) if now.revision == seen => {
                files::replace(tx, org, &write.row).await?;
                true
            }
            _ => false,
        },
    };
    if written {
        match &write.conflict {
            Some(conflict) => conflicts::put(tx, org, conflict).await?,
            None => conflicts::remove(tx, org, id).await?,
        }
    }
    Ok(written)
}

async fn publish(tx: &mut Tx, org: Uuid, commit: Uuid, published: &Published) -> Result<()> {
    let file = &published.file;
    let Some(mut row) = files::locked(tx, org, file.id).await? else {
        return Ok(());
    };
    let pending =
        query("SELECT pending_commit, pending_base FROM library_files WHERE org_id = $1 AND id = $2")
            .bind(org)
            .bind(file.id)
            .fetch_one(tx)
            .await?;
    let base = row.base.replace(file.clone());
    // Should an earlier commit of ours wait as well, the oldest base is the one that surely holds.
    let base: Option<LibraryFile> = match optional_id(&pending, "pending_commit")? {
        Some(_) => optional_json(&pending, "pending_base")?,
        None => base,
    };
    row.file.version = file.version;
    if row.revision == published.revision {
        row.status = SYNCED.into();
    } else if row.status == super::NEW {
        row.status = super::MODIFIED.into();
    }
    files::replace(tx, org, &row).await?;
    query("UPDATE library_files SET pending_commit = $3, pending_base = $4 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(file.id)
        .bind(commit)
        .bind(&base.as_ref().map(json_text))
        .execute(tx)
        .await?;
    Ok(())
}
