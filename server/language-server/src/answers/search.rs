//! `metasync.search`.

use metasync_cache::{CacheError, Reader};
use metasync_protocol::editor::SearchAnswer;

/// Results without a limit of one's own.
pub const DEFAULT_LIMIT: usize = 50;
/// Most results.
pub const MAX_LIMIT: usize = 1_000;

/// Objects whose name, columns or description hold the text, best first.
pub fn search(reader: &Reader, text: &str, limit: Option<usize>) -> Result<SearchAnswer, CacheError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let results = reader
        .search(text.trim(), limit)?
        .into_iter()
        .map(Into::into)
        .collect();
    Ok(SearchAnswer { results })
}
