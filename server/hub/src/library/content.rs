//! A content on its way out: chunk by chunk.

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use metasync_store::{Store, StoredContent};
use uuid::Uuid;

/// The bytes of a content; `seen` is told how many passed.
pub(crate) fn stream(
    store: Store,
    org: Uuid,
    content: StoredContent,
    seen: impl Fn(u64) + Send + 'static,
) -> BoxStream<'static, std::io::Result<Vec<u8>>> {
    let state = (store, content, seen, 0u64, 0u64, false);
    stream::unfold(
        state,
        move |(store, content, seen, index, done, ended)| async move {
            if ended || done >= content.size {
                return None;
            }
            let piece = match store.library_chunk(org, content.chunks, index).await {
                Ok(Some(bytes)) if !bytes.is_empty() => Ok(bytes),
                Ok(_) => Err(std::io::Error::other(
                    "a part of the content is missing in the hub's database",
                )),
                Err(error) => Err(std::io::Error::other(error.to_string())),
            };
            let (length, failed) = (piece.as_ref().map_or(0, Vec::len) as u64, piece.is_err());
            seen(length);
            Some((piece, (store, content, seen, index + 1, done + length, failed)))
        },
    )
    .boxed()
}
