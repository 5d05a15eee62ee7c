//! Contents by SHA-256, in chunks. What is on its way has chunks and no row in `library_contents`: it is
//! there only once all of it is.

use uuid::Uuid;

use crate::{
    Store,
    database::{Scope, query, transact},
    error::Result,
    rows::{count, id, number},
};

/// Bytes of a chunk; only the last is shorter.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// A content that is here as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredContent {
    /// Names its chunks.
    pub chunks: Uuid,
    /// Bytes.
    pub size: u64,
}

impl Store {
    /// Whether and where a content is.
    pub async fn library_content(&self, org: Uuid, sha256: &str) -> Result<Option<StoredContent>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query("SELECT chunks, size FROM library_contents WHERE org_id = $1 AND sha256 = $2")
            .bind(org)
            .bind(sha256)
            .fetch_optional(&mut tx)
            .await?;
        row.map(|row| {
            Ok(StoredContent {
                chunks: id(&row, "chunks")?,
                size: number(&row, "size")?,
            })
        })
        .transpose()
    }

    /// The SHA-256 of all contents that are here.
    pub async fn library_content_hashes(&self, org: Uuid) -> Result<Vec<String>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query("SELECT sha256 FROM library_contents WHERE org_id = $1")
            .bind(org)
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(|row| Ok(row.try_get("sha256")?))
            .collect()
    }

    /// A chunk, from 0; `None` after the last.
    pub async fn library_chunk(&self, org: Uuid, chunks: Uuid, index: u64) -> Result<Option<Vec<u8>>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query("SELECT bytes FROM library_chunks WHERE org_id = $1 AND id = $2 AND number = $3")
            .bind(org)
            .bind(chunks)
            .bind(count(index))
            .fetch_optional(&mut tx)
            .await?;
        Ok(row.map(|row| row.try_get("bytes")).transpose()?)
    }

    /// Stores a chunk of a content that is on its way.
    pub async fn library_put_chunk(&self, org: Uuid, chunks: Uuid, index: u64, bytes: Vec<u8>) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("INSERT INTO library_chunks (org_id, id, number, bytes) VALUES ($1, $2, $3, $4)")
                .bind(org)
                .bind(chunks)
                .bind(count(index))
                .bind(bytes.clone())
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// All chunks are there: from now on the content is. Should it have been there already, these chunks go.
    pub async fn library_keep_content(&self, org: Uuid, sha256: &str, content: &StoredContent) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let kept = query(
                "INSERT INTO library_contents (org_id, sha256, size, chunks) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (org_id, sha256) DO NOTHING",
            )
            .bind(org)
            .bind(sha256)
            .bind(count(content.size))
            .bind(content.chunks)
            .execute(tx)
            .await?;
            if kept == 0 {
                query("DELETE FROM library_chunks WHERE org_id = $1 AND id = $2")
                    .bind(org)
                    .bind(content.chunks)
                    .execute(tx)
                    .await?;
            }
            Ok(())
        })
    }

    /// Nothing comes of a content that was on its way.
    pub async fn library_drop_chunks(&self, org: Uuid, chunks: Uuid) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("DELETE FROM library_chunks WHERE org_id = $1 AND id = $2")
                .bind(org)
                .bind(chunks)
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// Removes the chunks of contents that never arrived, of those begun before a time-ordered id.
    pub async fn library_sweep_chunks(&self, org: Uuid, before: Uuid) -> Result<u64> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let done = query(
                "DELETE FROM library_chunks WHERE org_id = $1 AND id < $2 AND id NOT IN
                 (SELECT chunks FROM library_contents WHERE org_id = $1)",
            );
            Ok(done.bind(org).bind(before).execute(tx).await?)
        })
    }
}
