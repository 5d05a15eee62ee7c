//! A content on its way in: cut into chunks, hashed, and there only when all of it is.

use metasync_store::{CHUNK_BYTES, Store, StoreError, StoredContent};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A content that is arriving. Dropped without [`Intake::keep`], its chunks are swept at the next start; say
/// [`Intake::give_up`] where it fails.
pub(crate) struct Intake {
    store: Store,
    org: Uuid,
    chunks: Uuid,
    next: u64,
    waiting: Vec<u8>,
    hasher: Sha256,
    size: u64,
}

impl Intake {
    pub(crate) fn begin(store: Store, org: Uuid) -> Intake {
        Intake {
            store,
            org,
            chunks: Uuid::now_v7(),
            next: 0,
            waiting: Vec::new(),
            hasher: Sha256::new(),
            size: 0,
        }
    }

    /// Bytes so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next piece, of whatever length.
    pub(crate) async fn push(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(piece);
        self.size += piece.len() as u64;
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = rest.len().min(CHUNK_BYTES - self.waiting.len());
            self.waiting.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if self.waiting.len() == CHUNK_BYTES {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.waiting);
        self.store
            .library_put_chunk(self.org, self.chunks, self.next, bytes)
            .await?;
        self.next += 1;
        Ok(())
    }

    /// All of it came: its SHA-256 and bytes.
    pub(crate) async fn keep(mut self) -> Result<(String, u64), StoreError> {
        if !self.waiting.is_empty() {
            self.flush().await?;
        }
        let sha256 = hex::encode(self.hasher.finalize());
        let content = StoredContent {
            chunks: self.chunks,
            size: self.size,
        };
        self.store
            .library_keep_content(self.org, &sha256, &content)
            .await?;
        Ok((sha256, self.size))
    }

    /// Nothing comes of it.
    pub(crate) async fn give_up(self) {
        if let Err(error) = self.store.library_drop_chunks(self.org, self.chunks).await {
            tracing::debug!(%error, "half a file stays until the next start");
        }
    }
}
